"""Grammars and queries. They are loaded when the first document of their language is opened."""

import importlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import tree_sitter

from codegen.errors import CodegenError
from codegen.syntax.language import Language

LITERALS: Final = ("string", "docstring", "comment", "code")
"""The kinds of captures that aren't code, and the kind of the code in them."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language with its compiled grammar and query.

    `literals` is the part of the query that names strings, comments and the code in strings. Only
    this part runs at every keystroke.
    """

    language: Language
    compiled: tree_sitter.Language
    query: tree_sitter.Query
    literals: tree_sitter.Query


@cache
def grammar_of(language: Language) -> Grammar | None:
    """The grammar of a language; None where its wheel isn't installed.

    Raises:
        CodegenError: the query doesn't fit the grammar that is installed.
    """
    try:
        module = importlib.import_module(language.grammar)
    except ImportError:
        return None
    compiled = tree_sitter.Language(getattr(module, language.factory)())
    name = language.query or language.name
    source = resources.files("codegen.syntax").joinpath(f"queries/{name}.scm").read_text("utf-8")
    try:
        query = tree_sitter.Query(compiled, source)
        literals = tree_sitter.Query(compiled, source)
    except tree_sitter.QueryError as error:
        raise CodegenError(
            f"the installed {language.grammar} doesn't know what queries/{name}.scm asks for "
            f"({error}); install the version that codegen asks for"
        ) from error
    for pattern in range(literals.pattern_count):
        begin = literals.start_byte_for_pattern(pattern)
        spelt = source.encode()[begin : literals.end_byte_for_pattern(pattern)].decode()
        if not any(f"@{kind}" in spelt for kind in LITERALS):
            literals.disable_pattern(pattern)
    return Grammar(language, compiled, query, literals)
