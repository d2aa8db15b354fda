"""The languages: how a document's is recognised, and where its grammar and query lie.

Adding a language is one row in LANGUAGES and one file in queries/; docs/languages.md says what a
query names. A grammar comes as a wheel that carries it; where that isn't installed the language
is known, and its documents are understood by their indentation and brackets alone.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

Blocks = Literal["indent", "braces", "words", "none"]
"""How a language marks a block: by indentation, in braces, with a closing word, or not at all."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `name` is the LSP's languageId; `ids` are other ids that mean it.

    `grammar` is the module of its wheel and `factory` the function there; `query` the file in
    queries/ (`name` where it is empty). `comment` begins a comment up to the line's end, "" where
    there is none. `folded` stands for a body that is left out of a prompt. `prose` languages are
    text for people.
    """

    name: str
    grammar: str
    suffixes: tuple[str, ...]
    blocks: Blocks
    comment: str
    factory: str = "language"
    query: str = ""
    ids: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    folded: str = " { ... }"
    prose: bool = False


LANGUAGES: Final[tuple[Language, ...]] = (
    Language("python", "tree_sitter_python", (".py", ".pyi", ".pyw"), "indent", "#", folded=" ..."),
    Language(
        "javascript",
        "tree_sitter_javascript",
        (".js", ".mjs", ".cjs", ".jsx"),
        "braces",
        "//",
        ids=("javascriptreact",),
    ),
    Language(
        "typescript",
        "tree_sitter_typescript",
        (".ts", ".mts", ".cts"),
        "braces",
        "//",
        factory="language_typescript",
    ),
    Language(
        "typescriptreact",
        "tree_sitter_typescript",
        (".tsx",),
        "braces",
        "//",
        factory="language_tsx",
        query="typescript",
        ids=("tsx",),
    ),
    Language("go", "tree_sitter_go", (".go",), "braces", "//"),
    Language("rust", "tree_sitter_rust", (".rs",), "braces", "//"),
    Language("java", "tree_sitter_java", (".java",), "braces", "//"),
    Language("c", "tree_sitter_c", (".c", ".h"), "braces", "//"),
    Language(
        "cpp",
        "tree_sitter_cpp",
        (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".ipp"),
        "braces",
        "//",
        ids=("c++",),
    ),
    Language("csharp", "tree_sitter_c_sharp", (".cs",), "braces", "//", ids=("cs", "c#")),
    Language(
        "ruby",
        "tree_sitter_ruby",
        (".rb", ".rake", ".gemspec"),
        "words",
        "#",
        filenames=("Rakefile", "Gemfile"),
        folded="\nend",
    ),
    Language("php", "tree_sitter_php", (".php", ".phtml"), "braces", "//", factory="language_php"),
    Language(
        "shellscript",
        "tree_sitter_bash",
        (".sh", ".bash", ".zsh", ".ksh"),
        "words",
        "#",
        ids=("bash", "sh", "shell", "zsh"),
        filenames=(".bashrc", ".bash_profile", ".profile", ".zshrc"),
    ),
    Language("html", "tree_sitter_html", (".html", ".htm", ".xhtml"), "none", ""),
    Language("css", "tree_sitter_css", (".css",), "braces", ""),
    Language("sql", "tree_sitter_sql", (".sql",), "words", "--"),
    Language("yaml", "tree_sitter_yaml", (".yaml", ".yml"), "indent", "#"),
    Language(
        "toml",
        "tree_sitter_toml",
        (".toml",),
        "none",
        "#",
        filenames=("Cargo.lock", "poetry.lock", "uv.lock"),
    ),
    Language("json", "tree_sitter_json", (".json",), "braces", "", ids=("jsonc",)),
    Language(
        "markdown",
        "tree_sitter_markdown",
        (".md", ".markdown"),
        "none",
        "",
        ids=("md",),
        prose=True,
    ),
)

_BY_ID: Final = {id_: row for row in LANGUAGES for id_ in (row.name, *row.ids)}
_BY_SUFFIX: Final = {suffix: row for row in LANGUAGES for suffix in row.suffixes}
_BY_FILENAME: Final = {name: row for row in LANGUAGES for name in row.filenames}


def language_of(path: str | None, language_id: str | None = None) -> Language | None:
    """The language of a document, None for one that is not in the table.

    What the editor says (`language_id`, as in the LSP) comes before the file's name; one that we
    don't know gives way to it.
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
