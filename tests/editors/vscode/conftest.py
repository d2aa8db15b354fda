"""One code-server and one browser for all tests; a window that most of them share."""

import itertools
import shutil

import pytest

from tests.editors import servers
from tests.editors.required import missing
from tests.editors.vscode.driver import CodeServer, Window, tools

# What makes a suggestion come at once, and only where it is asked for.
EAGER = {"codegen.debounce": False, "codegen.computeAhead": False, "codegen.maxLatency": 60_000}

# For commands that have none of the editor's own, and for an empty desk.
CLEAR = "Control+Alt+0"
KEYS = [
    {"key": "ctrl+alt+l", "command": "editor.action.inlineSuggest.acceptNextLine"},
    {
        "key": "ctrl+alt+0",
        "command": "runCommands",
        "args": {
            "commands": [
                "notifications.clearAll",
                "workbench.action.files.revert",
                "workbench.action.closeAllEditors",
            ]
        },
    },
]

numbers = itertools.count()


@pytest.fixture(scope="session")
def chromium():
    """The browser, through Playwright; skipped, or failed, where something isn't installed."""
    if not (tools() / "codegen.vsix").exists():
        missing("VS Code (tests/editors/vscode/install.sh)")
    if (program := shutil.which("chromium")) is None:
        missing("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Python's playwright")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-frame-rate-limit",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def code_server(chromium, tmp_path_factory):
    server = CodeServer(tools(), tmp_path_factory.mktemp("vscode") / "code-server")
    yield server
    server.close()


@pytest.fixture
def open_window(chromium, code_server):
    """Opens windows of one test's own: open_window(folder, settings), nothing remembered."""
    contexts = []

    def begin(folder, settings, *, context=None):
        code_server.configure(settings)
        if context is None:
            context = chromium.new_context(viewport={"width": 1000, "height": 640})
            contexts.append(context)
        return Window(context, code_server.url, folder)

    yield begin
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shared(chromium, code_server, tokenizer_file, tmp_path_factory):
    """A window on an empty workspace, and its scripted server."""
    folder = tmp_path_factory.mktemp("shared")
    server = servers.scripted(folder / "server", tokenizer_file)
    (folder / "workspace").mkdir()
    code_server.configure({**EAGER, "codegen.server.path": str(server.bin / "codegen")}, KEYS)
    context = chromium.new_context(viewport={"width": 1000, "height": 640})
    window = Window(context, code_server.url, folder / "workspace")
    yield window, server
    context.close()
    server.close()


@pytest.fixture
def sheet(shared):
    """Opens a file that no other test knows: sheet(text), with the cursor where ‸ stands."""
    window, server = shared

    def begin(text, name=None):
        name = name or f"sheet{next(numbers)}.py"
        before, _, after = text.partition("‸")
        path = window.folder / name
        path.write_text(before + after, encoding="utf-8", newline="")
        window.open(name)
        server.until(lambda: opened(server, path), f"an open {name}")
        window.go(before)
        return path

    yield begin
    window.press("Escape", "Escape", CLEAR)
    window.until(lambda: window.tabs == 0, "an empty desk")


@pytest.fixture
def serve(shared, code_server, make_scripted):
    """Gives the shared window another server, or other settings: serve(server, settings).

    Those that `make_scripted` made are ended after the window has left them.
    """
    _, server = shared

    def configure(other=server, settings=None):
        path = {"codegen.server.path": str(other.bin / "codegen")}
        code_server.configure({**EAGER, **path, **(settings or {})}, KEYS)

    yield configure
    starts = len(server.pids)
    changed = code_server.settings()["codegen.server.path"] != str(server.bin / "codegen")
    configure()
    server.until_ready(starts + changed)


def opened(server, path):
    return any(
        one["textDocument"]["uri"] == path.as_uri() for one in server.sent("textDocument/didOpen")
    )
