"""Nothing leaves the machine: ONNX Runtime's telemetry, which begins at its import, is off."""

import os
import subprocess
import sys

import pytest

IMPORTS = [
    "codegen.engine.graph",
    "codegen.engine.device",
    "codegen.engine.buffers",
    "codegen.doctor",
    "codegen.cli",
    "codegen_lsp.cli",
    "codegen_eval.cli",
]


def traces(tmp_path, imports):
    """What importing modules has written into an empty home directory."""
    home = tmp_path / "-".join(imports)
    home.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        # In CI it is off by itself.
        if name not in {"ORT_DISABLE_TELEMETRY", "CI"} and not name.startswith("XDG_")
    }
    command = [sys.executable, "-c", f"import {', '.join(imports)}"]
    subprocess.run(command, env={**environment, "HOME": str(home)}, check=True, timeout=120)
    return [path.relative_to(home) for path in home.rglob("*") if path.is_file()]


def test_onnxruntime_leaves_no_traces(tmp_path):
    assert traces(tmp_path, [*IMPORTS, "onnxruntime"]) == []
    if not traces(tmp_path, ["onnxruntime"]):
        pytest.skip("this onnxruntime has no telemetry, so that nothing was shown")


@pytest.mark.deep
def test_the_export_leaves_none_either(tmp_path):
    assert traces(tmp_path, ["codegen.models.export.pipeline", "onnxruntime_genai"]) == []
