"""What is typed, where and how fast, by a benchmark that types."""

import ast
import itertools
import re
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codegen.errors import UsageError
from codegen.files import read_file

KEYS: Final = 30
"""How many keys are typed at a place."""

_LINES: Final = range(250, 351)
"""How many lines a file of the standard library must have to be chosen."""

_PACKAGES: Final = (".", "json", "email")

# Enter brings the next line's indentation with it, as in any editor for code.
_KEY: Final = re.compile(r"\r?\n[ \t]*|.", re.DOTALL)

_WORD_END: Final = re.compile(r"(?<=\w)(?!\w)")

# Milliseconds between two keys. They weren't recorded from a user, but drawn once, by
# random.Random(20): 45 gaps within words from lognormvariate(log(140), 0.4), and then 15 before
# the key that ends a word from lognormvariate(log(270), 0.5). As every fifth key or so of code
# ends a word, the mean is about 180 ms.
WITHIN: Final = (
    *(89, 149, 94, 245, 104, 214, 122, 212, 71, 70, 87, 108, 192, 161, 69),
    *(158, 72, 150, 313, 124, 163, 182, 163, 153, 86, 124, 169, 117, 164, 95),
    *(178, 97, 98, 127, 107, 103, 297, 135, 78, 91, 209, 123, 160, 90, 136),
)
AT_WORD_ENDS: Final = (*(294, 373, 908, 338, 86, 320, 332, 228, 456, 449, 94, 431, 377, 509, 175),)


class Typing:
    """A typist's rhythm: the same in every run."""

    def __init__(self) -> None:
        """Begins with the first gap of both kinds."""
        self._within = itertools.cycle(WITHIN)
        self._at_word_ends = itertools.cycle(AT_WORD_ENDS)

    def gap(self, before: str, key: str) -> float:
        """Seconds between a key and the one before it."""
        ends = _is_word(before[-1:]) and not _is_word(key[:1])
        return next(self._at_word_ends if ends else self._within) / 1000


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a line of code: `start` to `end` is cut out, and the keys type it again.

    The cut reaches to the end of the last line that is typed in, so that nothing follows the
    cursor on its line, and what is typed is the file's own text.
    """

    start: int
    end: int
    keys: tuple[str, ...]


def places_in(text: str, count: int) -> list[Place]:
    """Places, evenly spread over the statements in functions of a Python file.

    Two places are before a statement, the next two are within one, and so on.

    Raises:
        UsageError: the file has fewer places.
    """
    pairs = [
        pair
        for start in _statements(text)
        if all(pair := (_place(text, start), _place(text, _amid(text, start))))
    ]
    if len(pairs) < count:
        raise UsageError(f"there are {len(pairs)} places to type at, and {count} are needed")
    chosen = []
    for number in range(count):
        place = pairs[len(pairs) * (2 * number + 1) // (2 * count)][number // 2 % 2]
        chosen += [place] if place is not None else []
    return chosen


def _place(text: str, start: int) -> Place | None:
    """The place at an offset; None if too few keys follow."""
    keys = tuple(match[0] for match in itertools.islice(_KEY.finditer(text, start), KEYS))
    end = start + sum(map(len, keys))
    return Place(start, _line_end(text, end), keys) if len(keys) == KEYS else None


def _amid(text: str, start: int) -> int:
    """The end of a word, about a third into the statement's line; its start if there is none."""
    end = _line_end(text, start)
    match = _WORD_END.search(text, start + (end - start) // 3, end)
    return match.start() if match is not None and match.start() < end else start


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _statements(text: str) -> Iterator[int]:
    """Offsets of the statements that begin a line in a function, docstrings left out."""
    lines = text.splitlines(keepends=True)
    starts = [0, *itertools.accumulate(map(len, lines))]
    begun = set()
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if not isinstance(node, ast.stmt) or node is function or _is_docstring(node):
                continue
            if not lines[node.lineno - 1][: node.col_offset].strip():
                begun.add(starts[node.lineno - 1] + node.col_offset)
    return iter(sorted(begun))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def read_source(path: Path) -> str:
    """The text of a Python file that can be typed in.

    Raises:
        UsageError: it can't be read, or isn't Python in ASCII with line feeds.
    """
    try:
        text = read_file(path).decode("ascii")
        ast.parse(text)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        # Python's parser counts columns in bytes, which are code points only in ASCII.
        raise UsageError(f"{path} is no Python file in ASCII: {error}") from error
    if "\r" in text or "\f" in text:
        raise UsageError(f"{path} has other line ends than line feeds")
    return text


def library_files(count: int, each: int) -> list[Path]:
    """Modules of the standard library with about 300 lines; the same for a version of Python.

    Args:
        count: how many.
        each: how many places a module must have.
    """
    root = Path(sysconfig.get_path("stdlib"))
    usable = []
    for path in sorted(path for package in _PACKAGES for path in (root / package).glob("*.py")):
        try:
            # Most have another length, and needn't be looked into.
            if path.read_bytes().count(b"\n") in _LINES and places_in(read_source(path), each):
                usable.append(path)
        except (OSError, UsageError):
            continue
    if len(usable) < count:
        raise UsageError(f"{root} has {len(usable)} modules to type in, and {count} are needed")
    return [usable[len(usable) * (2 * number + 1) // (2 * count)] for number in range(count)]


def shared_out(count: int, files: int) -> Sequence[int]:
    """How many places each of the files gets."""
    return [count // files + (number < count % files) for number in range(files)]
