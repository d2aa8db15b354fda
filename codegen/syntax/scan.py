"""Reads a text forwards and keeps a stack of the brackets, literals and elements that are open.

It needs no tree, and can begin anywhere if it is told what is open there. Broken text does little
harm: an unclosed string ends with its line, and a bracket that is closed twice closes an outer one.
"""

import re
from collections.abc import Iterator, MutableSequence, Sequence
from typing import Final, Literal, NamedTuple

from codegen.syntax import lexis as written
from codegen.syntax import patterns
from codegen.syntax.finder import Finder
from codegen.syntax.lexis import CLOSERS, Lexis
from codegen.text import depth

# Elements of HTML that have no end.
_VOID: Final = frozenset(
    [
        "<area",
        "<base",
        "<br",
        "<col",
        "<embed",
        "<hr",
        "<img",
        "<input",
        "<link",
        "<meta",
        "<source",
        "<track",
        "<wbr",
        "<!doctype",
    ]
)
# How many frames may be open at once; more are ignored. Nobody writes that many, and readers look
# at all open frames again and again.
DEEPEST: Final = 100

# Elements that hold code.
_SCRIPTS: Final = frozenset(["</script>", "</style>"])
_HEADER_END: Final = ">"


class Frame(NamedTuple):
    """Something that is open: a bracket, a literal, code in a literal, or an element.

    `mark` opened it at the offset `at`, and `closer` will close it. `line` is the offset of the
    line on which its statement begins: for a body whose header has several lines that is the first
    of them. `literal` says how the text in it is read, None for a bracket or an element.
    """

    mark: str
    closer: str
    at: int
    line: int
    literal: written.Literal | None = None

    @property
    def is_text(self) -> bool:
        """Whether it is a string, and not code or a comment."""
        return self.literal is not None and not self.literal.comment

    @property
    def is_bracket(self) -> bool:
        """Whether it is a bracket in code, or code in a string."""
        return self.closer in _BRACKETS

    @property
    def is_element(self) -> bool:
        """Whether it is an element, and its opening tag has ended."""
        return self.closer.startswith("</")


_BRACKETS: Final = frozenset(CLOSERS.values())


class Event(NamedTuple):
    """Something that happens in a text, at a span of offsets.

    A frame is opened (`open`), closed (`close`) or given up at the end of its line (`drop`); a
    closing mark closes nothing that is open (`stray`); or a line ends (`line`). `frame` is the
    frame that was opened or ended.
    """

    kind: Literal["open", "close", "drop", "stray", "line"]
    start: int
    end: int
    frame: Frame | None = None


def scan(
    text: str,
    lexis: Lexis,
    stack: MutableSequence[Frame],
    start: int = 0,
    end: int | None = None,
    *,
    by_depth: bool = False,
) -> Iterator[Event]:
    """Reads a part of a text. With each event `stack` is what is open after it.

    Args:
        text: the part is read from it. With `by_depth` the frames' offsets must be offsets into it.
        lexis: how the text writes strings and comments.
        stack: the frames that are open at `start`, the innermost last. It is changed.
        start: the offset where the part begins.
        end: the offset where the part ends; None for the end of the text.
        by_depth: for text in which brackets are missing: a bracket that closes at the beginning of
            a line closes what was opened on a line with the same indentation.
    """
    scanner = _Scanner(text, lexis, stack, start, len(text) if end is None else end)
    return scanner.events(by_depth=by_depth)


