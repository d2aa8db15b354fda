"""The server has the text of each buffer, whatever is done to it."""

import random

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ESCAPE, ctrl

pytestmark = pytest.mark.editors

OPEN, CHANGE, CLOSE = (f"textDocument/did{what}" for what in ("Open", "Change", "Close"))
METHODS = (OPEN, CHANGE, CLOSE)

TO_NORMAL = ctrl("\\") + ctrl("n")


class Mirror:
    """What a server makes of a document's messages."""

    def __init__(self, server, name):
        self._server = server
        self._name = name

    @property
    def messages(self):
        for one in self._server.entries:
            message = one.get("message", {})
            params = message.get("params")
            if one.get("from") == "editor" and message.get("method") in METHODS:
                document = params["textDocument"]
                if document["uri"].endswith(self._name):
                    yield message["method"], document, params.get("contentChanges")

    @property
    def text(self):
        """The text, None if the document is closed."""
        text = version = None
        for method, document, changes in self.messages:
            if method == OPEN:
                assert text is None, "opened twice"
                text, version = document["text"], document["version"]
            elif method == CLOSE:
                assert text is not None, "closed twice"
                text = None
            else:
                assert text is not None, "changed while it was closed"
                assert document["version"] > version
                version = document["version"]
                for change in changes:
                    text = changed(text, change)
        return text


def changed(text, change):
    lines = text.splitlines(keepends=True)
    if not text or text[-1] in "\r\n":
        lines.append("")
    assert all(line.count("\r") <= line.endswith(("\r\n", "\r")) for line in lines)
    start, end = (place(lines, change["range"][which]) for which in ("start", "end"))
    return text[:start] + change["text"] + text[end:]


def place(lines, at):
    if at["line"] >= len(lines):
        return sum(map(len, lines))
    line = lines[at["line"]].rstrip("\r\n").encode()
    inside = line[: at["character"]].decode()
    return sum(map(len, lines[: at["line"]])) + len(inside)


@pytest.fixture
def opened(vim, make_shaped, workspace):
    """Opens a file with some content: opened(bytes, *vimrc) gives the editor and the mirror."""

    def begin(content, *vimrc, name="some.py", count=1):
        server = make_shaped()
        (workspace / name).write_bytes(content)
        editor = vim(server, name, vimrc=vimrc)
        if count:
            server.until_sent(OPEN, count)
        return editor, Mirror(server, name)

    return begin


# Ways to change a buffer, as somebody in Normal mode types them.
CHANGES = """
oone two
Othree
ggOfirst
Golast
GA more
gg0i(
5J
dd
3dd
ggdG
VGd
yyp
yy5p
GP
u
uuu
:redo
:%s/e/EE/e
:%s/$/\\r/e
:g/t/m0
:g/o/d
:2,3d
:m0
:t.
:sort
:3,5>
gg=G
gUU
xp
~
ra
Rover
cwword
ciwother
:normal! ggVGJ
:1,2join
:put =range(3)
:0put ='zero'
:$put ='end'
gg\x16GI#
G\x16ggA;
gg\x16Gd
:undo 0
:silent! undo 12
:earlier 3
:later 4
Go\tif x:\rreturn 1
ggi😀 é\r\r
:%!tac
:read !echo read
""".strip("\n").split("\n")


@pytest.mark.parametrize("end", ["eol", "noeol"])
@pytest.mark.parametrize("kind", ["unix", "dos", "mac"])
def test_it_stays_in_step(kind, end, opened, workspace):
    ending = {"unix": b"\n", "dos": b"\r\n", "mac": b"\r"}[kind]
    content = ending.join(b"line %d of some" % number for number in range(1, 12))
    options = "set fileformats=unix,dos,mac" + (" nofixendofline" if end == "noeol" else "")
    editor, mirror = opened(content + (ending if end == "eol" else b""), options)
    assert mirror.text.encode() == (workspace / "some.py").read_bytes()
    choose = random.Random(f"{kind} {end}")
    done = []
    for _ in range(8):
        for _ in range(25):
            done.append(choose.choice(CHANGES))
            editor.send(done[-1] + ("\r" if done[-1].startswith(":") else "") + TO_NORMAL)
        editor.command("silent write")
        assert editor.evaluate("&modified") == 0
        wanted = (workspace / "some.py").read_bytes().decode()
        # Of a buffer with nothing in it, Vim writes no line.
        if wanted.strip("\r\n"):
            editor.server.until(lambda text=wanted: mirror.text == text, f"in step after {done}")


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        pytest.param(b"a\r\nb\n", "a\r\nb\n", id="mixed line ends"),
        pytest.param(b"a\rb\n", "a b\n", id="a carriage return inside of a line"),
        pytest.param("é = 1\n".encode("latin-1"), "é = 1\n", id="latin-1"),
        pytest.param("é = 1\n".encode("utf-16"), "é = 1\n", id="utf-16"),
        pytest.param(b"\xef\xbb\xbfx = 1\n", "x = 1\n", id="a mark of the byte order"),
        pytest.param(b"", "\n", id="empty"),
    ],
)
def test_how_a_file_is_sent(content, sent, opened, workspace):
    encodings = "set fileencodings=ucs-bom,utf-8,latin1"
    editor, mirror = opened(content, encodings)
    assert mirror.text == sent
    editor.send("Goy" + ESCAPE)
    editor.command("undo")
    editor.command("write")
    assert editor.evaluate("&modified") == 0
    if content:
        assert (workspace / "some.py").read_bytes() == content


