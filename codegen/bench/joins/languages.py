"""The languages whose files are cut, a row each: what the benchmark itself has to know of them.

It reads texts in ways of its own, since it judges what reads them in codegen. What a language with
a grammar is called, and which files are written in it, stands in `codegen.syntax.registry`.
"""

from dataclasses import dataclass
from typing import Final

from codegen.syntax.registry import language_of


@dataclass(frozen=True, slots=True)
class CutLanguage:
    """A language by the name that the report shows; the default values are those of most.

    `definition` and `statement` are what a model might write after a hole. `suffixes` and
    `filenames` are of files that the registry doesn't know. `comment` is the mark by which
    comments are found where no grammar tells. `headers` is a regular expression of the lines that
    begin a block, besides those that end with a bracket or the like. `markup` says that it is made
    of tags alone, `tagged` that tags stand in it. `balanced` says that its brackets come in pairs.
    `commas_in_rounds` says that the elements of a list in round brackets end with a comma, which
    Go's imports don't.
    """

    name: str
    definition: str = "function other(value) {\n  return value + 1;\n}\n"
    statement: str = "total = compute(total);"
    suffixes: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    comment: str = "//"
    headers: str | None = None
    markup: bool = False
    tagged: bool = False
    balanced: bool = True
    commas_in_rounds: bool = True


_C_DEFINITION: Final = "int other(int value) {\n    return value + 1;\n}\n"
_CSS_DEFINITION: Final = ".other {\n  margin: 0 auto;\n}\n"

_LANGUAGES: Final = (
    CutLanguage("python", "def other(value):\n    return value + 1\n", "total = compute(total)"),
    CutLanguage("javascript", tagged=True),
    CutLanguage("javascriptreact", suffixes=(".jsx",), tagged=True),
    CutLanguage("typescriptreact", tagged=True),
    CutLanguage(
        "go",
        "func other(value int) int {\n\treturn value + 1\n}\n",
        "total := compute(value)",
        commas_in_rounds=False,
    ),
    CutLanguage(
        "rust", "fn other(value: u32) -> u32 {\n    value + 1\n}\n", "let total = compute(value);"
    ),
    CutLanguage("java", _C_DEFINITION),
    CutLanguage("c", _C_DEFINITION),
    CutLanguage("cpp", _C_DEFINITION),
    CutLanguage(
        "csharp", "int Other(int value)\n{\n    return value + 1;\n}\n", "total = Compute(total);"
    ),
    CutLanguage("objective-c", suffixes=(".m", ".mm")),
    CutLanguage(
        "ruby",
        "def other(value)\n  value + 1\nend\n",
        "total = compute(total)",
        headers=r"def|class|module|if|unless|elsif|case|when|while|until|begin|rescue|ensure",
    ),
    CutLanguage(
        "php", "function other($value) {\n    return $value + 1;\n}\n", "$total = compute($total);"
    ),
    CutLanguage(
        "shellscript",
        'other() {\n  echo "$1"\n}\n',
        'total="$(compute)"',
        headers=r"[^()\s]+\)$|case\b.*in$",
        balanced=False,
    ),
    CutLanguage(
        "html",
        '<section class="other">\n  <p>More</p>\n</section>\n',
        "<p>More</p>",
        markup=True,
        tagged=True,
        balanced=False,
    ),
    CutLanguage(
        "xml",
        '<other name="more">\n  <value>1</value>\n</other>\n',
        '<value name="more" />',
        suffixes=(".xml",),
        comment="<!--",
        markup=True,
        tagged=True,
        balanced=False,
    ),
    CutLanguage("css", _CSS_DEFINITION, ".more { margin: 0; }"),
    CutLanguage("scss", _CSS_DEFINITION, ".more { margin: 0; }", suffixes=(".scss",)),
    CutLanguage(
        "sql",
        "SELECT name, value\nFROM others\nWHERE value > 1;\n",
        "SELECT count(*) FROM others;",
        headers=r"(?i:BEGIN|DECLARE|SELECT|SET|LOOP|ELSE|VALUES|FROM|WHERE)\s*$|(?i:IF\b.*THEN)$",
    ),
    CutLanguage("yaml", "other:\n  name: more\n  value: 1\n", "more: 1"),
    CutLanguage("toml", '[other]\nname = "more"\nvalue = 1\n', 'more = "1"'),
    CutLanguage("json", '{\n  "other": 1\n}\n', '"more": 1'),
    CutLanguage(
        "kotlin",
        "fun other(value: Int): Int {\n    return value + 1\n}\n",
        "total = compute(total)",
        suffixes=(".kt", ".kts"),
    ),
    CutLanguage(
        "swift",
        "func other(value: Int) -> Int {\n    return value + 1\n}\n",
        "total = compute(total)",
        suffixes=(".swift",),
    ),
    CutLanguage(
        "scala",
        "def other(value: Int): Int = {\n  value + 1\n}\n",
        "val total = compute(value)",
        suffixes=(".scala",),
    ),
    CutLanguage("dart", "int other(int value) {\n  return value + 1;\n}\n", suffixes=(".dart",)),
    CutLanguage(
        "lua",
        "local function other(value)\n  return value + 1\nend\n",
        "total = compute(total)",
        suffixes=(".lua",),
        comment="--",
        headers=r"(?:local\s+)?function|repeat|[\w.]+\s*=\s*function",
    ),
    CutLanguage(
        "makefile",
        "other: more\n\t$(CC) -o $@ $<\n",
        "MORE = 1",
        suffixes=(".mk",),
        filenames=("Makefile",),
        comment="#",
        headers=r"[\w./%$()-]+(?:\s+[\w./%$()-]+)*\s*:(?!=).*",
    ),
    CutLanguage(
        "dockerfile",
        "RUN make other\nCOPY . /other\n",
        "RUN make",
        filenames=("Dockerfile",),
        comment="#",
    ),
    CutLanguage(
        "ini",
        "[other]\nname = more\nvalue = 1\n",
        "more = 1",
        suffixes=(".ini", ".cfg", ".properties", ".editorconfig"),
        filenames=(".editorconfig",),
        comment="#",
    ),
    CutLanguage(
        "cmake",
        "function(other value)\n  message(${value})\nendfunction()\n",
        "set(TOTAL 1)",
        suffixes=(".cmake",),
        filenames=("CMakeLists.txt",),
        comment="#",
    ),
    CutLanguage(
        "protobuf",
        "message Other {\n  string name = 1;\n}\n",
        "string more = 9;",
        suffixes=(".proto",),
    ),
    CutLanguage(
        "groovy",
        "def other(value) {\n    return value + 1\n}\n",
        "total = compute(total)",
        suffixes=(".gradle",),
    ),
)
_BY_NAME: Final = {row.name: row for row in _LANGUAGES}
_BY_SUFFIX: Final = {suffix: row for row in _LANGUAGES for suffix in row.suffixes}
_BY_FILENAME: Final = {name: row for row in _LANGUAGES for name in row.filenames}


def cut_language(name: str) -> CutLanguage:
    """What is known of a language; the default values where it has no row."""
    return _BY_NAME.get(name) or CutLanguage(name)


def language_by_name(path: str) -> str | None:
    """The language of a file as the report names it; None for a file that isn't cut."""
    name = path.rsplit("/", 1)[-1]
    suffix = "." + name.rsplit(".", 1)[-1].lower()
    if (row := _BY_FILENAME.get(name) or _BY_SUFFIX.get(suffix)) is not None:
        return row.name
    language = language_of(path)
    return None if language is None or language.prose else language.name
