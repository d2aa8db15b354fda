"""The shapes of model that are measured, and how much is measured on each."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """A Qwen2's sizes. Embedding and head are one tensor."""

    name: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    vocabulary: int
    window: int
    rope_theta: float

    def config(self) -> Any:
        """The sizes as transformers writes them down."""
        from transformers import Qwen2Config  # noqa: PLC0415 - heavy

        return Qwen2Config(
            vocab_size=self.vocabulary,
            hidden_size=self.hidden,
            intermediate_size=self.intermediate,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.kv_heads,
            max_position_embeddings=self.window,
            rms_norm_eps=1e-6,
            rope_parameters={"rope_type": "default", "rope_theta": self.rope_theta},
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=None,
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured, in tokens and repeats."""

    same_prompts: int  # captured against eager
    same_steps: int
    same_lengths: tuple[int, int]  # of the prompts, from and to
    same_more: int  # steps after going back, and in the other slot
    near_prompts: int  # CUDA against the CPU
    near_lengths: tuple[int, int]  # of each prompt, and of what follows it
    prompts: tuple[int, ...]  # whose speed is measured
    prompt_repeats: int
    context: int  # tokens before the steps, and those of a suggestion that are cached
    steps: int
    suggestion: int
    suggestions: int
    batches: tuple[int, ...]
    batch_prompt: int
    batch_steps: int
    short: int  # the tokens that the caches hold for all prompts up to `context`
    real_tokens: int  # that are written for each hole


# Source: config.json in https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct.
_TRUE = Shape(
    name="true",
    layers=24,
    hidden=896,
    intermediate=4864,
    heads=14,
    kv_heads=2,
    vocabulary=151936,
    window=32768,
    rope_theta=1_000_000.0,
)

_TINY = Shape(
    name="tiny",
    layers=2,
    hidden=64,
    intermediate=128,
    heads=4,
    kv_heads=2,
    vocabulary=512,
    window=512,
    rope_theta=10_000.0,
)

SHAPES = {shape.name: shape for shape in (_TRUE, _TINY)}
"""The default model's shape, and one to rehearse with."""

SCALES = {
    "true": Scale(
        same_prompts=20,
        same_steps=200,
        same_lengths=(30, 400),
        same_more=25,
        near_prompts=8,
        near_lengths=(128, 64),
        prompts=(128, 512, 2000, 4000, 8000),
        prompt_repeats=7,
        context=2000,
        steps=100,
        suggestion=32,
        suggestions=20,
        batches=(1, 4, 16, 64),
        batch_prompt=512,
        batch_steps=32,
        short=2304,
        real_tokens=32,
    ),
    "tiny": Scale(
        same_prompts=4,
        same_steps=12,
        same_lengths=(5, 40),
        same_more=4,
        near_prompts=2,
        near_lengths=(16, 8),
        prompts=(16, 64, 128),
        prompt_repeats=2,
        context=64,
        steps=8,
        suggestion=8,
        suggestions=3,
        batches=(1, 4),
        batch_prompt=16,
        batch_steps=4,
        short=96,
        real_tokens=4,
    ),
}
