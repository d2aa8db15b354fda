"""What is not installed: skipped, or a failure where everything has to be there."""

import os

import pytest


def missing(what):
    """Skips the test; where CODEGEN_TEST_EDITORS is `require`, it fails."""
    reason = f"{what} is not installed"
    if os.environ.get("CODEGEN_TEST_EDITORS") == "require":
        pytest.fail(reason)
    pytest.skip(reason)
