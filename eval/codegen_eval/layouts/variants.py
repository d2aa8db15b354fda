"""What is compared: places of the cursor in one line of a hole, and layouts of the prompt there.

Nothing here runs the model.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from codegen.context.frame import anchor_above
from codegen.context.scope import definitions_around
from codegen.context.window import fit_window
from codegen.document import Document, open_document
from codegen.local.model import LocalModel
from codegen.prompt.fim import Order, Prompt, build_prompt
from codegen_eval.suites.problem import Problem

SEED: Final = 20_250_301

Kind = Literal["start", "mid", "word"]
KINDS: Final[tuple[Kind, ...]] = ("start", "mid", "word")
"""Where in its line a cursor stands: after the indentation, as an editor leaves it; between two
tokens of the text; inside a word."""

Anchor = int | Literal["block"] | None
"""Where a frozen prompt's anchor is: so many lines above the cursor's, or where the body of the
innermost definition starts. None for the orders that have none."""

# A longer line is data, and its tokens alone would fill the model's window.
_LONGEST: Final = 400

_WORD: Final = re.compile(r"[^\W\d]\w{2,}")
# Words, runs of operators and of blanks; brackets, quotes and the rest one by one.
_TOKEN: Final = re.compile(r"\w+|[-+*/%@&|^~<>=!]+|\s+|.")


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to lay out a prompt."""

    order: Order
    anchor: Anchor
    heal: bool

    @property
    def layout(self) -> str:
        """Its name without the healing: "psm", "frozen-3", "frozen-block"."""
        return self.order if self.anchor is None else f"{self.order}-{self.anchor}"


_LAYOUTS: Final[tuple[tuple[Order, Anchor], ...]] = (
    ("psm", None),
    ("spm", None),
    ("frozen", 0),
    ("frozen", 1),
    ("frozen", 3),
    ("frozen", 8),
    ("frozen", "block"),
)

VARIANTS: Final = tuple(
    Variant(order, anchor, heal) for order, anchor in _LAYOUTS for heal in (True, False)
)

BASE: Final = VARIANTS[0]
"""The variant that the others are compared with: psm, healed."""


@dataclass(frozen=True, slots=True)
class CursorPlace:
    """A cursor in a line, and the rest of the line, which the model should write.

    `before` is the file up to the cursor, `target` the rest of the line, and `after` what follows
    it: the line's newline, `newline` by itself ("" at the end of a file), and all below.
    """

    kind: Kind
    before: str
    target: str
    newline: str
    after: str


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt at a place.

    `keystroke` is how many tokens are computed again when the target's first character is typed:
    those of the new prompt after the beginning that both prompts share.
    """

    place: CursorPlace
    variant: Variant
    prompt: Prompt
    keystroke: int


def places(problem: Problem, seed: int = SEED) -> tuple[CursorPlace, ...]:
    """Draws one line of a problem's hole, and in it a cursor of each kind that it has room for.

    The draw depends only on the seed and the problem's name. Blank lines are never drawn. If the
    hole begins or ends inside the line, the whole line counts.
    """
    text = problem.program(problem.reference)
    hole = (len(problem.prefix), len(problem.prefix) + len(problem.reference))
    lines = [
        (start, end)
        for start, end in _lines(text)
        if text[max(start, hole[0]) : min(end, hole[1])].strip() and end - start <= _LONGEST
    ]
    if not lines:
        return ()
    start, end = _draw(seed, problem, "line").choice(lines)
    newline = re.compile(r"\r?\n|").match(text, end)
    found = []
    for kind in KINDS:
        columns = _columns(text[start:end], kind)
        if columns:
            at = start + _draw(seed, problem, kind).choice(columns)
            ending = newline.group() if newline else ""
            found.append(CursorPlace(kind, text[:at], text[at:end], ending, text[end:]))
    return tuple(found)


def questions(problem: Problem, model: LocalModel, context_tokens: int) -> Iterator[Question]:
    """All prompts for a problem, ordered so that neighbours share many tokens."""
    views = [_View.of(place, model, context_tokens) for place in places(problem)]
    for order, anchor in _LAYOUTS:
        for view in views:
            for variant in VARIANTS:
                if (variant.order, variant.anchor) == (order, anchor):
                    yield view.question(variant, model)


def anchor_of(document: Document, anchor: Anchor) -> int:
    """Where a layout's anchor is in a document; the cursor for an order that has none."""
    if anchor is None:
        return document.cursor
    if anchor == "block":
        return _body(document)
    return anchor_above(document, anchor)


def _body(document: Document) -> int:
    """The line's start of the innermost definition's body; the file's, outside of any."""
    around = definitions_around(document)
    if not around:
        return 0
    line = document.text.rfind("\n", 0, document.cursor) + 1
    start, end = around[-1].body
    # A body without a statement yet, or with its first one below the cursor, starts here.
    return line if start == end else min(line, document.text.rfind("\n", 0, start) + 1)


@dataclass(frozen=True, slots=True)
class _View:
    """What all layouts at a place see: the document without the target, and its window."""

    place: CursorPlace
    document: Document
    start: int
    end: int

    @classmethod
    def of(cls, place: CursorPlace, model: LocalModel, context_tokens: int) -> "_View":
        # Every suite is Python, whatever its files are called.
        document = open_document(place.before + place.after, len(place.before), "a.py")
        above, below = fit_window(
            document, context_tokens, lambda text: len(model.tokenizer.encode(text))
        )
        return cls(place, document, above.start, below.end)

    def question(self, variant: Variant, model: LocalModel) -> Question:
        prompt = self._prompt(variant, model, "")
        typed = self._prompt(variant, model, self.place.target[:1])
        shared = 0
        for ours, theirs in zip(prompt.ids, typed.ids, strict=False):
            if ours != theirs:
                break
            shared += 1
        # The last token is always computed, since its logits are what is wanted.
        return Question(self.place, variant, prompt, max(1, len(typed.ids) - shared))

    def _prompt(self, variant: Variant, model: LocalModel, typed: str) -> Prompt:
        """The prompt after some more is typed, in the same window and from the same anchor."""
        text, cursor = self.document.text, self.document.cursor
        anchor = max(self.start, anchor_of(self.document, variant.anchor))
        return build_prompt(
            text[self.start : anchor],
            text[anchor:cursor] + typed,
            text[cursor : self.end],
            model.family,
            model.tokenizer,
            order=variant.order,
            heal=variant.heal,
        )


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The spans of a text's lines without their newlines."""
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line.removesuffix("\r"))
        start += len(line) + 1


def _columns(line: str, kind: Kind) -> list[int]:
    """Where in a line a cursor of a kind may stand; code is left after all of them."""
    first, last = len(line) - len(line.lstrip()), len(line.rstrip())
    if kind == "start":
        return [first]
    if kind == "mid":
        borders = (match.start() for match in _TOKEN.finditer(line))
        return [at for at in borders if first < at < last]
    words = list(_WORD.finditer(line))
    return [at for word in words for at in range(word.start() + 1, word.end())]


def _draw(seed: int, problem: Problem, purpose: str) -> random.Random:
    """Chance that is the same for a problem in any order of problems."""
    return random.Random(f"{seed}\0{problem.task_id}\0{purpose}")  # noqa: S311 - no secret
