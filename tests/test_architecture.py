"""docs/architecture.md names what there is, and leaves no package out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PLACES = ("", "codegen", "lsp", "eval", "lsp/codegen_lsp", "eval/codegen_eval")


def modules():
    return {
        path.relative_to(ROOT).as_posix()
        for part in ("codegen", "lsp", "eval", "tests")
        for path in (ROOT / part).rglob("*.py")
    }


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/]+\.(?:py|toml))`", PAGE))))
def test_a_module_that_the_page_names_is_there(name):
    known = modules() | {"codegen/models/catalogue.toml", "pyproject.toml"}
    # Without its folder, a name follows others of the same one.
    assert any(path == name or path.endswith(f"/{name}") for path in known)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", PAGE))))
def test_a_path_is_from_the_package(name):
    assert any((ROOT / place / name).exists() for place in PLACES)


@pytest.mark.parametrize("package", ["codegen", "eval/codegen_eval"])
def test_every_package_and_module_at_the_top_is_on_the_map(package):
    tree = PAGE.split("```")[1]
    for path in sorted((ROOT / package).iterdir()):
        if path.is_dir() and (path / "__init__.py").exists():
            assert re.search(rf"\b{path.name}/", tree), path.name
        elif path.suffix == ".py" and not path.name.startswith("__"):
            assert re.search(rf"\b{path.stem}\b", tree), path.name
