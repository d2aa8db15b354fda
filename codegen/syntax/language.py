"""All that codegen knows about a language.

The languages themselves are rows of `languages`, `formats` and `plain`; `registry` finds the
language of a file.
"""

import re
from dataclasses import dataclass
from typing import Literal

from codegen.syntax.lexis import Lexis

Blocks = Literal["indent", "braces", "words", "none"]
"""How a language marks a block: by indentation, in braces, with a closing word, or not at all."""

Functions = Literal["word", "named", "typed"]
"""What stands before a function's name: a word such as `def`; nothing, in a class; or a type."""


@dataclass(frozen=True, slots=True)
class Interpolation:
    """How code is written inside a string.

    `string` matches the beginning of a string that may hold code, its prefix and its quote; `mark`
    opens the code in it, and a brace closes it.
    """

    string: re.Pattern[str]
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language that has a grammar. The default values are those of most languages with braces.

    How a file of it is recognised:
        name: the LSP's languageId; `ids` are other ids and aliases that mean it.
        suffixes: the ends of its files' names, with the dot and in lower case.
        filenames: whole names of files, as they are written.

    How its text is parsed:
        grammar: the module of the wheel that carries the grammar; `factory` the function there.
        query: the file in queries/ without its suffix, `name` where this is empty.
        lexis: how it writes strings and comments.

    What the text around a cursor means:
        blocks: how a block is marked.
        folded: stands for a body that is left out of a prompt.
        prose: whether it is text for people.
        data: whether it is markup, queries or settings: `import` and `class` are words like others.
        functions: what stands before a function's name.
        tabs: whether it is indented with tabs where a file doesn't show it.
        header: matches the first line of a definition whose body is indented, with a group `class`
            or `function` that begins where the definition does, and a group `name`.
        attribute: matches the line before the cursor if it stands in an attribute.
        bars: matches it if the cursor stands between bars, where a closure or block has parameters.

    How half-written literals are told where the tree doesn't:
        quotes: the marks of strings that end with their line.
        long_quotes: the marks of strings that go over lines.
        block_comment: what opens and closes a comment that goes over lines, None without one.
        interpolation: how code is written in a string, None where it isn't.
    """

    name: str
    grammar: str
    suffixes: tuple[str, ...]
    lexis: Lexis
    factory: str = "language"
    query: str = ""
    ids: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    blocks: Blocks = "braces"
    folded: str = " { ... }"
    prose: bool = False
    data: bool = False
    functions: Functions = "word"
    tabs: bool = False
    header: re.Pattern[str] | None = None
    attribute: re.Pattern[str] | None = None
    bars: re.Pattern[str] | None = None
    quotes: str = "\"'`"
    long_quotes: tuple[str, ...] = ('"""', "'''")
    block_comment: tuple[str, str] | None = ("/*", "*/")
    interpolation: Interpolation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLanguage:
    """Languages without a grammar here that write strings and comments alike.

    `suffixes` and `filenames` are those of their files, all in lower case. `lexis` and `tabs` are
    as in `Language`.
    """

    suffixes: tuple[str, ...]
    lexis: Lexis
    filenames: tuple[str, ...] = ()
    tabs: bool = False
