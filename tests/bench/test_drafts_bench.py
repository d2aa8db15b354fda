"""`codegen bench drafts` on a tiny model: what is compared; speeds are not asserted."""

import json

import pytest
from click.testing import CliRunner

from codegen.bench.drafts import DraftFigures, DraftRow
from codegen.cli.bench import command

SOURCE = "".join(f"def f{n}(x):\n    y = x + {n}\n    return y\n\n\n" for n in range(30))


@pytest.fixture
def run(tiny, tmp_path):
    def invoke(*options, text=SOURCE):
        file = tmp_path / "a.py"
        file.write_text(text)
        where = ["--model", str(tiny.fp32.directory), "--device", "cpu", "--places", "3"]
        return CliRunner().invoke(command, ["drafts", str(file), *where, *options])

    return invoke


def test_holes_are_completed_with_drafts_and_without(run):
    done = run("--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["model"] == "tiny"
    assert 0 < len(said["rows"]) <= 3
    for row in said["rows"]:
        assert row["with_drafts"] > 0
        assert row["without"] > 0
        assert row["accepted"] <= row["drafted"]
        assert row["same"]  # fp32 computes the same, drafted or not


def test_the_summary(run):
    done = run()
    assert done.exit_code == 0, done.output
    assert "decoding with drafts: " in done.stdout
    assert "the same suggestion: " in done.stdout


def test_a_file_without_lines_enough(run):
    done = run(text="x = 1\n")
    assert done.exit_code != 0
    assert "no file has more than 40 lines" in str(done.exception)


def test_the_ratios():
    rows = (
        DraftRow("a", 10, 1.0, 3.0, 8, 6, same=True),
        DraftRow("b", 10, 2.0, 2.0, 2, 0, same=False),
        DraftRow("c", 10, 1.0, 1.0, 0, 0, same=True),
    )
    figures = DraftFigures("m", "cpu", rows)
    assert figures.ratio == 1.5
    assert figures.median_ratio == 1.0
    assert figures.accepted == 0.6
    assert DraftFigures("m", "cpu", rows[2:]).accepted == 0
