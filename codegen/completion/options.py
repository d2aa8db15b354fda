"""What is wanted of a completion."""

from dataclasses import dataclass

from codegen.context.hole import Wanted


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
