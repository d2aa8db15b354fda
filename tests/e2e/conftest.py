"""The real command with the real model, as people run it: a process."""

import os
import subprocess
import sys

import pytest

from codegen.models.resolve import ready
from codegen.progress import NullProgress
from codegen.settings.config import load_settings


@pytest.fixture(scope="session")
def environment():
    """What the real model is run with: one compute path, so that greedy is the same each time."""
    settings = load_settings({**os.environ, "CODEGEN_DEVICE": "cpu"})
    graphs = ready(settings, NullProgress()).manifest.graphs
    pinned = "l4" if "l4" in graphs else min(graphs)
    return {**os.environ, "CODEGEN_DEVICE": "cpu", "CODEGEN_COMPUTE_PATH": pinned}


@pytest.fixture
def complete(environment):
    """Runs `codegen complete`: its exit code, stdout (bytes) and stderr."""

    def complete(*arguments, stdin=b""):
        done = subprocess.run(
            [sys.executable, "-m", "codegen", "complete", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=120,
            env=environment,
        )
        return done.returncode, done.stdout, done.stderr.decode()

    return complete
