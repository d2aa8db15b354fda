"""The data that a session and the language server exchange."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from codegen.reasons import Reason

Trigger = Literal["automatic", "invoked"]

Source = Literal["model", "cache", "joined", "none"]


ModelState = Literal["unloaded", "loading", "ready", "missing", "error"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that has to be fetched first: its name, its size in bytes, and where from."""

    name: str
    bytes: int
    source: str


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit: it replaced `[start:end]`, in code points of the old text, by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Selected:
    """The editor's own completion that is selected: `text` would replace `[start:end]`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request for suggestions at a place: a cursor in the text of an open file.

    `cursor` is in code points. `patience` is how many seconds the answer may take, None for as
    long as `max_latency`. The model may go on after that: its text serves the next request.
    """

    uri: str
    cursor: int
    trigger: Trigger = "automatic"
    selected: Selected | None = None
    patience: float | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggestion: `text` replaces `[start:end]` of the open file, in code points."""

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
    """What became of a file's last request.

    Times are in seconds. `explain` gives the data of `codegen.completion.explain`. It computes
    them only when it is called, since few requests are ever explained.
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
    """Counts of what happened in this session; they are neither stored nor sent anywhere."""

    requests: int = 0
    from_model: int = 0
    from_cache: int = 0
    joined: int = 0
    shown: int = 0
    accepted: int = 0
    partly_accepted: int = 0
    accepted_characters: int = 0

    def answered(self, source: Source) -> None:
        """Counts a request that was answered with suggestions, by their source."""
        self.from_cache += source == "cache"
        self.joined += source == "joined"
        self.from_model += source == "model"
