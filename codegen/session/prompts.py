"""What a session's model was asked last: each file's plan, and whose prompt was computed last."""

import weakref
from dataclasses import dataclass
from typing import Final

from codegen.cancel import CancelToken
from codegen.completion.model import Model, Plan
from codegen.context.frame import Frame
from codegen.document import Document
from codegen.engine.outcome import Usage
from codegen.session.file import OpenFile

# Lines since the anchor from which on a pause is used to plan anew.
STALE_LINES: Final = 8


@dataclass(slots=True)
class LastPlan:
    """A file's last plan.

    The engine's thread sets it, one job after the other, so that each job sees what the one before
    it has planned.
    """

    plan: Plan | None = None


class Prompts:
    """Holds the plans of all open files, for one model at a time."""

    def __init__(self) -> None:
        """Holds nothing."""
        self._last: weakref.WeakKeyDictionary[OpenFile, tuple[weakref.ref[Model], LastPlan]] = (
            weakref.WeakKeyDictionary()
        )
        # The frame whose prompt was computed last. Other files' prompts may have taken the place
        # of those before it, and a frame is never that of two models.
        self._computed: Frame | None = None

    def last(self, file: OpenFile, model: Model) -> LastPlan:
        """A file's last plan for a model; another model, or the same loaded anew, has none."""
        known = self._last.get(file)
        if known is None or known[0]() is not model:
            known = self._last[file] = weakref.ref(model), LastPlan()
        return known[1]

    def forget(self, file: OpenFile) -> None:
        """Plans a file anew; a job that is still on its way changes nothing of that."""
        self._last.pop(file, None)

    def is_fresh(self, file: OpenFile, model: Model, document: Document) -> bool:
        """Whether a place's prompt is computed, and not yet long."""
        plan = self.last(file, model).plan
        if plan is None or plan.frame is not self._computed or not plan.frame.holds(document):
            return False
        return document.text.count("\n", plan.frame.anchor, document.cursor) < STALE_LINES

    def compute(self, model: Model, plan: Plan, cancel: CancelToken) -> Usage | None:
        """Computes a plan's prompt, in the engine's thread; None if nothing had to be computed.

        Of the frame that was computed last, only what was typed since would be new.

        Raises:
            CancelledError: the engine is wanted for something else.
        """
        if self._computed is plan.frame:
            return None
        self._computed = None
        usage = model.warm(plan, cancel)
        self._computed = plan.frame
        return usage
