"""The programming languages that have a grammar, a row each; docs/languages.md says how to add one.

A row lists only what differs from the default values of `Language`.
"""

import re
from typing import Final

from codegen.syntax.language import Interpolation, Language
from codegen.syntax.lexis import (
    C_COMMENTS,
    CHAR,
    DOUBLE,
    HASH,
    LONE_HASH,
    REGEX,
    REGEX_BEGINS,
    SINGLE,
    TRIPLE,
    Lexis,
    Literal,
    heredoc,
    line_comment,
    long_string,
)

# What opens a string of Python that holds code, and a doubled brace, which opens none in it.
_FORMATTED: Final = r"(?<!\w)(?i:[ft]|r[ft]|[ft]r)"
_NO_BRACE: Final = r"\\.|\{\{|\}\}"

# What languages of a family share.
_SCRIPT: Final = (*C_COMMENTS, long_string("`", code=r"\$\{"), DOUBLE, SINGLE)
_SCRIPT_WITH_TAGS: Final = Lexis(_SCRIPT, whole=REGEX, tags="values")
_TEMPLATE: Final = Interpolation(re.compile(r"[\w$]*`"), "${")
_TEMPLATE_QUOTES: Final = ('"""', "'''", "`")
_C: Final = Lexis(
    (
        *C_COMMENTS,
        Literal(r'R"(\w*)\(', r')\1"', skips="", over_lines=True),
        DOUBLE,
        Literal(r"(?<!\w)(?:u8|[uUL])?'"),
    )
)
_C_ATTRIBUTE: Final = re.compile(r"\s*\[\[")

