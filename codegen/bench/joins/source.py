"""A file that is cut from: its lines, and which of its characters are code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from codegen.bench.joins.languages import cut_language
from codegen.syntax.opening import parse
from codegen.syntax.registry import language_of

CODE: Final = "c"
STRING: Final = "s"
COMMENT: Final = "#"

# Comments and strings where no grammar tells, by the mark that begins a comment.
_QUOTED: Final = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
_LITERALS: Final = {
    "#": re.compile(rf"(?P<comment>#[^\n]*)|(?P<string>{_QUOTED})"),
    "//": re.compile(
        rf'(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>""".*?"""|{_QUOTED})', re.DOTALL
    ),
    "--": re.compile(
        rf"(?P<comment>--\[\[.*?\]\]|--[^\n]*)|(?P<string>\[\[.*?\]\]|{_QUOTED})", re.DOTALL
    ),
    "<!--": re.compile(r'(?P<comment><!--.*?-->)|(?P<string>(?<==)"[^"<]*")', re.DOTALL),
}

_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line by its span, without its newline; `indent` is where its text begins."""

    start: int
    indent: int
    end: int


class Source:
    """A text with line feeds, and what is known of it; each only once it is asked for."""

    def __init__(self, path: str, language: str, text: str) -> None:
        """Reads nothing; `path` is only a name."""
        self.path = path
        self.language = language
        self.facts = cut_language(language)
        self.text = text

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """All lines; of a blank one `indent` is `end`."""
        lines, start = [], 0
        for text in self.text.split("\n"):
            blanks = len(text) - len(text.lstrip())
            lines.append(Line(start, start + blanks, start + len(text)))
            start += len(text) + 1
        return tuple(lines)

    @cached_property
    def layers(self) -> str:
        """For each character whether it is CODE, or in a STRING or COMMENT."""
        layers = [CODE] * len(self.text)
        for kind, start, end in self._literals:
            layers[start:end] = kind * (end - start)
        return "".join(layers)

    @cached_property
    def strings(self) -> tuple[tuple[int, int], ...]:
        """The spans of all strings, quotes included."""
        return tuple((start, end) for kind, start, end in self._literals if kind == STRING)

    @cached_property
    def code_in_strings(self) -> tuple[tuple[int, int], ...]:
        """The spans of code in strings, with the brackets that open and close it."""
        return tuple((start, end) for kind, start, end in self._literals if kind == CODE)

    @cached_property
    def partners(self) -> dict[int, int]:
        """For each bracket of the code the place of the other one of its pair."""
        found: dict[int, int] = {}
        stack: list[int] = []
        for at in (match.start() for match in re.finditer(r"[()\[\]{}]", self.text)):
            if self.layers[at] != CODE:
                continue
            if (letter := self.text[at]) not in _PAIRS:
                stack.append(at)
            elif stack and self.text[stack[-1]] == _PAIRS[letter]:
                found[at] = stack[-1]
                found[stack.pop()] = at
        return found

    def has_code(self, start: int, end: int) -> bool:
        """Whether all of a span is code."""
        return STRING not in self.layers[start:end] and COMMENT not in self.layers[start:end]

    def code_end(self, line: Line) -> int:
        """Where a line's code ends, before blanks and a comment that stands last on it."""
        end = line.end
        while end > line.indent and (
            self.layers[end - 1] == COMMENT or self.text[end - 1] in " \t"
        ):
            end -= 1
        return end

    def depth(self, line: Line) -> int:
        """How far in a line stands, in columns."""
        return len(self.text[line.start : line.indent].expandtabs(4))

    @cached_property
    def _literals(self) -> list[tuple[str, int, int]]:
        language = language_of(self.path)
        tree = parse(self.text, language)
        kinds = {"string": STRING, "docstring": STRING, "comment": COMMENT, "code": CODE}
        if tree is not None:
            named = tree.literals(0, len(self.text))
            spans = {(kinds[each.kind], each.start, each.end) for each in named}
            # What is inside comes after what is around it.
            return sorted(spans, key=lambda span: (span[1], -span[2], span[0] == CODE))
        return list(self._guessed())

    def _guessed(self) -> Iterator[tuple[str, int, int]]:
        """Strings and comments of a language without a grammar, by their marks."""
        for match in _LITERALS[self.facts.comment].finditer(self.text):
            yield (COMMENT if match["comment"] else STRING), match.start(), match.end()
