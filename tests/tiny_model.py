"""A Qwen2 of random weights, small enough to be exported while the tests run.

Everything about it is real but its size: a Hugging Face directory goes through the builder, GPTQ
and the rewriting, and comes out as the exports that the engine runs.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device, DeviceKind
from codegen.engine.manifest import (
    MANIFEST_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    ExportedModel,
    FileRecord,
    Manifest,
    Source,
    open_export,
)
from codegen.engine.paths import parse_paths
from codegen.models.export.quantize import Quantized
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
    built: Path  # the builder's model.onnx
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
    """The model, made once for all tests: some 7 seconds, most of them to import torch, twice."""
    from codegen.models.export.builder import build
    from codegen.models.export.gptq import quantize_layers

    root = tmp_path_factory.mktemp("tiny")
    checkpoint = root / "checkpoint"
    vocabulary = write_checkpoint(checkpoint, tokenizer_file, tied=True)
    built = build(checkpoint, root / "built", precision="fp32", target="cpu")
    draw = random.Random(0)
    samples = [[draw.randrange(vocabulary) for _ in range(64)] for _ in range(8)]
    quantized = quantize_layers(checkpoint, samples, lambda *_: None)
    return TinyModel(
        checkpoint=checkpoint,
        built=built,
        quantized=quantized,
        fp32=write_export(root / "fp32", built, tokenizer_file, "fp32", None),
        int4=write_export(root / "int4", built, tokenizer_file, "int4", quantized),
        for_gpu=write_export(root / "gpu", built, tokenizer_file, "fp32", None, target="cuda"),
        vocabulary=vocabulary,
    )


def write_checkpoint(directory: Path, tokenizer_file: Path, *, tied: bool) -> int:
    """Writes a random model as a Hugging Face directory, and tells the size of its vocabulary."""
    import torch
    from tokenizers import Tokenizer as Library
    from transformers import Qwen2ForCausalLM

    config = tiny_config(Library.from_file(str(tokenizer_file)).get_vocab_size(), tied=tied)
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(config)
    for name, parameter in model.named_parameters():
        # Left at 0 and 1, these would be dropped, or wrong without being noticed.
        if name.endswith(".bias") or "norm" in name:
            torch.nn.init.normal_(parameter, mean=float("norm" in name), std=0.2)
    model.save_pretrained(directory)
    (directory / TOKENIZER_FILE).write_bytes(tokenizer_file.read_bytes())
    return config.vocab_size


def tiny_config(vocabulary: int, *, tied: bool) -> Any:
    """The sizes of the model."""
    from transformers import Qwen2Config

    return Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=WINDOW,
        tie_word_embeddings=tied,
        initializer_range=0.2,  # ten times the usual, or it would find every token as likely
        bos_token_id=None,
        eos_token_id=None,
    )


def write_export(
    directory: Path,
    built: Path,
    tokenizer_file: Path,
    precision: str,
    quantized: Mapping[str, Quantized] | None,
    target: DeviceKind = "cpu",
) -> ExportedModel:
    """Rewrites what was built, adds the tokenizer and the manifest, and opens it."""
    from codegen.models.export.rewrite import rewrite

    directory.mkdir()
    rewritten = rewrite(
        built,
        directory,
        quantize=quantized,
        window=WINDOW,
        target=target,
        advance=lambda _: None,
    )
    (directory / TOKENIZER_FILE).write_bytes(tokenizer_file.read_bytes())
    with (directory / VOCABULARY_FILE).open("wb") as file:
        Vocabulary.of(Tokenizer.load(tokenizer_file)).dump(file)
    manifest = Manifest(
        name="tiny",
        family="qwen2.5-coder",
        source=Source(file="checkpoint", sha256="0" * 64, bytes=0),
        precision=precision,
        target=target,
        shape=rewritten.shape,
        graphs=rewritten.graphs,
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
