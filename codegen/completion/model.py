"""The seam between the product and a model: documents in, text out.

Whatever fills holes stands behind `Model`. codegen.local has the one that runs on this machine;
codegen.completion.scripted has one that writes what it is told to. A model behind a connection, or
one that is asked in a chat, needs nothing of the rest of the product to be changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from codegen.cancel import CancelToken
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import Prepared
from codegen.context.frame import Frame
from codegen.engine.outcome import FinishReason, Usage


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model can do.

    `fills_in` says that it was trained to fill holes, `chats` that it follows requests,
    `logprobs` that it tells how likely its text is, and `batches` that several samples of one
    prompt cost little more than one.
    """

    fills_in: bool = True
    chats: bool = False
    logprobs: bool = True
    batches: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a model is going to be asked for a document.

    Models extend it by what they need to ask. `frame` is the text around the lines that are
    typed, `budget` what it was fitted to, in tokens, `max_tokens` bounds the completion, and
    `reused` says that only the typed lines are new since the plan before.
    """

    options: CompletionOptions
    frame: Frame
    budget: int
    max_tokens: int
    reused: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """More of one sample.

    `data` is UTF-8 that follows the cursor; a character may go on in the next chunk, and a chunk
    may be empty. `logprob` is the natural logarithm of its probability, None where the model
    doesn't tell. `finish` says why the sample ended with it.
    """

    sample: int
    data: bytes
    logprob: float | None = None
    finish: FinishReason | None = None


class Writing(Protocol):
    """A running request: iterate for its chunks; `end` samples that the caller has enough of."""

    def __iter__(self) -> Iterator[Chunk]:
        """Chunks of all samples, in the order in which they are written."""

    def end(self, sample: int) -> None:
        """Asks for nothing more of a sample."""

    @property
    def usage(self) -> Usage:
        """What the request has cost up to now."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan's prompt for people: its text, its tokens, and those of the typed lines alone.

    `forced` is the text before the cursor with which the model begins once more.
    """

    text: str
    tokens: int
    typed_tokens: int
    forced: str


class Model(Protocol):
    """What writes completions. One call runs at a time, in any thread."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def device(self) -> str:
        """Where it runs, in a word or two."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines that its user should see once a session."""

    @property
    def abilities(self) -> Abilities:
        """What it can do."""

    @property
    def window(self) -> int:
        """Tokens of prompt and completion together that fit."""

    def plan(self, prepared: Prepared, last: Plan | None = None) -> Plan:
        """Plans a completion without computing anything.

        Args:
            prepared: the document with its hole.
            last: this model's last plan for the document, which is gone on with where only typing
                came since.

        Raises:
            UsageError: options.max_tokens leaves no room for a prompt.
        """

    def warm(self, plan: Plan, cancel: CancelToken) -> Usage | None:
        """Computes a plan's prompt, so that `write` begins at once; None if there is nothing to do.

        Raises:
            CancelledError: `cancel` was set.
            EngineError: the model can't be run.
        """

    def write(self, plan: Plan, cancel: CancelToken) -> Writing:
        """Begins a completion. Iterating raises what `warm` does."""

    def write_otherwise(
        self, plan: Plan, chunks: Sequence[Chunk], cancel: CancelToken
    ) -> Writing | None:
        """Begins a completion with chunks of an earlier one, the last of which becomes another.

        The chunks before it aren't written again. None if the model can't do that.
        """

    def show(self, prepared: Prepared, plan: Plan) -> Shown:
        """A plan's prompt for people."""
