"""How languages write strings, comments and brackets: enough to read any text.

A tree says more of a whole file, but nothing reliable of one that is half written. What stands
between brackets and quotes has to be known of both, and of languages without a grammar here.
Adding a language is one row in _BY_NAME.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final
from typing import Literal as TypeLiteral

from codegen.syntax.registry import Language

Tags = TypeLiteral["all", "values", ""]

CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}
"""What closes a bracket."""

_MIRRORED: Final = str.maketrans("([{<", ")]}>")


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """One way to write a string or a comment; all fields but `closes` are regular expressions.

    There is one object of each, so that patterns are found by it at once.

    `closes` is what ends it, in terms of the groups of `opens`; empty where that is what opened it,
    mirrored and without its letters. `skips` is what closes nothing although it looks like that.
    `code` opens code inside. Without `over_lines` the literal ends with its line, closed or not.
    A `heredoc` begins on the line below.
    """

    opens: str
    closes: str = ""
    skips: str = r"\\."
    code: str = ""
    over_lines: bool = False
    comment: bool = False
    heredoc: bool = False

    @property
    def doubles(self) -> bool:
        """Whether what closes it may stand in it, doubled."""
        return self.skips[:2] in ("''", '""')

    def closer(self, opening: re.Match[str]) -> str:
        """What closes the literal that begins with a match of `opens`."""
        if self.closes:
            return opening.expand(self.closes)
        marks = opening[0].strip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ8@$")
        return marks[::-1].translate(_MIRRORED)


@dataclass(frozen=True, slots=True, eq=False)
class Lexis:
    """How a language writes literals; `whole` is a regular expression of what is skipped at once.

    `tags` says where elements are written as in HTML: everywhere, where values stand, or nowhere.
    `loose` says that a round bracket may close nothing, as in a shell's `case` and in text.
    """

    literals: tuple[Literal, ...]
    whole: str = ""
    tags: Tags = ""
    loose: bool = False


def _line_comment(opens: str) -> Literal:
    return Literal(opens, closes="\n", skips="", comment=True)


def _comment(opens: str, closes: str) -> Literal:
    return Literal(opens, closes=closes, skips="", comment=True, over_lines=True)


def _long(opens: str, *, skips: str = r"\\.", code: str = "") -> Literal:
    return Literal(opens, skips=skips, code=code, over_lines=True)


_SLASHES: Final = _line_comment("//")
_BLOCK: Final = _comment(r"/\*", "*/")
_HASH: Final = _line_comment("#")
# Where the sign also stands in words: only at the beginning of one.
_LONE_HASH: Final = _line_comment(r"(?<![^\s;])#")
_DASHES: Final = _line_comment("--")
_DOUBLE: Final = Literal('"')
# After a letter it is an apostrophe.
_SINGLE: Final = Literal(r"(?<!\w)'")
_TRIPLE: Final = _long('"""')
# What a text is cut off in may yet become a character, or a regular expression.
_CHAR: Final = r"'(?:\\(?:[^\n][^'\n]*|\Z)|[^'\\\n])(?:'|\Z)"
# A regular expression stands where a value does: its quotes and brackets are none. It is short, or
# else a line of a megabyte would be read again and again.
_REGEX_BEGINS: Final = (
    r"(?:(?<=[=(,:\[!&|?{;\n~])|(?<=[=(,:\[!&|?{;~] )|(?<==>)|(?<==> )|(?<=\A)"
    r"|(?<=return )|(?<=typeof ))/(?![/*])"
)
_REGEX: Final = (
    rf"{_REGEX_BEGINS}"
    r"(?:\\(?:[^\n]|\Z)|\[(?:\\(?:[^\n]|\Z)|[^\]\\\n]){0,99}(?:\]|\Z)|[^/\\\n\[]){1,300}"
    r"(?:/[a-z]*|\Z)"
)
_ESCAPED: Final = r"\\[^\n]"
_URL: Final = r"\burl\([^)\n\"']*\)"
_URL_COMMENT: Final = _line_comment(r"(?<!:)//")
_C: Final = (_SLASHES, _BLOCK)
_SCRIPT: Final = (*_C, _long("`", code=r"\$\{"), _DOUBLE, _SINGLE)
_YAML_QUOTE: Final = r"(?<![^\s\[{{,:(!-]){}"
# With a blank before it, a lower-case word is a number that is shifted by.
_HEREDOC_SHELL: Final = Literal(
    r"(?<![<\w)])<<-?(?:[\"'\\]?([A-Za-z_]\w*)|[ \t]+(?:[\"'\\](\w+)|([A-Z_]\w*)))[\"']?",
    r"\1\2\3", skips="", over_lines=True, heredoc=True,
)  # fmt: skip
_HEREDOC_RUBY: Final = Literal(
    r"<<[-~][\"'`]?([A-Za-z_]\w*)[\"'`]?|<<([A-Z_]{2,})\b",
    r"\1\2", code=r"#\{", over_lines=True, heredoc=True,
)  # fmt: skip
_HEREDOC_PHP: Final = Literal(
    r"<<<[ \t]*[\"']?(\w+)[\"']?", r"\1", code=r"\{(?=\$)", over_lines=True, heredoc=True
)

