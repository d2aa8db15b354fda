"""The rows of languages: they don't contradict each other, and no other module has such a table."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import codegen
from codegen.syntax.plain import PLAIN_LANGUAGES
from codegen.syntax.registry import LANGUAGES, language_of, lexis_of, prefers_tabs

PACKAGE = Path(codegen.__file__).parent

ROWS = (*LANGUAGES, *PLAIN_LANGUAGES)

# Where a row for each language belongs: the registry's, and the benchmark's, which reads files in
# ways of its own.
TABLES = {
    "syntax/formats.py",
    "syntax/languages.py",
    "syntax/plain.py",
    "bench/joins/languages.py",
}


def test_no_two_rows_have_the_same_name_or_suffix():
    ids = Counter(id_ for row in LANGUAGES for id_ in (row.name, *row.ids))
    suffixes = Counter(suffix for row in ROWS for suffix in row.suffixes)
    filenames = Counter(name.lower() for row in ROWS for name in row.filenames)
    assert [name for name, count in (ids + suffixes + filenames).items() if count > 1] == []


@pytest.mark.parametrize("row", PLAIN_LANGUAGES, ids=lambda row: row.suffixes[0])
def test_a_plain_language_is_found_by_its_files(row):
    assert (*row.suffixes, *row.filenames) == tuple(
        name.lower() for name in (*row.suffixes, *row.filenames)
    )
    for name in (*(f"a{suffix}" for suffix in row.suffixes), *row.filenames):
        assert language_of(name) is None
        assert lexis_of(None, f"/home/me/{name.upper()}") is row.lexis


@pytest.mark.parametrize("row", LANGUAGES, ids=lambda row: row.name)
def test_a_text_without_a_tree_is_read_as_its_language(row):
    for suffix in row.suffixes:
        assert lexis_of(None, f"/home/me/a{suffix}") is row.lexis


@pytest.mark.parametrize(
    ("path", "tabs"),
    [
        ("main.go", True),
        ("rules.mk", True),
        ("sub/Makefile", True),
        ("GNUmakefile", True),
        ("shared.makefile", True),
        ("main.py", False),
        ("Dockerfile", False),
        ("notes", False),
        (None, False),
    ],
)
def test_files_that_are_indented_with_tabs(path, tabs):
    assert prefers_tabs(path) is tabs


def test_no_other_module_has_a_table_of_languages():
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).as_posix() not in TABLES
        for line in tables_of_languages(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "tables"),
    [
        ('X = {"rust": 1}', [1]),
        ('X = {"c", "cpp"}', [1]),
        ('X = frozenset(("css", "json"))', [1]),
        ('X = dict.fromkeys(["go"], 1)', [1]),
        ("X = dict(python=1, markdown=2)", [1]),
        ('X = {".rs": 1, ".py": 2}', [1]),
        ('X = {"json": 1, "indent": 2}', []),
        ('X = name.endswith((".go", ".mk"))', [1]),
        ('X = ("html", "head", "body")', []),
        ('command = ["python", "-m", "codegen"]', []),
    ],
)
def test_what_counts_as_a_table_of_languages(source, tables):
    assert list(tables_of_languages(source)) == tables


def tables_of_languages(source: str) -> Iterator[int]:
    """The lines of collections whose keys or elements are all names or suffixes of languages."""
    names = {id_ for row in LANGUAGES for id_ in (row.name, *row.ids)}
    names |= {suffix for row in ROWS for suffix in row.suffixes}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Dict(keys=parts) | ast.Set(elts=parts) | ast.Tuple(elts=parts):
                keys = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            case ast.List(elts=parts):
                keys = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            case ast.Call(keywords=parts):
                keys = [part.arg for part in parts]
            case _:
                continue
        if keys and all(key in names for key in keys):
            yield node.lineno
