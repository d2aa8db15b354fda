"""Text to tokens and back, byte for byte.

A completion is spliced into somebody's file, so nothing between the file and the model may change a
byte, or take text for a command. Three parts of a published tokenizer.json are left out for that:
the normalizer (Qwen's NFC rewrites combining accents), the post-processor, and the added tokens,
which would turn the literal text `<|fim_suffix|>` in a file into the mark itself.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

import tokenizers

from codegen.errors import CorruptModelError
from codegen.text import scalar

# Characters of every kind that a normalizer, an added leading space or a byte fallback would
# change.
_PROBE: Final = "e\u0301 \u00e9\ufb01\u212b  a\t\r\n\x00\u00a0\U0001f600"


def _byte_alphabet() -> dict[str, int]:
    """The characters that stand for bytes in a byte-level vocabulary.

    Source: `bytes_to_unicode` of https://github.com/openai/gpt-2/blob/master/src/encoder.py.
    """
    own = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in own]
    alphabet = {chr(byte): byte for byte in own}
    return alphabet | {chr(256 + rank): byte for rank, byte in enumerate(others)}


_ALPHABET: Final = _byte_alphabet()


class Tokenizer:
    """A byte-level BPE tokenizer without its special tokens.

    `special_ids` are the added tokens, which were left out: their text and their ids. Use `load`.
    """

    __slots__ = ("_bytes", "_library", "special_ids")

    def __init__(self, library: tokenizers.Tokenizer, special_ids: Mapping[str, int]) -> None:
        self._library = library
        self._bytes: dict[int, bytes] = dict.fromkeys(special_ids.values(), b"")
        self.special_ids: Mapping[str, int] = MappingProxyType(dict(special_ids))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a tokenizer.json.

        Raises:
            CorruptModelError: there is no such file, it can't be parsed, or it is not a byte-level
                BPE that gives every byte back.
        """
        try:
            full: Any = tokenizers.Tokenizer.from_buffer(path.read_bytes())
        except OSError as error:
            raise CorruptModelError(
                f"the model's tokenizer {path} can't be read ({error.strerror}); "
                "remove the model and export it again"
            ) from error
        # The library raises plain Exception for what it can't parse.
        except Exception as error:
            raise CorruptModelError(
                f"the model's tokenizer {path} can't be parsed ({error}); "
                "remove the model and export it again"
            ) from error
        # A new tokenizer around the same model: added tokens can't be taken out of an old one,
        # and editing the JSON takes longer than everything else here.
        library = tokenizers.Tokenizer(full.model)
        added = {token.content: int(id_) for id_, token in full.get_added_tokens_decoder().items()}
        if full.pre_tokenizer is not None:
            library.pre_tokenizer = full.pre_tokenizer
            tokenizer = cls(library, added)
            if tokenizer._is_exact():
                return tokenizer
        raise CorruptModelError(
            f"the model's tokenizer {path} is not a byte-level BPE that gives every byte of a "
            "text back, and codegen would change the user's file with it; use another model"
        )

    def encode(self, text: str) -> list[int]:
        """The ids of a text, never a special one. Lone surrogates are encoded as U+FFFD."""
        ids: list[int] = self._library.encode(scalar(text), add_special_tokens=False).ids
        return ids

    def shown(self, ids: Sequence[int]) -> str:
        """Tokens as text for people: special tokens are spelt out, broken characters replaced."""
        special = {id_: text.encode() for text, id_ in self.special_ids.items()}
        spelt = b"".join(special.get(id_) or self.token_bytes(id_) for id_ in ids)
        return spelt.decode(errors="replace")

    def token_bytes(self, id_: int) -> bytes:
        """The bytes that a token stands for, which may be a part of a character.

        They are empty for special tokens, which are never a part of a text, and for ids that no
        text is encoded to: gaps, and the padding with which some vocabularies are filled up to the
        size of the model's logits.
        """
        known = self._bytes.get(id_)
        if known is None:
            known = self._bytes[id_] = self._spell(id_)
        return known

    def spellings(self) -> dict[int, bytes]:
        """The bytes of all tokens that have some, by id. Takes a second for a real vocabulary."""
        # `token_bytes` isn't used here, since its cache would keep the bytes of all tokens.
        spelled = ((id_, self._spell(id_)) for id_ in self._library.get_vocab().values())
        special = frozenset(self.special_ids.values())
        return {id_: data for id_, data in spelled if data and id_ not in special}

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes of several tokens. `decode_bytes(encode(text))` are the bytes of the text."""
        return b"".join(map(self.token_bytes, ids))

    def boundaries(self, text: str) -> list[int]:
        """The borders between pre-tokens, which no token crosses, whatever the vocabulary.

        They are offsets in code points, ascending, from 0 to len(text).
        """
        pre_tokenizer: Any = self._library.pre_tokenizer
        return [0, *(end for _, (_, end) in pre_tokenizer.pre_tokenize_str(scalar(text)))]

    def _spell(self, id_: int) -> bytes:
        token = self._library.id_to_token(id_)
        if not token or any(letter not in _ALPHABET for letter in token):
            return b""
        model: Any = self._library.model
        if [part.id for part in model.tokenize(token)] != [id_]:
            return b""
        return bytes(map(_ALPHABET.__getitem__, token))

    def _is_exact(self) -> bool:
        single = all(self._library.token_to_id(letter) is not None for letter in _ALPHABET)
        return single and self.decode_bytes(self.encode(_PROBE)) == _PROBE.encode()
