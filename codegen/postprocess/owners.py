"""The owner of each open delimiter: the text after the cursor closes it, or the completion does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from codegen.syntax.lexis import Lexis
from codegen.syntax.scan import Event, Frame, depth_at, frame_depth, scan
from codegen.text import depth

# How many code points after the cursor are read.
_SIGHT: Final = 8000

# How many code points of the cursor's line are read, which is done for each open literal.
_LINE_SIGHT: Final = 1000

_BEFORE_QUOTE: Final = re.compile(r"(?<=[^\s\\\"'`@$#=])(?=[\"'`])")


@dataclass(frozen=True, slots=True)
class Owners:
    """What closes the frames that are open at the cursor.

    `ends` has for each frame how many code points after the cursor the text closes it; None if the
    completion has to close it. `spare` are marks after the cursor that close nothing. A completion
    may leave open what they close.
    """

    ends: tuple[int | None, ...]
    spare: tuple[str, ...]


def owners(text: str, start: int, cursor: int, lexis: Lexis, stack: Sequence[Frame]) -> Owners:
    """Reads the text after the cursor to see which frames it closes.

    First each mark closes the frame that was opened last. If that leaves frames unclosed that were
    not opened on the cursor's line, the text is read again by indentation. Then a mark at the
    beginning of a line closes a frame that was opened with the same indentation, and a line that is
    indented too little for an open frame shows that the frame's end is missing.

    Args:
        text: with line feeds, perhaps after blanks.
        start: the offset from which on the frames are known.
        cursor: its offset.
        lexis: how the text writes strings and comments.
        stack: the frames that are open at the cursor, the innermost last.
    """
    below = _Below(text, start, cursor, lexis, stack)
    return Owners(tuple(below.ends), tuple(below.spare))


class _Below:
    """Reads the text after the cursor; `ends` and `spare` are as in `Owners`."""

    def __init__(
        self, text: str, start: int, cursor: int, lexis: Lexis, stack: Sequence[Frame]
    ) -> None:
        self.ends: list[int | None] = [None] * len(stack)
        self.spare: list[str] = []
        self._text = text
        self._cursor = cursor
        self._lexis = lexis
        self._line = text.rfind("\n", 0, cursor) + 1
        self._is_cut = start > 0
        kept = list(stack)
        for index in range(len(stack) - 1, -1, -1):
            literal = stack[index].literal
            in_text = index > 0 and literal is None and stack[index - 1].is_text
            if in_text and self._unended(kept[:index]) < self._unended(kept):
                del kept[index:]  # After the cursor comes the string's text, and not its code.
            elif literal is not None and not self._is_ended(kept, index):
                del kept[index:]
        if self._is_cut or not self._read(kept, by_depth=False):
            self._read(kept, by_depth=True)
            self._move_inwards(stack)

    def _read(self, stack: Sequence[Frame], *, by_depth: bool) -> bool:
        """Finds what the text closes. Returns whether only frames of the cursor's line are left."""
        text, cursor = self._text, self._cursor
        end = min(len(text), cursor + _SIGHT)
        ends: list[int | None] = [None] * len(self.ends)
        spare: list[str] = []
        now, kept = list(stack), len(stack)
        for event in scan(text, self._lexis, now, cursor, end, by_depth=by_depth):
            if event.kind == "stray":
                if self._is_cut and not now and self._is_outer(event):
                    break
                spare.append(text[event.start : event.end])
            elif len(now) < kept:
                # A mark that closes an outer frame drops the forgotten frames inside it.
                kept = len(now)
                ends[kept] = event.start - cursor if event.kind == "close" else None
            elif by_depth and event.kind == "line":
                while kept and len(now) == kept and self._is_left(now[-1], event):
                    now.pop()
                    kept -= 1
        if end < len(text):
            ends[:kept] = [end - cursor] * kept  # They may be closed beyond what was read.
        self.ends, self.spare = ends, spare
        missing = [frame for frame, at in zip(stack, ends, strict=False) if at is None]
        innermost = ends[: len(stack) - len(missing)].count(None) == 0
        at_cursor = all(frame.at >= self._line for frame in missing)
        return end == len(text) and not spare and innermost and at_cursor

    def _is_outer(self, event: Event) -> bool:
        """Whether a mark closes something that was opened above the part that was read."""
        line = self._text[self._line : self._cursor]
        return bool(line) and depth_at(self._text, event.start) < depth(line + "x")

    def _is_left(self, frame: Frame, event: Event) -> bool:
        """Whether a line begins that can't stand in a bracket, whose end must be missing."""
        text = self._text
        before = text[self._cursor : event.start].rstrip()
        if frame.closer in ")]" and before.endswith(";"):
            return True
        end = text.find("\n", event.end)
        line = text[event.end : len(text) if end < 0 else end]
        first = line.strip()[:1]
        if not first or first in ")]}#<" or not (first.isalnum() or first in "_@$\"'.&*"):
            return False
        return depth(line) <= frame_depth(text, frame) and self._is_farther_in(frame)

    def _is_farther_in(self, frame: Frame) -> bool:
        """Whether the lines in a bracket are indented farther than the line that opened it."""
        text = self._text
        inside = text.find("\n", frame.at, self._line) + 1
        lines = text[inside : self._line].split("\n") if inside else []
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            left = text[self._line : self._cursor]
            return frame.at >= self._line or depth(left + "x") > frame_depth(text, frame)
        return depth(first) > frame_depth(text, frame)

    def _move_inwards(self, stack: Sequence[Frame]) -> None:
        """Takes ends from inner brackets and gives them to equal outer ones of the same depth.

        In `f(g(‸)` the mark closes `f(`: the completion stands before it, and has to close `g(`.
        """
        kinds = [(frame.closer, frame_depth(self._text, frame)) for frame in stack]
        ends = self.ends
        for _ in stack:
            for outer, inner in pairwise(range(len(stack))):
                if kinds[outer] == kinds[inner] and ends[outer] is None:
                    ends[outer], ends[inner] = ends[inner], None

    def _is_ended(self, stack: Sequence[Frame], index: int) -> bool:
        """Whether a literal that is open at the cursor is closed after the cursor.

        A quote after the cursor either closes it or opens another string. The reading is right that
        leaves fewer strings without an end.
        """
        frame, literal = stack[index], stack[index].literal
        if literal is None or (literal.comment and not literal.over_lines):
            return True
        if self._unended(stack) < self._unended(stack[:index]):
            return True
        if not literal.over_lines:
            return False
        after = self._text[self._cursor :]
        if literal.heredoc:
            tag = re.escape(frame.closer)
            return re.search(rf"^[ \t]*{tag}\b", after, re.MULTILINE) is not None
        if frame.mark.endswith(frame.closer):
            return after.count(frame.closer) % 2 == 1
        opens, closes = after.find(frame.mark), after.find(frame.closer)
        return closes >= 0 and (opens < 0 or closes < opens)

    def _unended(self, stack: Sequence[Frame]) -> int:
        """How many strings are still open at the end of the cursor's line."""
        now = list(stack)
        line = self._text[self._cursor : self._cursor + _LINE_SIGHT].partition("\n")[0]
        # A quote after a letter would be an apostrophe.
        for _ in scan(_BEFORE_QUOTE.sub(" ", line), self._lexis, now):
            pass
        return sum(frame.is_text for frame in now)
