"""The kind of a hole: what is being written at the cursor, by the code before it."""

import re
from typing import Final, Literal

from codegen.context.nearby import Bracket, Nearby, known_language
from codegen.document import Document
from codegen.syntax.language import Language
from codegen.text import depth, opens_block

Kind = Literal[
    "statement",
    "expression",
    "argument",
    "block",
    "parameter",
    "decorator",
    "string",
    "comment",
    "docstring",
    "import",
]


_LITERALS: Final[dict[str, Kind]] = {
    "string": "string",
    "docstring": "docstring",
    "comment": "comment",
}

_IMPORT: Final = re.compile(
    r"\s*(?:import\b(?!\s*[(.])|from\s+[\w.]+(?:\s|$)|#\s*include\b"
    r"|(?:pub(?:\([^()]*\))?\s+)?(?:use|extern\s+crate)\s"
    r"|using\s+(?:static\s+|namespace\s+)?[\w.:]*$"
    r"|require(?:_once)?\b(?!\s*\()|include(?:_once)?\s|export\s.*\sfrom\b)"
)
_DECORATOR: Final = re.compile(r"\s*(?:@(?!media|import|charset|interface)\w*|#!?\[)")
_DEFINES: Final = re.compile(
    r"(?:\b(?:def|fn|fun|func|function|sub)|#\s*define)\s*(?:\([^()]*\)\s*)?[\w$.*]*\s*"
    r"(?:<[^()]*>|\[[^()]*\])?\s*$"
)
# A type and a name before a bracket: this is how a function is defined in C's family.
_TYPED: Final = re.compile(r"\s*(?:[\w<>\[\],.?*&:]+\s+)+[*&]?[\w~:]+\s*$")
_NO_TYPE: Final = re.compile(
    r"\s*(?:return|new|else|throw|case|await|delete|yield|in|and|or|not|print|raise|assert|go|defer"
    r"|if|elif|while|echo|co_return)\b"
)
# A method or constructor among a class's members, and the header of such a class.
_MEMBER: Final = re.compile(r"\s*(?:\w+\s+)*[*~]*#?[\w$]+\s*(?:<[^()]*>)?\s*")
_MEMBERS: Final = re.compile(r"^[^(=]*\b(?:class|interface|struct|trait|record)\b[^=]*$")
# A call without a type before it.
_BARE: Final = re.compile(r"\s*(?!(?:if|for|foreach|while|switch|catch|return)\b)\w[\w.:>-]*\s*")
# A type and the beginning of a name.
_DECLARES: Final = re.compile(r"\s*(?:\w[\w<>\[\],.?:]*[&*]*\s+)+[&*]*\w*")

_CALLED: Final = re.compile(r"[\w$)\]>!?]\s*$")
_KEYWORD_BEFORE: Final = re.compile(
    r"\b(?:if|elif|while|for|foreach|switch|match|return|in|and|or|not|is|catch|with|assert|yield"
    r"|await|print|case|del|raise|throw|lambda|except|when|until|unless|import|from|as|else)\s*$"
)
_VALUE_BEGUN: Final = re.compile(
    r"\s*(?:return|yield|raise|throw|if|elif|while|for|with|assert|del|await|case|match|switch"
    r"|else if|until|unless|in|echo|print)\b."
)
_BEGUN: Final = re.compile(r"\s*(?:[\w<>]+\s+)*[\w$]*")
_OPERATOR: Final = re.compile(r"[=+\-*/%<>&|^!?.:]")

# The end of a line that the next line continues if it is indented farther.
_GOES_ON: Final = re.compile(r"(?:[=.]|(?<!\+)\+|&&|\|\||<<|=>|->)\s*$")
# The line after the cursor where the cursor stands at the end of a block.
_BLOCK_ENDS: Final = re.compile(r"\s*(?:[)\]}]|case\b.*:|default\s*(?::|->|=>)|$)")

# The text before a brace that opens a block of statements or members.
_BLOCK_BRACE: Final = re.compile(
    r"(?:\)|=>|->\s*[\w<>&\[\]:, ]+|\b(?:else|try|do|finally|loop|unsafe|default|begin))\s*$"
)
_BLOCK_HEAD: Final = re.compile(
    r"\s*(?:[\w)}]+\s+)*(?:if|else|for|while|match|switch|fn|func|function|impl|struct|class|enum"
    r"|interface|trait|namespace|mod|module|union|extern|record|catch|select)\b"
)
_NO_BLOCK: Final = re.compile(r"(?:(?<![=>])=|\breturn|[$#])\s*$")


def kind_of(
    document: Document, nearby: Nearby, values: tuple[Bracket, ...], following: str
) -> Kind:
    """The kind of the hole at a document's cursor.

    Args:
        document: the text and the tree.
        nearby: the code before the cursor.
        values: the brackets that are open in the cursor's statement, see `values_of`.
        following: the line after the hole.
    """
    if nearby.literal is not None:
        return _in_literal(document, nearby)
    language = known_language(document)
    if language.bars and language.bars.search(nearby.left):
        return "parameter"
    if values:
        return _in_brackets(document, nearby, values)
    if nearby.left.strip():
        return _on_begun_line(language, nearby)
    return _blank(nearby, following)


def _in_literal(document: Document, nearby: Nearby) -> Kind:
    # C's grammars call the angle brackets of an #include a string.
    if nearby.literal == "string" and document.text.startswith("<", nearby.literal_start):
        return "import"
    return _LITERALS[nearby.literal or "string"]


