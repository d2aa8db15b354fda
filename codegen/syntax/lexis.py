"""How languages write strings, comments and brackets: enough to read any text.

A tree says more about a whole file, but nothing reliable about a half-written one. What stands
between brackets and quotes has to be known in both, and in languages that have no grammar here.
The rows of `languages`, `formats` and `plain` are made of what stands here.
"""

import re
from dataclasses import dataclass
from typing import Final
from typing import Literal as TypeLiteral

Tags = TypeLiteral["all", "values", ""]

CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}
"""What closes a bracket."""

_MIRRORED: Final = str.maketrans("([{<", ")]}>")


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """One way to write a string or a comment; all fields but `closes` are regular expressions.

    Literals are compared by identity: there is a single object of each, and patterns are cached by
    it.

    `opens` matches what begins the literal. `closes` is what ends it, in terms of the groups of
    `opens`; empty where the literal ends with the mark that opened it, mirrored and without its
    letters. `skips` matches what looks like the end, and isn't. `code` opens code inside. Without
    `over_lines` the literal ends with its line, closed or not. A `heredoc` begins on the line
    below.
    """

    opens: str
    closes: str = ""
    skips: str = r"\\."
    code: str = ""
    over_lines: bool = False
    comment: bool = False
    heredoc: bool = False

    @property
    def doubles(self) -> bool:
        """Whether a doubled closing mark stands for the mark itself."""
        return self.skips[:2] in ("''", '""')

    def closer(self, opening: re.Match[str]) -> str:
        """The text that closes a literal, which begins with a match of `opens`."""
        if self.closes:
            return opening.expand(self.closes)
        marks = opening[0].strip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ8@$")
        return marks[::-1].translate(_MIRRORED)


@dataclass(frozen=True, slots=True, eq=False)
class Lexis:
    """How a language writes literals.

    `whole` is a regular expression of what is skipped as a whole. `tags` says where elements are
    written as in HTML: everywhere, where values stand, or nowhere. `loose` says that a round
    bracket may close nothing, as in a shell's `case` and in text.
    """

    literals: tuple[Literal, ...]
    whole: str = ""
    tags: Tags = ""
    loose: bool = False


def line_comment(opens: str) -> Literal:
    """A comment that ends with its line."""
    return Literal(opens, closes="\n", skips="", comment=True)


def block_comment(opens: str, closes: str) -> Literal:
    """A comment between two marks; `opens` is a regular expression."""
    return Literal(opens, closes=closes, skips="", comment=True, over_lines=True)


def long_string(opens: str, *, skips: str = r"\\.", code: str = "") -> Literal:
    """A string that goes over lines."""
    return Literal(opens, skips=skips, code=code, over_lines=True)


def heredoc(opens: str, closes: str, *, skips: str = r"\\.", code: str = "") -> Literal:
    """A text up to a line with a word; `closes` is the word, in terms of the groups of `opens`."""
    return Literal(opens, closes, skips=skips, code=code, over_lines=True, heredoc=True)


SLASHES: Final = line_comment("//")
C_BLOCK: Final = block_comment(r"/\*", "*/")
C_COMMENTS: Final = (SLASHES, C_BLOCK)
HASH: Final = line_comment("#")
LONE_HASH: Final = line_comment(r"(?<![^\s;])#")
"""Where the sign also stands in words: only at the beginning of a word."""
DASHES: Final = line_comment("--")
DOUBLE: Final = Literal('"')
SINGLE: Final = Literal(r"(?<!\w)'")
"""After a letter it is an apostrophe."""
TRIPLE: Final = long_string('"""')
CHAR: Final = r"'(?:\\(?:[^\n][^'\n]*|\Z)|[^'\\\n])(?:'|\Z)"
"""A character in quotes. What a text is cut off in may yet become one; so in REGEX."""
REGEX_BEGINS: Final = (
    r"(?:(?<=[=(,:\[!&|?{;\n~])|(?<=[=(,:\[!&|?{;~] )|(?<==>)|(?<==> )|(?<=\A)"
    r"|(?<=return )|(?<=typeof ))/(?![/*])"
)
"""What opens a regular expression: it stands where a value does."""
REGEX: Final = (
    rf"{REGEX_BEGINS}"
    r"(?:\\(?:[^\n]|\Z)|\[(?:\\(?:[^\n]|\Z)|[^\]\\\n]){0,99}(?:\]|\Z)|[^/\\\n\[]){1,300}"
    r"(?:/[a-z]*|\Z)"
)
"""A regular expression: its quotes and brackets are none. It is short, or else a line of a megabyte
would be read again and again."""
ESCAPED: Final = r"\\[^\n]"
"""A character after a backslash."""
URL: Final = r"\burl\([^)\n\"']*\)"
"""An address in a style sheet, which may hold what elsewhere begins a comment."""

MARKUP: Final = Lexis(
    (
        block_comment("<!--", "-->"),
        Literal(r'(?<==)"', skips="", code=r"\{\{", over_lines=True),
        Literal(r"(?<==)'", skips="", code=r"\{\{", over_lines=True),
    ),
    tags="all",
)
PROSE: Final = Lexis((), loose=True)
