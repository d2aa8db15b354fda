"""What became of a typist's requests, and the figures that are made of them."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from codegen_lsp.bench.measures import Measure, table

Moment = Literal["cold", "warmed", "key", "pause"]
"""When a request was made: at a new place, of which the server didn't know (cold) or where the
cursor had rested (warmed); at a key that the next key follows; at a key after which the typist
waits (pause)."""

DECODE: Final = 42.0
"""Milliseconds per token of the machine that the targets are for."""


@dataclass(frozen=True, slots=True)
class ReportedUsage:
    """What the model computed for an answer, as `codegen/explain` has it: tokens and seconds."""

    prompt: int
    cached: int
    prefill: float
    decode: float
    decoded: int

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "ReportedUsage | None":
        """Reads the member `usage`; None if the model wasn't asked."""
        if not said:
            return None
        return cls(
            said["prompt_tokens"],
            said["cached_tokens"],
            said["prefill_seconds"],
            said["decode_seconds"],
            said["decoded_tokens"],
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for ghost text, and what became of it.

    Attributes:
        moment: when it was made.
        seconds: from the key, or the arrival at a place, to the answer; None where the next key
            came before the answer.
        shown: whether there was ghost text.
        source: where it came from, as the server reports it.
        reason: why there was none.
        debounce: seconds for which the server waited for the next key.
        usage: what the model computed.
        late: how often it was repeated because the server's time was over.
    """

    moment: Moment
    seconds: float | None
    shown: bool
    source: str
    reason: str | None
    debounce: float
    usage: ReportedUsage | None = None
    late: int = 0


@dataclass(frozen=True, slots=True)
class TypingFigures:
    """All requests, the number that was never answered, and of answers without a request."""

    model: str
    files: tuple[str, ...]
    places: int
    asked: tuple[Asked, ...]
    unanswered: int
    strays: int

    @property
    def keys(self) -> tuple[Asked, ...]:
        """The requests at keys."""
        return tuple(request for request in self.asked if request.moment in ("key", "pause"))

    @property
    def decode(self) -> float | None:
        """Milliseconds per token but the first, which the prompt yields; None without tokens."""
        steps = sum(max(0, usage.decoded - 1) for usage in self.usages)
        return sum(usage.decode for usage in self.usages) * 1000 / steps if steps else None

    @property
    def scale(self) -> float:
        """How many times as long as on the targets' machine a token takes."""
        return 1.0 if self.decode is None else self.decode / DECODE

    @property
    def usages(self) -> tuple[ReportedUsage, ...]:
        """What the model computed, of each answer for which it was asked."""
        return tuple(request.usage for request in self.asked if request.usage is not None)

    @property
    def computed(self) -> tuple[int, ...]:
        """Tokens of the prompt that weren't cached, of each answer to a key that the model gave."""
        usages = (request.usage for request in self.keys)
        return tuple(usage.prompt - usage.cached for usage in usages if usage is not None)

    @property
    def prompt_speed(self) -> float | None:
        """Tokens of prompts per second, as the server reports; prompts of few tokens are slow."""
        seconds = sum(usage.prefill for usage in self.usages)
        computed = sum(usage.prompt - usage.cached for usage in self.usages)
        return computed / seconds if seconds else None

    @property
    def cold_speed(self) -> float | None:
        """Median tokens per second of prompts at cold places, waiting and decoding left out."""
        speeds = []
        for request in self.asked:
            usage = request.usage
            if request.moment == "cold" and usage is not None and request.seconds is not None:
                seconds = request.seconds - request.debounce - usage.decode
                speeds += [usage.prompt / seconds] if seconds > 0 else []
        return statistics.median(speeds) if speeds else None


def measures(figures: TypingFigures) -> list[Measure]:
    """The times from a key or a new place to ghost text, with their targets if they have any.

    A target that includes the model's time is multiplied by how many times as long a token takes
    here as on the targets' machine.
    """
    scale, asked, keys = figures.scale, figures.asked, figures.keys
    pauses = [request for request in asked if request.moment == "pause"]
    cold = [request for request in asked if request.moment == "cold"]
    warmed = [request for request in asked if request.moment == "warmed"]
    model, known = ("model",), ("cache", "joined")
    last = "last key to ghost text"
    return [
        Measure(f"{last}, model asked", "s", _times(pauses, model), 1.2 * scale, 3.0 * scale),
        Measure(f"{last}, model not asked", "ms", _times(pauses, known, 1000), 30.0),
        Measure(f"{last}, of these from the cache", "ms", _times(pauses, ("cache",), 1000)),
        Measure("any key to ghost text, from the cache", "ms", _times(keys, ("cache",), 1000)),
        Measure("new place to ghost text, cold", "s", _times(cold), 6.0 * scale),
        Measure("new place to ghost text, warmed", "s", _times(warmed), 2.0 * scale),
    ]


def _times(
    asked: Iterable[Asked], sources: Sequence[str] | None = None, per_second: float = 1
) -> tuple[float, ...]:
    return tuple(
        request.seconds * per_second
        for request in asked
        if request.shown
        and request.seconds is not None
        and (sources is None or request.source in sources)
    )


def outcomes(asked: Iterable[Asked]) -> dict[str, int]:
    """How often ghost text came from each source, and was missing for each reason."""
    counts = Counter(request.source if request.shown else str(request.reason) for request in asked)
    return dict(counts.most_common())


def without_model(asked: Sequence[Asked]) -> float:
    """The share of keys that got ghost text without a new request to the model."""
    known = [request for request in asked if request.source in ("cache", "joined")]
    return sum(request.shown for request in known) / len(asked)


def report(figures: TypingFigures) -> Iterator[str]:
    """The lines that are printed: the table, and what explains it."""
    keys, computed = figures.keys, figures.computed
    yield f"{figures.model}"
    yield f"{len(keys)} keys at {figures.places} places in {', '.join(figures.files)}"
    yield ""
    yield from table(measures(figures))
    yield ""
    if figures.decode is None:
        yield (
            "nothing was decoded: the targets are for a machine that decodes at "
            f"{DECODE:g} ms a token"
        )
    else:
        yield (
            f"decoding took {figures.decode:.1f} ms a token: the model's targets, for one of "
            f"{DECODE:g} ms, are scaled by {figures.scale:.2f}"
        )
    for what, speed in (
        ("prompts, as the server says", figures.prompt_speed),
        ("prompts at cold places", figures.cold_speed),
    ):
        yield f"{what}: {'-' if speed is None else f'{speed:.0f}'} tokens/s"
    if computed:
        yield (
            f"tokens of the prompt computed for each of {len(computed)} answers at keys: "
            f"median {statistics.median(computed):g}, mean {statistics.fmean(computed):.1f}"
        )
    yield f"keys answered without asking the model: {without_model(keys):.0%}"
    yield f"all keys: {_counted(outcomes(keys))}"
    rest = [request for request in figures.asked if request.moment != "key"]
    yield f"where the typist waited: {_counted(outcomes(rest))}"
    yield (
        f"asked again after a deadline: {sum(request.late for request in rest)} times, at "
        f"{sum(request.late > 0 for request in rest)} of {len(rest)} waits"
    )
    waits = [request.debounce for request in rest if request.source == "model"]
    if waits:
        yield f"the server's own wait for the next key: median {statistics.median(waits):.2f} s"
    yield f"requests never answered: {figures.unanswered}; answered twice: {figures.strays}"


def plain(figures: TypingFigures) -> dict[str, Any]:
    """The figures as plain data."""
    computed = figures.computed
    return {
        "model": figures.model,
        "files": list(figures.files),
        "places": figures.places,
        "table": [measure.shown() for measure in measures(figures)],
        "decode_ms": figures.decode,
        "scale": figures.scale,
        "prompt_speed": figures.prompt_speed,
        "cold_prompt_speed": figures.cold_speed,
        "computed_tokens": {
            "count": len(computed),
            "median": statistics.median(computed) if computed else None,
            "mean": statistics.fmean(computed) if computed else None,
        },
        "without_model": without_model(figures.keys),
        "outcomes": outcomes(figures.keys),
        "unanswered": figures.unanswered,
        "strays": figures.strays,
        "asked": [asdict(request) for request in figures.asked],
    }


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
