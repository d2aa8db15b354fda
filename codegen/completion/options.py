"""The options of a completion."""

from dataclasses import dataclass

from codegen.context.hole import Wanted


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """The options of a completion.

    `candidates` is how many samples are drawn; fewer are suggested if some are the same. At
    `temperature` 0 the first sample is decoded greedily, and only the others are drawn at random.
    `seed` is the first sample's; the next samples count up from it. If `max_tokens` is None, the
    bound depends on how many lines are wanted. `context_tokens` bounds the text that the model
    sees around the cursor; if it is None, the machine's speed decides. `fold` replaces text that
    has no room by its signatures, instead of cutting it off. `insist` asks the model even if there
    seems to be nothing to complete.
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
        """Checks the values; raises ValueError."""
        if self.candidates < 1 or (self.max_tokens is not None and self.max_tokens < 1):
            raise ValueError("candidates and max_tokens must be 1 or more")
        if "" in self.stop_strings:
            raise ValueError("a stop string can't be empty")
