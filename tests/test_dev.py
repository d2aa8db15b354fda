"""What only development needs: which torch is taken, and the editors' clients as archives."""

import importlib.util
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
