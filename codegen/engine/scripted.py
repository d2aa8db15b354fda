"""A backend without a model: it plays a script. It is for tests of logic.

It ships in the package, since whoever builds on the seam wants to test on it too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from codegen.cancel import CancelToken
from codegen.engine.outcome import FinishReason, Usage
from codegen.engine.types import GenerateRequest, Step


class ScriptedBackend:
    """Answers each sample with the next of `answers`, token by token, then stops.

    Constraints are obeyed as the real backend does: a token that is not allowed is replaced by
    the first that is.
    """

    def __init__(self, answers: Sequence[Sequence[int]], *, window: int = 2048) -> None:
        self._answers = [tuple(answer) for answer in answers]
        self.window = window
        self.requests: list[GenerateRequest] = []
        self.warmed: list[tuple[int, ...]] = []

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> "ScriptedGeneration":
        """Starts a request that plays the next answers."""
        taken = {index: self._answers.pop(0) for index in range(len(request.samples))}
        self.requests.append(request)
        return ScriptedGeneration(request, taken, cancel)

    def warm(self, prompt: Sequence[int], cancel: CancelToken) -> Usage:
        """Remembers that it was asked."""
        cancel.check()
        self.warmed.append(tuple(prompt))
        return Usage(len(prompt), 0, 0.0, 0.0, 0)

    def forget(self) -> None:
        """Does nothing: a script remembers no prompt."""


class ScriptedGeneration:
    """A request that plays the script."""

    def __init__(
        self, request: GenerateRequest, answers: Mapping[int, tuple[int, ...]], cancel: CancelToken
    ) -> None:
        self._request = request
        self._answers = answers
        self._cancel = cancel
        self._ended: set[int] = set()
        self._decoded = 0

    @property
    def usage(self) -> Usage:
        """Counts tokens; takes no time."""
        return Usage(len(self._request.prompt), 0, 0.0, 0.0, self._decoded)

    def end(self, sample: int) -> None:
        """Plays nothing more of `sample`."""
        self._ended.add(sample)

    def __iter__(self) -> Iterator[Step]:
        """The steps of the script."""
        for sample, answer in self._answers.items():
            constraint = self._request.constraint
            for count in range(1, self._request.max_tokens + 1):
                self._cancel.check()
                if sample in self._ended:
                    break
                if count > len(answer) or answer[count - 1] in self._request.stop_ids:
                    yield Step(sample, None, 0.0, FinishReason.STOP)
                    break
                token = answer[count - 1]
                allowed = constraint.allowed() if constraint is not None else None
                if allowed is not None and token not in allowed:
                    token = int(allowed[0])
                if constraint is not None:
                    constraint = constraint.advance(token)
                self._decoded += 1
                last = count == self._request.max_tokens
                yield Step(sample, token, math.log(0.5), FinishReason.LENGTH if last else None)
