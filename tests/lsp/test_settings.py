import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codegen.settings.editing import EditingSettings
from codegen.settings.exclude import MAX_GLOBS
from codegen.settings.fields import FIELDS
from codegen_lsp import settings_page
from codegen_lsp.settings import resolve

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"

OWN = EditingSettings(
    exclude=("own/*",),
    languages={"go": False},
    model="/models/own.gguf",
    log_file=Path("/var/log/codegen"),
)
USER_ONLY = [field for field in FIELDS if field.who == ("user",)]


def known(name):
    return name == "qwen2.5-coder-1.5b"


@pytest.mark.parametrize(
    ("sent", "changes"),
    [
        (None, {}),
        ({}, {}),
        ([], {}),
        ({"enabled": False}, {"enabled": False}),
        ({"codegen": {"enabled": False}, "other": 1}, {"enabled": False}),
        ({"codegen": None}, {}),
        ({"codegen": []}, {}),
        ({"enabled": None, "model": None, "fetch": None}, {}),
        ({"trace": {"server": "off"}}, {}),
        ({"languages": {"c": False}}, {"languages": {"go": False, "c": False}}),
        ({"languages": {"go": True}}, {"languages": {"go": True}}),
        ({"languages": []}, {}),
        ({"exclude": ["*.log", "own/*"]}, {"exclude": ("own/*", "*.log")}),
        ({"exclude": []}, {}),
        ({"maxLatency": 1500}, {"max_latency": 1.5}),
        ({"lines": "single"}, {"lines": "single"}),
        ({"candidates": 5.0}, {"candidates": 5}),
        ({"debounce": False}, {"debounce": False}),
        ({"completion": "off"}, {"completion": "off"}),
        ({"computeAhead": False}, {"compute_ahead": False}),
        ({"unloadAfter": 20}, {"unload_after": 20}),
        ({"unloadAfter": 0}, {"unload_after": None}),
        ({"logLevel": "debug"}, {"log_level": "debug"}),
        ({"model": "qwen2.5-coder-1.5b"}, {"model": "qwen2.5-coder-1.5b"}),
        ({"device": "cpu"}, {"device": "cpu"}),
    ],
)
def test_what_an_editor_sets_is_read(sent, changes):
    assert resolve(OWN, [sent], known) == (replace(OWN, **changes), ())


@pytest.mark.parametrize(
    ("sent", "parts"),
    [
        (7, ["'codegen' = 7", "expected an object"]),
        ({"codegen": "x"}, ["'codegen' = 'x'", "expected an object"]),
        ({"maxLatency": 1}, ["'maxLatency' = 1 is ignored", "milliseconds from 100 to 60,000"]),
        ({"candidates": "3"}, ["'candidates'", "a whole number from 1 to 10"]),
        ({"enabled": 0}, ["'enabled' = 0", "true or false"]),
        ({"lines": ["auto"]}, ["'lines'", "auto, single or multi"]),
        ({"languages": "c"}, ["'languages'"]),
        ({"languages": {"c": 1}}, ["'languages' = {'c': 1}", "each with true or false"]),
        ({"exclude": "*.log"}, ["'exclude'", "a list of globs"]),
        ({"exclude": [3]}, ["'exclude' = [3]", "a glob is a string"]),
        ({"exclude": ["!a"]}, ["a glob can't begin with !"]),
        ({"max_latency": 500}, ["there is no such setting", "did you mean maxLatency?"]),
        ({"maxLatncy": 500}, ["did you mean maxLatency?"]),
        ({"zzzzzzz": 1}, ["there are enabled, languages"]),
        ({"model": ""}, ["the name of a model"]),
        ({"model": 1}, ["the name of a model"]),
        ({"model": "unknown"}, ["no model of that name"]),
        ({"candidates": 10**5000}, ["'candidates' = a very large number"]),
        ({"a\n\u202e": 1}, [r"'a\n\u202e' = 1"]),
    ],
    ids=lambda value: repr(value)[:40] if not isinstance(value, dict) else next(iter(value)),
)
def test_what_is_wrong_is_told_and_ignored(sent, parts):
    settings, (problem,) = resolve(OWN, [sent], known)
    assert settings == OWN
    for part in parts:
        assert part in problem


@pytest.mark.parametrize(
    "model",
    [
        "/models/evil.gguf",
        "~/x",
        "../x",
        "a/b",
        "C:\\x",
        "\\\\server\\x",
        "x.GGUF",
        ".",
        "..",
        "a\0",
    ],
)
def test_an_editor_can_t_name_a_model_s_path(model):
    settings, (problem,) = resolve(OWN, [{"model": model}], lambda _: True)
    assert settings == OWN
    assert "a path can only be set in the user's own configuration" in problem


