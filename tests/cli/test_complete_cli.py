"""`codegen complete`, with a scripted model."""

import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import codegen.models.loading
from codegen.cancel import CancelToken
from codegen.cli import run
from codegen.cli.frame import show
from codegen.completion.complete import complete
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.errors import EngineError
from codegen.models import resolve
from tests.cursor import at_cursor
from tests.engine.machines import NO_CARD
from tests.scripted_model import scripted_model

ADD = "def add(a, b):\n    ‸\n\n\nprint(add(1, 2))\n"


@pytest.fixture(autouse=True)
def _nothing_of_the_user(monkeypatch, tmp_path):
    for name in os.environ:
        if name.startswith("CODEGEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def model(monkeypatch, tokenizer, vocabulary):
    """Scripts a model's answers; gives its backend, and the settings that it is loaded with."""

    def model(source, *answers, **options):
        asked = []
        loaded = scripted_model(tokenizer, vocabulary, at_cursor(source), *answers, **options)

        def load_model(settings, _progress):
            asked.append(settings)
            return loaded

        monkeypatch.setattr(resolve, "ready", lambda *_: None)
        monkeypatch.setattr(codegen.models.loading, "load_model", load_model)
        return SimpleNamespace(asked=asked, backend=loaded.backend)

    return model


@pytest.fixture
def unloaded(monkeypatch):
    """Fails if a model is loaded: the error must be told before that."""

    def load_model(*_):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(resolve, "ready", load_model)


@pytest.fixture
def codegen_complete(capfdbinary):
    """Runs `codegen complete`; gives the exit code, stdout as bytes, and stderr."""

    def codegen_complete(*arguments):
        code = run(["complete", *map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return codegen_complete


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "add.py"
    path.write_bytes(ADD.replace("‸", "").encode())
    return path


def test_prints_the_completion_alone(codegen_complete, model, file):
    model(ADD, "return a + b\n\n\nprint(3)\n")
    assert codegen_complete(f"{file}:2:5") == (0, b"return a + b", "")


def test_a_pipe_gets_exactly_the_completion(codegen_complete, model, tmp_path):
    file = tmp_path / "crlf.py"
    file.write_bytes(b"def f():\r\n    \r\n")
    model("def f():\r\n    ‸\r\n", "x = 'é\x1b[1m'\n    return x")
    code, out, _ = codegen_complete(f"{file}:2:5")
    assert (code, out) == (0, "x = 'é\x1b[1m'\r\n    return x".encode())


def test_without_a_column_it_is_the_end_of_the_line(codegen_complete, model, file):
    model(ADD, "return a + b")
    assert codegen_complete(f"{file}:2")[:2] == (0, b"return a + b")


def test_a_column_past_the_end_is_clamped_and_said(codegen_complete, model, file):
    model(ADD, "return a + b")
    code, out, err = codegen_complete(f"{file}:2:99")
    assert (code, out) == (0, b"return a + b")
    assert err == "line 2 ends before column 99: completing at its end, 5\n"


def test_standard_input_is_completed(codegen_complete, model, monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO(ADD.replace("‸", "").encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    model(ADD, "return a + b")
    code, out, _ = codegen_complete("--json", "-:2:5", "--path", "pkg/add.py")
    assert code == 0
    assert json.loads(out)["file"] == "pkg/add.py"


@pytest.mark.parametrize("source", ["to‸tal = 1\n", "pass‸\n"])
def test_by_hand_the_model_is_asked_everywhere(codegen_complete, model, tmp_path, source):
    """At these places an editor gets nothing during typing."""
    file = tmp_path / "place.py"
    before, after = source.split("‸")
    file.write_text(before + after, encoding="utf-8")
    asked = model(source, f"{before}_1").asked
    code, _, err = codegen_complete(f"{file}:1:{len(before) + 1}")
    assert asked
    assert code in {0, 1}
    assert "no model was asked" not in err


def test_a_pipe_gets_several_candidates_with_their_numbers(codegen_complete, model, file):
    model(ADD, "return a + b", "return b + a", "return sum((a, b))")
    code, out, _ = codegen_complete(f"{file}:2:5", "--candidates", "3")
    lines = out.decode().splitlines()
    assert code == 0
    assert [line.split(",")[0] for line in lines[::2]] == [f"candidate {n}" for n in (1, 2, 3)]
    assert set(lines[1::2]) == {"return a + b", "return b + a", "return sum((a, b))"}


@pytest.mark.parametrize("name", ["--quiet", "-q"])
def test_quiet_prints_no_messages(codegen_complete, model, file, name):
    model(ADD, "return a + b")
    assert codegen_complete(f"{file}:2:99", name) == (0, b"return a + b", "")
    model(ADD, "")
    assert codegen_complete(f"{file}:2:5", name) == (1, b"", "")
    code, out, err = codegen_complete(f"{file}:9:1", name)
    assert (code, out) == (2, b"")
    assert "past the end" in err


def test_quiet_may_stand_before_the_command(model, file, capfd):
    model(ADD, "return a + b")
    assert run(["--quiet", "complete", f"{file}:2:99"]) == 0
    assert capfd.readouterr() == ("return a + b", "")


@pytest.mark.parametrize("position", ["{}:1:2:3", "{}:1:2:3:4", "-:1:2:3"])
def test_a_position_with_one_number_too_many_is_refused(codegen_complete, unloaded, file, position):
    code, out, err = codegen_complete(position.format(file))
    assert (code, out) == (2, b"")
    assert err.endswith("has one number too many: write FILE:LINE:COLUMN\n")
    assert err.count("\n") == 1


def test_json_has_the_suggestions_and_the_timings(codegen_complete, model, file):
    model(ADD, "return a + b", "return b + a")
    code, out, err = codegen_complete(f"{file}:2:5", "--json", "--candidates", "2")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert list(answer) == [
        "schema", "file", "line", "column", "model", "device", "suggestions", "reason", "timings",
    ]  # fmt: skip
    here = {"line": 2, "column": 5}
    assert answer["suggestions"] == [
        {
            "text": text,
            "range": {"start": here, "end": here},
            "mean_logprob": pytest.approx(-0.6931, abs=1e-3),
            "finish_reason": "stop",
        }
        for text in ("return a + b", "return b + a")
    ]
    assert answer | here | {
        "schema": 1, "file": str(file), "model": "scripted", "device": "cpu", "reason": None,
    } == answer  # fmt: skip
    assert list(answer["timings"]) == [
        "prompt_tokens", "cached_tokens", "prefill_ms", "decode_ms", "tokens_per_second",
        "drafted_tokens", "accepted_tokens",
    ]  # fmt: skip
    assert answer["timings"]["prompt_tokens"] > 10
    # A scripted answer takes no time.
    assert answer["timings"]["tokens_per_second"] is None


def test_json_is_ascii(codegen_complete, model, tmp_path):
    file = tmp_path / os.fsdecode(b"\xff\xc3\xa9.py")
    file.write_text("x = ''\n")
    model("x = '‸'\n", "é日\x1b")
    code, out, _ = codegen_complete(f"{file}:1:6", "--json")
    assert code == 0
    assert out.isascii()
    assert json.loads(out)["suggestions"][0]["text"] == "é日\x1b"
    assert os.fsencode(json.loads(out)["file"]) == os.fsencode(file)


def test_nothing_to_suggest_exits_with_1(codegen_complete, model, file):
    model(ADD, "")
    assert codegen_complete(f"{file}:2:5") == (
        1,
        b"",
        "nothing to suggest: the model wrote nothing but blanks\n",
    )


def test_nothing_to_suggest_is_told_in_json(codegen_complete, model, file):
    model(ADD, "print(add(1, 2))\n", [])
    code, out, err = codegen_complete(f"{file}:2:5", "--json")
    assert code == 1
    assert (json.loads(out)["suggestions"], json.loads(out)["reason"]) == ([], "repeated-line")
    assert "the line that follows" in err


def test_write_inserts_the_completion(codegen_complete, model, file):
    before = file.read_bytes()
    model(ADD, "return a + b")
    code, out, err = codegen_complete(f"{file}:2:5", "--write")
    assert (code, out) == (0, b"")
    assert err == f"inserted 1 line at {file}:2:5\n"
    assert file.read_bytes() == before.replace(b"    \n", b"    return a + b\n", 1)


def test_write_keeps_every_other_byte(codegen_complete, model, tmp_path):
    file = tmp_path / "latin.py"
    before = b"# coding: latin-1\r\nx = '\xe9\xff'\r\ny = \r\n\x85\t \r\n"
    file.write_bytes(before)
    model("# coding: latin-1\r\nx = 'éÿ'\r\ny = ‸\r\n\x85\t \r\n", "'é'")
    assert codegen_complete(f"{file}:3:5", "--write")[0] == 0
    assert file.read_bytes() == before.replace(b"y = ", b"y = '\xe9'")


def test_write_refuses_non_ascii_in_an_undeclared_encoding(codegen_complete, model, tmp_path):
    """The file stays valid in its own encoding: a mixture with UTF-8 would be valid in neither."""
    file = tmp_path / "latin.py"
    before = b'x = "caf\xe9"\ny = \n'
    file.write_bytes(before)
    source = before.decode("utf-8", "surrogateescape").replace("y = ", "y = ‸")
    model(source, '"café"')
    code, _, err = codegen_complete(f"{file}:2:5", "--write")
    assert (code, file.read_bytes()) == (4, before)
    assert f"codegen: {file} is not valid UTF-8 and declares nothing else" in err
    model(source, '"tea"')
    assert codegen_complete(f"{file}:2:5", "--write")[0] == 0
    assert file.read_bytes() == before.replace(b"y = ", b'y = "tea"')


def test_write_refuses_a_character_that_the_encoding_lacks(codegen_complete, model, tmp_path):
    file = tmp_path / "latin.py"
    file.write_bytes(b"# coding: latin-1\nx = ''\n")
    model("# coding: latin-1\nx = '‸'\n", "日")
    code, out, err = codegen_complete(f"{file}:2:6", "--write")
    assert (code, out) == (4, b"")
    assert "cannot hold" in err
    assert file.read_bytes() == b"# coding: latin-1\nx = ''\n"


def test_write_refuses_a_file_that_changed_meanwhile(codegen_complete, model, file, monkeypatch):
    model(ADD, "return a + b")
    load_model = codegen.models.loading.load_model

    def saving(*asked):
        file.write_text("# saved\n")
        return load_model(*asked)

    monkeypatch.setattr(codegen.models.loading, "load_model", saving)
    code, _, err = codegen_complete(f"{file}:2:5", "--write")
    assert code == 4
    assert "was changed after it was read" in err
    assert file.read_text() == "# saved\n"


def test_write_and_json_go_together(codegen_complete, model, file):
    model(ADD, "return a + b")
    code, out, _ = codegen_complete(f"{file}:2:5", "--write", "--json")
    assert (code, json.loads(out)["suggestions"][0]["text"]) == (0, "return a + b")
    assert b"return a + b" in file.read_bytes()


def test_the_options_reach_the_request(codegen_complete, model, file):
    scripted = model(ADD, "return a", "return b")
    drawn = ("--candidates", "2", "--temperature", "0.5", "--seed", "3")
    assert codegen_complete(f"{file}:2:5", *drawn, "--max-tokens", "9", "--lines", "single")[0] == 0
    (request,) = scripted.backend.requests
    assert [(s.temperature, s.seed) for s in request.samples] == [(0.5, 3), (0.5, 4)]
    assert (
        request.max_tokens - len(request.constraint.remaining if request.constraint else b"") == 9
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("qwen2.5-coder-1.5b", "qwen2.5-coder-1.5b"),
        ("here.gguf", "{cwd}/here.gguf"),
        ("./sub/model", "{cwd}/sub/model"),
        ("there", "{cwd}/there"),
        ("unknown", "unknown"),
        ("/else/where.gguf", "/else/where.gguf"),
        ("~nobody-at-all/model", "{cwd}/~nobody-at-all/model"),
        ("x" * 300, "x" * 300),
    ],
)
def test_a_path_to_a_model_is_relative_to_the_current_directory(
    codegen_complete, model, file, tmp_path, monkeypatch, *, typed, meant
):
    (tmp_path / "there").mkdir()
    (tmp_path / "qwen2.5-coder-1.5b").mkdir()
    monkeypatch.chdir(tmp_path)
    scripted = model(ADD, "return a")
    codegen_complete(f"{file}:2:5", "--model", typed, "--device", "cpu", "--offline")
    (settings,) = scripted.asked
    assert settings.model == meant.format(cwd=tmp_path)
    assert (settings.device, settings.offline) == ("cpu", True)


def test_settings_count_where_no_option_is_given(codegen_complete, model, file, monkeypatch):
    monkeypatch.setenv("CODEGEN_MODEL", "qwen2.5-coder-1.5b")
    monkeypatch.setenv("CODEGEN_OFFLINE", "1")
    monkeypatch.setenv("CODEGEN_CONTEXT_TOKENS", "16")
    scripted = model("x = 1\n" * 30 + "y = ‸\n", "2")
    file.write_text("x = 1\n" * 30 + "y = \n")
    assert codegen_complete(f"{file}:31:5")[0] == 0
    (settings,) = scripted.asked
    assert (settings.model, settings.offline) == ("qwen2.5-coder-1.5b", True)
    assert len(scripted.backend.requests[0].prompt) <= 16


def test_the_device_is_not_told_beside_a_completion(codegen_complete, model, file):
    model(ADD, "return a", notes=("running on the CPU: no libraries",))
    assert codegen_complete(f"{file}:2:5") == (0, b"return a", "")


def test_a_failing_engine_exits_with_4(codegen_complete, model, file, monkeypatch):
    scripted = model(ADD, "return a")

    def generate(*_):
        raise EngineError("ONNX Runtime broke")

    monkeypatch.setattr(scripted.backend, "generate", generate)
    assert codegen_complete(f"{file}:2:5") == (4, b"", "codegen: ONNX Runtime broke\n")


def make(path, kind):
    """Makes a bad file of some kind."""
    match kind:
        case "directory":
            path.mkdir()
        case "binary":
            path.write_bytes(b"\x7fELF\x00\x01")
        case "NUL":
            path.write_bytes(b"x = 1\n\0\n")
        case "declared":
            path.write_bytes(b"# coding: klingon\n\n")
        case "fifo":
            os.mkfifo(path)


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "does not exist"),
        ("directory", "is a directory"),
        ("binary", "is a binary file"),
        ("NUL", "is a binary file"),
        ("declared", "no text encoding that Python knows"),
        ("fifo", "not a regular file"),
    ],
)
def test_a_bad_file_is_refused(codegen_complete, tmp_path, kind, said):
    path = tmp_path / "bad.py"
    make(path, kind)
    code, out, err = codegen_complete(f"{path}:1:1")
    assert (code, out) == (2, b"")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("unloaded")
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read")
def test_an_unreadable_file_is_refused(codegen_complete):
    code, out, err = codegen_complete("/proc/self/mem:1:1")
    assert (code, out, err.count("\n")) == (2, b"", 1)
    assert "cannot be read" in err


@pytest.mark.usefixtures("unloaded")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(codegen_complete, file):
    file.chmod(0)
    code, _, err = codegen_complete(f"{file}:1:1")
    assert code == 2
    assert "Permission denied" in err


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize(
    ("position", "said"),
    [
        ("{}:0:1", "no line 0"),
        ("{}:-1:1", "no line -1"),
        ("{}:1:0", "no column 0"),
        ("{}:1:-7", "no column -7"),
        ("{}:99:1", "line 99 is past the end"),
        ("{}", "is not a position"),
        ("{}:x:y", "is not a position"),
        ("", "is not a position"),
        ("a\0b:1:1", "cannot be a file's name"),
    ],
)
def test_a_bad_position_is_refused(codegen_complete, file, position, said):
    code, out, err = codegen_complete(position.format(file))
    assert (code, out) == (2, b"")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize("arguments", [["-:1:1", "--write"], ["{}:1:1", "--path", "x.py"]])
def test_options_that_exclude_each_other_are_refused(codegen_complete, file, arguments):
    assert codegen_complete(*[argument.format(file) for argument in arguments])[0] == 2


@pytest.mark.usefixtures("unloaded")
def test_a_closed_standard_input_is_refused(codegen_complete, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert codegen_complete("-:1:1") == (2, b"", "codegen: standard input is closed\n")


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file_needs_no_model(codegen_complete, file, text):
    file.write_text(text)
    code, out, err = codegen_complete(f"{file}:1:1", "--json")
    answer = json.loads(out)
    assert (code, answer["reason"], answer["device"]) == (1, "empty-document", None)
    assert (
        err
        == "nothing to suggest: there is no text that the model could go by, so none was asked\n"
    )


def test_a_file_of_50_megabytes_is_completed(codegen_complete, model, file):
    line = "value = compute(first, second)  # again and again\n"
    count = 50 * 2**20 // len(line)
    text = line * count
    file.write_text(text)
    model(line * 50 + "‸" + line * 50, "x = 1\n")
    assert codegen_complete(f"{file}:{count // 2}:1")[0] == 0


def test_a_file_with_broken_characters_is_completed(codegen_complete, model, file):
    before = b"x = '\xff\xfe\xed\xa0\x80'\ny = \n"
    file.write_bytes(before)
    model("x = '\udcff\udcfe\udced\udca0\udc80'\ny = ‸\n", "1")
    assert codegen_complete(f"{file}:2:5", "--write")[0] == 0
    assert file.read_bytes() == before.replace(b"y = ", b"y = 1")


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 2, "there is no model at"),
        (b"", 3, "is not a GGUF file"),
        (b"PK\x03\x04", 3, "is not a GGUF file"),
    ],
)
def test_a_file_that_is_no_model_is_refused(
    codegen_complete, file, tmp_path, *, content, code, said
):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    answer = codegen_complete(f"{file}:2:5", "--model", path)
    assert answer[:2] == (code, b"")
    assert said in answer[2]


