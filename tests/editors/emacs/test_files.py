"""What the server is told of files, and what is on disk."""

import shutil
import subprocess

import pytest

from tests.editors.emacs.conftest import PACKAGE
from tests.editors.terminal import ENTER, PATIENCE

pytestmark = [pytest.mark.editors]

ALPHA = "alpha + beta"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_did(emacs, make_scripted, line_end):
    server = make_scripted()
    text = f"# 😀 👩‍👩‍👧{line_end}total = |{line_end}last{line_end}"
    editor = emacs(server, text)
    opened = server.until_sent("textDocument/didOpen")[0]["textDocument"]["text"]
    assert opened == text.replace("|", "")
    editor.type(f"1 +{ENTER}")
    editor.until_ghost(ALPHA)
    editor.type(" ")
    # From here on the ghost text is that of the new place: Tab finds it there, and doesn't indent.
    editor.until(lambda: "1 +\n \n" in editor.text, "a blank")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until(lambda: ALPHA in editor.text, "accepted text")
    editor.until_same_text()
    expected = editor.text.replace("\n", line_end).encode()
    assert editor.save() == expected
    assert expected.count(line_end.encode()) == 4


def test_several_lines_in_a_file_of_dos(emacs, make_shaped):
    server = make_shaped("one\r\n  two\r\n  three")
    editor = emacs(server, "|\r\nafter\r\n")
    editor.type(" ")
    editor.until_ghost("three")
    editor.terminal.send("\x05")
    editor.until_text(" one\nafter\n")
    editor.terminal.send("\x05")
    editor.until_text(" one\n  two\nafter\n")
    told = server.until_sent("textDocument/didPartiallyAcceptCompletion", 2)
    assert [one["acceptedLength"] for one in told] == [3, len("one\r\n  two")]
    editor.type("\t")
    editor.until_text(" one\n  two\n  three\nafter\n")
    assert editor.save() == b" one\r\n  two\r\n  three\r\nafter\r\n"


def test_another_line_end_another_name_another_mode(emacs, scripted):
    editor = emacs(scripted, "total = |\nlast\n")
    editor.eval("(progn (set-buffer-file-coding-system 'utf-8-dos) nil)")
    editor.type(" ")
    editor.until_ghost(ALPHA)
    [change] = scripted.sent("textDocument/didChange")[-1]["contentChanges"]
    assert change == {"text": "total =  \r\nlast\r\n"}

    editor.eval('(progn (write-file "other.js") nil)')
    closed = scripted.until_sent("textDocument/didClose")[0]
    assert closed["textDocument"]["uri"].endswith("note.py")
    scripted.until(lambda: _opened(scripted) == ("other.js", "javascript"))
    opened = scripted.sent("textDocument/didOpen")[-1]["textDocument"]
    assert opened["text"] == "total =  \r\nlast\r\n"

    editor.eval("(progn (text-mode) nil)")
    scripted.until(lambda: _opened(scripted) == ("other.js", "plaintext"))
    editor.eval("(progn (set-buffer-modified-p nil) (kill-buffer) nil)")
    count = len(scripted.sent("textDocument/didOpen"))
    scripted.until_sent("textDocument/didClose", count)


def _opened(server):
    opened = server.sent("textDocument/didOpen")[-1]["textDocument"]
    return opened["uri"].rpartition("/")[2], opened["languageId"]


def test_a_second_project_is_a_second_folder(emacs, scripted, tmp_path):
    other = tmp_path / "other project"
    (other / ".git").mkdir(parents=True)
    (other / "ä.py").write_text("one = \n")
    editor = emacs(scripted)
    editor.eval(f'(progn (find-file-noselect "{other}/ä.py") nil)')
    [change] = scripted.until_sent("workspace/didChangeWorkspaceFolders")
    assert [one["uri"] for one in change["event"]["added"]] == [other.as_uri()]
    opened = scripted.until_sent("textDocument/didOpen", 2)[-1]["textDocument"]
    assert opened["uri"] == (other / "ä.py").as_uri()


def test_a_file_that_was_changed_on_disk(emacs, scripted):
    editor = emacs(scripted, "total = |\n")
    editor.file.write_text("other = 1\ntotal = \n")
    editor.eval("(progn (revert-buffer t t) (goto-char (point-max)) nil)")
    editor.type("2 + ")
    editor.until_ghost(ALPHA)
    editor.until_same_text()


def test_the_package_is_compiled_without_a_warning(editor, tmp_path):
    sources = sorted(PACKAGE.glob("*.el"))
    for source in sources:
        shutil.copy(source, tmp_path)
        assert len(source.read_text(encoding="utf-8").splitlines()) <= 300
    command = [editor("emacs"), "-Q", "--batch", "-L", "."]
    command += ["--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile"]
    command += [source.name for source in sources]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(tmp_path.glob("*.elc"))) == len(sources)