_PYTHON: Final = Lexis(
    (
        _HASH,
        _long(r"(?<!\w)(?i:[ft]|r[ft]|[ft]r)(?:\"\"\"|''')", skips=r"\\.|\{\{|\}\}", code=r"\{"),
        _long(r"(?:(?<!\w)(?i:[rbu]|rb|br))?(?:\"\"\"|''')"),
        Literal(r"(?<!\w)(?i:[ft]|r[ft]|[ft]r)[\"']", skips=r"\\.|\{\{|\}\}", code=r"\{"),
        Literal(r"(?<!\w)(?i:[rbu]|rb|br)[\"']"),
        _DOUBLE,
        _SINGLE,
    )
)
_JAVASCRIPT: Final = Lexis(_SCRIPT, whole=_REGEX, tags="values")
_CPP: Final = Lexis(
    (
        *_C,
        Literal(r'R"(\w*)\(', r')\1"', skips="", over_lines=True),
        _DOUBLE,
        Literal(r"(?<!\w)(?:u8|[uUL])?'"),
    )
)
_CURLY: Final = (*_C, _long('"""', skips="", code=r"\$\{"), Literal('"', code=r"\$\{"))
_HASHED: Final = Lexis((_LONE_HASH, _TRIPLE, Literal('"', code=r"#\{"), _SINGLE))
_DASHED: Final = Lexis((_DASHES, _comment(r"\{-", "-}"), _DOUBLE), whole=_CHAR)
_MARKUP: Final = Lexis(
    (
        _comment("<!--", "-->"),
        Literal(r'(?<==)"', skips="", code=r"\{\{", over_lines=True),
        Literal(r"(?<==)'", skips="", code=r"\{\{", over_lines=True),
    ),
    tags="all",
)
_BRACED: Final = Lexis((*_C, _DOUBLE, _SINGLE))
_PROSE: Final = Lexis((), loose=True)

