"""A GGUF file's tensors, sizes and tokenizer, read once.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import tokenizers
from gguf import TokenType
from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers, processors

from codegen.errors import CorruptModelError

# How Qwen2 cuts a text before its bytes are merged. Source: the pre_tokenizer of the tokenizer.json
# in https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct.
_SPLIT: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

_ADDED: Final = (TokenType.CONTROL, TokenType.USER_DEFINED)


class _Reader(gguf.GGUFReader):  # type: ignore[misc]
    """Holds the file as a plain array: slices of a memmap take three times as long to make."""

    @property
    def data(self) -> Any:
        return self._data

    @data.setter
    def data(self, file: Any) -> None:
        self._data = np.asarray(file)


@dataclass(frozen=True, slots=True)
class GgufModel:
    """What a GGUF file holds. `tensors` are the library's, by name; `tokens` count from id 0."""

    path: Path
    architecture: str
    tensors: Mapping[str, Any]
    tokens: tuple[str, ...]
    _fields: Mapping[str, Any]

    def number(self, name: str, otherwise: float | None = None) -> Any:
        """A number of the model's own, as "block_count".

        Raises:
            CorruptModelError: it is not there, and there is no other.
        """
        return self._value(f"{self.architecture}.{name}", otherwise)

    def word(self, name: str, otherwise: str) -> str:
        """A word of the model's own, as "rope.scaling.type", or another one if it has none."""
        field = self._fields.get(f"{self.architecture}.{name}")
        return otherwise if field is None else str(field.contents())

    def tokenizer(self) -> tokenizers.Tokenizer:
        """The tokenizer, as the `tokenizers` library has it.

        Raises:
            CorruptModelError: its parts don't fit together.
        """
        try:
            types = self._fields["tokenizer.ggml.token_type"].contents()
            merges = self._fields["tokenizer.ggml.merges"].contents()
            pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
            vocabulary = {token: number for number, token in enumerate(self.tokens)}
            bpe = models.BPE(
                vocab=vocabulary,
                merges=pairs,
                continuing_subword_prefix="",
                end_of_word_suffix="",
            )
            added = [
                AddedToken(token, special=kind == TokenType.CONTROL, normalized=False)
                for token, kind in zip(self.tokens, types, strict=True)
                if kind in _ADDED
            ]
        # The library raises plain Exception.
        except Exception as error:
            raise CorruptModelError(f"{self.path} has a damaged tokenizer: {error}") from error
        library = tokenizers.Tokenizer(bpe)
        library.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        library.post_processor = processors.TemplateProcessing(
            single="$A", pair="$A $B:1", special_tokens=[]
        )
        library.decoder = decoders.ByteLevel()
        library.add_tokens(added)
        return library

    def _value(self, name: str, otherwise: float | None) -> Any:
        field = self._fields.get(name)
        if field is None and otherwise is None:
            raise CorruptModelError(f"{self.path} doesn't say its {name}")
        return otherwise if field is None else field.contents()


def read_gguf(path: Path) -> GgufModel:
    """Reads a GGUF file's head; its tensors are mapped.

    Raises:
        CorruptModelError: not a GGUF file, or one that is damaged.
    """
    try:
        reader = _Reader(path)
        architecture = str(reader.fields["general.architecture"].contents())
        texts = reader.fields["tokenizer.ggml.tokens"].contents()
        layers = int(reader.fields[f"{architecture}.block_count"].contents())
        tensors = {tensor.name: tensor for tensor in reader.tensors}
    except Exception as error:
        raise CorruptModelError(f"{path} is not a readable GGUF model: {error}") from error
    # A flipped bit of that number would keep transformers busy for hours.
    if layers > len(tensors):
        raise CorruptModelError(f"{path} has {layers} layers in {len(tensors)} tensors")
    tokens = tuple(str(text) for text in texts)
    return GgufModel(path, architecture, tensors, tokens, reader.fields)
