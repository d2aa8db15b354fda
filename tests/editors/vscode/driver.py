"""VS Code as somebody uses it: code-server, and windows of it in a headless browser."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from tests.editors.terminal import PATIENCE, RHYTHM, artefacts

_LISTENING = re.compile(r"HTTP server listening on (http://\S+)")

# Nothing that asks, moves or fetches by itself.
QUIET = {
    "chat.disableAIFeatures": True,
    "editor.minimap.enabled": False,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "git.enabled": False,
    "security.workspace.trust.enabled": False,
    "security.workspace.trust.startupPrompt": "never",
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.restoreWindows": "none",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.welcomePage.walkthroughs.openOnInstall": False,
}

SNIPPET = {"prefix": "pair", "body": "pair(${1:left}, ${2:right})$0"}

# In the order of the screen: the line with the cursor, and the lines below it.
_GHOST = "[class*='ghost-text-decoration'], .suggest-preview-text .view-line"

_LINES = """
lines => lines
    .map(line => [parseFloat(line.style.top), line.cloneNode(true)])
    .sort(([a], [b]) => a - b)
    .map(([, line]) => {
        line.querySelectorAll("[class*='ghost-text']").forEach(ghost => ghost.remove());
        return line.textContent;
    })
"""

_STATUS = "[id='codegen.codegen.codegen.status']"


class CodeServer:
    """One server of VS Code, with the extension installed; all windows have the same settings."""

    def __init__(self, tools, folder):
        self.folder = folder
        self.home = folder / "home"
        # First on the PATH that the extension sees; empty but for what a test puts there.
        self.bin = folder / "bin"
        for each in (self.home, self.bin, self._user / "snippets", self._user.with_name("Machine")):
            each.mkdir(parents=True)
        # The editor takes PATH from a login shell.
        (self.home / ".bash_profile").write_text(f'export PATH="{self.bin}:/usr/bin:/bin"\n')
        command = [
            tools / "bin/node",
            tools / "code/out/node/entry.js",
            *("--user-data-dir", folder / "data", "--extensions-dir", folder / "extensions"),
        ]
        env = {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/bash",
        }
        installing = [*command, "--install-extension", tools / "codegen.vsix"]
        subprocess.run(installing, env=env, check=True, capture_output=True)
        self._log = folder / "code-server.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    *command,
                    "--auth",
                    "none",
                    "--bind-addr",
                    "127.0.0.1:0",
                    "--disable-telemetry",
                    "--disable-update-check",
                ],
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                start_new_session=True,
            )
        self.url = until(self._listening, self._log.read_text)

    @property
    def _user(self):
        return self.folder / "data/User"

    def configure(self, settings, keys=()):
        """What the user has set, and the keys that are the user's own."""
        own = {name: value for name, value in settings.items() if name.startswith("codegen.")}
        others = {name: value for name, value in settings.items() if name not in own}
        self._write("User/settings.json", {**QUIET, **others})
        # Of a remote window, which this is, the machine's own settings are here.
        self._write("Machine/settings.json", own)
        self._write("User/keybindings.json", list(keys))
        self._write("User/snippets/python.json", {"pair": SNIPPET})

    def settings(self):
        """The user's settings as they are now, wherever they are kept."""
        files = [self._user / "settings.json", self._user.with_name("Machine") / "settings.json"]
        return {name: value for file in files for name, value in _whole(file).items()}

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _write(self, name, content):
        # At once: half of it would be other settings.
        path = self.folder / "data" / name
        path.with_suffix(".new").write_text(json.dumps(content), encoding="utf-8")
        path.with_suffix(".new").replace(path)

    def _listening(self):
        found = _LISTENING.search(self._log.read_text())
        return found and found[1].rstrip("/")


