"""The language of a document: how it is found by what the editor says, or by the file's name."""

from pathlib import PurePath
from typing import Final

from codegen.syntax.formats import FORMATS
from codegen.syntax.language import Language, PlainLanguage
from codegen.syntax.languages import PROGRAMMING_LANGUAGES
from codegen.syntax.lexis import Lexis
from codegen.syntax.plain import PLAIN_LANGUAGES, UNKNOWN

LANGUAGES: Final = (*PROGRAMMING_LANGUAGES, *FORMATS)
"""The languages that have a grammar."""

_BY_ID: Final = {id_: row for row in LANGUAGES for id_ in (row.name, *row.ids)}
_BY_SUFFIX: Final = {suffix: row for row in LANGUAGES for suffix in row.suffixes}
_BY_FILENAME: Final = {name: row for row in LANGUAGES for name in row.filenames}
_PLAIN_BY_SUFFIX: Final = {suffix: row for row in PLAIN_LANGUAGES for suffix in row.suffixes}
_PLAIN_BY_FILENAME: Final = {name: row for row in PLAIN_LANGUAGES for name in row.filenames}


def language_of(path: str | None, language_id: str | None = None) -> Language | None:
    """The language of a document, None where it has no grammar here.

    What the editor says (`language_id`, as in the LSP) comes before the file's name. Where the
    editor's id is unknown, the name decides.
    """
    if language_id is not None and (named := _BY_ID.get(language_id.lower())) is not None:
        return named
    if path is None:
        return None
    file = PurePath(path)
    return _BY_FILENAME.get(file.name) or _BY_SUFFIX.get(file.suffix.lower())


def language_named(name: str) -> Language | None:
    """The language that a name or alias means, as after a Markdown fence; None for others."""
    name = name.lower()
    return _BY_ID.get(name) or _BY_SUFFIX.get(f".{name}")


def lexis_of(language: Language | None, path: str | None) -> Lexis:
    """How a text writes strings and comments.

    Args:
        language: of the text's tree, None where there is no tree.
        path: of the file, which tells the language of a text without a tree.
    """
    language = language or language_of(path)
    if language is not None:
        return language.lexis
    plain = _plain_language(path)
    return UNKNOWN.lexis if plain is None else plain.lexis


def prefers_tabs(path: str | None) -> bool:
    """Whether a file is indented with tabs if its text doesn't show it, by its name."""
    row = language_of(path) or _plain_language(path)
    return row is not None and row.tabs


def _plain_language(path: str | None) -> PlainLanguage | None:
    if path is None:
        return None
    file = PurePath(path.lower())
    return _PLAIN_BY_FILENAME.get(file.name) or _PLAIN_BY_SUFFIX.get(file.suffix)
