"""`codegen explain`, with a scripted model."""

import json

import pytest

import codegen.models.loading
import codegen.models.resolve
from codegen.cli import run
from tests.cursor import at_cursor
from tests.scripted_model import scripted_model

CALL = "import os\n\n\nclass A:\n    def f(self, x):\n        return g(x, ‸)\n"


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """A user without settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def explain(monkeypatch, tmp_path, capsys, tokenizer, vocabulary):
    """Explains the cursor's place in a source; gives the exit code and the output."""

    def explain(source, *options, answers=(), name="a.py"):
        document = at_cursor(source, name)
        model = scripted_model(tokenizer, vocabulary, document, *answers)
        monkeypatch.setattr(codegen.models.loading, "load_model", lambda *_: model)
        monkeypatch.setattr(codegen.models.resolve, "require_export", lambda _: None)
        path = tmp_path / name
        path.write_text(document.text, encoding="utf-8", newline="")
        line = document.before.count("\n") + 1
        column = len(document.before.rpartition("\n")[2]) + 1
        code = run(["explain", f"{path}:{line}:{column}", *options])
        return code, capsys.readouterr().out

    return explain


def test_explain_prints_json(explain):
    code, out = explain(CALL, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["schema"], told["language"], told["reason"]) == (1, "python", None)
    assert (
        told["hole"] | {"kind": "argument", "scope": ["A", "f"], "lines": "single"} == told["hole"]
    )
    assert [piece["kind"] for piece in told["pieces"]] == ["before", "after", "typed"]
    document = at_cursor(CALL)
    spans = [tuple(piece["span"]) for piece in told["pieces"]]
    (before, _), (after, end), (anchor, typed) = spans
    assert (before, typed, after, end) == (0, document.cursor, document.cursor, len(document.text))
    assert told["pieces"][0]["text"] == document.text[:anchor]
    tokens = sum(piece["tokens"] for piece in told["pieces"])
    assert 0 < told["prompt_tokens"] <= tokens + 3
    assert told["prompt"].startswith("<|fim_prefix|>import os\n")
    assert (
        told["prompt"].rpartition("<|fim_middle|>")[2] + told["forced"]
        == document.text[anchor:typed]
    )


def test_what_outgrows_the_budget_is_folded(explain, monkeypatch):
    monkeypatch.setenv("CODEGEN_CONTEXT_TOKENS", "300")
    far = "".join(f"def far{n}(a, b):\n    return a * {n} + b * {n} - {n}\n\n\n" for n in range(80))
    _, out = explain(far + CALL, "--json")
    told = json.loads(out)
    folded = [piece for piece in told["pieces"] if piece["folded"]]
    assert [piece["kind"] for piece in folded] == ["skeleton"]
    assert "def far75(a, b): ...\n" in folded[0]["text"]
    assert told["prompt_tokens"] <= 300
    assert told["left_out"][0].startswith("folded to signatures: characters 0 to ")


@pytest.mark.parametrize(
    ("source", "reason", "kind"),
    [
        ("fo‸o = 1\n", "inside-word", "statement"),
        ("def f():\n    pass‸\n", "closed-statement", "statement"),
        ("‸", "empty-document", "statement"),
    ],
)
def test_a_place_without_suggestions_exits_with_1(explain, source, reason, kind):
    code, out = explain(source, "--json")
    told = json.loads(out)
    assert code == 1
    assert (told["reason"], told["hole"]["kind"]) == (reason, kind)
    assert (told["pieces"], told["prompt_tokens"]) == ([], 0)
    code, out = explain(source)
    assert code == 1
    assert reason in out
    assert "was asked" in out


@pytest.mark.parametrize("source", ["fo‸o = 1\n", "def f():\n    pass‸\n"])
def test_run_asks_the_model_everywhere(explain, source):
    _, out = explain(source, "--run", "--json", answers=["_x"])
    assert len(json.loads(out)["answers"]) == 1


def test_explain_prints_lines_for_people(explain):
    code, out = explain(CALL, "--prompt")
    assert code == 0
    assert "argument in A.f, single line" in out
    assert "<|fim_suffix|>" in out


def test_run_names_the_rules(explain):
    _, out = explain("x = ‸\n", "--run", "--json", answers=["1  "])
    (answer,) = json.loads(out)["answers"]
    assert answer == {"text": "1", "suggested": True, "rules": ["trailing-blanks"]}
    code, out = explain(CALL, "--run", answers=[")"])
    assert code == 1
    assert "dropped (end-of-hole): ')'" in out


def test_an_unknown_language_is_explained(explain):
    code, out = explain("f(‸)\n", name="a.zig")
    assert code == 0
    assert "none known" in out
    assert "argument" in out


def test_explain_shows_control_characters_as_numbers(explain):
    _, out = explain("x = '\x1b[31m'\ny = ‸\n", "--prompt")
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        pytest.param("a.py", "", None, id="any other"),
        pytest.param("id_rsa", "", "secret-file", id="a secret"),
        pytest.param("a.py", '[editor]\nexclude = ["**/*.py"]\n', "excluded", id="a glob"),
        pytest.param(
            "a.py", "[editor.languages]\npython = false\n", "language-disabled", id="a language"
        ),
    ],
)
def test_a_file_without_suggestions_in_editors_is_told(explain, tmp_path, name, config, reason):
    folder = tmp_path / "config" / "codegen"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(config)
    code, out = explain("x = [1, ‸]\n", "--json", name=name)
    assert code == 0
    assert json.loads(out)["editor"] == reason
    told = explain("x = [1, ‸]\n", name=name)[1]
    assert ("editors   get nothing" in told) == (reason is not None)


@pytest.mark.parametrize("options", [(), ("--run",), ("--json",)])
def test_a_model_that_is_not_here_is_not_fetched(tmp_path, capsys, monkeypatch, options):
    def fetched(*_):
        raise AssertionError("it fetches")

    monkeypatch.setattr(codegen.models.resolve, "fetch", fetched)
    path = tmp_path / "a.py"
    path.write_text("x = \n")
    assert run(["explain", f"{path}:1:5", *options]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "qwen2.5-coder-0.5b is not here yet; run: codegen model export" in printed.err
