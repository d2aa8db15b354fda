"""`codegen config`: shows settings with their origins, and changes one line of the file."""

import json
import os
import tomllib

import pytest

from codegen.cli import run
from codegen.settings.config import load_settings

WRITTEN = '# mine\nmodel = "qwen2.5-coder-1.5b"  # the large one\n'


@pytest.fixture
def file(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith("CODEGEN_"):
            monkeypatch.delenv(name)
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    monkeypatch.setenv("CODEGEN_CONFIG", str(path))
    return path


def test_show_is_toml_with_origins(capsys, monkeypatch, file):
    monkeypatch.setenv("CODEGEN_THREADS", "3")
    assert run(["config", "show"]) == 0
    out = capsys.readouterr().out
    values = tomllib.loads(out)
    assert values["model"] == "qwen2.5-coder-1.5b"
    assert values["editor"]["max_latency"] == 6000
    assert f'model = "qwen2.5-coder-1.5b"  # {file}\n' in out
    assert "threads = 3  # CODEGEN_THREADS\n" in out
    assert "offline = false  # default\n" in out
    assert "# context_tokens is not set\n" in out


def test_show_prints_json_for_programs(capsys, file):
    file.write_text('[editor]\nlines = "single"\n', encoding="utf-8")
    assert run(["config", "show", "--json"]) == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)["settings"]}
    assert rows["editor.lines"] == {"key": "editor.lines", "value": "single", "origin": str(file)}
    assert rows["threads"] == {"key": "threads", "value": None, "origin": "default"}


@pytest.mark.parametrize("named", [True, False])
def test_path_prints_the_configuration_file(capsys, monkeypatch, tmp_path, file, named):
    if not named:
        monkeypatch.delenv("CODEGEN_CONFIG")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    assert run(["config", "path"]) == 0
    wanted = file if named else tmp_path / "own" / "codegen" / "config.toml"
    assert capsys.readouterr().out == f"{wanted}\n"


@pytest.mark.parametrize(
    ("key", "value", "added"),
    [
        ("device", "cpu", 'device = "cpu"\n'),
        ("device", '"cpu"', 'device = "cpu"\n'),
        ("threads", "2", "threads = 2\n"),
        ("offline", "true", "offline = true\n"),
        ("cache_dir", "/data/codegen", 'cache_dir = "/data/codegen"\n'),
        ("editor.lines", "single", '\n[editor]\nlines = "single"\n'),
        ("editor.exclude", '["**/x/**"]', '\n[editor]\nexclude = ["**/x/**"]\n'),
        ("editor.max_latency", "900", "\n[editor]\nmax_latency = 900\n"),
    ],
)
def test_set_leaves_the_rest_of_the_file(capsys, file, key, value, added):
    file.chmod(0o640)
    assert run(["config", "set", key, value]) == 0
    assert capsys.readouterr() == ("", f"wrote {key} to {file}\n")
    assert file.read_text(encoding="utf-8") == WRITTEN + added
    assert file.stat().st_mode & 0o777 == 0o640
    load_settings(os.environ)


def test_set_replaces_and_keeps_the_comment(file):
    assert run(["config", "set", "--quiet", "model", "qwen2.5-coder-0.5b"]) == 0
    assert file.read_text(encoding="utf-8") == WRITTEN.replace("1.5b", "0.5b")


def test_set_makes_a_missing_file(tmp_path, monkeypatch, file):
    path = tmp_path / "new" / "config.toml"
    monkeypatch.setenv("CODEGEN_CONFIG", str(path))
    assert run(["config", "set", "threads", "2"]) == 0
    assert path.read_text(encoding="utf-8") == "threads = 2\n"


def test_set_writes_through_a_link(tmp_path, monkeypatch, file):
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    monkeypatch.setenv("CODEGEN_CONFIG", str(link))
    assert run(["config", "set", "threads", "2"]) == 0
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == WRITTEN + "threads = 2\n"


def test_set_tells_what_wins(capsys, monkeypatch, file):
    monkeypatch.setenv("CODEGEN_DEVICE", "cpu")
    assert run(["config", "set", "device", "auto"]) == 0
    assert "CODEGEN_DEVICE is set in the environment, and wins" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("modle", "x", "unknown key modle in the configuration; did you mean model?"),
        ("editor.line", "single", "did you mean editor.lines?"),
        ("threads", "0", "threads = '0' can't be set: expected a whole number, 1 or more"),
        ("context_tokens", "5", "context_tokens = '5' can't be set: expected 16 or more"),
        ("threads", "1\nmodel = 'x'", "can't be set"),
        ("device", "gpu", "device = 'gpu' can't be set: expected"),
        ("model", "./x.gguf", "expected an absolute path"),
        ("editor.max_latency", "-1", "editor.max_latency = '-1' can't be set"),
    ],
)
def test_set_refuses_bad_keys_and_values(capsys, file, key, value, said):
    assert run(["config", "set", "--", key, value]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert file.read_text(encoding="utf-8") == WRITTEN


@pytest.mark.parametrize("content", ["model = [", 'unknown = "x"\n', "editor = 3\n"])
@pytest.mark.parametrize("key", ["threads", "editor.candidates"])
def test_set_leaves_an_invalid_file_as_it_is(capsys, file, key, content):
    file.write_text(content, encoding="utf-8")
    assert run(["config", "set", key, "2"]) == 2
    assert str(file) in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == content
