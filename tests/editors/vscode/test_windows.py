"""Which server a window starts, and with which settings: each test has a window of its own."""

import json
import shlex

import pytest

from tests.editors.vscode.conftest import EAGER

pytestmark = [pytest.mark.editors, pytest.mark.timeout(600)]

INSTALL = "make install"

TRUSTED = {"security.workspace.trust.enabled": False}
RESTRICTED = {"security.workspace.trust.enabled": True}


def put(program, text):
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(text)
    program.chmod(0o755)
    return program


def theirs(workspace, server=None):
    """A server in the workspace's own environment; without a real one it tells that it ran."""
    program = workspace / ".venv/bin/codegen"
    ran = workspace / "ran"
    command = f"exec {server.bin / 'codegen'} lsp" if server else f"touch {shlex.quote(str(ran))}"
    put(program, f"#!/bin/sh\n{command}\n")
    return ran


@pytest.fixture
def own(code_server):
    """Puts programs on the user's PATH, for one test: own(name, text)."""
    made = []

    def begin(name, text):
        made.append(put(code_server.bin / name, text))
        return made[-1]

    yield begin
    for each in (*made, code_server.home / ".local/bin/codegen"):
        each.unlink(missing_ok=True)


def test_a_missing_server_is_said_once_and_found_later(
    open_window, workspace, own, code_server, scripted
):
    said = code_server.home / "said"
    own("make", f'#!/bin/sh\necho "$@" >{said}\n')
    window = open_window(workspace, EAGER)
    window.open("inventory.py")
    window.until_message("not installed", INSTALL)
    window.until_status("not installed")
    window.capture("not installed")
    assert window.messages.count() == 1
    window.answer("How to Install It")
    look = window.page.wait_for_selector(
        ".getting-started-step .monaco-button:has-text('Look for it')"
    )
    there = code_server.home / ".local/bin/codegen"
    put(there, f'#!/bin/sh\nexec {scripted.bin / "codegen"} "$@"\n')
    look.click()
    window.until_message("is installed", str(there))
    scripted.until_ready()
    window.until_status("ready")
    # By the user's own hand: nothing installs what has no release.
    assert not said.exists()


def test_the_server_on_path_is_started(open_window, workspace, own, scripted):
    own("codegen", f'#!/bin/sh\nexec {scripted.bin / "codegen"} "$@"\n')
    ran = theirs(workspace)
    window = open_window(workspace, EAGER)
    window.open("inventory.py")
    scripted.until_ready()
    window.until_status("ready")
    assert not ran.exists()


def test_without_trust_nothing_of_the_workspace_is_started(open_window, workspace):
    ran = theirs(workspace)
    (workspace / ".vscode").mkdir()
    settings = {"codegen.server.path": str(workspace / ".venv/bin/codegen")}
    (workspace / ".vscode/settings.json").write_text(json.dumps(settings))
    window = open_window(workspace, {**EAGER, **RESTRICTED})
    window.open("inventory.py")
    window.until_status("not installed")
    window.run("codegen: Restart the Server")
    window.until_message("not installed")
    window.capture("restricted mode")
    assert not ran.exists()


@pytest.mark.parametrize("way", ["a link", "a part"])
def test_the_workspaces_own_is_known_on_path_too(open_window, workspace, own, way):
    ran = theirs(workspace)
    on_path = own("codegen", "")
    on_path.unlink()
    on_path.symlink_to(workspace / ".venv/bin/codegen")
    folder = workspace / "part" if way == "a part" else workspace.with_name("link")
    if way == "a part":
        folder.mkdir()
        (workspace / "inventory.py").rename(folder / "inventory.py")
    else:
        folder.symlink_to(workspace)
    window = open_window(folder, {**EAGER, **RESTRICTED})
    window.open("inventory.py")
    window.until_status("not installed")
    assert not ran.exists()


def test_with_trust_the_workspaces_own_is_started_after_a_question(
    open_window, workspace, scripted
):
    theirs(workspace, scripted)
    window = open_window(workspace, {**EAGER, **TRUSTED})
    window.open("inventory.py")
    window.until_message("this workspace's own environment")
    assert scripted.pids == []
    window.capture("a question")
    window.answer("Start It")
    scripted.until_ready()
    window.until_status("ready")
    # It is remembered here.
    window.page.reload()
    scripted.until_ready(2)


def test_a_path_that_names_no_program_is_said(open_window, workspace):
    window = open_window(workspace, {"codegen.server.path": "/nowhere/codegen"})
    window.open("inventory.py")
    window.until_message("codegen.server.path", "/nowhere/codegen")
    window.until_status("not installed")


def test_only_what_is_set_is_sent_and_a_workspace_cannot_name_anything(
    open_window, workspace, scripted
):
    (workspace / ".vscode").mkdir()
    file = workspace / ".vscode/settings.json"
    unsafe = {
        "codegen.server.path": "/bin/false",
        "codegen.model": "their-model",
        "codegen.device": "cuda",
    }
    file.write_text(json.dumps({"codegen.exclude": ["theirs/*"], **unsafe}))
    mine = {"codegen.exclude": ["mine/*"], "codegen.lines": "single"}
    window = open_window(
        workspace,
        {**EAGER, **TRUSTED, **mine, "codegen.server.path": str(scripted.bin / "codegen")},
    )
    window.open("inventory.py")
    scripted.until_ready()
    wanted = {
        "debounce": False,
        "computeAhead": False,
        "maxLatency": 60_000,
        "lines": "single",
        "exclude": ["mine/*", "theirs/*"],
    }
    assert scripted.sent("initialize")[0]["initializationOptions"] == wanted
    file.unlink()
    scripted.until(lambda: told(scripted) == {**wanted, "exclude": ["mine/*"]}, "told what is left")


def told(server):
    """What the server was answered last when it asked for the settings."""
    answers = (
        one["message"].get("result") for one in server.entries if one.get("from") == "editor"
    )
    # The answer to workspace/configuration is a list of one.
    return [answer[0] for answer in answers if isinstance(answer, list)][-1]


def test_the_walkthrough_opens(open_window, workspace):
    window = open_window(workspace, {"codegen.server.path": "/nowhere/codegen"})
    window.open("inventory.py")
    window.until_status("not installed")
    window.run("codegen: Get Started")
    window.page.wait_for_selector(".getting-started-step:has-text('Install the server')")
    window.capture("walkthrough")
