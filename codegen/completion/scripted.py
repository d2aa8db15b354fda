"""A model that writes given texts: for tests of the code above the seam (codegen.completion.model).

It ships in the package, so that others who build on the seam can test with it too. It knows no
tokens: characters count as tokens.
"""

from collections.abc import Iterator, Sequence

from codegen.cancel import CancelToken
from codegen.completion.model import Abilities, Chunk, Plan, Shown
from codegen.completion.prepare import Prepared
from codegen.context.frame import lay_frame
from codegen.engine.outcome import FinishReason, Usage


class ScriptedModel:
    """Gives every sample the next of the given answers, a few bytes at a time."""

    name = "scripted"
    device = "nowhere"
    notes: tuple[str, ...] = ()

    def __init__(self, answers: Sequence[str], *, window: int = 2048, step: int = 3) -> None:
        """Begins with the first answer.

        Args:
            answers: the samples' texts, in the order in which the samples are asked for.
            window: how many characters a prompt and its completion may have together.
            step: bytes of a chunk.
        """
        self.window = window
        self.warmed: list[Plan] = []
        self._answers = list(answers)
        self._step = step

    @property
    def abilities(self) -> Abilities:
        """Says that this model gives no log-probabilities."""
        return Abilities(logprobs=False)

    def plan(self, prepared: Prepared, last: Plan | None = None) -> Plan:
        """Plans with all lines that fit; keeps the last frame if the user only typed since."""
        document = prepared.document
        budget = max(1, self.window - prepared.reserved(self.window))
        reused = last is not None and last.frame.holds(document)
        anchor = document.text.rfind("\n", 0, document.cursor) + 1
        frame = last.frame if last is not None and reused else None
        return Plan(
            options=prepared.options,
            frame=frame or lay_frame(document, anchor, budget, len, scope=prepared.hole.scope),
            budget=budget,
            max_tokens=prepared.max_tokens,
            reused=reused,
        )

    def warm(self, plan: Plan, cancel: CancelToken) -> Usage:
        """Records the plan, and computes nothing."""
        cancel.check()
        self.warmed.append(plan)
        return Usage(0, 0, 0.0, 0.0, 0)

    def write(self, plan: Plan, cancel: CancelToken) -> "ScriptedWriting":
        """Writes the next answers, one per sample."""
        answers = [self._answers.pop(0) for _ in range(plan.options.candidates)]
        return ScriptedWriting(answers, self._step, cancel)

    def write_otherwise(self, plan: Plan, chunks: Sequence[Chunk], cancel: CancelToken) -> None:
        """It has no second choice."""

    def show(self, prepared: Prepared, plan: Plan) -> Shown:
        """Shows the text before the cursor; its characters count as tokens."""
        typed = prepared.document.text[plan.frame.anchor : prepared.document.cursor]
        text = "".join(piece.text for piece in plan.frame.before) + typed
        return Shown(text=text, tokens=len(text), typed_tokens=len(typed), forced="")


class ScriptedWriting:
    """A running request that writes its answers."""

    def __init__(self, answers: Sequence[str], step: int, cancel: CancelToken) -> None:
        self._answers = [answer.encode() for answer in answers]
        self._step = step
        self._cancel = cancel
        self._ended: set[int] = set()

    @property
    def usage(self) -> Usage:
        """It costs nothing."""
        return Usage(0, 0, 0.0, 0.0, 0)

    def end(self, sample: int) -> None:
        """Ends a sample: no more chunks of it are given."""
        self._ended.add(sample)

    def __iter__(self) -> Iterator[Chunk]:
        """Yields every answer in chunks of `step` bytes, which may divide a character."""
        for sample, answer in enumerate(self._answers):
            for at in range(0, len(answer), self._step):
                self._cancel.check()
                if sample in self._ended:
                    break
                yield Chunk(sample, answer[at : at + self._step])
            if sample not in self._ended:
                yield Chunk(sample, b"", finish=FinishReason.STOP)
