"""Whatever a file is, and wherever the cursor stands in it, there is a hole and a prompt.

Two hundred files that are installed here, of every kind that is found, and copies of each that no
editor should ever show. What they are depends on what is installed, and on nothing else.
"""

import functools
import itertools
import os
import random
import sysconfig
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.context.hole import Hole
from codegen.document import Document
from codegen.syntax.opening import parse, tree_at
from codegen.syntax.registry import language_of
from tests.scripted_model import scripted_model

FILES: Final = 200
LARGEST: Final = 60_000

# At which every position is tried.
SMALL: Final = 10
SMALL_SIZE: Final = 3000

# How many of each kind, where there are so many; Python fills up the rest.
QUOTAS: Final = {
    ".pyi": 20, ".h": 15, ".c": 12, ".cpp": 8, ".hpp": 6, ".cc": 4, ".js": 8, ".css": 6,
    ".html": 8, ".json": 14, ".toml": 14, ".md": 14, ".yaml": 6, ".yml": 6, ".sh": 6, ".sql": 2,
    ".ts": 4, ".rs": 4, ".go": 2, ".java": 2, ".rb": 2, ".php": 2, ".txt": 4, ".xml": 3,
}  # fmt: skip

COPIES: Final = ("truncated", "shuffled", "spiced", "crlf", "cr")


@functools.cache
def corpus() -> tuple[Path, ...]:
    """The files, by kind."""
    roots = sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")})
    found: defaultdict[str, dict[Path, int]] = defaultdict(dict)
    for root in roots:
        for directory, _, names in os.walk(root):
            for name in names:
                path = Path(directory, name)
                if path.suffix in QUOTAS or path.suffix == ".py":
                    size = path.stat().st_size
                    if 0 < size <= LARGEST:
                        found[path.suffix][path] = size
    chosen: list[Path] = []
    for suffix, quota in QUOTAS.items():
        chosen += spread(found[suffix], quota)
    return (*chosen, *spread(found[".py"], FILES - len(chosen)))


def spread(files: dict[Path, int], count: int) -> list[Path]:
    """So many files, spread over the sizes; more small ones than large ones."""
    order = sorted(files, key=lambda path: (files[path], path))
    chosen: list[Path] = []
    for number in range(min(count, len(order))):
        size = LARGEST * ((number + 1) / count) ** 2
        nearest = min(order, key=lambda path: abs(files[path] - size))
        order.remove(nearest)
        chosen.append(nearest)
    return chosen


def small() -> list[Path]:
    """Ten small ones, of as many kinds as there are."""
    by_suffix: dict[str, Path] = {}
    for path in corpus():
        if SMALL_SIZE // 6 < path.stat().st_size < SMALL_SIZE:
            by_suffix.setdefault(path.suffix, path)
    return list(by_suffix.values())[:SMALL]


def text_of(path: Path) -> str:
    return path.read_bytes().decode(errors="surrogateescape")


def copy(text: str, how: str, draw: random.Random) -> str:
    if how == "truncated":
        return text[: draw.randint(0, len(text))]
    if how == "shuffled":
        lines = text.splitlines(keepends=True)
        draw.shuffle(lines)
        return "".join(lines)
    if how == "crlf":
        return text.replace("\r\n", "\n").replace("\n", "\r\n")
    if how == "cr":
        return text.replace("\r\n", "\n").replace("\n", "\r")
    pieces = list(text)
    for _ in range(20 + len(pieces) // 100):
        binary = draw.randbytes(draw.randint(1, 9)).decode(errors="surrogateescape")
        piece = draw.choice([binary, "\x00", "\ud83d", "\udc80", "\ufeff", "e\u0301", "\u2028"])
        pieces.insert(draw.randint(0, len(pieces)), piece)
    return "".join(pieces)


@pytest.fixture(scope="module")
def model(tokenizer, vocabulary):
    return scripted_model(tokenizer, vocabulary, Document("x", 1))


# A prompt's tokens, if they are set: so few that hardly anything is folded or whole.
WANTED: Final = (None, 300, None, 60, None, 5)


def check(model, path: Path, text: str, cursors, case: str) -> None:
    """That there is a plan at each position, and that it is within its budget."""
    tree = parse(text, language_of(str(path)))
    failed = []
    for cursor, wanted in zip(cursors, itertools.cycle(WANTED), strict=False):
        try:
            document = Document(text, cursor, str(path), tree and tree_at(tree, cursor))
            check_plan(model, document, CompletionOptions(context_tokens=wanted))
        # The whole of a file is looked at, so that what is told says how much fails.
        except Exception as error:  # noqa: BLE001
            around = text[max(0, cursor - 60) : cursor] + "‸" + text[cursor : cursor + 40]
            failed.append(
                f"{path} ({case}) at {cursor}, {wanted} tokens: {error!r} near {around!r}"
            )
    assert not failed, f"{len(failed)} positions, the first: {failed[0]}"


def check_plan(model, document: Document, options: CompletionOptions) -> None:
    prepared = prepare(document, options)
    plan = model.plan(prepared)
    assert isinstance(prepared.hole, Hole)
    assert not plan.reused
    frame = plan.layout.frame
    assert 0 <= frame.anchor <= document.cursor
    typed = len(model.tokenizer.encode(document.text[frame.anchor : document.cursor]))
    assert frame.tokens + typed <= plan.budget
    assert len(plan.prompt.ids) <= plan.budget + 3


def positions(text: str, count: int, draw: random.Random) -> list[int]:
    return [0, len(text), *(draw.randint(0, len(text)) for _ in range(count - 2))]


def try_file(model, number: int, count: int, in_copies: int) -> None:
    path = corpus()[number]
    text = text_of(path)
    draw = random.Random(number)
    check(model, path, text, positions(text, count, draw), "as it is")
    for how in COPIES:
        other = copy(text, how, draw)
        check(model, path, other, positions(other, in_copies, draw), how)


def test_the_corpus_is_what_it_says():
    assert len(set(corpus())) == FILES
    assert len({path.suffix for path in corpus()}) >= 8
    assert len(small()) >= 5
    sizes = [path.stat().st_size for path in corpus()]
    assert max(sizes) <= LARGEST
    assert sum(size > LARGEST // 4 for size in sizes) >= FILES // 10


# Every fourth, so that every kind comes up; of these some by default.
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=() if number % 16 == 3 else pytest.mark.deep)
        for number in range(3, FILES, 4)
    ],
)
def test_there_is_a_plan_in_a_sample_of_the_files(model, number):
    try_file(model, number, 14, 4)


def test_there_is_a_plan_at_every_position_of_a_small_file(model):
    path = min(small(), key=lambda path: (path.suffix != ".py", path.stat().st_size))
    text = text_of(path)
    check(model, path, text, range(len(text) + 1), "as it is")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(FILES))
def test_there_is_a_plan_in_all_the_files(model, number):
    try_file(model, number, 200, 40)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(SMALL))
def test_there_is_a_plan_at_every_position_of_the_small_files(model, number):
    if number >= len(small()):
        pytest.skip("there are fewer kinds of small files here")
    path = small()[number]
    text = text_of(path)
    check(model, path, text, range(len(text) + 1), "as it is")
    for how in COPIES:
        other = copy(text, how, random.Random(number))
        check(model, path, other, range(0, len(other) + 1, 3), how)
