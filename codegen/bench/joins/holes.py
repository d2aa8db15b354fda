"""Which pieces are removed: a few of each kind from each file, the same for the same seed."""

import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from codegen.bench.joins.blocks import bodies, elements
from codegen.bench.joins.places import (
    Choice,
    Kind,
    Place,
    Variant,
    attributes,
    brackets,
    code_in_strings,
    links,
    rests,
    strings,
    texts,
    whole_lines,
)
from codegen.bench.joins.source import Source

# Pieces of one kind that are taken from one file, at most.
_FEW: Final = 4

# One file in so many gets carriage returns.
_CRLF_EVERY: Final = 5

_FINDERS: Final[tuple[Callable[[Source], Iterator[Choice]], ...]] = (
    whole_lines,
    rests,
    brackets,
    strings,
    code_in_strings,
    attributes,
    texts,
    links,
    elements,
    bodies,
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A file with a piece removed: `text` is all of it, and `start` and `end` span the piece."""

    path: str
    language: str
    kind: Kind
    variant: Variant
    text: str
    start: int
    end: int

    @property
    def before(self) -> str:
        """What stands before the cursor."""
        return self.text[: self.start]

    @property
    def truth(self) -> str:
        """The piece."""
        return self.text[self.start : self.end]

    @property
    def after(self) -> str:
        """What stands after the cursor."""
        return self.text[self.end :]

    @property
    def rest(self) -> str:
        """What stands right of the cursor on its line."""
        return self.after.split("\n", 1)[0].rstrip("\r")

    @property
    def newline(self) -> str:
        """The file's newline."""
        return "\r\n" if "\r\n" in self.text else "\n"

    @property
    def name(self) -> str:
        """Kind and variant, as the report shows them."""
        return self.kind if self.variant == "usual" else f"{self.kind}/{self.variant}"


def choose_gaps(
    sources: Iterable[Source], *, kinds: Collection[str], limit: int, seed: int
) -> Iterator[Gap]:
    """Pieces of each language, spread evenly over its kinds and files.

    Args:
        sources: the files.
        kinds: which are wanted; all if empty.
        limit: how many of each language, about: a piece comes in all its variants.
        seed: chooses the pieces.
    """
    by_language: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_language[source.language].append(source)
    for language in sorted(by_language):
        yield from _of_language(by_language[language], kinds, limit, seed)


def cut(source: Source, place: Place) -> Gap:
    """A file with a piece removed; some files get carriage returns first."""
    text, start, end = source.text, place.start, place.end
    if zlib.crc32(source.path.encode()) % _CRLF_EVERY == 0:
        start += text.count("\n", 0, start)
        end += text.count("\n", 0, end)
        text = text.replace("\n", "\r\n")
    return Gap(source.path, source.language, place.kind, place.variant, text, start, end)


def choices(source: Source, seed: int, few: int = _FEW) -> dict[Kind, list[Choice]]:
    """Some pieces of each kind that can be removed from one file."""
    by_kind: dict[Kind, list[Choice]] = defaultdict(list)
    for find in _FINDERS:
        for choice in find(source):
            if source.text[choice[0].start : choice[0].end].strip():
                by_kind[choice[0].kind].append(choice)
    chosen = {}
    for kind, found in by_kind.items():
        rng = random.Random(f"{seed} {source.path} {kind}")  # noqa: S311 - the same each time
        chosen[kind] = rng.sample(found, min(few, len(found)))
    return chosen


def _of_language(
    sources: list[Source], kinds: Collection[str], limit: int, seed: int
) -> Iterator[Gap]:
    by_kind: dict[Kind, list[tuple[Source, Choice]]] = defaultdict(list)
    for source in sorted(sources, key=lambda source: source.path):
        for kind, found in choices(source, seed).items():
            if not kinds or kind in kinds:
                by_kind[kind] += [(source, choice) for choice in found]
    for kind, pool in by_kind.items():
        random.Random(f"{seed} {kind}").shuffle(pool)  # noqa: S311
    count = 0
    while count < limit and any(by_kind.values()):
        for kind in sorted(by_kind):
            if not by_kind[kind]:
                continue
            source, choice = by_kind[kind].pop()
            yield from (cut(source, place) for place in choice)
            count += len(choice)
