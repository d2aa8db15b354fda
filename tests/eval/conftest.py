"""A sandbox, the official data, and small repositories that tests write."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from codegen_eval.errors import SandboxMissingError
from codegen_eval.sandbox.find import find_sandbox
from codegen_eval.sandbox.types import Sandbox

Written = Callable[[Path, Mapping[str, str]], Path]

PYTHON = Path(sys.executable)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    try:
        return find_sandbox()
    except SandboxMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def official() -> Path:
    """The folder of the official data."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("CODEGEN_EVAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no official data: CODEGEN_EVAL_DATA is not set, and there is no {beside}")
    return folder


@pytest.fixture(scope="session")
def write() -> Written:
    def written(root: Path, files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return root

    return written
