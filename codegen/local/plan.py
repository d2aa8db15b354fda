"""A local model's plan: what the product knows of it, and its prompt in tokens."""

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
    """A plan as the local model's own.

    Raises:
        TypeError: it is another kind of model's.
    """
    if not isinstance(plan, LocalPlan):
        raise TypeError(f"a plan of another kind of model: {type(plan).__name__}")
    return plan
