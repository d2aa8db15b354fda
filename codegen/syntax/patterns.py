"""How a text is read, as regular expressions: code, the text of elements, literals."""

import re
from functools import cache
from typing import Final

from codegen.syntax.finder import Finder
from codegen.syntax.lexis import Lexis, Literal

_END: Final = r"(?P<end></[\w:.-]*\s*>)"
# A list of types begins like an element: `<T,>(x: T)`, `<T extends A>(x: T)`.
_TAG: Final = r"(?P<tag><(?=[A-Za-z>])(?!\w+[ \t]*[,=]|\w+[ \t]+extends\b)[\w:.-]*)"


@cache
def code_pattern(lexis: Lexis) -> Finder:
    """What is looked for in code: groups `line`, `whole`, `lN` for literals, brackets, tags."""
    parts = [r"(?P<line>\n)"]
    parts += (f"(?P<l{index}>{one.opens})" for index, one in enumerate(lexis.literals))
    if lexis.whole:
        parts.append(f"(?P<whole>{lexis.whole})")
    if lexis.tags:
        parts += (_END, _TAG, "(?P<gt>/?>)")
    parts += (r"(?P<open>[(\[{])", r"(?P<close>[)\]}])")
    # Groups inside would count as the last that matched, so they are numbered by `opening`.
    return Finder(parts)


@cache
def text_pattern(lexis: Lexis) -> Finder:
    """What is looked for in the text of an element: what stands there without quotes and rounds."""
    comments = (
        f"(?P<l{index}>{one.opens})"
        for index, one in enumerate(lexis.literals)
        if one.comment and lexis.tags == "all"
    )
    parts = (r"(?P<line>\n)", *comments, _END, _TAG, r"(?P<open>\{)", r"(?P<close>\})")
    return Finder(parts)


@cache
def opening_pattern(literal: Literal) -> re.Pattern[str]:
    """What opens a literal, by itself: with its groups."""
    return re.compile(literal.opens, re.MULTILINE)


@cache
def inside_pattern(literal: Literal, closer: str) -> Finder:
    """What is looked for in a literal: groups `line`, `code`, `skip`, `close`."""
    parts = [f"(?P<skip>{literal.skips})"] if literal.skips else []
    if literal.code:
        # In Swift it begins with what escapes.
        at = 0 if literal.code.startswith(r"\\") else len(parts)
        parts.insert(at, f"(?P<code>{literal.code})")
    if literal.heredoc:
        parts.append(rf"(?P<close>^[ \t]*{re.escape(closer)}\b)")
    elif closer != "\n":
        parts.append(f"(?P<close>{re.escape(closer)})")
    parts.append(r"(?P<line>\n)")
    return Finder(parts)
