"""A Qwen2 of random weights, small enough to be exported while the tests run.

Everything about it is real but its size: a Hugging Face directory is quantized and written, and
comes out as the exports that the engine runs.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer as Library

from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device, DeviceKind
from codegen.engine.manifest import (
    MANIFEST_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    ExportedModel,
    FileRecord,
    Manifest,
    Precision,
    Source,
    open_export,
)
from codegen.engine.paths import parse_paths
from codegen.models.export.checkpoint import Checkpoint, from_directory
from codegen.models.export.gptq import quantize_layers
from codegen.models.export.quantize import Quantized
from codegen.models.export.sizes import of_config
from codegen.models.export.write import write
from codegen.models.store import file_sha256
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer

WINDOW = 512
LAYERS = 2
CPU = Device("cpu")


@dataclass(frozen=True, slots=True)
class TinyModel:
    """The model in all its forms."""

    checkpoint: Path  # a Hugging Face directory
    quantized: Mapping[str, Quantized]  # what GPTQ made of the weights
    fp32: ExportedModel
    int4: ExportedModel
    for_gpu: ExportedModel  # fp32 as it is exported for CUDA; the CPU runs it, too
    vocabulary: int  # tokens that the logits have

    def prompts(self, seed: int, *lengths: int) -> list[list[int]]:
        """Random token ids."""
        draw = random.Random(seed)
        return [[draw.randrange(self.vocabulary) for _ in range(length)] for length in lengths]

    def reference(self) -> Any:
        """The model as transformers runs it."""
        import torch
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(self.checkpoint, dtype=torch.float32).eval()


@pytest.fixture(scope="session")
def tiny(tokenizer_file, tmp_path_factory) -> TinyModel:
    """The model, made once for all tests."""
    root = tmp_path_factory.mktemp("tiny")
    directory = root / "checkpoint"
    vocabulary = write_checkpoint(directory, tokenizer_file, tied=True)
    checkpoint = from_directory(directory)
    draw = random.Random(0)
    samples = [[draw.randrange(vocabulary) for _ in range(64)] for _ in range(8)]
    quantized = quantize_layers(checkpoint, samples, lambda *_: None)
    return TinyModel(
        checkpoint=directory,
        quantized=quantized,
        fp32=write_export(root / "fp32", checkpoint, "fp32"),
        int4=write_export(root / "int4", checkpoint, "int4", quantized),
        for_gpu=write_export(root / "gpu", checkpoint, "fp32", target="cuda"),
        vocabulary=vocabulary,
    )


def write_checkpoint(directory: Path, tokenizer_file: Path, *, tied: bool) -> int:
    """Writes a random model as a Hugging Face directory, and tells the size of its vocabulary."""
    directory.mkdir()
    config = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": Library.from_file(str(tokenizer_file)).get_vocab_size(),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": WINDOW,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
        "hidden_act": "silu",
        "tie_word_embeddings": tied,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    sizes = of_config(config, "config.json")
    rng = np.random.default_rng(0)
    # Ten times the usual spread, or it would find every token as likely. And biases and norms that
    # are not 0 and 1: they would be dropped, or wrong without being noticed.
    tensors = {
        name: rng.normal(float("norm" in name), 0.2, shape).astype(np.float32)
        for name, shape in sizes.shapes().items()
    }
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (directory / TOKENIZER_FILE).write_bytes(tokenizer_file.read_bytes())
    return sizes.vocabulary


def write_export(
    directory: Path,
    checkpoint: Checkpoint,
    precision: Precision,
    quantized: Mapping[str, Quantized] | None = None,
    target: DeviceKind = "cpu",
) -> ExportedModel:
    """Writes a checkpoint as an export, with the tokenizer and the manifest, and opens it."""
    directory.mkdir()
    written = write(
        checkpoint,
        directory,
        dtype="fp16" if precision == "fp16" else "fp32",
        quantize=quantized,
        target=target,
        advance=lambda _: None,
    )
    tokenizer = directory / TOKENIZER_FILE
    tokenizer.write_bytes(checkpoint.tokenizer)
    with (directory / VOCABULARY_FILE).open("wb") as file:
        Vocabulary.of(Tokenizer.load(tokenizer)).dump(file)
    manifest = Manifest(
        name="tiny",
        family="qwen2.5-coder",
        source=Source(file="checkpoint", sha256="0" * 64, bytes=0),
        precision=precision,
        target=target,
        shape=written.shape,
        graphs=written.graphs,
        files={
            path.name: FileRecord(path.stat().st_size, file_sha256(path))
            for path in sorted(directory.iterdir())
        },
    )
    (directory / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
    return open_export(directory)


def load(model: ExportedModel, paths: str = "", capacity: int = WINDOW) -> OnnxBackend:
    """A backend on an export; on the only path of an fp32 one, if none is named."""
    return OnnxBackend(
        model,
        device=CPU,
        threads=1,
        paths=parse_paths(paths or "full", model.manifest.graphs),
        capacity=capacity,
    )
