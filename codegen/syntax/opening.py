"""Which tree a text gets: by its language, its size, and the fence that the cursor is in."""

import contextlib
import logging

from codegen.syntax.grammar import grammar_of
from codegen.syntax.language import Language
from codegen.syntax.registry import language_named
from codegen.syntax.tree import SyntaxTree
from codegen.syntax.turns import ParsingTooLongError

_log = logging.getLogger(__name__)

MAX_PARSED = 200_000
"""The most code points of a text that is parsed; larger texts are read without a tree.

Steps on a tree that hold the interpreter's lock, such as freeing it, take longer the larger it is,
and meanwhile no request for any file is answered. At this size such waits stay near 40 ms on two
cores with AVX2 (`codegen bench server`); at half a million code points they reached 94 ms.
"""


def parse(text: str, language: Language | None) -> SyntaxTree | None:
    """A text's tree; None if its language has no grammar here, or the text is too large."""
    if language is None or len(text) > MAX_PARSED:
        return None
    grammar = grammar_of(language)
    if grammar is None:
        return None
    try:
        return SyntaxTree.parse(text, grammar)
    except ParsingTooLongError as error:
        _log.warning("a file is read without its syntax: %s", error)
        return None


def tree_at(tree: SyntaxTree, cursor: int) -> SyntaxTree:
    """The tree to use at a cursor: in a fence of Markdown that of the fenced code."""
    if not tree.grammar.language.prose:
        return tree
    for capture in tree.captures(cursor, cursor):
        body = capture.inner.get("body")
        if capture.kind != "fence" or body is None or not body[0] <= cursor <= body[1]:
            continue
        name = tree.text[slice(*capture.inner.get("name", (0, 0)))]
        language = language_named(name)
        grammar = None if language is None else grammar_of(language)
        if grammar is not None:
            with contextlib.suppress(ParsingTooLongError):
                return SyntaxTree.parse(tree.text, grammar, body)
    return tree
