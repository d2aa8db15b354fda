"""What is done to a finished completion, one small function per rule.

A rule takes the text and the hole and gives the text back, cut or mended; the empty text means
that there is nothing to suggest. They run in the order of RULES, and what spoke is named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from codegen.context.hole import Hole
from codegen.lines import is_word, open_brackets, opens_block, same_line
from codegen.postprocess.ending import natural_end
from codegen.postprocess.growth import Growth
from codegen.postprocess.indentation import misplaced, style

# Characters up to which a text of punctuation alone is tiny.
_TINY: Final = 2

_CLOSERS: Final = frozenset(")]}\"'`;:,")
_QUOTES: Final = "\"'`"

# A unit of at least three characters, six times in a row, is a loop. Source: the repetition
# filter of Tabby's agent, https://github.com/TabbyML/tabby.
_LOOP_LENGTH: Final = 3
_LOOP_TIMES: Final = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and the name by which it is reported."""

    name: str
    apply: Callable[[str, Hole, Growth], str]


def repeated_line(text: str, hole: Hole, _growth: Growth) -> str:
    """Cuts before a line that already follows the hole.

    The first line of the text repeats it however far in it is; deeper ones may be another
    block's `return`.
    """
    start = 0
    first = True
    for line in text.split("\n"):
        full = line if start else hole.left + line
        if full.strip():
            again = full.strip() == hole.following.strip()
            if again and (first or same_line(full, hole.following)):
                return text[:start] if hole.inserts_above else text[:start].rstrip()
            first = False
        start += len(line) + 1
    return text


def end_of_hole(text: str, hole: Hole, growth: Growth) -> str:
    """Cuts at the hole's natural end."""
    return text[: natural_end(text, hole, growth)]


def loop(text: str, _hole: Hole, _growth: Growth) -> str:
    """Cuts an end that repeats itself after the first time."""
    for length in range(_LOOP_LENGTH, len(text) // _LOOP_TIMES + 1):
        unit = text[-length:]
        if any(map(str.isalnum, unit)) and text.endswith(unit * _LOOP_TIMES):
            start = len(text) - length * _LOOP_TIMES
            while text.endswith(unit, 0, start):
                start -= length
            return text[: start + length]
    return text


def overlap(text: str, hole: Hole, _growth: Growth) -> str:
    """Drops an end that stands there already, right of the cursor.

    The whole rest of the line is dropped wherever the text ends with it. Of closing brackets,
    quotes and separators only those that are too many: in `f(g(‸)` one bracket is still missing.
    """
    if text.endswith("\n"):
        return text  # What is to the right will stand on the next line.
    body, right = text.rstrip(" \t"), hole.right.strip()
    if any(map(str.isalnum, right)):
        for rest in (hole.right.rstrip(), right):
            if body.endswith(rest):
                return body[: -len(rest)]
    best, fewest = text, _surplus(hole.left, text, right)
    for length in range(1, len(right) + 1):
        dropped = right[:length]
        if not _CLOSERS.issuperset(dropped):
            break
        kept = body[:-length]
        # Three quotes are one mark, not three.
        if body.endswith(dropped) and not (dropped[0] in _QUOTES and kept.endswith(dropped[0])):
            surplus = _surplus(hole.left, kept, right)
            if surplus < fewest:
                best, fewest = kept, surplus
    return best


def _surplus(left: str, text: str, right: str) -> int:
    """How many closing marks are too many on a line that consists of these."""
    _, brackets = open_brackets(left + text + right)
    quotes = sum(text.count(quote) % 2 for quote in _QUOTES)
    separators = text.endswith((";", ":", ",")) and right.startswith(text[-1])
    return brackets + quotes + separators


def tiny(text: str, hole: Hole, growth: Growth) -> str:
    """Drops a mark or two that close nothing and open nothing: not worth a person's glance."""
    marks = text.strip()
    if len(marks) > _TINY or any(map(is_word, marks)):
        return text
    useful = growth.at(text) != growth.at("") or opens_block(hole.left + marks)
    return text if useful or hole.is_prose else ""


def trailing_blanks(text: str, hole: Hole, _growth: Growth) -> str:
    """Drops blanks and blank lines at the end, unless something follows them on the line."""
    return text if hole.right.strip() else text.rstrip()


def own_line(text: str, hole: Hole, _growth: Growth) -> str:
    """Leaves the code right of the cursor on a line of its own, as far in as it was."""
    if not hole.inserts_above:
        return text
    body = text.rstrip(" \t")
    if body.endswith("\n"):
        return body + hole.left
    # At a line's very start, before its indentation: this can't go on with the same line.
    return f"{body}\n" if not hole.left and hole.right[0].isspace() else text


RULES: Final = (
    Rule("misplaced", misplaced),
    Rule("repeated-line", repeated_line),
    Rule("end-of-hole", end_of_hole),
    Rule("loop", loop),
    Rule("overlap", overlap),
    Rule("trailing-blanks", trailing_blanks),
    Rule("own-line", own_line),
    Rule("style", style),
    Rule("tiny", tiny),
)
