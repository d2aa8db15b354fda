"""What only development needs: which torch is taken, and the editors' clients as archives."""

import importlib.util
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "dev" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("platform", "gpu", "reachable", "wants", "said"),
    [
        ("linux", False, True, True, ""),
        ("linux", False, False, False, "can't be reached: torch comes from where pip looks"),
        ("linux", True, True, False, ""),
        ("win32", False, True, True, ""),
        ("darwin", False, True, False, ""),
    ],
)
def test_which_torch_is_taken(capsys, platform, gpu, reachable, wants, said):
    torch = load("install_torch")
    assert torch.wants_cpu_build(platform, gpu=gpu, reachable=lambda: reachable) is wants
    assert said in capsys.readouterr().err


def test_the_release_of_torch_is_the_constraints(capsys):
    torch = load("install_torch")
    text = (ROOT / "constraints/dev.txt").read_text(encoding="utf-8")
    assert f"\n{torch.pinned(text)}\n" in text
    with pytest.raises(SystemExit, match="name no release of torch"):
        torch.pinned("torchvision==1.0\n")


@pytest.mark.parametrize(
    ("editor", "holds"),
    [
        ("vim", "plugin/codegen.vim"),
        ("neovim", "lua/codegen/init.lua"),
        ("emacs", "codegen.el"),
    ],
)
def test_a_client_is_packed_as_it_lies_here(tmp_path, editor, holds):
    clients = load("make_clients")
    made = clients.pack(editor, tmp_path)
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
        text = archive.read(f"codegen-{editor}/{holds}")
    assert text == (ROOT / "editors" / editor / holds).read_bytes()
    assert f"codegen-{editor}/LICENSE" in names
    assert all(name.startswith(f"codegen-{editor}/") for name in names)
    first = made.read_bytes()
    assert clients.pack(editor, tmp_path).read_bytes() == first


def test_the_pythons_are_those_of_the_classifiers():
    pythons = load("test_pythons")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert pythons.versions(text) == ["3.11", "3.12", "3.13"]


def test_a_python_is_found_by_what_it_says_of_itself(tmp_path, monkeypatch):
    pythons = load("test_pythons")
    this = "{}.{}".format(*sys.version_info)
    shim = tmp_path / f"python{this}"
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    real = tmp_path / "versions" / f"{this}.1" / "bin" / "python"
    real.parent.mkdir(parents=True)
    real.symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.find(this) == real
    assert pythons.find("3.5") is None
