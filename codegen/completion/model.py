"""The seam between the product and a model: documents in, text out.

Whatever fills holes implements `Model`. codegen.local has the model that runs on this machine;
codegen.completion.scripted has a model that writes given texts. A model on another machine, or a
chat model, can be added without a change to the rest of the product.
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

    `fills_in` says that it was trained to fill holes, `chats` that it follows instructions,
    `logprobs` that it gives the log probability of its text, and `batches` that several samples
    of one prompt cost little more than a single sample.
    """

    fills_in: bool = True
    chats: bool = False
    logprobs: bool = True
    batches: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a model is going to be asked for a document.

    Models extend it by what they need for their request. `frame` is the text around the lines in
    which the user types, and `budget` is the number of tokens that it had to fit. `max_tokens`
    bounds the completion. `reused` says that the frame is the last plan's, so that only the typed
    lines are new.
    """

    options: CompletionOptions
    frame: Frame
    budget: int
    max_tokens: int
    reused: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next part of one sample's text.

    `data` is UTF-8 that follows the cursor. A chunk may be empty, and may end within a character,
    which goes on in the next chunk. `logprob` is the natural logarithm of the chunk's
    probability, None if the model gives none. `finish` says why the sample ended with this chunk,
    None if it goes on.
    """

    sample: int
    data: bytes
    logprob: float | None = None
    finish: FinishReason | None = None


class Writing(Protocol):
    """A running request: iterate over its chunks, and `end` the samples that need no more text."""

    def __iter__(self) -> Iterator[Chunk]:
        """Yields the chunks of all samples, in the order in which they are written."""

    def end(self, sample: int) -> None:
        """Ends a sample: no more chunks of it are computed."""

    @property
    def usage(self) -> Usage:
        """What the request has cost up to now."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan's prompt for people: its text, how many tokens it has, and how many the typed lines.

    `forced` is the text just before the cursor that is not in the prompt, and that the model has
    to write first.
    """

    text: str
    tokens: int
    typed_tokens: int
    forced: str


class Model(Protocol):
    """Writes completions. One call runs at a time, in any thread."""

    @property
    def name(self) -> str:
        """The name under which the user chose it."""

    @property
    def device(self) -> str:
        """Where it runs, in a word or two."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Messages that the user should see once in a session."""

    @property
    def abilities(self) -> Abilities:
        """What it can do."""

    @property
    def window(self) -> int:
        """How many tokens a prompt and its completion may have together."""

    def plan(self, prepared: Prepared, last: Plan | None = None) -> Plan:
        """Plans a completion without computing anything.

        Args:
            prepared: the document with its hole.
            last: this model's last plan for the document. If the user only typed since, the new
                plan keeps its frame.

        Raises:
            UsageError: options.max_tokens leaves no room for a prompt.
        """

    def warm(self, plan: Plan, cancel: CancelToken) -> Usage | None:
        """Computes a plan's prompt, so that `write` begins at once; None if nothing was to compute.

        Raises:
            CancelledError: `cancel` was set.
            EngineError: the model can't be run.
        """

    def write(self, plan: Plan, cancel: CancelToken) -> Writing:
        """Begins a completion. Iterating over it raises the errors that `warm` raises."""

    def write_otherwise(
        self, plan: Plan, chunks: Sequence[Chunk], cancel: CancelToken
    ) -> Writing | None:
        """Begins another completion, which shares chunks with an earlier one.

        It begins after all of `chunks` but the last, and may not begin with that one. The shared
        chunks aren't written again. Returns None if the model can't do this.
        """

    def show(self, prepared: Prepared, plan: Plan) -> Shown:
        """A plan's prompt for people."""
