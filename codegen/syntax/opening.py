"""A document with its tree: what is parsed when a file is opened."""

from codegen.document import Document
from codegen.syntax.grammar import grammar_of
from codegen.syntax.registry import Language, language_named, language_of
from codegen.syntax.tree import SyntaxTree

MAX_PARSED = 2_000_000
"""Code points up to which a text is parsed; beyond, indentation and brackets have to do."""


def open_document(
    text: str, cursor: int, path: str | None = None, language_id: str | None = None
) -> Document:
    """A document with the tree of its language, or of the fenced code that the cursor is in."""
    tree = parse(text, language_of(path, language_id))
    return Document(text, cursor, path, tree and tree_at(tree, cursor))


def parse(text: str, language: Language | None) -> SyntaxTree | None:
    """A text's tree; None where the language is not known or has no grammar here."""
    if language is None or len(text) > MAX_PARSED:
        return None
    grammar = grammar_of(language)
    return None if grammar is None else SyntaxTree.parse(text, grammar)


def tree_at(tree: SyntaxTree, cursor: int) -> SyntaxTree:
    """The tree that counts at a place: in a fence of Markdown that of the code's own language."""
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
            return SyntaxTree.parse(tree.text, grammar, body)
    return tree
