"""Emacs with clients that others wrote: Eglot and lsp-mode, each with company for its menu."""

import pytest

from tests.editors.others.recipes import recipe
from tests.editors.required import missing
from tests.editors.terminal import ENTER, artefacts

pytestmark = [pytest.mark.editors]

# Of each client: the section, what it needs, what else is in the init file, and whether it runs the
# command of an item that is accepted.
CLIENTS = {
    "eglot": ("Eglot with company", ["eglot", "company"], "", False),
    # A question that lsp-mode asks once for each project.
    "lsp-mode": ("lsp-mode", ["lsp-mode", "company"], "(setq lsp-auto-guess-root t)", True),
}

INIT = """
(setq inhibit-startup-screen t
      make-backup-files nil
      auto-save-default nil
      create-lockfiles nil
      native-comp-deferred-compilation nil
      initial-scratch-message nil)
(menu-bar-mode -1)
(package-initialize)
{more}
{recipe}
"""


@pytest.fixture(params=CLIENTS)
def menu(request, editor, start, home, workspace, scripted, has_library):
    """Opens Emacs on a file with a text, as the documentation sets this client up."""
    section, libraries, more, _ = CLIENTS[request.param]
    program = editor("emacs")
    for library in libraries:
        if not has_library(library):
            missing(f"{library}.el")

    def begin(text=""):
        file = workspace / "note.py"
        file.write_text(text)
        init = home / "init.el"
        init.write_text(INIT.format(more=more, recipe=recipe(section, "elisp")))
        command = [program, "-nw", "-q", "-l", init, "--eval", "(goto-char (point-max))", file]
        terminal = start([*command, "-f", "end-of-buffer"], scripted)
        scripted.until_ready()
        scripted.until_sent("textDocument/didOpen")
        terminal.settle()
        return terminal, file

    return begin


def until_saved(terminal, file, wanted):
    """Saves until the file is what it is to be."""

    def saved():
        terminal.send("\x18\x13")
        terminal.settle()
        return file.read_text(encoding="utf-8").rstrip() == wanted

    terminal.until(saved, wanted)


# What the file has, what is typed, and the text after accepting. The model that writes slowly needs
# almost a second.
PLACES = {
    "behind a bracket": ("", "total = max(", "total = max(alpha + beta"),
    "in a word": ("", "total = 1 + alp", "total = 1 + alpha + beta"),
    "slowly": ("# slowly 150\n", "total = max(", "# slowly 150\ntotal = max(alpha + beta"),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_menu_has_it_where_it_is_typed(menu, scripted, request, place):
    text, typed, wanted = PLACES[place]
    terminal, file = menu(text)
    terminal.type(typed)
    terminal.until(wanted.splitlines()[-1])
    terminal.capture(artefacts() / "others" / f"{request.node.callspec.id}.svg")
    terminal.send(ENTER)
    terminal.settle()
    until_saved(terminal, file, wanted)
    if CLIENTS[request.node.callspec.params["menu"]][3]:
        scripted.until_sent("workspace/executeCommand")
