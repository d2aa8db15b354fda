"""Which exports need not be compared on all tokens again."""

import dataclasses
import hashlib
import tomllib
from pathlib import Path

import pytest

from codegen.models.catalogue import default_entry
from codegen.models.export import parity, pipeline, recipe
from codegen.models.export.recipe import RECIPE, has_passed, passed

FOLDER = Path(recipe.__file__).parent

# The files that decide what an export computes.
MADE_BY = (
    "checkpoint.py", "compose.py", "gguffile.py", "gptq.py", "initializers.py", "on_device.py",
    "quantize.py", "reference.py", "samples.json", "sizes.py", "write.py",
)  # fmt: skip


def test_the_default_model_has_passed():
    assert has_passed(default_entry().sha256, "int4")


@pytest.mark.parametrize("row", passed(), ids=lambda row: f"{row.sha256[:8]} {row.precision}")
def test_what_is_listed_passed_the_whole_gate(row):
    figures = parity.Parity(
        tokens=row.tokens,
        agreement=row.agreement,
        perplexity_ratio=row.perplexity_ratio,
        mean_kl=row.mean_kl,
        max_difference=0.0,
        paths="",
    )
    parity.check(figures, row.precision)
    assert row.tokens > 2000


@pytest.mark.parametrize(
    "change", [{"sha256": "0" * 64}, {"precision": "fp32"}, {"recipe": RECIPE + 1}]
)
def test_what_is_not_listed_has_not_passed(monkeypatch, change):
    row = passed()[0]
    monkeypatch.setattr(recipe, "passed", lambda: (dataclasses.replace(row, **change),))
    assert not has_passed(row.sha256, row.precision)


def test_the_list_is_of_the_recipe_of_today():
    """A change to what an export is made by has to say whether it computes the same."""
    content = b"".join((FOLDER / name).read_bytes() for name in MADE_BY)
    table = tomllib.loads((FOLDER / "passed.toml").read_text(encoding="utf-8"))
    assert table["sources"] == hashlib.sha256(content).hexdigest()
    # And everything that an export is made by is in that.
    others = {"__init__.py", "parity.py", "pipeline.py", "recipe.py", "passed.toml"}
    files = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert files == {*MADE_BY, *others}


@pytest.mark.parametrize(
    ("known", "thorough", "compared"), [(True, False, 4), (True, True, 26), (False, False, 26)]
)
def test_how_much_is_compared(tiny, monkeypatch, tmp_path, known, thorough, compared):
    from codegen.engine.device import Device
    from codegen.engine.manifest import Source
    from codegen.models.store import Store
    from codegen.progress import NullProgress

    seen = []

    def measure(_wanted, _backend, holes, _report):
        seen.append(len(holes))
        return parity.Parity(10, 1.0, 1.0, 0.0, 0.0, "full")

    monkeypatch.setattr(parity, "measure", measure)
    monkeypatch.setattr(pipeline, "has_passed", lambda *_: known)
    monkeypatch.setattr(
        pipeline,
        "sample_holes",
        lambda *_: {"parity": [parity.SampleHole((1,), (2,))] * 26, "calibration": []},
    )
    directory = tmp_path / "out"
    directory.mkdir()
    pipeline.export_into(
        directory,
        name="tiny",
        source_path=tiny.checkpoint,
        source=Source("checkpoint", "0" * 64, 0),
        precision="fp32",
        device=Device("cpu"),
        store=Store(tmp_path),
        progress=NullProgress(),
        thorough=thorough,
    )
    assert seen == [compared]
