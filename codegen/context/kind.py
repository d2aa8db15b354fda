"""Of what kind a hole is: what the code before the cursor has begun."""

import re
from typing import Final, Literal

from codegen.context.lines import depth, opens_block
from codegen.context.nearby import Bracket, Nearby, look_back
from codegen.document import Document

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
    r"\s*(?:import\b|from\s+[\w.]+(?:\s|$)|#\s*include\b|use\s|using\s+[\w.]*$|require(?:_once)?\b"
    r"|include(?:_once)?\s|export\s.*\sfrom\b)"
)
_DECORATOR: Final = re.compile(r"\s*(?:@(?!media|import|charset|interface)\w*|#!?\[)")
_DEFINES: Final = re.compile(
    r"\b(?:def|fn|fun|func|function|sub)\s*(?:\([^()]*\)\s*)?[\w$.*]*\s*"
    r"(?:<[^()]*>|\[[^()]*\])?\s*$"
)
# A type and a name before a bracket: how C's family defines a function.
_TYPED: Final = re.compile(r"\s*(?:[\w<>\[\],.?*&:]+\s+)+[*&]?[\w~:]+\s*$")
_NO_TYPE: Final = re.compile(
    r"\s*(?:return|new|else|throw|case|await|delete|yield|in|and|or|not|print|raise|assert|go|defer"
    r"|if|elif|while|echo|co_return)\b"
)
_TYPED_LANGUAGES: Final = frozenset({"c", "cpp", "csharp", "java"})

_CALLED: Final = re.compile(r"[\w$)\]>!?]\s*$")
_KEYWORD_BEFORE: Final = re.compile(
    r"\b(?:if|elif|while|for|foreach|switch|match|return|in|and|or|not|is|catch|with|assert|yield"
    r"|await|print|case|del|raise|throw|lambda|except|when|until|unless|import|from|as|else)\s*$"
)
_VALUE_BEGUN: Final = re.compile(
    r"\s*(?:return|yield|raise|throw|if|elif|while|for|with|assert|del|await|case|match|switch"
    r"|else if|until|unless|in|echo|print)\b."
)
_BEGUN: Final = re.compile(
    r"\s*(?:(?:async|pub|public|private|protected|static|final|abstract|const|let|var|mut|export"
    r"|default|type|def|class|fn|func|function|struct|enum|interface|trait|impl|module|namespace"
    r"|[\w<>]+)\s+)*[\w$]*"
)
_OPERATOR: Final = re.compile(r"[=+\-*/%<>&|^!?.:]")

# What stands before a brace that opens a block of statements or of members.
_BLOCK_BRACE: Final = re.compile(
    r"(?:\)|=>|->\s*[\w<>&\[\]:, ]+|\b(?:else|try|do|finally|loop|unsafe|default|begin))\s*$"
    r"|^\s*(?:[\w)}]+\s+)*(?:if|else|for|while|match|switch|fn|func|function|impl|struct|class|enum"
    r"|interface|trait|namespace|mod|module|union|extern|record|catch|select)\b"
)


def open_values(document: Document) -> tuple[str | None, str]:
    """In which literal the cursor stands, None in code, and the brackets open in its statement."""
    nearby = look_back(document)
    return nearby.literal, "".join(bracket.mark for bracket in values_of(document, nearby))


def kind_of(
    document: Document, nearby: Nearby, values: tuple[Bracket, ...], following: str
) -> Kind:
    """The kind of the hole at a document's cursor.

    Args:
        document: the text and the tree.
        nearby: the code before the cursor.
        values: the brackets that are open in the cursor's statement.
        following: the line after the hole.
    """
    if nearby.literal is not None:
        return _LITERALS[nearby.literal]
    if values:
        return _in_brackets(document, nearby, values)
    left = nearby.left
    if _IMPORT.match(left):
        return "import"
    if _DECORATOR.match(left) and not re.search(r"\s", left.strip()):
        return "decorator"
    if opens_block(left) or _ends_with_block(nearby):
        return "block"
    return _begun(left) if left.strip() else _blank(nearby, following)


def _in_brackets(document: Document, nearby: Nearby, values: tuple[Bracket, ...]) -> Kind:
    head = nearby.until(values[0].at)
    if _IMPORT.match(head):
        return "import"
    if head.lstrip().startswith("#"):
        return "decorator"
    inner = values[-1]
    return _in_round(document, nearby, inner) if inner.mark == "(" else "expression"


def _in_round(document: Document, nearby: Nearby, bracket: Bracket) -> Kind:
    """What is in round brackets: parameters of a definition, arguments of a call, or a value."""
    head = nearby.until(bracket.at)
    if document.tree is not None:
        for capture in document.tree.captures(bracket.at, document.cursor):
            if capture.start == bracket.at and capture.kind in ("parameters", "arguments"):
                return "parameter" if capture.kind == "parameters" else "argument"
    if _DEFINES.search(head):
        return "parameter"
    language = document.tree.grammar.language.name if document.tree is not None else ""
    if language in _TYPED_LANGUAGES and _TYPED.fullmatch(head) and not _NO_TYPE.match(head):
        return "parameter"
    if not _CALLED.search(head) or _KEYWORD_BEFORE.search(head):
        return "expression"
    return "argument"


def _begun(left: str) -> Kind:
    """A statement of which only words stand there, or a value in it."""
    if _VALUE_BEGUN.match(left):
        return "expression"
    if _BEGUN.fullmatch(left) or not _OPERATOR.search(left):
        return "statement"
    return "expression"


def _blank(nearby: Nearby, following: str) -> Kind:
    """On a line that is free for any code."""
    code = nearby.code.rstrip()
    above = code[code.rfind("\n") + 1 :]
    if opens_block(above) or _ends_with_block(nearby):
        return "block"
    if nearby.brackets:
        # Only blocks' braces are left here.
        return "block" if following.lstrip().startswith("}") else "statement"
    here = depth(nearby.left + "x")
    return "block" if here > 0 and depth(following) < here else "statement"


def _ends_with_block(nearby: Nearby) -> bool:
    code = nearby.code.rstrip()
    return code.endswith("{") and bool(nearby.brackets) and nearby.brackets[-1].mark == "{"


def values_of(document: Document, nearby: Nearby) -> tuple[Bracket, ...]:
    """The open brackets after the innermost block's brace: those inside one statement."""
    blocks = set()
    if document.tree is not None:
        if document.tree.grammar.language.blocks == "indent":
            return nearby.brackets
        blocks = {
            capture.inner.get("body", (capture.start, 0))[0]
            for capture in document.tree.captures(nearby.start, document.cursor)
            if capture.kind in ("block", "function", "class")
        }
    kept: list[Bracket] = []
    for bracket in nearby.brackets:
        is_block = bracket.mark == "{" and (
            bracket.at in blocks or _BLOCK_BRACE.search(nearby.until(bracket.at)) is not None
        )
        if is_block:
            kept.clear()
        else:
            kept.append(bracket)
    return tuple(kept)
