"""The last plan of every open file, and the prompt that the model computed last."""

import weakref
from dataclasses import dataclass
from typing import Final

from codegen.cancel import CancelToken
from codegen.completion.model import Model, Plan
from codegen.context.frame import Frame
from codegen.document import Document
from codegen.engine.outcome import Usage
from codegen.session.file import OpenFile

# With so many typed lines after the anchor, a pause is used to make a new plan.
STALE_LINES: Final = 8


@dataclass(slots=True)
class LastPlan:
    """A file's last plan, in a box that the engine's thread reads and sets.

    It runs one job after the other, so that every job sees the plan of the job before it.
    """

    plan: Plan | None = None


class Prompts:
    """Holds the plans of all open files, for one model at a time."""

    def __init__(self) -> None:
        """Begins without plans."""
        self._last: weakref.WeakKeyDictionary[OpenFile, tuple[weakref.ref[Model], LastPlan]] = (
            weakref.WeakKeyDictionary()
        )
        # The frame whose prompt was computed last. Only this prompt is sure to be in the KV cache:
        # later prompts overwrite earlier ones. A frame belongs to one model.
        self._computed: Frame | None = None

    def last(self, file: OpenFile, model: Model) -> LastPlan:
        """A file's last plan for a model; a new model, or the same model loaded anew, has none."""
        known = self._last.get(file)
        if known is None or known[0]() is not model:
            known = self._last[file] = weakref.ref(model), LastPlan()
        return known[1]

    def forget(self, file: OpenFile) -> None:
        """Forgets a file's last plan; a job that is still running doesn't bring it back."""
        self._last.pop(file, None)

    def is_fresh(self, file: OpenFile, model: Model, document: Document) -> bool:
        """Whether a place's prompt is computed, with fewer than STALE_LINES lines typed since."""
        plan = self.last(file, model).plan
        if plan is None or plan.frame is not self._computed or not plan.frame.holds(document):
            return False
        return document.text.count("\n", plan.frame.anchor, document.cursor) < STALE_LINES

    def compute(self, model: Model, plan: Plan, cancel: CancelToken) -> Usage | None:
        """Computes a plan's prompt, in the engine's thread; returns what that cost.

        Returns None, and computes nothing, if the prompt of the same frame was computed last: then
        only the typed lines are new, and they are computed with the first token.

        Raises:
            CancelledError: `cancel` was set.
        """
        if self._computed is plan.frame:
            return None
        self._computed = None
        usage = model.warm(plan, cancel)
        self._computed = plan.frame
        return usage
