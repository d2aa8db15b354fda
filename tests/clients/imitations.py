"""Clients that nobody here wrote: when they ask, cancel and keep, and what they insert.

Each announces what the real one does, word for word (`announced`). What is imitated was seen on the
wire of the real one, or stands in its source.
"""

import json
import re
import time
from pathlib import Path
from types import MappingProxyType

from tests.cursor import CURSOR
from tests.lsp.client import ResponseError

ANNOUNCED = Path(__file__).parent / "announced"

CANCELLED = -32800

# What shortens the tests, and puts several lines where a menu is asked for.
OPTIONS = {"debounce": False, "computeAhead": False, "maxLatency": 60_000, "lines": "multi"}


def connect(client, kind):
    """Connects a server to a client of that kind, and waits until the model is ready."""
    said = json.loads((ANNOUNCED / f"{kind.announced}.json").read_text(encoding="utf-8"))
    registered = []
    client.replies = {
        "client/registerCapability": lambda params: registered.extend(params["registrations"]),
        "workspace/configuration": lambda params: [None] * len(params["items"]),
    }
    result = client.begin(
        said["capabilities"], {**OPTIONS, **kind.options}, clientInfo=said["clientInfo"]
    )
    client.offered = result["capabilities"]
    client.registered = {one["method"]: one["registerOptions"] for one in registered}


class Editor:
    """A document with a cursor in it."""

    announced: str
    options = MappingProxyType({})

    def __init__(self, client, uri, source):
        before, mark, after = source.partition(CURSOR)
        assert mark
        self.client = client
        self.document = client.open(uri, before + after)
        self.cursor = len(before)

    @property
    def text(self):
        return self.document.text

    @property
    def before(self):
        return self.text[: self.cursor]

    @property
    def place(self):
        return {
            "textDocument": {"uri": self.document.uri},
            "position": self.document.position(self.cursor),
        }

    @property
    def word(self):
        """The part of a word before the cursor."""
        return re.search(r"\w*$", self.before)[0]

    def write(self, text):
        self.document.edit(self.cursor, self.cursor, text)
        self.cursor += len(text)

    def replace(self, span, text):
        start, end = (self.offset(span[end]) for end in ("start", "end"))
        self.document.edit(start, end, text)
        self.cursor = start + len(text)

    def offset(self, position):
        return next(
            at for at in range(len(self.text) + 1) if self.document.position(at) == position
        )

    def run(self, command):
        params = {"command": command["command"], "arguments": command["arguments"]}
        assert self.client.call("workspace/executeCommand", params) is None

    def cancel(self, asked):
        """Cancels a request, whose answer may have come already, and drops the answer."""
        self.client.notify("$/cancelRequest", {"id": asked})
        try:
            self.client.answer(asked)
        except ResponseError as error:
            if error.code != CANCELLED:
                raise

    def ask_ghost(self):
        return self.client.request(
            "textDocument/inlineCompletion", {**self.place, "context": {"triggerKind": 2}}
        )


class NativeNeovim(Editor):
    """Neovim 0.12's `vim.lsp.inline_completion`."""

    announced = "neovim-0.12"
    current = None

    def type(self, text):
        for key in text:
            self.write(key)
        asked = self.rest()
        self.handle(self.client.answer(asked))

    def rest(self):
        """The user pauses, after which it asks."""
        time.sleep(0.2)
        return self.ask_ghost()

    def handle(self, result):
        # With null nothing happens: what was current stays it.
        if result is not None:
            self.current = result["items"][0] if result["items"] else None

    def leave_insert_mode(self, asked):
        self.cancel(asked)

    def tab(self):
        """`get()`, or else a tab: inserts an item at its own place, wherever the cursor is."""
        if self.current is None:
            self.write("\t")
            return
        item, self.current = self.current, None
        self.replace(item["range"], item["insertText"])
        self.run(item["command"])


class Coc(Editor):
    """coc.nvim, whose menu of words cancels its own request for ghost text."""

    announced = "coc.nvim"
    item = None
    left = ""

    @property
    def has_ghost_text(self):
        return "textDocument/inlineCompletion" in self.client.registered

    def type(self, text):
        self.write(text)
        asked = self.ask_ghost()
        self.cancel(asked)
        (self.item,) = self.client.answer(self.ask_ghost())["items"]
        self.left = self.item["insertText"]

    def accept_word(self):
        word = re.match(r"\s*(\w+|[^\w\s]+)", self.left)[0]
        self.write(word)
        self.left = self.left[len(word) :]
        self.run(self.item["command"])


class LspMode(Editor):
    """lsp-mode's lsp-inline-completion, with its recommended delay."""

    announced = "lsp-mode"
    item = None

    @property
    def has_ghost_text(self):
        # An empty object is nil there; so it is false here, as `true` is not.
        return bool(self.client.offered.get("inlineCompletionProvider"))

    def rest(self):
        time.sleep(0.3)
        return self.ask_ghost()

    def command(self, asked):
        """Any command cancels the request."""
        self.cancel(asked)

    def take(self, asked):
        (self.item,) = self.client.answer(asked)["items"]

    def accept(self):
        self.replace(self.item["range"], self.item["insertText"])
        self.run(self.item["command"])