def test_a_model_that_the_catalogue_lacks_is_refused(codegen_complete, file):
    code, _, err = codegen_complete(f"{file}:2:5", "--model", "qwen")
    assert code == 2
    assert "the catalogue has no model 'qwen'" in err


def test_a_device_that_is_missing_is_refused(codegen_complete, file, tmp_path, monkeypatch):
    monkeypatch.setattr("codegen.engine.device.find_obstacle", lambda: NO_CARD)
    monkeypatch.setattr("codegen.models.resolve.fetch", lambda *_: pytest.fail("it was fetched"))
    code, out, err = codegen_complete(f"{file}:2:5", "--device", "cuda")
    assert (code, out, err) == (4, b"", "codegen: CUDA can't be used: no card\n")
    assert not (tmp_path / "cache").exists()


def test_offline_without_a_model_exits_with_3(codegen_complete, file, tmp_path):
    code, out, err = codegen_complete(f"{file}:2:5", "--offline")
    assert (code, out, err.count("\n")) == (3, b"", 1)
    assert "qwen2.5-coder-0.5b is not on this machine and codegen is offline" in err
    assert not list(tmp_path.glob("cache/*/*.gguf"))


@pytest.fixture
def shown(tokenizer, vocabulary, capsys, monkeypatch):
    """The lines that a terminal shows after a completion."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")

    def shown(source, *answers, lines=3):
        document = at_cursor(source)
        model = scripted_model(tokenizer, vocabulary, document, *answers)
        options = CompletionOptions(candidates=len(answers))
        events = complete(model, prepare(document, options), CancelToken())
        assert len(list(show(events, document, lines=lines))) > len(answers)
        return capsys.readouterr().out

    return shown


def test_a_terminal_shows_the_lines_around(shown):
    source = "one = 1\ntwo = 2\n\ndef f():\n    ‸\n\nx = 1\ny = 2\nz = 3\n"
    assert shown(source, "return 1", lines=2) == "\ndef f():\n    return 1\n\nx = 1\n"
    assert shown(source, "return 1", lines=0) == "    return 1\n"


def test_a_terminal_shows_what_could_harm_it(shown):
    out = shown("# \x1b]0;title\x07\nx = '‸\u202e'\r\ny = 1\r\n", "\x1b[2J\u202d")
    assert out == ("# <U+001B>]0;title<U+0007>\nx = '<U+001B>[2J<U+202D><U+202E>'\ny = 1\n")


def test_a_terminal_highlights_what_is_written(shown, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLORTERM", "")
    out = shown(ADD, "c = a + b\n    return c")
    # The text grows, and is whole at the end.
    assert "\x1b[1;32mc\x1b[0m\n" in out
    assert "\x1b[1;32m    return c\x1b[0m" in out
    assert "\x1b[2mdef add(a, b):\x1b[0m" in out


def test_a_terminal_shows_all_candidates(shown):
    out = shown("x = ‸\n", "1", "2", "1")
    assert out == "x = 1\ncandidate 2, mean logprob -0.69\nx = 2\n"


def test_a_terminal_shows_little_of_a_long_line(shown):
    assert len(shown("a" * 100_000 + " = ‸ + " + "b" * 100_000 + "\n", "1")) < 3000