@pytest.mark.parametrize(
    "name",
    [
        *(field.wire for field in USER_ONLY),
        *(field.name for field in USER_ONLY if "_" in field.name),
        *("mirrors", "modelMirrors", "model_mirrors", "cacheDir", "cache_dir", "offline"),
        *("precision", "threads", "computePath", "contextTokens"),
    ],
)
def test_an_editor_can_t_set_what_is_for_the_user_s_own_file(name):
    settings, (problem,) = resolve(OWN, [{name: "/x"}], known)
    assert settings == OWN
    assert "can only be set in the user's own configuration" in problem


def test_a_wrong_field_leaves_the_others_as_they_are():
    sent = {
        "enabled": False,
        "candidates": 99,
        "exclude": ["a", "!b", "c"],
        "languages": {"c": False, "d": "no"},
    }
    settings, problems = resolve(EditingSettings(), [sent], known)
    assert settings == EditingSettings(enabled=False, exclude=("a", "c"), languages={"c": False})
    assert len(problems) == 3


def test_layers_lie_over_each_other():
    first = {"candidates": 5, "lines": "single", "exclude": ["a"], "languages": {"c": False}}
    second = {"candidates": 7, "exclude": ["b"], "languages": {"c": True, "d": False}}
    settings, problems = resolve(EditingSettings(), [first, None, second], known)
    assert problems == ()
    assert settings == EditingSettings(
        candidates=7, lines="single", exclude=("a", "b"), languages={"c": True, "d": False}
    )


def test_globs_beyond_the_limit_are_ignored():
    sent = {"exclude": [f"*.{number}" for number in range(MAX_GLOBS + 5)]}
    settings, (problem,) = resolve(EditingSettings(), [sent], known)
    assert len(settings.exclude) == MAX_GLOBS
    assert f"of more than {MAX_GLOBS} globs the first ones count" in problem


def test_an_object_full_of_nonsense_is_told_in_a_few_sentences():
    _, problems = resolve(OWN, [{f"x{number}": 1 for number in range(1000)}], known)
    assert len(problems) == 11


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["auto", "on", "off", "single", "debug", "cpu", "*.log", "/etc/passwd"])
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
NAMES = st.sampled_from([field.wire for field in FIELDS] + ["codegen"]) | st.text()


@given(st.lists(JSON | st.dictionaries(NAMES, JSON), max_size=3))
@example([{"codegen": {"codegen": {"enabled": False}}}])
def test_no_value_raises_or_reaches_what_is_the_user_s_own(layers):
    settings, problems = resolve(OWN, layers, known)
    assert all(isinstance(problem, str) and len(problem) < 600 for problem in problems)
    for field in USER_ONLY:
        assert getattr(settings, field.name) == getattr(OWN, field.name)
    assert settings.model in (OWN.model, "qwen2.5-coder-1.5b")
    assert settings.exclude[: len(OWN.exclude)] == OWN.exclude
    assert resolve(OWN, layers, known) == (settings, problems)


def test_the_table_of_settings():
    rows = settings_page.settings_table().splitlines()[2:]
    assert {row.count("|") for row in rows} == {7}
    for row, field in zip(rows, FIELDS, strict=True):
        wire = f"`{field.wire}`" if "client" in field.who else ""
        assert row.startswith(f"| {wire} | `{field.name}` | {field.kind.expected} | ")


def test_the_table_is_put_between_its_markers(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(f"a\n{settings_page.START}old\n{settings_page.END}b\n")
    monkeypatch.setattr(sys, "argv", ["settings_page", str(page)])
    settings_page.main()
    text = page.read_text()
    assert text.startswith(f"a\n{settings_page.START}\n| over LSP")
    assert text.endswith(f"|\n\n{settings_page.END}b\n")
    assert settings_page.with_table(text) == text


@pytest.mark.parametrize("page", ["", settings_page.START, settings_page.END])
def test_a_page_without_markers(page):
    with pytest.raises(ValueError, match="needs the lines"):
        settings_page.with_table(page)


@pytest.mark.skipif(not PAGE.exists(), reason="docs/protocol.md is not part of this tree")
def test_the_documentation_has_the_table_of_today():
    page = PAGE.read_text(encoding="utf-8")
    assert settings_page.with_table(page) == page
