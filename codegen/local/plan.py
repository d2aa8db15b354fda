"""A local model's plan: the plan that the product knows, and its prompt in tokens."""

from dataclasses import dataclass

from codegen.completion.model import Plan
from codegen.prompt.fim import Prompt
from codegen.prompt.layout import Layout


@dataclass(frozen=True, slots=True)
class LocalPlan(Plan):
    """A plan with its prompt in tokens."""

    layout: Layout
    prompt: Prompt


def own_plan(plan: Plan) -> LocalPlan:
    """Returns a plan that a local model made.

    Raises:
        TypeError: another kind of model made it.
    """
    if not isinstance(plan, LocalPlan):
        raise TypeError(f"another kind of model made this plan: {type(plan).__name__}")
    return plan
