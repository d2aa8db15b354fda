"""Running a model needs nothing of the export extra."""

import subprocess
import sys

BLOCKED = ("torch", "transformers", "onnx", "onnx_ir", "gguf", "safetensors", "onnxruntime_genai")

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


def test_completing_imports_nothing_of_the_export_extra(tiny):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tiny.int4.directory)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "decoded_tokens=" in done.stdout