@pytest.mark.parametrize(
    ("content", "vimrc", "commands"),
    [
        pytest.param(b"a\0b\n", (), (), id="zero bytes"),
        pytest.param(b"a\xffb\n", ("set fileencodings=utf-8",), ("edit ++bad=keep",), id="no text"),
        pytest.param(b"a\n", ("autocmd BufReadPre some.py setlocal binary",), (), id="binary"),
    ],
)
def test_what_is_no_text_is_not_sent(content, vimrc, commands, opened):
    editor, mirror = opened(content, *vimrc, count=0)
    for command in commands:
        editor.command(command)
    editor.command("edit other.py")
    editor.server.until(lambda: Mirror(editor.server, "other.py").text is not None)
    assert mirror.text is None


def test_special_buffers_are_not_sent(opened, workspace):
    editor, _ = opened(b"x = 1\n")
    for command in (
        "help",
        f"edit {workspace}",
        "copen",
        "terminal",
        "new | setlocal buftype=nofile filetype=python",
    ):
        editor.command(command)
        if command == "terminal":
            # Its keys are the shell's.
            editor.send("\x17w")
    editor.command("edit other.py")
    editor.server.until(lambda: Mirror(editor.server, "other.py").text is not None)
    names = [one["textDocument"]["uri"].rpartition("/")[2] for one in editor.server.sent(OPEN)]
    assert names == ["some.py", "other.py"]


def test_buffers_come_and_go(opened, workspace):
    editor, mirror = opened(b"x = 1\n")
    editor.send("oy = 2" + ESCAPE)
    editor.command("edit!")
    assert editor.lines == ["x = 1"]
    assert mirror.text == "x = 1\n"
    editor.send("oz" + ESCAPE)
    assert editor.lines == ["x = 1", "z"]
    assert mirror.text == "x = 1\nz\n"
    # Under another name it is another document.
    editor.command("saveas renamed.py")
    renamed = Mirror(editor.server, "renamed.py")
    editor.server.until(lambda: renamed.text == "x = 1\nz\n")
    assert mirror.text is None
    # What is changed elsewhere is read again.
    (workspace / "renamed.py").write_text("elsewhere = 1\n", encoding="utf-8")
    editor.command("set autoread")
    editor.command("checktime")
    editor.server.until(lambda: renamed.text == "elsewhere = 1\n", "the new text")
    # In two windows it is one document.
    editor.command("split")
    editor.send("ggOsplit" + ESCAPE)
    editor.server.until(lambda: renamed.text == "split\nelsewhere = 1\n")
    editor.command("write")
    editor.server.until_sent("textDocument/didSave")
    editor.command("set fileformat=dos")
    editor.server.until(lambda: renamed.text == "split\r\nelsewhere = 1\r\n")
    editor.command("setfiletype text | set filetype=ruby")
    editor.server.until(
        lambda: editor.server.sent(OPEN)[-1]["textDocument"]["languageId"] == "ruby"
    )
    # Hidden it is open, and wiped out it is not.
    editor.command("edit! other.py")
    editor.server.until(lambda: Mirror(editor.server, "other.py").text is not None)
    assert renamed.text is not None
    editor.command("bwipeout! renamed.py")
    editor.server.until(lambda: renamed.text is None)


def test_focus_and_rest_are_told(opened):
    editor, _ = opened(b"one = 1\ntwo = 2\n")
    editor.server.until_sent("textDocument/didFocus")
    editor.send("jw")
    [moved] = editor.server.until_sent("codegen/didMoveCursor")
    assert moved["position"] == {"line": 1, "character": 4}
    editor.command("edit other.py")
    told = editor.server.until_sent("textDocument/didFocus", 2)
    assert told[-1]["textDocument"]["uri"].endswith("/other.py")


def test_folders_are_told(opened, workspace, tmp_path):
    (workspace / "inner").mkdir()
    (workspace / "inner" / ".codegen.toml").touch()
    (tmp_path / "else where").mkdir()
    editor, _ = opened(b"x = 1\n")
    [hello] = editor.server.sent("initialize")
    assert hello["workspaceFolders"] == [{"uri": workspace.as_uri(), "name": "workspace"}]
    editor.command(f"edit {workspace}/inner/a.py")
    editor.command(f"edit {tmp_path}/else\\ where/e;b.py")
    told = editor.server.until_sent("workspace/didChangeWorkspaceFolders", 2)
    added = [one["uri"] for each in told for one in each["event"]["added"]]
    assert added == [(workspace / "inner").as_uri(), (tmp_path / "else where").as_uri()]
    last = editor.server.until_sent(OPEN, 3)[-1]["textDocument"]["uri"]
    assert last == (tmp_path / "else where" / "e;b.py").as_uri().replace(";", "%3B")


def test_a_buffer_without_a_name(opened):
    editor, _ = opened(b"x = 1\n")
    editor.command("enew | set filetype=python")
    editor.server.will("alpha")
    sent = editor.server.until_sent(OPEN, 2)
    assert sent[-1]["textDocument"]["uri"].startswith("untitled:")
    editor.send("ix = ")
    editor.until_ghost_is("alpha")
    assert editor.server.sent(INLINE)[-1]["textDocument"] == {
        "uri": sent[-1]["textDocument"]["uri"]
    }
