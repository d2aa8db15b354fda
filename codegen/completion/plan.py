"""What is asked of the model for a document: everything of a completion that comes before it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from codegen.context.budget import prompt_budget
from codegen.context.hole import Hole, Lines, Wanted, find_hole
from codegen.document import Document
from codegen.prompt.fim import Prompt
from codegen.prompt.layout import Layout, follow, lay

if TYPE_CHECKING:
    from codegen.models.loaded import LoadedModel

EMPTY: Final = "empty-document"
"""The reason why nothing is suggested for a document without any text."""

# A line is seldom longer than the first, a block that fits a screen seldom than the second.
_MAX_TOKENS: Final[dict[Lines, int]] = {"single": 128, "multi": 256}


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What is wanted of a completion.

    `candidates` are drawn at once, and fewer are suggested where some are the same. At
    `temperature` 0 the first is the likeliest and only the others are sampled. `seed` is the
    first sample's; the next ones count up from it. `max_tokens` None depends on how many lines
    are wanted. `context_tokens` bounds the text that the model sees around the cursor; None lets
    the machine's speed decide. `fold` shows signatures of what has no room, instead of cutting it
    off. `insist` asks the model even where there seems to be nothing to do.
    """

    candidates: int = 1
    max_tokens: int | None = None
    temperature: float = 0.0
    top_p: float = 0.95
    top_k: int = 0
    seed: int = 0
    lines: Wanted = "auto"
    stop_strings: tuple[str, ...] = ()
    context_tokens: int | None = None
    fold: bool = True
    insist: bool = False

    def __post_init__(self) -> None:
        """Refuses what would mean nothing."""
        if self.candidates < 1 or (self.max_tokens is not None and self.max_tokens < 1):
            raise ValueError("candidates and max_tokens must be 1 or more")
        if "" in self.stop_strings:
            raise ValueError("an empty stop string is everywhere")


@dataclass(frozen=True, slots=True)
class Plan:
    """A hole and the prompt for it; `reused` says that only what was typed is new in that.

    `budget` is what the prompt was fitted to, in tokens; `max_tokens` bounds the completion.
    """

    hole: Hole
    layout: Layout
    prompt: Prompt
    budget: int
    max_tokens: int
    reused: bool


def make_plan(
    model: "LoadedModel",
    document: Document,
    options: CompletionOptions,
    last: Layout | None = None,
    hole: Hole | None = None,
) -> Plan:
    """Plans a completion.

    Args:
        model: for its tokenizer, family, window and speed.
        document: the text, the cursor and the tree.
        options: what is wanted.
        last: the layout of the last completion of this document, which is gone on with where
            only typing came between.
        hole: what find_hole says of the document, if the caller has asked.

    Raises:
        UsageError: max_tokens leaves no room for a prompt.
    """
    hole = hole or find_hole(document, options.lines)
    spreads = hole.lines == "multi" or (hole.opens and not hole.one_line)
    max_tokens = options.max_tokens or _MAX_TOKENS["multi" if spreads else "single"]
    window = model.backend.window
    # The same for one line and for several: a layout must serve both.
    reserved = options.max_tokens or min(max(_MAX_TOKENS.values()), window // 2)
    budget = prompt_budget(window, reserved, options.context_tokens, model.prompt_speed)
    followed = follow(last, document, budget, window - reserved, model.tokenizer)
    if followed is not None:
        layout, prompt = followed
        return Plan(hole, layout, prompt, layout.budget, max_tokens, reused=True)
    layout = lay(document, budget, model.family, model.tokenizer, fold=options.fold)
    prompt = layout.prompt(document, model.tokenizer)
    return Plan(hole, layout, prompt, budget, max_tokens, reused=False)


def refusal(document: Document, hole: Hole, options: CompletionOptions) -> str | None:
    """Why no model is asked, None if one is: a blank document gives it nothing to go by."""
    if not document.text.strip():
        return EMPTY
    return None if options.insist else hole.refusal
