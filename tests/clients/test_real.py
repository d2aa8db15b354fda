"""Some of these clients with the real model."""

import ast
import os
import sys
from pathlib import Path

import pytest

from tests.clients import imitations
from tests.clients.imitations import connect
from tests.lsp.client import Client

pytestmark = pytest.mark.model

EXAMPLE = Path(__file__).parents[2] / "examples" / "inventory.py"
RETURNS = "        return sum("


class PatientBlink(imitations.Blink):
    """One that waits on a machine that does other things, too."""

    options = imitations.PatientCompany.options


@pytest.fixture
def editor(request, tmp_path):
    """Opens the example with its cursor in a body of which only the beginning is written."""
    env = {**os.environ, "CODEGEN_DEVICE": "cpu", "CODEGEN_COMPUTE_PATH": "l4"}
    kind = request.param
    client = Client([sys.executable, "-m", "codegen", "lsp"], env=env, stderr=tmp_path / "stderr")
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if line.startswith(RETURNS))
    lines[at] = "        ‸\n"
    try:
        connect(client, kind)
        yield kind(client, EXAMPLE.as_uri(), "".join(lines))
        client.end()
    finally:
        client.kill()


def is_whole(editor, written):
    """Whether the body is written, and the file one that Python can read."""
    ast.parse(editor.text)
    return len(editor.text) > written


@pytest.mark.deep
@pytest.mark.parametrize("editor", [imitations.NativeNeovim], indirect=True)
def test_ghost_text_of_the_real_model(editor):
    editor.type("return ")
    written = len(editor.text)
    editor.tab()
    assert is_whole(editor, written)
    assert "\t" not in editor.text
    assert editor.client.counters()["accepted"] == 1


@pytest.mark.parametrize("editor", [PatientBlink], indirect=True)
def test_a_menu_that_waits_for_the_real_model(editor):
    editor.type("return sum(")
    editor.press()
    written = len(editor.text)
    (item,) = editor.shown
    editor.confirm()
    assert item["textEdit"]["newText"] in editor.text
    assert is_whole(editor, written)


@pytest.mark.deep
@pytest.mark.parametrize("editor", [imitations.PatientCompany], indirect=True)
def test_a_menu_of_one_line_of_the_real_model(editor):
    (item,) = editor.type("ret")
    assert item["textEdit"]["newText"].startswith("return ")
    written = len(editor.text)
    lines = editor.text.count("\n")
    editor.edit(item)
    assert editor.text.count("\n") == lines
    assert is_whole(editor, written)
