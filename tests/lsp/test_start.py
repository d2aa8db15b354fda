"""What a server imports before its first answer, and what the collector may skip after it."""

import gc
import subprocess
import sys

from codegen.settings.config import Settings
from codegen_lsp.state import ServerState

# What only documents and models need; an editor waits while these are imported.
LATER = {
    "numpy",
    "onnxruntime",
    "tokenizers",
    "tree_sitter",
    "codegen.completion",
    "codegen.context",
    "codegen.document",
    "codegen.session.host",
    "codegen.session.session",
    "codegen.syntax",
}

PROGRAM = """
import sys
import codegen_lsp.cli
# As codegen_lsp.cli.command and start do.
from codegen.settings.config import load_settings
from codegen_lsp import logs
from codegen_lsp.provider import SettingsProvider
from codegen_lsp.serve import own_stdout, serve
from codegen_lsp.server import build
build(load_settings({}), SettingsProvider)
print(*sys.modules)
"""


def test_little_is_imported_before_the_first_message():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    imported = set(done.stdout.split())
    assert "codegen_lsp.server" in imported
    assert not imported & LATER


def test_the_collector_skips_what_a_server_with_a_model_holds(monkeypatch):
    state = ServerState(None, Settings(), None)
    told = []
    monkeypatch.setattr(state.status, "changed", lambda *change: told.append(change))
    try:
        state._model_changed("ready", "a model")
        assert gc.get_freeze_count() > 1000
        state._model_changed("unloaded", "")
        assert gc.get_freeze_count() == 0
    finally:
        gc.unfreeze()
    assert told == [("ready", "a model"), ("unloaded", "")]
