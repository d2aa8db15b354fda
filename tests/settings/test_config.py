import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from codegen.errors import ConfigError
from codegen.models.mirrors import UrlMirror
from codegen.settings.config import Settings, load_settings
from codegen.settings.editing import EditingSettings
from codegen.settings.fields import FIELDS, KEYS, wire_name

MIRRORS = f'[[mirror]]\nsha256 = "{"0" * 64}"\nkind = "url"\nurls = ["https://example.org/m"]\n'


def test_a_pipe_in_place_of_a_configuration_file_is_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="pipe can't be read: it is not a regular file"):
        load_settings({"CODEGEN_CONFIG": str(pipe)})
    with pytest.raises(ConfigError, match="pipe can't be read: it is not a regular file"):
        load_settings({"CODEGEN_MODEL_MIRRORS": str(pipe)})


@pytest.fixture
def check(tmp_path):
    """Settings from a file's text and variables; TMP in them stands for a directory."""

    def load(text="", **environ):
        path = tmp_path / "config.toml"
        path.write_text(text.replace("TMP", str(tmp_path)))
        variables = {key: value.replace("TMP", str(tmp_path)) for key, value in environ.items()}
        return load_settings({"CODEGEN_CONFIG": str(path), **variables})

    return load


def test_without_a_file_and_variables_the_defaults_count(check):
    settings = check()
    assert settings == Settings()
    assert settings.model == "qwen2.5-coder-0.5b"
    assert (settings.device, settings.compute_path, settings.context_tokens) == (
        "auto",
        "auto",
        None,
    )
    assert settings.threads is None
    assert settings.offline is False
    assert settings.mirrors == ()
    assert settings.cache_dir == platformdirs.user_cache_path("codegen")


@pytest.mark.parametrize(
    ("text", "environ", "key", "value"),
    [
        ('model = "qwen2.5-coder-1.5b"', {}, "model", "qwen2.5-coder-1.5b"),
        ('model = "a"', {"CODEGEN_MODEL": "b"}, "model", "b"),
        ('model = "a"', {"CODEGEN_MODEL": ""}, "model", "a"),
        ('model = "/models/x.gguf"', {}, "model", "/models/x.gguf"),
        ('model = "~/x.gguf"', {}, "model", str(Path("~/x.gguf").expanduser())),
        ('device = "cuda"', {}, "device", "cuda"),
        ("", {"CODEGEN_DEVICE": "cpu"}, "device", "cpu"),
        ("threads = 3", {}, "threads", 3),
        ("threads = 3", {"CODEGEN_THREADS": "2"}, "threads", 2),
        ("offline = true", {}, "offline", True),
        ("offline = true", {"CODEGEN_OFFLINE": "0"}, "offline", False),
        ("", {"CODEGEN_OFFLINE": "1"}, "offline", True),
        ("", {"CODEGEN_OFFLINE": "Yes"}, "offline", True),
        ('compute_path = "l4"', {}, "compute_path", "l4"),
        ("", {"CODEGEN_COMPUTE_PATH": "l1"}, "compute_path", "l1"),
        ("context_tokens = 512", {}, "context_tokens", 512),
        ('cache_dir = "/a"', {}, "cache_dir", Path("/a")),
        ('cache_dir = "/a"', {"CODEGEN_CACHE_DIR": "/b"}, "cache_dir", Path("/b")),
    ],
)
def test_a_value_is_read_from_the_file_or_a_variable(check, text, environ, key, value):
    assert getattr(check(text, **environ), key) == value


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('model_mirrors = "TMP/mirrors.toml"', {}),
        ("", {"CODEGEN_MODEL_MIRRORS": "TMP/mirrors.toml"}),
    ],
)
def test_mirrors_are_read_from_the_file_that_is_named(check, tmp_path, text, environ):
    (tmp_path / "mirrors.toml").write_text(MIRRORS)
    assert check(text, **environ).mirrors == (UrlMirror("0" * 64, ("https://example.org/m",)),)


