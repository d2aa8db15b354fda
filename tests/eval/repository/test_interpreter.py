"""Which interpreters will do, and what is said of those that won't."""

from pathlib import Path

import pytest

from codegen_eval.errors import DataError
from codegen_eval.repository.interpreter import Interpreter, interpreter, require_coverage
from tests.eval.conftest import PYTHON


def test_this_interpreter_has_pytest_and_coverage():
    found = interpreter(PYTHON)
    assert {"pytest", "coverage"} <= found.found.keys()
    assert any((folder / "pytest").is_dir() for folder in found.readable)


def fake(tmp_path: Path, answer: str) -> Path:
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ('{"version": "3.8.1", "path": [], "found": {"pytest": "8"}}', "3.10 or later"),
        ('{"version": "3.12.1", "path": [], "found": {}}', "has no pytest; run .* pip install"),
        ("hello", "not a Python"),
        ("[]", "not a Python"),
    ],
)
def test_an_unusable_interpreter_is_a_data_error(tmp_path, answer, message):
    with pytest.raises(DataError, match=message):
        interpreter(fake(tmp_path, answer))


def test_a_missing_interpreter_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="not a Python"):
        interpreter(tmp_path / "none")


def test_coverage_is_needed_to_mine():
    with pytest.raises(DataError, match="has no coverage"):
        require_coverage(Interpreter(PYTHON, "3.12.1", (), {"pytest": "9"}))