class _Scanner:
    def __init__(
        self, text: str, lexis: Lexis, stack: MutableSequence[Frame], start: int, end: int
    ) -> None:
        self._text = text
        self._lexis = lexis
        self._stack = stack
        self._at = start
        self._end = end
        self._line = text.rfind("\n", 0, start) + 1
        self._heredocs: list[Frame] = []  # that begin on the next line

    def events(self, *, by_depth: bool) -> Iterator[Event]:
        while True:
            top = self._stack[-1] if self._stack else None
            read = self._in_code if top is None or top.literal is None else self._in_literal
            match = self._finder(top).search(self._text, self._at, self._end)
            if match is None:
                return
            self._at = match.end()
            if match.lastgroup == "line":
                yield from self._new_line(match.start())
            elif match.lastgroup == "close" and read == self._in_code and by_depth:
                yield from self._closed(match, by_depth=True)
            elif match.lastgroup not in ("skip", "whole"):
                yield from read(match)

    def _finder(self, top: Frame | None) -> Finder:
        """The search for the next event."""
        if top is not None and top.literal is not None:
            return patterns.inside_pattern(top.literal, top.closer)
        is_text = top is not None and top.is_element and top.closer.lower() not in _SCRIPTS
        return patterns.text_pattern(self._lexis) if is_text else patterns.code_pattern(self._lexis)

    def _new_line(self, at: int) -> Iterator[Event]:
        """A line ends, and with it the literals of one line and the frames inside them."""
        stack = self._stack
        ending = (
            index
            for index, frame in enumerate(stack)
            if frame.literal is not None and not frame.literal.over_lines
        )
        first = next(ending, len(stack))
        while len(stack) > first:
            yield Event("drop", at, at, stack.pop())
        stack.extend(self._heredocs[: max(0, DEEPEST - len(stack))])
        self._heredocs.clear()
        self._line = self._at
        yield Event("line", at, self._at)

    def _in_literal(self, match: re.Match[str]) -> Iterator[Event]:
        if match.lastgroup == "code":
            yield from self._opened(match, match[0], CLOSERS[match[0][-1]])
            return
        frame = self._stack.pop()
        self._line = frame.line
        yield Event("close", *match.span(), frame)

    def _in_code(self, match: re.Match[str]) -> Iterator[Event]:
        kind = match.lastgroup or ""
        if kind == "open":
            yield from self._opened(match, match[0], CLOSERS[match[0]])
        elif kind in ("close", "end"):
            yield from self._closed(match, by_depth=False)
        elif kind == "tag":
            in_text = bool(self._stack) and self._stack[-1].is_element
            if self._lexis.tags == "all" or in_text or _is_value(match):
                yield from self._opened(match, match[0], _HEADER_END)
        elif kind == "gt":
            yield from self._tag_ended(match)
        else:
            yield from self._literal(match, self._lexis.literals[int(kind[1:])])

    def _opened(
        self, match: re.Match[str], mark: str, closer: str, literal: written.Literal | None = None
    ) -> Iterator[Event]:
        if len(self._stack) < DEEPEST:
            frame = Frame(mark, closer, match.start(), self._line, literal)
            self._stack.append(frame)
            yield Event("open", *match.span(), frame)

    def _literal(self, match: re.Match[str], literal: written.Literal) -> Iterator[Event]:
        pattern = patterns.opening_pattern(literal)
        opening = pattern.match(self._text, match.start(), self._end)
        if opening is None:
            return
        closer = literal.closer(opening)
        if literal.heredoc:
            frame = Frame(opening[0], closer, match.start(), self._line, literal)
            self._heredocs.append(frame)
        else:
            yield from self._opened(opening, opening[0], closer, literal)

    def _closed(self, match: re.Match[str], *, by_depth: bool) -> Iterator[Event]:
        """A mark closes a bracket or an element, and drops the forgotten frames inside it."""
        closer = "".join(match[0].split())
        at = match.start()
        line = self._text.rfind("\n", 0, at) + 1 if by_depth else -1
        index = _partner(self._stack, closer, line)
        if by_depth and not self._text[line:at].strip():
            index = _as_far_in(self._stack, closer, index, self._text, at)
        if index is not None:
            frame = self._stack[index]
            del self._stack[index:]
            self._line = frame.line
            yield Event("close", *match.span(), frame)
        elif not self._lexis.loose or closer != ")":
            yield Event("stray", *match.span())

    def _tag_ended(self, match: re.Match[str]) -> Iterator[Event]:
        """A tag ends. It opens an element, or is an element by itself."""
        if not self._stack or self._stack[-1].closer != _HEADER_END:
            return
        header = self._stack.pop()
        yield Event("close", *match.span(), header)
        if match[0] == ">" and header.mark.lower() not in _VOID:
            frame = Frame(header.mark, f"</{header.mark[1:]}>", header.at, header.line)
            self._stack.append(frame)
            yield Event("open", *match.span(), frame)


def begins_statement(stack: Sequence[Frame]) -> bool:
    """Whether a new statement may begin at the beginning of a line."""
    return not stack or (stack[-1].literal is None and stack[-1].closer not in ")]>")


def _partner(stack: Sequence[Frame], closer: str, line: int) -> int | None:
    """The index of the innermost frame that a mark closes; None if it closes nothing.

    A round or square bracket doesn't close frames beyond an open brace or element, unless that was
    opened at or after `line`, the offset of the mark's line; -1 if this doesn't matter.
    """
    for index in range(len(stack) - 1, -1, -1):
        frame = stack[index]
        if frame.closer == closer:
            return index
        less = closer in ")]" and frame.closer not in ")]>" and not 0 <= line <= frame.at
        if frame.literal is not None or less:
            return None
    return None


def _as_far_in(
    stack: MutableSequence[Frame], closer: str, partner: int | None, text: str, at: int
) -> int | None:
    """The index of the frame that a mark at the beginning of a line closes, by indentation.

    That is the innermost frame with the same indentation, or else with less. None if there is none:
    the line that opened the frame is missing or wasn't read. Frames with more indentation are then
    dropped from the stack.
    """
    column = depth_at(text, at)
    columns = [frame_depth(text, frame) for frame in stack]
    inside = max((index for index, frame in enumerate(stack) if frame.literal), default=-1)
    places = [index for index in range(inside + 1, len(stack)) if stack[index].closer == closer]
    if same := [index for index in places if columns[index] == column]:
        return same[-1]
    if partner is None:
        return None
    if columns[partner] < column:
        return None if closer == "}" else partner
    if less := [index for index in places if columns[index] < column]:
        return less[-1]
    while stack and columns[len(stack) - 1] > column:
        stack.pop()
    return None


def depth_at(text: str, at: int) -> int:
    """The indentation, in columns, of the line that an offset is on."""
    return depth(text[text.rfind("\n", 0, at) + 1 : at + 1])


def frame_depth(text: str, frame: Frame) -> int:
    """The indentation, in columns, of the line that a frame was opened on."""
    end = text.find("\n", frame.line)
    return depth(text[frame.line : len(text) if end < 0 else end])


# In a program an element stands where a value may stand.
_BEFORE_TAG: Final = re.compile(r"(?:[=(,?:&|>{}\[;]|\breturn|\A|\n)\s*\Z")


def _is_value(match: re.Match[str]) -> bool:
    return _BEFORE_TAG.search(match.string[max(0, match.start() - 40) : match.start()]) is not None