@pytest.mark.parametrize(
    ("text", "environ", "parts"),
    [
        ('device = "gpu"', {}, ["device = 'gpu'", "TMP/config.toml", "auto, cpu or cuda"]),
        ("", {"CODEGEN_DEVICE": "gpu"}, ["CODEGEN_DEVICE = 'gpu'", "the environment"]),
        ("device = 1", {}, ["device = 1"]),
        ("threads = 0", {}, ["threads = 0", "1 or more"]),
        ("threads = true", {}, ["threads = True"]),
        ("threads = 1.5", {}, ["threads = 1.5"]),
        ("", {"CODEGEN_THREADS": "two"}, ["CODEGEN_THREADS = 'two'"]),
        ("offline = 2", {}, ["offline = 2", "true or false"]),
        ("", {"CODEGEN_OFFLINE": "maybe"}, ["CODEGEN_OFFLINE = 'maybe'"]),
        ("model = 1", {}, ["model = 1"]),
        ('model = " "', {}, ["model = ' '"]),
        ('model = "models/x"', {}, ["model = 'models/x'", "absolute"]),
        ("", {"CODEGEN_MODEL": "x.gguf"}, ["CODEGEN_MODEL = 'x.gguf'", "absolute"]),
        ('compute_path = ""', {}, ["compute_path = ''"]),
        ("context_tokens = -1", {}, ["context_tokens = -1"]),
        ("", {"CODEGEN_CONTEXT_TOKENS": "5"}, ["CODEGEN_CONTEXT_TOKENS = '5'", "16 or more"]),
        ('cache_dir = "cache"', {}, ["cache_dir = 'cache'", "absolute"]),
        ('cache_dir = "~nobody-of-that-name/x"', {}, ["cache_dir = "]),
        ("", {"CODEGEN_MODEL_MIRRORS": "mirrors.toml"}, ["CODEGEN_MODEL_MIRRORS", "absolute"]),
        ("", {"CODEGEN_MODEL_MIRRORS": "TMP/none.toml"}, ["TMP/none.toml", "No such file"]),
        ('devise = "cpu"', {}, ["unknown key devise", "TMP/config.toml", "did you mean device?"]),
        ("zzz = 1", {}, ["unknown key zzz", "there are model, device"]),
        ("device =", {}, ["TMP/config.toml", "not valid TOML"]),
        ("", {"CODEGEN_CONFIG": "config.toml"}, ["CODEGEN_CONFIG = 'config.toml'", "absolute"]),
        ("", {"CODEGEN_CONFIG": "TMP/none.toml"}, ["TMP/none.toml", "No such file"]),
    ],
)
def test_a_bad_value_is_refused_with_its_key_and_place(check, tmp_path, text, environ, parts):
    with pytest.raises(ConfigError) as caught:
        check(text, **environ)
    for part in parts:
        assert part.replace("TMP", str(tmp_path)) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_configuration_file_that_is_not_text_is_refused(check, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        check(CODEGEN_CONFIG="TMP/binary")


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("", {}),
        ("enabled = false", {"enabled": False}),
        ("languages = { python = false }", {"languages": {"python": False}}),
        ('exclude = ["*.log", "~/x/**"]', {"exclude": ("*.log", "~/x/**")}),
        ("max_latency = 1500", {"max_latency": 1.5}),
        ('lines = "multi"', {"lines": "multi"}),
        ("candidates = 1", {"candidates": 1}),
        ("debounce = false", {"debounce": False}),
        ('completion = "on"', {"completion": "on"}),
        ("compute_ahead = false", {"compute_ahead": False}),
        ("unload_after = 0.5", {"unload_after": 0.5}),
        ("unload_after = 0", {"unload_after": None}),
        ('log_level = "debug"', {"log_level": "debug"}),
        ('model = "qwen2.5-coder-1.5b"', {"model": "qwen2.5-coder-1.5b"}),
        ('model = "/models/x.gguf"', {"model": "/models/x.gguf"}),
        ('device = "cpu"', {"device": "cpu"}),
        ('log_file = "/var/log/codegen"', {"log_file": Path("/var/log/codegen")}),
        ("log_source = true", {"log_source": True}),
        ("fetch = true", {"fetch": True}),
    ],
)
def test_the_editor_table_sets_the_editing_settings(check, text, changes):
    assert check(f"threads = 2\n[editor]\n{text}") == Settings(
        threads=2, editor=EditingSettings(**changes)
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("editor = 1", ["editor = 1", "TMP/config.toml", "expected a table"]),
        (
            "[editor]\nmax_latnecy = 1",
            [
                "unknown key editor.max_latnecy in TMP/config.toml",
                "did you mean editor.max_latency?",
            ],
        ),
        ("[editor]\nmaxLatency = 1", ["did you mean editor.max_latency?"]),
        ("[editor]\nthreads = 1", ["unknown key editor.threads"]),
        ("[editor]\nzzzzzzzzzz = 1", ["there are editor.enabled, editor.languages"]),
        ("[editor]\nenabled = 1", ["editor.enabled = 1 in TMP/config.toml", "true or false"]),
        ("[editor]\nlanguages = []", ["editor.languages = []", "each with true or false"]),
        ("[editor]\nlanguages = { c = 1 }", ["editor.languages = {'c': 1}"]),
        ("[editor]\nmax_latency = 99", ["milliseconds from 100 to 60,000"]),
        ("[editor]\nmax_latency = nan", ["editor.max_latency = nan"]),
        ("[editor]\ncandidates = 11", ["a whole number from 1 to 10"]),
        ("[editor]\nlines = 'two'", ["auto, single or multi"]),
        ("[editor]\nunload_after = -1", ["minutes from 0 to 10,000"]),
        ("[editor]\nlog_level = 'trace'", ["error, warning, info or debug"]),
        ("[editor]\nexclude = '*.log'", ["a list of globs"]),
        ("[editor]\nexclude = ['!a']", ["'!a': a glob can't begin with !"]),
        ("[editor]\nmodel = 'x.gguf'", ["editor.model = 'x.gguf'", "absolute"]),
        ("[editor]\nmodel = 1", ["a name, or an absolute path"]),
        ("[editor]\nlog_file = 'codegen.log'", ["editor.log_file = 'codegen.log'", "absolute"]),
        ("[editor]\nlog_file = true", ["an absolute path"]),
        ("editr = 1", ["did you mean editor?"]),
    ],
)
def test_a_bad_value_in_the_editor_table_is_refused(check, tmp_path, text, parts):
    with pytest.raises(ConfigError) as caught:
        check(text)
    for part in parts:
        assert part.replace("TMP", str(tmp_path)) in str(caught.value)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_table_of_fields_says_the_default(field):
    default = None if field.default is None else field.kind.read(field.default)
    assert default == getattr(EditingSettings(), field.name)


