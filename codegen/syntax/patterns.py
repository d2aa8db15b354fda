"""The searches with which the scanner reads code, the text of elements, and literals."""

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
    """The search in code: groups `line`, `whole`, `open`, `close`, `lN` for literals, and tags."""
    parts = [r"(?P<line>\n)"]
    parts += (f"(?P<l{index}>{literal.opens})" for index, literal in enumerate(lexis.literals))
    if lexis.whole:
        parts.append(f"(?P<whole>{lexis.whole})")
    if lexis.tags:
        parts += (_END, _TAG, "(?P<gt>/?>)")
    parts += (r"(?P<open>[(\[{])", r"(?P<close>[)\]}])")
    # Python names only the last group that matched, so `opening_pattern` finds a literal's own
    # groups.
    return Finder(parts)


@cache
def text_pattern(lexis: Lexis) -> Finder:
    """The search in the text of an element, where quotes and round brackets mean nothing."""
    comments = (
        f"(?P<l{index}>{literal.opens})"
        for index, literal in enumerate(lexis.literals)
        if literal.comment and lexis.tags == "all"
    )
    parts = (r"(?P<line>\n)", *comments, _END, _TAG, r"(?P<open>\{)", r"(?P<close>\})")
    return Finder(parts)


@cache
def opening_pattern(literal: Literal) -> re.Pattern[str]:
    """The pattern of what opens a literal, with its own groups."""
    return re.compile(literal.opens, re.MULTILINE)


@cache
def inside_pattern(literal: Literal, closer: str) -> Finder:
    """The search in a literal: groups `line`, `code`, `skip`, `close`."""
    parts = [f"(?P<skip>{literal.skips})"] if literal.skips else []
    if literal.code:
        # In Swift code begins with a backslash, as an escaped character does.
        at = 0 if literal.code.startswith(r"\\") else len(parts)
        parts.insert(at, f"(?P<code>{literal.code})")
    if literal.heredoc:
        parts.append(rf"(?P<close>^[ \t]*{re.escape(closer)}\b)")
    elif closer != "\n":
        parts.append(f"(?P<close>{re.escape(closer)})")
    parts.append(r"(?P<line>\n)")
    return Finder(parts)
