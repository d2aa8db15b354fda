"""Long files and long lines take no time or memory that anybody would notice."""

import json
import os
import re
import statistics
import time
from pathlib import Path

import pytest

from tests.editors.terminal import artefacts

pytestmark = pytest.mark.editors

LINES = 10_000
KEYS = 60

# Seconds between keys, so that each is drawn before the next one comes.
APART = 0.03

# Seconds more per key than without the plugin. Source: a frame of a screen at 60 Hz.
NOTICEABLE = 0.016

# A line of a megabyte. Vim itself takes some milliseconds of CPU time for a key in it, and the
# plugin may take some frames' more: all of the line is sent.
LONG = "var a=1;" * 125_000
IN_LONG = 0.05

# Bytes of memory that Vim may have needed at most with the largest file that is opened, of 8 MB.
# It takes some 20 MB without the plugin.
MEMORY = 150_000_000

OPEN = "textDocument/didOpen"


def key_times(editor):
    """How long each key takes until the screen shows it."""
    editor.command("normal! 5000G")
    editor.send("o")
    editor.settle()
    times = []
    for _ in range(KEYS):
        seen = len(editor.written)
        start = time.monotonic()
        editor.send("x")
        editor.until(lambda count=seen: len(editor.written) > count, "the key on the screen")
        times.append(editor.written[seen].at - start)
        time.sleep(APART)
    return times


def test_a_key_in_a_long_file(vim, make_shaped, workspace):
    (workspace / "long.py").write_text("".join(f"value_{n} = {n}\n" for n in range(LINES)))
    medians = {}
    for plugin in (False, True):
        server = make_shaped("alpha\n    beta")
        editor = vim(
            server, "long.py", plugin=plugin, vimrc=["" if plugin else "set noloadplugins"]
        )
        if plugin:
            server.until_sent(OPEN)
        else:
            editor.until("value_20 = 20")
        times = key_times(editor)
        medians[plugin] = statistics.median(times)
        if plugin:
            assert editor.ghost
            changes = server.until_sent("textDocument/didChange", KEYS)
            assert all(len(one["contentChanges"][0]["text"]) < 200 for one in changes)
    report = artefacts() / "vim" / "key_seconds.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps({"without": medians[False], "with": medians[True]}))
    assert medians[True] - medians[False] < NOTICEABLE


def cpu_time(editor):
    """Seconds that Vim has computed until now."""
    words = Path(f"/proc/{editor.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_a_key_in_a_long_line(vim, make_shaped, workspace):
    (workspace / "long.js").write_text(LONG + "\n")
    times = {}
    for plugin in (False, True):
        server = make_shaped()
        # Without what else Vim does for each key.
        vimrc = ["syntax off", "let g:loaded_matchparen = 1", "" if plugin else "set noloadplugins"]
        editor = vim(server, "long.js", plugin=plugin, vimrc=vimrc)
        if plugin:
            server.until_sent(OPEN)
        editor.send("i")
        editor.settle()
        before = cpu_time(editor)
        for count in range(1, 11):
            editor.send("x")
            editor.until("x" * count)
            editor.settle(0.1)
        times[plugin] = (cpu_time(editor) - before) / count
    assert times[True] - times[False] < IN_LONG


def test_the_largest_file_takes_little_memory(vim, make_shaped, workspace):
    (workspace / "large.py").write_text(
        "value = compute(value, 12345)  # some text here\n" * 166_000
    )
    server = make_shaped()
    editor = vim(server, "large.py")
    server.until_sent(OPEN)
    status = Path(f"/proc/{editor.pid}/status").read_text()
    assert int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024 < MEMORY


def test_what_is_larger_is_left_alone(vim, make_shaped, workspace):
    (workspace / "large.py").write_text("value = 1\n" * 800_001)
    server = make_shaped()
    editor = vim(server, "large.py")
    editor.until("codegen: off")
    editor.command("Codegen status")
    editor.until("since this buffer is larger than 8 MB")
    assert server.entries == []
    # It may become smaller, and larger again.
    editor.command("1,1000delete")
    editor.command("write")
    [opened] = server.until_sent(OPEN)
    assert len(opened["textDocument"]["text"]) == 7_990_010
    editor.until("codegen: ready")
    editor.command("1,2000copy $")
    server.until_sent("textDocument/didClose")
    editor.until("codegen: off")
    assert server.sent("textDocument/didChange") == []
