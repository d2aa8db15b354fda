"""Nothing needs torch, and running a model needs nothing of what exports it."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.tiny_gguf import write_gguf

FOR_TESTS = ("torch", "transformers", "onnx_ir", "onnxruntime_genai")
BLOCKED = (*FOR_TESTS, "onnx", "gguf", "safetensors")

SCRIPT = f"""
import sys
for name in {BLOCKED!r}:
    sys.modules[name] = None  # importing it raises ImportError
from pathlib import Path
from codegen.completion.complete import complete, result
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.document import Document
from codegen.engine.backend import OnnxBackend
from codegen.cancel import CancelToken
from codegen.engine.device import Device
from codegen.engine.paths import parse_paths
from codegen.local.model import LocalModel
from codegen.engine.manifest import open_export
from codegen.prompt.families import recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer
import codegen.cli.complete, codegen.cli.model, codegen_eval.generate.runner

model = open_export(Path(sys.argv[1]))
paths = parse_paths("l4", model.manifest.graphs)
backend = OnnxBackend(model, device=Device("cpu"), threads=1, paths=paths, capacity=512)
tokenizer = Tokenizer.load(model.tokenizer)
with model.vocabulary.open("rb") as file:
    vocabulary = Vocabulary.load(file)
family = recognise(tokenizer.special_ids)
loaded = LocalModel("tiny", backend, tokenizer, vocabulary, family, "cpu")
options = CompletionOptions(max_tokens=8, context_tokens=200)
prepared = prepare(Document("def f(a):\\n    ret", 17), options)
print(result(complete(loaded, prepared, CancelToken())).usage)
"""


def run(*arguments, codes=(0,), **environment):
    done = subprocess.run(
        [sys.executable, "-c", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )
    assert done.returncode in codes, done.stderr
    return done.stdout


def test_completing_imports_nothing_that_exports(tiny):
    assert "decoded_tokens=" in run(SCRIPT, str(tiny.int4.directory))


COMMAND = f"""
import sys
for name in {FOR_TESTS!r}:
    sys.modules[name] = None
from codegen.cli import main
sys.argv[0] = "codegen"
main()
"""


@pytest.mark.parametrize("source", ["directory", "gguf"])
def test_exporting_and_completing_need_no_torch(tiny, tmp_path, source):
    """In fp32, whose gate random weights pass as well."""
    path = shutil.copytree(tiny.checkpoint, tmp_path / "checkpoint")
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    # The gate's prompts are longer than what the tiny model takes.
    config["max_position_embeddings"] = 1024
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if source == "gguf":
        wide = dataclasses.replace(tiny, checkpoint=path)
        path = tmp_path / "tiny.gguf"
        write_gguf(path, wide)
    here = {
        "CODEGEN_CACHE_DIR": str(tmp_path / "cache"),
        "CODEGEN_MODEL": str(path),
        "CODEGEN_PRECISION": "fp32",
        "CODEGEN_DEVICE": "cpu",
    }
    run(COMMAND, "model", "export", str(path), **here)
    (tmp_path / "a.py").write_text("def f(a):\n    ret", encoding="utf-8")
    # 1 is for no suggestion: what random weights write may be dropped.
    said = run(COMMAND, "complete", f"{tmp_path / 'a.py'}:2:8", "--json", codes=(0, 1), **here)
    assert json.loads(said)["timings"]["decode_ms"] > 0


def test_quantizing_needs_no_torch(tiny, tmp_path):
    """For a GPU, where no gate is run, which random weights in int4 don't pass."""
    here = {"CODEGEN_CACHE_DIR": str(tmp_path), "CODEGEN_DEVICE": "cuda"}
    run(COMMAND, "model", "export", str(tiny.checkpoint), "--precision", "int4", **here)
    assert list(tmp_path.glob("exports/*int4-cuda/codegen.json"))