PROGRAMMING_LANGUAGES: Final[tuple[Language, ...]] = (
    Language(
        name="python",
        grammar="tree_sitter_python",
        suffixes=(".py", ".pyi", ".pyw"),
        lexis=Lexis(
            (
                HASH,
                long_string(_FORMATTED + r"(?:\"\"\"|''')", skips=_NO_BRACE, code=r"\{"),
                long_string(r"(?:(?<!\w)(?i:[rbu]|rb|br))?(?:\"\"\"|''')"),
                Literal(_FORMATTED + r"[\"']", skips=_NO_BRACE, code=r"\{"),
                Literal(r"(?<!\w)(?i:[rbu]|rb|br)[\"']"),
                DOUBLE,
                SINGLE,
            )
        ),
        blocks="indent",
        folded=" ...",
        header=re.compile(
            r"\s*(?:(?P<class>class)|(?P<function>(?:async\s+)?def))\s+(?P<name>\w+)"
        ),
        block_comment=None,
        interpolation=Interpolation(re.compile(r"[rR]?[fF][rR]?[\"']"), "{"),
    ),
    Language(
        name="javascript",
        grammar="tree_sitter_javascript",
        suffixes=(".js", ".mjs", ".cjs", ".jsx"),
        lexis=_SCRIPT_WITH_TAGS,
        ids=("javascriptreact",),
        functions="named",
        long_quotes=_TEMPLATE_QUOTES,
        interpolation=_TEMPLATE,
    ),
    Language(
        name="typescript",
        grammar="tree_sitter_typescript",
        suffixes=(".ts", ".mts", ".cts"),
        lexis=Lexis(_SCRIPT, whole=REGEX),
        factory="language_typescript",
        functions="named",
        long_quotes=_TEMPLATE_QUOTES,
        interpolation=_TEMPLATE,
    ),
    Language(
        name="typescriptreact",
        grammar="tree_sitter_typescript",
        suffixes=(".tsx",),
        lexis=_SCRIPT_WITH_TAGS,
        factory="language_tsx",
        query="typescript",
        ids=("tsx",),
        functions="named",
        long_quotes=_TEMPLATE_QUOTES,
        interpolation=_TEMPLATE,
    ),
    Language(
        name="go",
        grammar="tree_sitter_go",
        suffixes=(".go",),
        lexis=Lexis((*C_COMMENTS, long_string("`", skips=""), DOUBLE), whole=CHAR),
        tabs=True,
        long_quotes=_TEMPLATE_QUOTES,
    ),
    Language(
        name="rust",
        grammar="tree_sitter_rust",
        suffixes=(".rs",),
        lexis=Lexis(
            (
                *C_COMMENTS,
                Literal(r'[bc]?r(#*)"', r'"\1', skips="", over_lines=True),
                long_string('"'),
            ),
            whole=CHAR,
        ),
        attribute=re.compile(r"\s*#!?\["),
        bars=re.compile(r"(?:[(=,{]|\bmove|\breturn)\s*\|[^|]*$"),
        quotes='"',  # an apostrophe alone is a lifetime's
    ),
    Language(
        name="java",
        grammar="tree_sitter_java",
        suffixes=(".java",),
        lexis=Lexis((*C_COMMENTS, TRIPLE, DOUBLE), whole=CHAR),
        functions="typed",
    ),
    Language(
        name="c",
        grammar="tree_sitter_c",
        suffixes=(".c", ".h"),
        lexis=_C,
        functions="typed",
        attribute=_C_ATTRIBUTE,
    ),
    Language(
        name="cpp",
        grammar="tree_sitter_cpp",
        suffixes=(".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".ipp"),
        lexis=_C,
        ids=("c++",),
        functions="typed",
        attribute=_C_ATTRIBUTE,
    ),
    Language(
        name="csharp",
        grammar="tree_sitter_c_sharp",
        suffixes=(".cs",),
        lexis=Lexis(
            (
                *C_COMMENTS,
                long_string(r'(?<!\$)\$+"""', skips="", code=r"\{"),
                long_string('"""', skips=""),
                long_string(r'\$@"|@\$"', skips='""|{{|}}', code=r"\{"),
                long_string(r'@"', skips='""'),
                Literal(r'\$"', skips=_NO_BRACE, code=r"\{"),
                DOUBLE,
            ),
            whole=CHAR,
        ),
        ids=("cs", "c#"),
        functions="typed",
        attribute=re.compile(r"\s*\["),
        interpolation=Interpolation(re.compile(r'(?:\$+@?|@\$)"'), "{"),
    ),
    Language(
        name="ruby",
        grammar="tree_sitter_ruby",
        suffixes=(".rb", ".rake", ".gemspec"),
        lexis=Lexis(
            (
                Literal(
                    r"^=begin\b", "=end", skips="", over_lines=True, comment=True, heredoc=True
                ),
                LONE_HASH,
                heredoc(
                    r"<<[-~][\"'`]?([A-Za-z_]\w*)[\"'`]?|<<([A-Z_]{2,})\b", r"\1\2", code=r"#\{"
                ),
                Literal('"', code=r"#\{"),
                SINGLE,
                Literal("`", code=r"#\{"),
                # It may have code in it, as a string has.
                Literal(REGEX_BEGINS, closes="/", code=r"#\{"),
            ),
        ),
        filenames=("Rakefile", "Gemfile"),
        blocks="words",
        folded="\nend",
        bars=re.compile(r"(?:\bdo|\{)\s*\|[^|]*$"),
        block_comment=None,
        interpolation=Interpolation(re.compile(r'\w*["`]'), "#{"),
    ),
    Language(
        name="php",
        grammar="tree_sitter_php",
        suffixes=(".php", ".phtml"),
        lexis=Lexis(
            (
                *C_COMMENTS,
                line_comment(r"#(?!\[)"),
                heredoc(r"<<<[ \t]*[\"']?(\w+)[\"']?", r"\1", code=r"\{(?=\$)"),
                long_string('"', code=r"\{(?=\$)"),
                long_string(r"(?<!\w)'"),
            )
        ),
        factory="language_php",
        attribute=re.compile(r"\s*#\["),
    ),
    Language(
        name="shellscript",
        grammar="tree_sitter_bash",
        suffixes=(".sh", ".bash", ".zsh", ".ksh"),
        lexis=Lexis(
            (
                LONE_HASH,
                # With a blank before it, a lower-case word is a number that is shifted by.
                heredoc(
                    r"(?<![<\w)])<<-?"
                    r"(?:[\"'\\]?([A-Za-z_]\w*)|[ \t]+(?:[\"'\\](\w+)|([A-Z_]\w*)))[\"']?",
                    r"\1\2\3",
                    skips="",
                ),
                long_string('"', code=r"\$[({]"),
                long_string(r"\$'"),
                long_string(r"(?<![\w\\$])'", skips=""),
            ),
            whole=r"\\.|\$#",
            loose=True,
        ),
        ids=("bash", "sh", "shell", "zsh"),
        filenames=(".bashrc", ".bash_profile", ".profile", ".zshrc"),
        blocks="words",
        block_comment=None,
    ),
)
