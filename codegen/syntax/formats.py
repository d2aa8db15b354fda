"""The formats of documents and data that have a grammar, a row each.

A row lists only what differs from the default values of `Language`.
"""

from typing import Final

from codegen.syntax.language import Language
from codegen.syntax.lexis import (
    C_BLOCK,
    C_COMMENTS,
    DASHES,
    DOUBLE,
    HASH,
    LONE_HASH,
    MARKUP,
    PROSE,
    SINGLE,
    TRIPLE,
    URL,
    Lexis,
    Literal,
    long_string,
)

_YAML_QUOTE: Final = r"(?<![^\s\[{{,:(!-]){}"

FORMATS: Final[tuple[Language, ...]] = (
    Language(
        name="html",
        grammar="tree_sitter_html",
        suffixes=(".html", ".htm", ".xhtml"),
        lexis=MARKUP,
        blocks="none",
        data=True,
        block_comment=("<!--", "-->"),
    ),
    Language(
        name="css",
        grammar="tree_sitter_css",
        suffixes=(".css",),
        lexis=Lexis((C_BLOCK, DOUBLE, SINGLE), whole=URL),
        data=True,
    ),
    Language(
        name="sql",
        grammar="tree_sitter_sql",
        suffixes=(".sql",),
        lexis=Lexis((DASHES, C_BLOCK, Literal("'", skips=r"''|\\."), DOUBLE)),
        blocks="words",
        data=True,
    ),
    Language(
        name="yaml",
        grammar="tree_sitter_yaml",
        suffixes=(".yaml", ".yml"),
        lexis=Lexis(
            (
                LONE_HASH,
                Literal(_YAML_QUOTE.format('"')),
                Literal(_YAML_QUOTE.format("'"), skips="''"),
            ),
            loose=True,
        ),
        blocks="indent",
        data=True,
        block_comment=None,
    ),
    Language(
        name="toml",
        grammar="tree_sitter_toml",
        suffixes=(".toml",),
        lexis=Lexis((HASH, TRIPLE, long_string("'''", skips=""), DOUBLE, Literal("'", skips=""))),
        filenames=("Cargo.lock", "poetry.lock", "uv.lock"),
        blocks="none",
        data=True,
        block_comment=None,
    ),
    Language(
        name="json",
        grammar="tree_sitter_json",
        suffixes=(".json",),
        lexis=Lexis((*C_COMMENTS, DOUBLE)),
        ids=("jsonc",),
        data=True,
        block_comment=None,
    ),
    Language(
        name="markdown",
        grammar="tree_sitter_markdown",
        suffixes=(".md", ".markdown"),
        lexis=PROSE,
        ids=("md",),
        blocks="none",
        prose=True,
        block_comment=None,
    ),
)