class Menu(Editor):
    """An editor that shows items in a menu."""

    @property
    def triggers(self):
        return self.client.offered["completionProvider"]["triggerCharacters"]

    def ask_menu(self, key=None):
        context = {"triggerKind": 1}
        if key in self.triggers:
            context = {"triggerKind": 2, "triggerCharacter": key}
        return self.client.request("textDocument/completion", {**self.place, "context": context})

    def is_asked_after(self, key):
        return key.isidentifier() or key.isdigit() or key in self.triggers

    def fitting(self, found):
        return [one for one in found["items"] if one["filterText"].startswith(self.word)]

    def edit(self, item):
        """Makes an item's edit, and calls its command."""
        assert item["insertTextFormat"] == 1
        self.replace(item["textEdit"]["range"], item["textEdit"]["newText"])
        self.run(item["command"])


class BuiltInNeovim(Menu):
    """Neovim 0.11's `vim.lsp.completion`: it asks by itself after trigger characters only."""

    announced = "neovim-0.11"
    shown = ()

    def type(self, text):
        for key in text:
            self.write(key)
            if key in self.triggers:
                self.shown = self.fitting(self.client.answer(self.ask_menu(key)))

    def confirm(self):
        """Inserts an item up to its first blank only."""
        edit = self.shown[0]["textEdit"]
        self.replace(edit["range"], re.match(r"\S*", edit["newText"])[0])


class NvimCmp(Menu):
    """nvim-cmp: it asks without waiting, and shows an answer if it still fits."""

    announced = "neovim-0.11-nvim-cmp"
    asked = None
    found = None

    def type(self, text):
        for key in text:
            self.write(key)
            asks = self.found is None or self.found["isIncomplete"] or not self.word
            if self.is_asked_after(key) and asks:
                self.take()
                self.asked = self.ask_menu(key)

    def take(self):
        if self.asked is not None:
            self.found, self.asked = self.client.answer(self.asked), None

    @property
    def shown(self):
        self.take()
        return self.fitting(self.found)

    def confirm(self):
        self.edit(self.shown[0])


class NvimCmpBesideGhostText(NvimCmp):
    """The same in Neovim 0.12, where the menu has to be asked for."""

    announced = "neovim-0.12-nvim-cmp"
    options = MappingProxyType({"completion": "on"})


class Blink(Menu):
    """blink.cmp, which keeps an answer until the cursor's column changes."""

    announced = "neovim-0.11-blink"
    asked = None
    kept = None

    def type(self, text):
        for key in text:
            self.write(key)
            if self.is_asked_after(key):
                self.press(key)

    def press(self, key=None):
        """The key that shows the menu: it cancels, and asks the same place again."""
        if self.asked is not None:
            self.cancel(self.asked)
            self.asked = None
        if self.kept is None or self.kept[0] != self.cursor:
            self.asked = self.ask_menu(key)

    @property
    def shown(self):
        if self.asked is not None:
            self.kept, self.asked = (self.cursor, self.client.answer(self.asked)), None
        return self.fitting(self.kept[1])

    def confirm(self):
        self.edit(self.shown[0])


def rendered(documentation):
    """An item's documentation as it is shown; a bare string is Markdown, too."""
    text = documentation if isinstance(documentation, str) else documentation["value"]
    if not isinstance(documentation, str) and documentation["kind"] == "plaintext":
        return text
    fenced = re.fullmatch(r"(`{3,})[^`\n]*\n(.*)\n\1", text, re.DOTALL)
    # Outside of a fence an indentation, a star or a hash is markup.
    assert fenced
    assert fenced[1] not in fenced[2]
    return fenced[2]


class VimMenu(Menu):
    """Clients that hand items to Vim's `complete()`, which writes NUL for a newline."""

    def insert(self, item):
        edit = item["textEdit"]
        self.replace(edit["range"], edit["newText"].replace("\n", "\0"))


class VimLsp(VimMenu):
    """vim-lsp with asyncomplete, invoked by the user."""

    announced = "vim-lsp"

    def by_hand(self):
        return self.fitting(self.client.answer(self.ask_menu()))


class Yegappan(VimMenu):
    """yegappan/lsp: it asks while a word is typed, and after trigger characters."""

    announced = "yegappan-lsp"

    def type(self, text):
        shown = []
        for key in text:
            self.write(key)
            if self.is_asked_after(key):
                found = self.client.answer(self.ask_menu(key))
                # What is incomplete isn't filtered.
                shown = found["items"] if found["isIncomplete"] else self.fitting(found)
        return shown


class Company(Menu):
    """Eglot 1.9 with company, which asks once for a word, and keeps the answer."""

    announced = "eglot"
    options = MappingProxyType({"menuPatience": 0})
    kept = None

    def type(self, text):
        for key in text:
            self.write(key)
        if not self.word and not self.before.endswith(tuple(self.triggers)):
            return []
        start = self.cursor - len(self.word)
        if self.kept is None or self.kept[0] != start:
            self.kept = start, self.client.answer(self.ask_menu())
        return self.fitting(self.kept[1])

    def at_point(self):
        """The user calls `completion-at-point`, without company."""
        return self.fitting(self.client.answer(self.ask_menu()))


class PatientCompany(Company):
    """The same with a long `menuPatience`: a key ends its waiting anyway."""

    options = MappingProxyType({"menuPatience": 60_000})
