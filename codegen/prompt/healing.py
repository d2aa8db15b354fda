"""Token healing: a prompt ends where a token ends, whatever text comes next.

If a text is cut in the middle of a word, an indentation or a character, its tokens are ones that
the model never saw in training: it learned `" return"` as one token, and gives `" ret"` followed by
`"urn"` almost no probability. So the prompt backs off to a token boundary that stays one whatever
comes next. The first generated tokens must then spell the removed bytes, the forced ones, in any
tokens that the model prefers. The bytes of the prompt and the forced bytes together are always
those of the text.
"""

import codecs
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Final, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from codegen.errors import CorruptModelError
from codegen.prompt.tokenizer import Tokenizer

# Characters that may come next in a text: one of each kind that the pre-tokenizers of byte-level
# models tell apart (letter, digit, blank, newline, other; ASCII and not; brackets, quotes and
# operators that join into one pre-token).
_PROBES: Final = ("a", "_", "1", " ", ")", "(", ".", '"', "=", "\u00e9")
_NEWLINE: Final = "\n"

# A boundary is searched in so many code points at the end of the text. Where pre-tokens start
# depends on the text before them, so only boundaries in the second half of this tail are used.
_TAIL: Final = 256

# How many tokens of the text are spelled again at most, since each of them costs a model call. If
# no boundary is that near (a base64 string, Chinese prose), the prompt ends between two tokens of a
# word.
MAX_TOKENS_BACK: Final = 4

# More than any vocabulary has: a damaged file must not make us allocate all memory.
_MAX_ID: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Healed:
    """A text as tokens, and the bytes that the first generated tokens must spell.

    The bytes of `ids` followed by `forced` are the bytes of the text.
    """

    ids: tuple[int, ...]
    forced: bytes