def test_the_table_of_fields_is_whole():
    assert [field.name for field in FIELDS] == list(EditingSettings.__slots__)
    assert not {field.wire for field in FIELDS} & set(map(wire_name, KEYS)) - {"model", "device"}


@pytest.mark.parametrize(
    ("changes", "model", "device"),
    [
        ({}, "a", "cuda"),
        ({"model": "b"}, "b", "cuda"),
        ({"device": "cpu"}, "a", "cpu"),
    ],
)
def test_editing_has_a_model_and_a_device_of_its_own(changes, model, device):
    editing = EditingSettings(**changes)
    settings = Settings(model="a", device="cuda", threads=3).for_editing(editing)
    assert settings == Settings(model=model, device=device, threads=3, editor=editing)


def test_the_user_s_own_file_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: tmp_path / name)
    assert load_settings({}) == Settings()
    (tmp_path / "codegen").mkdir()
    (tmp_path / "codegen" / "config.toml").write_text("threads = 5")
    assert load_settings({}).threads == 5


def test_nothing_comes_from_the_current_directory(tmp_path, monkeypatch):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for name in ("config.toml", "codegen.toml", ".codegen.toml", "mirrors.toml", "pyproject.toml"):
        (workspace / name).write_text("threads = 5")
    monkeypatch.chdir(workspace)
    # A relative path in place of the one that platformdirs gives.
    monkeypatch.setattr(platformdirs, "user_config_path", lambda _: Path())
    assert load_settings({}) == Settings()


def test_reading_the_configuration_imports_nothing_heavy():
    heavy = "{'onnxruntime', 'huggingface_hub', 'numpy', 'rich', 'filelock', 'urllib.request'}"
    code = f"import codegen.settings.config, sys; print(*sorted({heavy} & sys.modules.keys()))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
