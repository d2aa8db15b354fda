import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from codegen.config import Settings, load_settings
from codegen.errors import ConfigError
from codegen.models.mirrors import UrlMirror

MIRRORS = f'[[mirror]]\nsha256 = "{"0" * 64}"\nkind = "url"\nurls = ["https://example.org/m"]\n'


@pytest.fixture
def check(tmp_path):
    """Settings from a file's text and variables; TMP in either is a directory."""

    def load(text="", **environ):
        path = tmp_path / "config.toml"
        path.write_text(text.replace("TMP", str(tmp_path)))
        variables = {key: value.replace("TMP", str(tmp_path)) for key, value in environ.items()}
        return load_settings({"CODEGEN_CONFIG": str(path), **variables})

    return load


def test_the_defaults(check):
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
def test_values(check, text, environ, key, value):
    assert getattr(check(text, **environ), key) == value


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('model_mirrors = "TMP/mirrors.toml"', {}),
        ("", {"CODEGEN_MODEL_MIRRORS": "TMP/mirrors.toml"}),
    ],
)
def test_mirrors(check, tmp_path, text, environ):
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
def test_bad_values(check, tmp_path, text, environ, parts):
    with pytest.raises(ConfigError) as caught:
        check(text, **environ)
    for part in parts:
        assert part.replace("TMP", str(tmp_path)) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_that_is_not_text(check, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        check(CODEGEN_CONFIG="TMP/binary")


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
    # A relative one, so that what platformdirs gives is relative too.
    monkeypatch.setattr(platformdirs, "user_config_path", lambda _: Path())
    assert load_settings({}) == Settings()


def test_it_is_light_to_import():
    heavy = "{'onnxruntime', 'huggingface_hub', 'numpy', 'rich', 'filelock', 'urllib.request'}"
    code = f"import codegen.config, sys; print(*sorted({heavy} & sys.modules.keys()))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
