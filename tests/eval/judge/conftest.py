"""A sandbox for the tests that run programs; without one they are skipped."""

import os
from pathlib import Path

import pytest

from codegen_eval.errors import SandboxMissingError
from codegen_eval.sandbox.find import find_sandbox


@pytest.fixture(scope="session")
def sandbox():
    try:
        return find_sandbox()
    except SandboxMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def official() -> Path:
    """The folder of the official data."""
    beside = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("CODEGEN_EVAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no official data: CODEGEN_EVAL_DATA is not set, and there is no {beside}")
    return folder
