"""The languages without a grammar here: their brackets, strings and comments are known, no more.

docs/languages.md says how to add one.
"""

from typing import Final

from codegen.syntax.language import Language, PlainLanguage
from codegen.syntax.lexis import (
    C_BLOCK,
    C_COMMENTS,
    CHAR,
    DASHES,
    DOUBLE,
    ESCAPED,
    LONE_HASH,
    MARKUP,
    PROSE,
    REGEX,
    SINGLE,
    TRIPLE,
    URL,
    Lexis,
    Literal,
    block_comment,
    line_comment,
    long_string,
)

_CURLY: Final = (
    *C_COMMENTS,
    long_string('"""', skips="", code=r"\$\{"),
    Literal('"', code=r"\$\{"),
)
_HASHED: Final = Lexis((LONE_HASH, TRIPLE, Literal('"', code=r"#\{"), SINGLE))

UNKNOWN: Final = Language(
    name="",
    grammar="",
    suffixes=(),
    # Where nothing tells, a comment is one only at the beginning of a line.
    lexis=Lexis((line_comment(r"^[ \t]*(?://|(?:#|--|;;)[ \t])"), C_BLOCK, DOUBLE, SINGLE)),
)
"""Stands for the language of a text that has no tree."""

PLAIN_LANGUAGES: Final[tuple[PlainLanguage, ...]] = (
    PlainLanguage(
        suffixes=(".kt", ".kts", ".scala", ".sc", ".sbt"), lexis=Lexis(_CURLY, whole=CHAR)
    ),
    PlainLanguage(
        suffixes=(".groovy", ".gradle", ".jenkinsfile"),
        filenames=("jenkinsfile",),
        lexis=Lexis((*_CURLY, long_string("'''"), SINGLE), whole=REGEX),
    ),
    PlainLanguage(
        suffixes=(".swift",),
        lexis=Lexis(
            (
                *C_COMMENTS,
                Literal(r'(?<!#)(#+)("""|")', r"\2\1", skips="", over_lines=True),
                long_string('"""', code=r"\\\("),
                Literal('"', code=r"\\\("),
            )
        ),
    ),
    PlainLanguage(
        suffixes=(".dart",),
        lexis=Lexis(
            (
                *C_COMMENTS,
                long_string(r"(?<!\w)r(?:\"\"\"|''')", skips=""),
                Literal(r"(?<!\w)r[\"']", skips=""),
                long_string("\"\"\"|'''", code=r"\$\{"),
                Literal('"', code=r"\$\{"),
                Literal(r"(?<!\w)'", code=r"\$\{"),
            )
        ),
    ),
    PlainLanguage(
        suffixes=(".lua",),
        lexis=Lexis(
            (
                Literal(r"--\[(=*)\[", r"]\1]", skips="", over_lines=True, comment=True),
                DASHES,
                Literal(r"\[(=*)\[", r"]\1]", skips="", over_lines=True),
                DOUBLE,
                Literal("'"),
            )
        ),
    ),
    PlainLanguage(
        suffixes=(".xml", ".svg", ".vue", ".svelte", ".xaml", ".jsp", ".erb"), lexis=MARKUP
    ),
    PlainLanguage(
        suffixes=(".scss", ".less", ".sass"),
        lexis=Lexis((line_comment(r"(?<!:)//"), C_BLOCK, DOUBLE, SINGLE), whole=URL),
    ),
    PlainLanguage(
        suffixes=(".lisp", ".el", ".clj", ".cljs", ".scm", ".rkt"),
        lexis=Lexis((line_comment(";"), long_string('"')), whole=ESCAPED),
    ),
    PlainLanguage(suffixes=(".txt", ".rst", ".adoc", ".org"), lexis=PROSE),
    PlainLanguage(
        suffixes=(".erl", ".m4", ".pro"), lexis=Lexis((line_comment("%"), DOUBLE), whole=ESCAPED)
    ),
    PlainLanguage(
        suffixes=(".tex", ".sty", ".bib"),
        lexis=Lexis((line_comment("%"),), whole=ESCAPED, loose=True),
    ),
    PlainLanguage(
        suffixes=(
            *(".ini", ".cfg", ".conf", ".properties"),
            *(".service", ".timer", ".socket", ".desktop"),
        ),
        lexis=Lexis((line_comment(r"^[ \t]*[#;]"), DOUBLE)),
    ),
    PlainLanguage(
        suffixes=(".hs", ".elm", ".adb", ".ads", ".vhd"),
        lexis=Lexis((DASHES, block_comment(r"\{-", "-}"), DOUBLE), whole=CHAR),
    ),
    PlainLanguage(
        suffixes=(
            *(".pl", ".pm", ".r", ".jl", ".ex", ".exs", ".nim", ".tcl", ".awk", ".nix", ".cr"),
            *(".cmake", ".env", ".dockerfile"),
        ),
        filenames=("dockerfile", "containerfile", "cmakelists.txt"),
        lexis=_HASHED,
    ),
    PlainLanguage(
        suffixes=(".mk", ".makefile"),
        filenames=("makefile", "gnumakefile"),
        lexis=_HASHED,
        tabs=True,
    ),
    PlainLanguage(
        suffixes=(
            *(".zig", ".m", ".mm", ".v", ".sv", ".d", ".glsl", ".cu", ".sol", ".fs"),
            *(".proto", ".graphql", ".hcl", ".tf", ".thrift"),
        ),
        lexis=Lexis((*C_COMMENTS, DOUBLE, SINGLE)),
    ),
)
