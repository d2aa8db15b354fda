"""A key in a file of ten thousand lines takes no time that anybody would notice."""

import json
import statistics
import time

import pytest

from tests.editors.terminal import artefacts

pytestmark = pytest.mark.editors

LINES = 10_000
KEYS = 60

# Seconds between keys, so that each is drawn before the next one comes.
APART = 0.03

# Seconds more per key than without the plugin. Source: a frame of a screen at 60 Hz.
NOTICEABLE = 0.016


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
            server.until_sent("textDocument/didOpen")
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