def _imports(language: Language, head: str) -> bool:
    return not language.data and _IMPORT.match(head) is not None


def _in_brackets(document: Document, nearby: Nearby, values: tuple[Bracket, ...]) -> Kind:
    outer, inner = values[0].at, values[-1]
    language, head = known_language(document), nearby.until(outer)
    if _imports(language, head):
        return "import"
    begun = head + nearby.code[outer - nearby.start :][:2]
    if language.attribute and language.attribute.match(begun):
        return "decorator"
    return _in_round(document, nearby, inner) if inner.mark == "(" else "expression"


def _in_round(document: Document, nearby: Nearby, bracket: Bracket) -> Kind:
    """The kind in round brackets: parameters of a definition, arguments of a call, or a value."""
    head = nearby.until(bracket.at)
    typed = known_language(document).functions == "typed"
    if _MEMBER.fullmatch(head) and not _NO_TYPE.match(head) and _around(nearby, bracket, _MEMBERS):
        return "parameter"
    # A half-written call in a function's body is taken by the grammar for a declaration.
    if typed and _BARE.fullmatch(head) and _around(nearby, bracket, _BLOCK_BRACE):
        return "argument"
    if known := _of_tree(document, bracket):
        return known
    declared = typed and _TYPED.fullmatch(head) and not _NO_TYPE.match(head)
    if declared or _DEFINES.search(head):
        return "parameter"
    called = _CALLED.search(head) and not _KEYWORD_BEFORE.search(head)
    return "argument" if called else "expression"


def _of_tree(document: Document, bracket: Bracket) -> Kind | None:
    """The kind in a bracket by the tree; None if the tree doesn't say."""
    if document.tree is None:
        return None
    for capture in document.tree.captures(bracket.at, document.cursor):
        if capture.start == bracket.at and capture.kind in ("parameters", "arguments"):
            return "parameter" if capture.kind == "parameters" else "argument"
    return None


def _around(nearby: Nearby, bracket: Bracket, headers: re.Pattern[str]) -> bool:
    """Whether the brace around a bracket has a header that matches `headers`."""
    at = nearby.brackets.index(bracket)
    around = nearby.brackets[at - 1] if at else None
    return (
        around is not None
        and around.mark == "{"
        and headers.search(nearby.header(around.at)) is not None
    )


def _on_begun_line(language: Language, nearby: Nearby) -> Kind:
    left = nearby.left
    if _imports(language, left):
        return "import"
    if _DECORATOR.match(left) and not re.search(r"\s", left.strip()):
        return "decorator"
    if opens_block(left) or _ends_with_block(nearby):
        return "block"
    return _begun(language, nearby)


def _begun(language: Language, nearby: Nearby) -> Kind:
    """The kind on a begun line: a statement as long as only words stand there, or else a value."""
    left = nearby.left
    if _VALUE_BEGUN.match(left) or _goes_on(nearby, depth(left)):
        return "expression"
    if _BEGUN.fullmatch(left) or not _OPERATOR.search(left):
        return "statement"
    if language.functions == "typed" and _DECLARES.fullmatch(left):
        return "statement"
    return "expression"


def _blank(nearby: Nearby, following: str) -> Kind:
    """The kind on a blank line."""
    here = depth(nearby.left + "x")
    if _goes_on(nearby, here):
        return "expression"
    if opens_block(nearby.above) or _ends_with_block(nearby):
        return "block"
    if nearby.brackets and _BLOCK_ENDS.match(following):
        # The only open brackets here are the braces of blocks.
        return "block"
    # The lines of a preprocessor aren't indented.
    less = depth(following) < here and not following.startswith("#")
    return "block" if here > 0 and less else "statement"


def _goes_on(nearby: Nearby, column: int) -> bool:
    """Whether the cursor's line continues the line above."""
    above = nearby.above
    return _GOES_ON.search(above) is not None and depth(above) < column


def _ends_with_block(nearby: Nearby) -> bool:
    code = nearby.code.rstrip()
    return code.endswith("{") and bool(nearby.brackets) and nearby.brackets[-1].mark == "{"


def values_of(document: Document, nearby: Nearby) -> tuple[Bracket, ...]:
    """The open brackets after the innermost block's brace: those inside one statement."""
    blocks: set[int] = set()
    if document.tree is not None:
        if document.tree.grammar.language.blocks == "indent":
            return nearby.brackets
        # A function's body may be a value in brackets.
        blocks = {
            at
            for capture in document.tree.captures(nearby.start, document.cursor)
            if capture.kind in ("block", "function", "class")
            for at in (capture.inner.get("body", (capture.start, 0))[0],)
            if capture.kind != "function" or document.text.startswith("{", at)
        }
    kept: list[Bracket] = []
    for bracket in nearby.brackets:
        if bracket.at in blocks or (bracket.mark == "{" and _opens_block(nearby, bracket, kept)):
            kept.clear()
        else:
            kept.append(bracket)
    return tuple(kept)


def _opens_block(nearby: Nearby, brace: Bracket, values: list[Bracket]) -> bool:
    """Whether a brace opens a block, by the text before it; `values` are the open brackets."""
    head = nearby.header(brace.at)
    if _NO_BLOCK.search(head):
        return False
    if _BLOCK_BRACE.search(head):
        return True
    # A keyword before an open bracket says nothing about a brace in that bracket.
    line = nearby.until(brace.at)
    inside = values and values[-1].at >= brace.at - len(line)
    return not inside and _BLOCK_HEAD.match(head) is not None
