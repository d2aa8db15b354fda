"""The skeleton of a file: its imports, names and signatures.

Where a file outgrows the budget, the parts far from the cursor are folded to their skeleton instead
of being cut off.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from codegen.context.scope import Definition, definition_of
from codegen.context.window import REACH, Count
from codegen.document import Document
from codegen.syntax.tree import SyntaxTree

# A signature or an assignment of more code points is left out: it is rather a table, and says
# little.
_LONGEST: Final = 400

_CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}

_PARTS: Final = ("import", "variable", "function", "class")


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """One line or signature of the skeleton.

    `start` and `end` are the span that it stands for, `parents` the starts of the definitions that
    hold it. `text` ends with a newline. `folded` is added to it where the body is left out;
    `opener` and `closer` are added before and after a body that is shown in part. `documented` is
    the text together with its comment and docstring, for a definition that the cursor stands in.
    """

    kind: str
    start: int
    end: int
    text: str
    parents: tuple[int, ...]
    folded: str = ""
    opener: str = ""
    closer: str = ""
    documented: str = ""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The chosen entries, as one text of so many tokens; `left_out` counts the other entries."""

    text: str
    tokens: int
    entries: tuple[OutlineEntry, ...]
    left_out: int


EMPTY: Final = Skeleton("", 0, (), 0)


def skeleton(
    document: Document,
    part: tuple[int, int],
    scope: tuple[Definition, ...],
    budget: int,
    count_tokens: Count,
) -> Skeleton:
    """The signatures and imports of a part of a file, as many as fit a budget.

    The definitions around the cursor come first, with their documentation, then imports, then the
    entries that are nearest to the cursor.

    Args:
        document: the text, with its tree; without a tree the skeleton is empty.
        part: the span that is folded, in code points.
        scope: the definitions around the cursor.
        budget: in tokens.
        count_tokens: gives the number of tokens of a text.
    """
    if document.tree is None or part[0] >= part[1] or budget <= 0:
        return EMPTY
    around = {definition.start for definition in scope}
    entries = list(_entries(document.tree, part, around))
    cursor = document.cursor
    by_start = {entry.start: entry for entry in entries}

    def order(entry: OutlineEntry) -> tuple[int, int]:
        rank = 0 if entry.start in around else 1 if entry.kind == "import" else 2
        # A method of another class counts as farther than its place in the file is.
        nested = sum(parent not in around for parent in entry.parents)
        return rank + nested, abs(entry.start - cursor)

    chosen: dict[int, OutlineEntry] = {}
    left = budget
    for entry in sorted(entries, key=order):
        needed = [by_start[at] for at in entry.parents if at in by_start and at not in chosen]
        needed.append(entry)
        # A file may have thousands of signatures: tokens are counted only where they may fit.
        if sum(len(piece.text) for piece in needed) > left * REACH:
            continue
        cost = sum(count_tokens(piece.text + piece.folded) for piece in needed)
        if entry.documented and cost <= left:
            needed[-1], cost = _documented(entry, cost, left, count_tokens)
        if cost <= left:
            left -= cost
            chosen.update((piece.start, piece) for piece in needed)
    while True:
        kept = tuple(chosen[at] for at in sorted(chosen))
        text = "".join(_spelt(kept, around))
        tokens = count_tokens(text)
        if tokens <= budget:
            return Skeleton(text, tokens, kept, len(entries) - len(kept))
        # The estimate was too low: tokens join in other ways in the whole text. The last entry
        # goes, which never is the parent of another, since parents are chosen first.
        chosen.popitem()


def _documented(
    entry: OutlineEntry, cost: int, left: int, count_tokens: Count
) -> tuple[OutlineEntry, int]:
    """The entry with its documentation if there is room for that, and its cost in tokens."""
    if len(entry.documented) > left * REACH:
        return entry, cost
    more = count_tokens(entry.documented) - count_tokens(entry.text)
    if cost + more > left:
        return entry, cost
    return replace(entry, text=entry.documented), cost + more


def _spelt(entries: tuple[OutlineEntry, ...], around: set[int]) -> Iterator[str]:
    """The texts of the entries. A body that holds no entry, and not the cursor, is folded."""
    parents = {parent for entry in entries for parent in entry.parents}
    open_: list[OutlineEntry] = []
    for entry in entries:
        while open_ and open_[-1].end <= entry.start:
            yield open_.pop().closer
        opened = entry.start in parents or entry.start in around
        yield f"{entry.text.rstrip()}{entry.opener if opened else entry.folded}\n"
        # A definition around the cursor is not closed here: it goes on below the skeleton.
        if opened and entry.start not in around:
            open_.append(entry)
    while open_:
        yield open_.pop().closer