def heal(tokenizer: Tokenizer, text: bytes) -> Healed:
    """Backs off to a token boundary that stays one whatever follows the text.

    Args:
        tokenizer: the model's.
        text: in UTF-8; it may end inside a character.

    Raises:
        UnicodeDecodeError: the text is not UTF-8 apart from its end.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    whole = decoder.decode(text)
    pending, _ = decoder.getstate()
    # The text is encoded as a whole: without the part after the boundary, blanks before it would
    # join into other tokens. No token crosses the boundary, so dropping whole tokens reaches it
    # exactly.
    ids = tokenizer.encode(whole)
    boundary = safe_boundary(tokenizer, whole) or 0
    size = len(whole[boundary:].encode())
    kept = len(ids)
    while size > 0 and len(ids) - kept < MAX_TOKENS_BACK:
        kept -= 1
        size -= len(tokenizer.token_bytes(ids[kept]))
    return Healed(tuple(ids[:kept]), tokenizer.decode_bytes(ids[kept:]) + pending)


def safe_boundary(tokenizer: Tokenizer, text: str) -> int | None:
    """The offset of the last pre-token boundary of a text that stays one whatever is typed next.

    It is in code points. In `x = foo` it is before ` foo`, and in `:` with a newline and four
    blanks it is after the newline. None if there is no boundary near the end.
    """
    tail = text[-_TAIL:]
    offset = len(text) - len(tail)
    # On a blank line code comes next: a newline there would only leave blanks behind.
    begun = tail.rpartition(_NEWLINE)[2].strip() != ""
    stable = set(tokenizer.boundaries(tail))
    for probe in (*_PROBES, _NEWLINE) if begun else _PROBES:
        stable.intersection_update(tokenizer.boundaries(tail + probe))
    if offset:
        stable = {boundary for boundary in stable if boundary >= _TAIL // 2}
    return offset + max(stable) if stable else None


class Vocabulary:
    """The bytes of all tokens in sorted order, to look up the tokens that begin with a prefix.

    It is made of arrays, and not of 150,000 objects, so that it is loaded within milliseconds.
    `blob` is the sorted tokens' bytes one after the other. Token i in that order is
    `blob[offsets[i]:offsets[i + 1]]` and has the id `ids[i]`.
    """

    __slots__ = ("_blob", "_ids", "_offsets", "_ranks")

    def __init__(self, blob: bytes, offsets: NDArray[np.int64], ids: NDArray[np.int64]) -> None:
        self._blob = blob
        self._offsets = offsets
        self._ids = ids
        self._ranks = np.full(int(ids.max(initial=-1)) + 1, -1, dtype=np.int64)
        self._ranks[ids] = np.arange(len(ids))

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """Builds it from a tokenizer. This takes a second or two, so keep it with `dump`."""
        tokens = sorted((data, id_) for id_, data in tokenizer.spellings().items())
        lengths = [len(data) for data, _ in tokens]
        return cls(
            b"".join(data for data, _ in tokens),
            np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
            np.array([id_ for _, id_ in tokens], dtype=np.int64),
        )

    @property
    def ids(self) -> NDArray[np.int64]:
        """The ids of all tokens that spell something, in no order."""
        return self._ids

    def dump(self, file: BinaryIO) -> None:
        """Writes it as an .npz."""
        blob = np.frombuffer(self._blob, dtype=np.uint8)
        np.savez(file, blob=blob, offsets=self._offsets, ids=self._ids)

    @classmethod
    def load(cls, file: BinaryIO) -> Self:
        """Reads what `dump` wrote.

        Raises:
            CorruptModelError: the file is not a vocabulary, or is damaged.
        """
        try:
            with np.load(file, allow_pickle=False) as arrays:
                blob, offsets, ids = arrays["blob"], arrays["offsets"], arrays["ids"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise CorruptModelError(f"not a vocabulary that can be read: {error}") from error
        sound = (
            (blob.dtype, offsets.dtype, ids.dtype) == (np.uint8, np.int64, np.int64)
            and (blob.ndim, offsets.ndim, ids.ndim) == (1, 1, 1)
            and len(offsets) == len(ids) + 1
            and offsets[0] == 0
            and offsets[-1] == len(blob)
            and bool((np.diff(offsets) > 0).all())
            and bool(((ids >= 0) & (ids < _MAX_ID)).all())
        )
        if not sound:
            raise CorruptModelError("not a vocabulary: its arrays don't fit together")
        return cls(blob.tobytes(), offsets, ids)

    def token_bytes(self, id_: int) -> bytes:
        """The bytes of a token; empty if the id has no token."""
        rank = int(self._ranks[id_]) if 0 <= id_ < len(self._ranks) else -1
        return b"" if rank < 0 else self._at(rank)

    def extending(self, prefix: bytes) -> NDArray[np.int64]:
        """The ids of the tokens that begin with a prefix, or equal it, in no order."""
        low, high = self._range(prefix, 0, len(self._ids))
        return self._ids[low:high]

    def prefixes_of(self, data: bytes) -> list[int]:
        """The ids of the tokens that a text begins with, or equals, the shortest first."""
        prefixes = []
        low, high = 0, len(self._ids)
        for end in range(1, len(data) + 1):
            # Tokens that begin with the longer prefix lie among those that begin with the shorter.
            low, high = self._range(data[:end], low, high)
            if low == high:
                break
            # In sorted order a text comes before all texts that begin with it.
            if self._offsets[low + 1] - self._offsets[low] == end:
                prefixes.append(int(self._ids[low]))
        return prefixes

    def among(self, ids: Iterable[NDArray[np.int64] | list[int]]) -> NDArray[np.int64]:
        """The union of several sets of ids, sorted."""
        chosen = np.zeros(len(self._ranks), dtype=np.bool_)
        for some in ids:
            chosen[some] = True
        return np.flatnonzero(chosen)

    def _range(self, prefix: bytes, low: int, high: int) -> tuple[int, int]:
        """The range of ranks, from `low` to `high`, of the tokens that begin with a prefix."""
        size = len(prefix)
        ranks = range(len(self._ids))
        low = bisect_left(ranks, prefix, low, high, key=self._at)
        high = bisect_right(ranks, prefix, low, high, key=lambda rank: self._at(rank)[:size])
        return low, high

    def _at(self, rank: int) -> bytes:
        return self._blob[self._offsets[rank] : self._offsets[rank + 1]]


@dataclass(frozen=True, slots=True)
class Spell:
    """A constraint on the next tokens: they must spell `remaining` before anything else.

    A token that reaches the end of `remaining` may go beyond it, and may spell anything there. A
    token that ends before it is allowed only if the tokenizer itself would choose it. Otherwise a
    model that prefers less indentation takes a short run of blanks, and then has to fill up the
    rest blank by blank; or it begins `\"\"\"` as a plain string, and is lost. `paths` are the
    tokens that the tokenizer would choose for `remaining`, up to the token that reaches its end.
    """

    vocabulary: Vocabulary
    remaining: bytes
    paths: frozenset[tuple[int, ...]]

    @classmethod
    def of(cls, tokenizer: Tokenizer, vocabulary: Vocabulary, forced: bytes) -> Self:
        """The constraint for a prompt's forced bytes."""
        # If a long word was cut between two tokens, either end can be inside a character.
        text = forced.decode(errors="ignore")
        ways = (tokenizer.encode(text + probe) for probe in ("", *_PROBES, _NEWLINE))
        return cls(vocabulary, forced, frozenset(_inside(tokenizer, ids, forced) for ids in ways))

    def allowed(self) -> NDArray[np.int64] | None:
        """The ids that may come next, sorted; None if all is spelled and any token may come."""
        if not self.remaining:
            return None
        extending = self.vocabulary.extending(self.remaining)
        inside = [path[0] for path in self.paths if path]
        if not len(extending) and not inside:
            # It begins inside a character, and neither a token nor the tokenizer's choice fits.
            inside = self.vocabulary.prefixes_of(self.remaining[:-1])
        return self.vocabulary.among((extending, inside))

    def advance(self, token: int) -> "Spell":
        """The constraint after a token.

        Raises:
            ValueError: the token spells something else.
        """
        if not self.remaining:
            return self
        data = self.vocabulary.token_bytes(token)
        if not data or not (data.startswith(self.remaining) or self.remaining.startswith(data)):
            raise ValueError(f"token {token} spells {data!r}, which is not {self.remaining!r}")
        paths = frozenset(path[1:] for path in self.paths if path[:1] == (token,))
        return Spell(self.vocabulary, self.remaining[len(data) :], paths)


def _inside(tokenizer: Tokenizer, ids: list[int], data: bytes) -> tuple[int, ...]:
    """The first tokens of a text, as far as they spell `data` and end before its end."""
    end = 0
    for count, id_ in enumerate(ids):
        token = tokenizer.token_bytes(id_)
        end += len(token)
        if end >= len(data) or not data.startswith(token, end - len(token)):
            return tuple(ids[:count])
    return tuple(ids)
