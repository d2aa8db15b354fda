"""What a file offers beyond the lines near the cursor: its imports, names and signatures.

Of a file that outgrows the budget the far parts are folded to these, instead of being cut off.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from codegen.context.scope import Definition, definition_of
from codegen.context.window import REACH, Count
from codegen.document import Document
from codegen.syntax.tree import SyntaxTree

# A signature or an assignment longer than that is a table, not something to go by.
_LONGEST: Final = 400

_PARTS: Final = ("import", "variable", "function", "class")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line or signature of the skeleton; `start` and `end` span all that it stands for.

    `parents` are the starts of the definitions that hold it. `text` ends with a newline; `folded`
    is what has to be added for a body that is left out, `opener` and `closer` for one of which
    something is shown.
    """

    kind: str
    start: int
    end: int
    text: str
    parents: tuple[int, ...]
    folded: str = ""
    opener: str = ""
    closer: str = ""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The entries that were chosen, as one text."""

    text: str
    tokens: int
    entries: tuple[Entry, ...]
    left_out: int


EMPTY: Final = Skeleton("", 0, (), 0)


def skeleton(
    document: Document,
    part: tuple[int, int],
    scope: tuple[Definition, ...],
    budget: int,
    count_tokens: Count,
) -> Skeleton:
    """The signatures and imports of a part of a file, as many as a budget has room for.

    First what the cursor stands in, then imports, then what is nearest.

    Args:
        document: the text, with its tree; without one there is nothing to choose from.
        part: the span that is folded.
        scope: the definitions around the cursor.
        budget: in tokens.
        count_tokens: the tokens of a text.
    """
    if document.tree is None or part[0] >= part[1] or budget <= 0:
        return EMPTY
    entries = list(_entries(document.tree, part))
    around = {definition.start for definition in scope}
    cursor = document.cursor
    by_start = {entry.start: entry for entry in entries}

    def order(entry: Entry) -> tuple[int, int]:
        rank = 0 if entry.start in around else 1 if entry.kind == "import" else 2
        # A method of another class is farther than its file position tells.
        nested = sum(parent not in around for parent in entry.parents)
        return rank + nested, abs(entry.start - cursor)

    chosen: dict[int, Entry] = {}
    left = budget
    for entry in sorted(entries, key=order):
        needed = [by_start[at] for at in entry.parents if at in by_start and at not in chosen]
        needed.append(entry)
        # A file has more signatures than it is worth to count tokens of, once the budget is full.
        if sum(len(one.text) for one in needed) > left * REACH:
            continue
        cost = sum(count_tokens(one.text + one.folded) for one in needed)
        if cost <= left:
            left -= cost
            chosen.update((one.start, one) for one in needed)
    while True:
        kept = tuple(chosen[at] for at in sorted(chosen))
        text = "".join(_spelt(kept, around))
        tokens = count_tokens(text)
        if tokens <= budget:
            return Skeleton(text, tokens, kept, len(entries) - len(kept))
        # Some tokens join differently than was estimated. What holds an entry came before it.
        chosen.popitem()


def _spelt(entries: tuple[Entry, ...], around: set[int]) -> Iterator[str]:
    """The entries' texts; the body of what holds no other entry, and not the cursor, is folded."""
    parents = {parent for entry in entries for parent in entry.parents}
    open_: list[Entry] = []
    for entry in entries:
        while open_ and open_[-1].end <= entry.start:
            yield open_.pop().closer
        opened = entry.start in parents or entry.start in around
        yield f"{entry.text.rstrip()}{entry.opener if opened else entry.folded}\n"
        # What the cursor stands in goes on beyond the skeleton.
        if opened and entry.start not in around:
            open_.append(entry)
    while open_:
        yield open_.pop().closer


def _entries(tree: SyntaxTree, part: tuple[int, int]) -> Iterator[Entry]:
    text, folded = tree.text, tree.grammar.language.folded
    seen: set[int] = set()
    open_: list[Definition] = []
    for capture in sorted(
        tree.captures(*part, _PARTS), key=lambda found: (found.start, -found.end)
    ):
        if not part[0] <= capture.start < part[1]:
            continue
        while open_ and open_[-1].end <= capture.start:
            open_.pop()
        inside_function = any(one.kind == "function" for one in open_)
        if capture.start in seen or inside_function:
            continue
        seen.add(capture.start)
        line = text.rfind("\n", 0, capture.start) + 1
        indent = text[line : capture.start]
        parents = tuple(one.start for one in open_)
        if indent.strip() or not parents:
            indent = ""
        if capture.kind in ("import", "variable"):
            spelt = text[capture.start : capture.end].split("\n", 1)[0].rstrip()
            if capture.kind == "import":
                spelt = text[capture.start : capture.end].rstrip()
            if not parents and len(spelt) <= _LONGEST:
                yield Entry(capture.kind, capture.start, capture.end, f"{indent}{spelt}\n", parents)
            continue
        definition = definition_of(text, capture)
        signature = text[capture.start : definition.body[0]].rstrip()
        if len(signature) <= _LONGEST:
            yield Entry(
                capture.kind,
                capture.start,
                capture.end,
                f"{indent}{signature}\n",
                parents,
                *_body(text, definition, indent, folded),
            )
        # What is too long to be shown still holds what is in it.
        open_.append(definition)


def _body(text: str, definition: Definition, indent: str, folded: str) -> tuple[str, str, str]:
    """What stands for a definition's body: for all of it, before a part of it, and after that."""
    start, end = definition.body
    if start == end:
        return "", "", ""
    if text.startswith("{", start):
        return folded, " {", f"{indent}}}\n"
    word = folded.removeprefix("\n")
    # A word that ends the block has a line of its own.
    return folded.replace("\n", f"\n{indent}"), "", "" if word == folded else f"{indent}{word}\n"
