"""What to type to install codegen again: never a name that has no release."""

import json
import re
import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest

from codegen import installing

PIP = f"{shlex.quote(sys.executable)} -m pip install"


@pytest.fixture
def installed(monkeypatch):
    """Plays where codegen was installed from."""

    class Distribution:
        def __init__(self, direct):
            self._direct = direct

        def read_text(self, name):
            assert name == "direct_url.json"
            return self._direct

    def installed(direct):
        text = direct if direct is None or isinstance(direct, str) else json.dumps(direct)
        monkeypatch.setattr(metadata, "distribution", lambda _: Distribution(text))

    return installed


@pytest.mark.parametrize(
    ("name", "info", "option"),
    [
        ("a clone", {"dir_info": {"editable": True}}, "--editable "),
        ("a clone", {"dir_info": {}}, ""),
        ("codegen_lsp-0.1.0-py3-none-any.whl", {"archive_info": {}}, ""),
    ],
)
def test_from_where_it_came(tmp_path, installed, name, info, option):
    source = tmp_path / name
    source.touch()
    installed({"url": source.as_uri(), **info})
    wanted = f'run {PIP} --force-reinstall --no-deps {option}"{source}"'
    assert installing.install_again() == wanted


@pytest.mark.parametrize(
    "direct",
    [
        None,
        "no JSON",
        "[]",
        {"url": "file:///no/such/codegen.whl"},
        {"url": "https://example.org/codegen.whl"},
    ],
)
def test_from_nowhere_that_is_known(installed, direct):
    installed(direct)
    assert "make build" in installing.install_again()


ROOT = Path(__file__).parent.parent
TEXTS = ("*.md", "*.py", "*.lua", "*.vim", "*.txt", "*.el", "*.ts", "*.json", "*.toml", "Makefile")

# A package index would be asked for a name that may be anybody's.
BY_NAME = re.compile(r"""(?:install|uvx|pipx run)\b[^\n/]*["' ]codegen-lsp\b(?!`)""")


def test_no_text_installs_a_name_without_a_release():
    folders = ("codegen", "lsp", "eval", "docs", "editors", "tests/editors", ".")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in folders
        for pattern in TEXTS
        for path in (ROOT / folder).glob(pattern if folder == "." else f"**/{pattern}")
        if "node_modules" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if BY_NAME.search(line) and "uninstall" not in line
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('pipx install "codegen-lsp[languages]"', True),
        ("pip install codegen-lsp", True),
        ('pipx install "/path/to/codegen_lsp-0.1.0-py3-none-any.whl[languages]"', False),
    ],
)
def test_what_is_looked_for(line, wrong):
    assert bool(BY_NAME.search(line)) is wrong