class Window:
    """One window of VS Code, and somebody who types in it."""

    def __init__(self, context, url, folder):
        self.folder = folder
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.goto(f"{url}/?folder={folder}")
        self.page.wait_for_selector(".monaco-workbench .part.sidebar", timeout=PATIENCE * 1000)

    def open(self, name):
        """Opens a file as one does who knows its name."""
        self.press("Control+p")
        self.page.wait_for_selector(".quick-input-widget input:focus")
        # What lies at a path needs no search, which may not know yet of a new file.
        self.page.keyboard.type(str(self.folder / name))
        self._pick(name)
        self.page.wait_for_selector(f".editor-group-container.active [data-resource-name='{name}']")
        self.page.wait_for_selector(".monaco-editor.focused .view-line")

    def run(self, title):
        """A command of the palette."""
        self.press("F1")
        self.page.wait_for_selector(".quick-input-widget input:focus")
        self.page.keyboard.type(title)
        self._pick(title)

    def _pick(self, label):
        self.page.click(f".quick-input-list .monaco-list-row[aria-label*={json.dumps(label)}]")

    # Keys.

    def type(self, text, rhythm=RHYTHM):
        self.page.keyboard.type(text, delay=rhythm * 1000)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, before):
        """To the place that a text leads to."""
        line = before.count("\n") + 1
        column = len(before.rpartition("\n")[2].encode("utf-16-le")) // 2 + 1
        self.press("Control+g")
        self.page.wait_for_selector(".quick-input-widget input:focus")
        self.page.keyboard.type(f"{line}:{column}")
        self.press("Enter")
        self.page.wait_for_selector(".monaco-editor.focused .view-line")

    # What is seen.

    @property
    def ghost(self):
        """The ghost text, line by line; empty where there is none."""
        return _spaces("".join(self.page.locator(_GHOST).all_text_contents()))

    @property
    def lines(self):
        """The lines of the editor that are in sight, without ghost text."""
        shown = self.page.locator(".editor-group-container.active .view-lines > .view-line")
        return [_spaces(line) for line in shown.evaluate_all(_LINES)]

    @property
    def tabs(self):
        return self.page.locator(".tabs-container .tab").count()

    @property
    def status(self):
        """What the item in the status bar says, to those who can't see it."""
        return self.page.locator(_STATUS).get_attribute("aria-label")

    @property
    def messages(self):
        return self.page.locator(".notification-toast .notification-list-item-message")

    def until(self, condition, what):
        try:
            return until(condition, lambda: f"{what}: {self.lines} {self.ghost!r} {self.status}")
        except AssertionError:
            self.capture("failure")
            raise

    def until_ghost(self, wanted):
        self.until(lambda: self.ghost == wanted, f"ghost text {wanted!r}")

    def until_line(self, wanted):
        self.until(lambda: wanted in self.lines, f"a line {wanted!r}")

    def until_status(self, wanted):
        self.until(lambda: self.status == f"codegen: {wanted}", f"status {wanted}")

    def until_message(self, *words):
        def said():
            texts = self.messages.all_text_contents()
            return next((text for text in texts if all(word in text for word in words)), None)

        return self.until(said, f"a message with {words}")

    def answer(self, button):
        """Clicks a button of a message."""
        self.page.click(f".notification-toast .monaco-button:has-text({json.dumps(button)})")

    def choose(self, *labels):
        """Chooses from the menu of the item in the status bar, and from what that asks then."""
        self.page.click(_STATUS)
        for label in labels:
            self._pick(label)
        # A menu gives the focus back to what was clicked.
        self.page.wait_for_selector(".quick-input-widget", state="hidden")
        self.press("Control+1")
        self.page.wait_for_selector(".monaco-editor.focused .view-line")

    def capture(self, name):
        """Keeps a picture."""
        self.page.screenshot(path=artefacts() / "vscode" / f"{name}.png")


def _spaces(text):
    return text.replace("\xa0", " ")


def _whole(file):
    """A file's JSON, once it is whole: the editor empties it before it writes."""
    found = []

    def read():
        with contextlib.suppress(json.JSONDecodeError):
            found.append(json.loads(file.read_text(encoding="utf-8")))
        return bool(found)

    until(read, lambda: f"{file} as JSON")
    return found[0]


def until(condition, what, patience=PATIENCE):
    """Waits until a function of no arguments is true; gives what it gave."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not in time: {what()}"
        time.sleep(0.02)
    return found


def tools():
    """Where install.sh has put what is needed."""
    default = Path(__file__).parents[3] / "build/editors/code-server"
    return Path(os.environ.get("CODEGEN_CODE_SERVER", default))
