"""Model families: how fill-in-the-middle prompts are written, and which tokens end a completion.

Adding a family is one row in FAMILIES, with its test (docs/models.md says how). A family is
recognised from the special tokens of a model's tokenizer, never from its name: a wrong
format fills holes with nonsense, silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.errors import UnknownFamilyError


@dataclass(frozen=True, slots=True)
class Family:
    """A family's formats. Its special tokens are given as literal text.

    `stop` lists all tokens that end a completion. A model that isn't stopped at its file separator
    goes on and invents the next file. `anchor_lines` is how many lines above the cursor's line the
    anchor of a prompt is laid; `codegen eval layouts` compares values. `source` says where the
    format is described.
    """

    name: str
    fim_prefix: str
    fim_suffix: str
    fim_middle: str
    repo_name: str
    file_sep: str
    chat_start: str
    chat_end: str
    stop: tuple[str, ...]
    source: str
    anchor_lines: int = 0

    @property
    def marks(self) -> tuple[str, ...]:
        """The tokens that a tokenizer must have to be of this family."""
        fim = (self.fim_prefix, self.fim_suffix, self.fim_middle)
        return tuple(dict.fromkeys((*fim, self.repo_name, self.file_sep, *self.stop)))


QWEN25_CODER = Family(
    name="qwen2.5-coder",
    fim_prefix="<|fim_prefix|>",
    fim_suffix="<|fim_suffix|>",
    fim_middle="<|fim_middle|>",
    repo_name="<|repo_name|>",
    file_sep="<|file_sep|>",
    chat_start="<|im_start|>",
    chat_end="<|im_end|>",
    stop=(
        "<|endoftext|>",
        "<|fim_prefix|>",
        "<|fim_middle|>",
        "<|fim_suffix|>",
        "<|fim_pad|>",
        "<|repo_name|>",
        "<|file_sep|>",
        "<|im_start|>",
        "<|im_end|>",
    ),
    source="https://arxiv.org/abs/2409.12186, section 3.1 and the model card",
    anchor_lines=3,
)

FAMILIES: tuple[Family, ...] = (QWEN25_CODER,)


@dataclass(frozen=True, slots=True)
class FamilyIds:
    """A family's special tokens as ids of one tokenizer."""

    family: Family
    fim_prefix: int
    fim_suffix: int
    fim_middle: int
    stop: frozenset[int]


def recognise(special_ids: Mapping[str, int]) -> FamilyIds:
    """Finds the first family all of whose special tokens a tokenizer has; with their ids.

    Args:
        special_ids: the tokenizer's added tokens, text to id.

    Raises:
        UnknownFamilyError: there is no family of which the tokenizer has all tokens.
    """
    for family in FAMILIES:
        if all(mark in special_ids for mark in family.marks):
            return FamilyIds(
                family=family,
                fim_prefix=special_ids[family.fim_prefix],
                fim_suffix=special_ids[family.fim_suffix],
                fim_middle=special_ids[family.fim_middle],
                stop=frozenset(special_ids[token] for token in family.stop),
            )
    known = ", ".join(family.name for family in FAMILIES)
    raise UnknownFamilyError(
        "this model's tokenizer has no fill-in-the-middle tokens of a family that codegen knows "
        f"({known}), and a guessed format would give nonsense; docs/models.md says how to add one"
    )
