"""`codegen doctor` with the real model."""

import json
import os
import subprocess
import sys

import pytest

from codegen.models.resolve import ready
from codegen.progress import NullProgress
from codegen.settings.config import load_settings


# The model may have to be exported first.
@pytest.mark.deep
@pytest.mark.model
@pytest.mark.timeout(3600)
def test_doctor():
    environment = {**os.environ, "CODEGEN_DEVICE": "cpu"}
    ready(load_settings(environment), NullProgress())
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "doctor", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert "a + b" in checks["self-test"]["detail"]
    for name in ("model", "parity", "compute paths"):
        assert checks[name]["status"] == "ok"
    assert "tokens/s" in checks["speed"]["detail"]