def _entries(tree: SyntaxTree, part: tuple[int, int], around: set[int]) -> Iterator[OutlineEntry]:
    text, folded = tree.text, tree.grammar.language.folded
    covered = part[0] - 1
    open_: list[Definition] = []
    for capture in sorted(
        # Where a name is bound to a function, the function's entry comes before the variable's.
        tree.captures(*part, _PARTS),
        key=lambda capture: (capture.start, -capture.end, capture.kind == "variable"),
    ):
        if capture.start >= part[1]:
            break
        while open_ and open_[-1].end <= capture.start:
            open_.pop()
        inside_function = any(definition.kind == "function" for definition in open_)
        if capture.start <= covered or inside_function:
            continue
        covered = capture.end - 1 if capture.kind == "variable" else capture.start
        line = text.rfind("\n", 0, capture.start) + 1
        indent = text[line : capture.start]
        parents = tuple(definition.start for definition in open_)
        if indent.strip() or not parents:
            indent = ""
        if capture.kind in ("import", "variable"):
            spelt = text[capture.start : capture.end].rstrip()
            if capture.kind == "variable":
                spelt = _first_line(spelt)
            if not parents and len(spelt) <= _LONGEST:
                yield OutlineEntry(
                    capture.kind, capture.start, capture.end, f"{indent}{spelt}\n", parents
                )
            continue
        definition = definition_of(text, capture)
        signature = text[capture.start : definition.body[0]].rstrip()
        if len(signature) <= _LONGEST:
            spelt = f"{indent}{signature}\n"
            yield OutlineEntry(
                capture.kind,
                capture.start,
                capture.end,
                spelt,
                parents,
                *_body(text, definition, indent, folded),
                _with_doc(tree, definition, indent, spelt) if capture.start in around else "",
            )
        # A definition whose signature is too long to be shown is a parent all the same.
        open_.append(definition)


def _first_line(statement: str) -> str:
    """The first line of an assignment; a bracket that it leaves open is closed again."""
    line, *more = statement.split("\n", 1)
    line = line.rstrip()
    closer = _CLOSERS.get(line[-1:])
    return f"{line}...{closer}" if more and closer else line


def _body(text: str, definition: Definition, indent: str, folded: str) -> tuple[str, str, str]:
    """What stands for a definition's body: for all of it, and before and after a part of it."""
    start, end = definition.body
    if start == end:
        return "", "", ""
    if text.startswith("{", start):
        return folded, " {", f"{indent}}}\n"
    word = folded.removeprefix("\n")
    # A word that ends a block stands on a line of its own.
    return folded.replace("\n", f"\n{indent}"), "", "" if word == folded else f"{indent}{word}\n"


def _with_doc(tree: SyntaxTree, definition: Definition, indent: str, signature: str) -> str:
    """A signature with the comment above it and the docstring below; "" if it has neither."""
    text = tree.text
    above = line = text.rfind("\n", 0, definition.start) + 1
    reach = max(0, line - _LONGEST)
    for comment in reversed(list(tree.captures(reach, line, ("comment",)))):
        start = text.rfind("\n", 0, comment.start) + 1
        own_line = not text[start : comment.start].strip()
        if (
            start < reach
            or not own_line
            or text[comment.end : above].strip(" \t\r") not in ("", "\n")
        ):
            break
        above = start
    comment_above = "".join(
        f"{indent}{comment.strip()}\n" for comment in text[above:line].splitlines()
    )
    first = definition.body[0]
    first += len(text[first : definition.body[1]]) - len(text[first : definition.body[1]].lstrip())
    below = ""
    for docstring in tree.captures(first, first + 1, ("docstring",)):
        if docstring.start == first:
            below = _shortened(text[first : docstring.end])
            column = text[text.rfind("\n", 0, first) + 1 : first]
            below = f"{column}{below}\n" if not column.strip() else ""
    return f"{comment_above}{signature}{below}" if comment_above or below else ""


def _shortened(docstring: str) -> str:
    """A docstring; of a long docstring the first line, which is its summary."""
    if len(docstring) <= _LONGEST:
        return docstring
    summary, quotes = docstring.split("\n", 1)[0].rstrip(), docstring[-3:]
    return f"{summary}{quotes}" if len(summary) <= _LONGEST and len(set(quotes)) == 1 else ""
