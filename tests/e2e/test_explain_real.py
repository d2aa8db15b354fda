"""`codegen explain` as people run it, with the real model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.model, pytest.mark.timeout(3600)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "inventory.py"


@pytest.mark.usefixtures("loaded")  # explain fetches nothing
def test_explain():
    environment = {**os.environ, "CODEGEN_DEVICE": "cpu", "CODEGEN_COMPUTE_PATH": "l4"}
    command = [sys.executable, "-m", "codegen", "explain", f"{EXAMPLE}:25:20", "--json", "--run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["hole"]["scope"] == ["Inventory", "total_value"]
    assert 0 < told["prompt_tokens"] <= told["budget"] + 3
    assert any(answer["suggested"] for answer in told["answers"])
