"""onnxruntime-genai's model builder: a checkpoint to fp32 or fp16 ONNX.

It runs as a process of its own, so that its memory is given back and nothing that it imports
stays. Chosen over mobius-onnx (0.1.0): docs/models.md has the comparison.
"""

import os
import subprocess
import sys
from pathlib import Path

from codegen.errors import ExportError

# Without "shared_embeddings", embedding and head are one tensor if the model ties them: asking for
# it makes the builder refuse the models that don't.
OPTIONS = (
    "prune_lm_head=true",  # puts the Gather in front of the head that `rewrite` gives an input
    "hf_remote=false",
    "hf_token=false",
)


def build(checkpoint: Path, out: Path, *, precision: str, target: str) -> Path:
    """Builds `out`/model.onnx with its external data.

    Args:
        checkpoint: a Hugging Face directory.
        out: where to build; also its scratch space.
        precision: "fp32" or "fp16".
        target: "cpu" or "cuda"; a CUDA graph needs no GPU to be built.

    Raises:
        ExportError: the builder failed; the message ends with what it said last.
    """
    command = [
        sys.executable,
        *("-m", "onnxruntime_genai.models.builder"),
        *("-i", str(checkpoint), "-o", str(out), "-c", str(out / "cache")),
        *("-p", precision, "-e", target, "--extra_options", *OPTIONS),
    ]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    )
    graph = out / "model.onnx"
    if done.returncode != 0 or not graph.is_file():
        said = [line for line in done.stdout.splitlines() if line.strip()]
        raise ExportError(f"the model builder failed: {said[-1] if said else done.returncode}")
    return graph