_BY_NAME: Final[dict[str, Lexis]] = {
    "python": _PYTHON,
    "javascript": _JAVASCRIPT,
    "typescriptreact": _JAVASCRIPT,
    "typescript": Lexis(_SCRIPT, whole=_REGEX),
    "go": Lexis((*_C, _long("`", skips=""), _DOUBLE), whole=_CHAR),
    "rust": Lexis(
        (*_C, Literal(r'[bc]?r(#*)"', r'"\1', skips="", over_lines=True), _long('"')), whole=_CHAR
    ),
    "java": Lexis((*_C, _TRIPLE, _DOUBLE), whole=_CHAR),
    "c": _CPP,
    "cpp": _CPP,
    "csharp": Lexis(
        (
            *_C,
            _long(r'(?<!\$)\$+"""', skips="", code=r"\{"),
            _long('"""', skips=""),
            _long(r'\$@"|@\$"', skips='""|{{|}}', code=r"\{"),
            _long(r'@"', skips='""'),
            Literal(r'\$"', skips=r"\\.|\{\{|\}\}", code=r"\{"),
            _DOUBLE,
        ),
        whole=_CHAR,
    ),
    "ruby": Lexis(
        (
            Literal(r"^=begin\b", "=end", skips="", over_lines=True, comment=True, heredoc=True),
            _LONE_HASH,
            _HEREDOC_RUBY,
            Literal('"', code=r"#\{"),
            _SINGLE,
            Literal("`", code=r"#\{"),
            # It may have code in it, as a string has.
            Literal(_REGEX_BEGINS, closes="/", code=r"#\{"),
        ),
    ),
    "php": Lexis(
        (
            *_C,
            _line_comment(r"#(?!\[)"),
            _HEREDOC_PHP,
            _long('"', code=r"\{(?=\$)"),
            _long(r"(?<!\w)'"),
        )
    ),
    "shellscript": Lexis(
        (
            _LONE_HASH,
            _HEREDOC_SHELL,
            _long('"', code=r"\$[({]"),
            _long(r"\$'"),
            _long(r"(?<![\w\\$])'", skips=""),
        ),
        whole=r"\\.|\$#",
        loose=True,
    ),
    "html": _MARKUP,
    "css": Lexis((_BLOCK, _DOUBLE, _SINGLE), whole=_URL),
    "sql": Lexis((_DASHES, _BLOCK, Literal("'", skips=r"''|\\."), _DOUBLE)),
    "yaml": Lexis(
        (
            _LONE_HASH,
            Literal(_YAML_QUOTE.format('"')),
            Literal(_YAML_QUOTE.format("'"), skips="''"),
        ),
        loose=True,
    ),
    "toml": Lexis((_HASH, _TRIPLE, _long("'''", skips=""), _DOUBLE, Literal("'", skips=""))),
    "json": Lexis((*_C, _DOUBLE)),
    "markdown": _PROSE,
    "kotlin": Lexis(_CURLY, whole=_CHAR),
    "scala": Lexis(_CURLY, whole=_CHAR),
    "groovy": Lexis((*_CURLY, _long("'''"), _SINGLE), whole=_REGEX),
    "swift": Lexis(
        (
            *_C,
            Literal(r'(?<!#)(#+)("""|")', r"\2\1", skips="", over_lines=True),
            _long('"""', code=r"\\\("),
            Literal('"', code=r"\\\("),
        )
    ),
    "dart": Lexis(
        (
            *_C,
            _long(r"(?<!\w)r(?:\"\"\"|''')", skips=""),
            Literal(r"(?<!\w)r[\"']", skips=""),
            _long("\"\"\"|'''", code=r"\$\{"),
            Literal('"', code=r"\$\{"),
            Literal(r"(?<!\w)'", code=r"\$\{"),
        )
    ),
    "lua": Lexis(
        (
            Literal(r"--\[(=*)\[", r"]\1]", skips="", over_lines=True, comment=True),
            _DASHES,
            Literal(r"\[(=*)\[", r"]\1]", skips="", over_lines=True),
            _DOUBLE,
            Literal("'"),
        )
    ),
    "scss": Lexis((_URL_COMMENT, _BLOCK, _DOUBLE, _SINGLE), whole=_URL),
    "lisp": Lexis((_line_comment(";"), _long('"')), whole=_ESCAPED),
    "percent": Lexis((_line_comment("%"), _DOUBLE), whole=_ESCAPED),
    "tex": Lexis((_line_comment("%"),), whole=_ESCAPED, loose=True),
    "ini": Lexis((_line_comment(r"^[ \t]*[#;]"), _DOUBLE)),
    "dashed": _DASHED,
    "hashed": _HASHED,
    "braced": _BRACED,
    # Where nothing tells, a comment is one only at the beginning of a line.
    "": Lexis((_line_comment(r"^[ \t]*(?://|(?:#|--|;;)[ \t])"), _BLOCK, _DOUBLE, _SINGLE)),
}

_BY_SUFFIX: Final = {
    suffix: name
    for name, suffixes in {
        "kotlin": ".kt .kts",
        "scala": ".scala .sc .sbt",
        "groovy": ".groovy .gradle .jenkinsfile",
        "swift": ".swift",
        "dart": ".dart",
        "lua": ".lua",
        "html": ".xml .svg .vue .svelte .xaml .jsp .erb",
        "scss": ".scss .less .sass",
        "lisp": ".lisp .el .clj .cljs .scm .rkt",
        "markdown": ".txt .rst .adoc .org",
        "percent": ".erl .m4 .pro",
        "tex": ".tex .sty .bib",
        "ini": ".ini .cfg .conf .service .timer .socket .desktop .properties",
        "dashed": ".hs .elm .adb .ads .vhd",
        "hashed": ".pl .pm .r .jl .ex .exs .nim .tcl .awk .cmake .mk .env .dockerfile .nix .cr",
        "braced": ".zig .m .mm .v .sv .proto .graphql .hcl .tf .thrift .d .glsl .cu .sol .fs",
    }.items()
    for suffix in suffixes.split()
}
_BY_FILENAME: Final = {
    "makefile": "hashed",
    "gnumakefile": "hashed",
    "dockerfile": "hashed",
    "containerfile": "hashed",
    "cmakelists.txt": "hashed",
    "jenkinsfile": "groovy",
}


def lexis_of(language: Language | None, path: str | None) -> Lexis:
    """How the text of a language is read, or of a file that has none with a grammar."""
    if language is not None:
        return _BY_NAME[language.name]
    if path is None:
        return _BY_NAME[""]
    file = PurePath(path.lower())
    return _BY_NAME[_BY_FILENAME.get(file.name) or _BY_SUFFIX.get(file.suffix, "")]
