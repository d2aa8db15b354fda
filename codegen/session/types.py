"""What a session is asked and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from codegen.reasons import Reason

Trigger = Literal["automatic", "invoked"]

Source = Literal["model", "cache", "joined", "none"]


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change did: `[start:end]`, in code points of the text before it, became `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Selected:
    """The editor's own completion that is selected: the span it replaces, and with what."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """A wish for suggestions at a place of an open file.

    `cursor` is in code points. `patience` bounds in seconds how long the answer may take, without
    bounding the model: what it writes later is there for the next request.
    """

    uri: str
    cursor: int
    trigger: Trigger = "automatic"
    selected: Selected | None = None
    patience: float | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text that replaces a span of the open file, in code points."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Suggestions, the best first, or the reason why there are none."""

    suggestions: tuple[Suggestion, ...]
    reason: Reason | None
    source: Source = "none"


@dataclass(slots=True)
class Trace:
    """What became of a file's last request, for whoever wants it explained.

    Times are in seconds. `explain` computes what `codegen.completion.explain` says of the prompt
    and the candidates when it is called, since hardly any request is explained.
    """

    trigger: Trigger
    started: float
    source: Source = "none"
    reason: Reason | None = None
    debounce: float = 0.0
    total: float = 0.0
    usage: dict[str, float] = field(default_factory=dict)
    explain: Callable[[], dict[str, Any]] = dict


@dataclass(slots=True)
class Counters:
    """What happened in this session, kept nowhere and sent nowhere."""

    requests: int = 0
    from_model: int = 0
    from_cache: int = 0
    joined: int = 0
    shown: int = 0
    accepted: int = 0
    partly_accepted: int = 0
    accepted_characters: int = 0

    def answered(self, source: Source) -> None:
        """Counts a request that was answered with suggestions."""
        self.from_cache += source == "cache"
        self.joined += source == "joined"
        self.from_model += source == "model"
