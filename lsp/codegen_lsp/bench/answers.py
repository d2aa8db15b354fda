"""What became of a typist's requests, and the figures that they add up to."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from codegen_lsp.bench.measures import Measure, table

Moment = Literal["cold", "warmed", "key", "pause"]
"""At a new place that nothing was known of, or was made known by the cursor's rest at it; at a key
that the next one follows; at one after which the typist waits."""

DECODE: Final = 42.0
"""Milliseconds a token that the targets are for."""


@dataclass(frozen=True, slots=True)
class ReportedUsage:
    """What the model computed for an answer, as the server says: tokens, and seconds."""

    prompt: int
    cached: int
    prefill: float
    decode: float
    decoded: int

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "ReportedUsage | None":
        """The usage in what codegen/explain says; None if the model wasn't asked."""
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

    `seconds` are from the key, or the arrival at a place, to the answer; None where the next key
    overtook it. `late` is how often it was asked again because the server's time was over.
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
    """All that was asked; and answers that never came, or came more often than once."""

    model: str
    files: tuple[str, ...]
    places: int
    asked: tuple[Asked, ...]
    unanswered: int
    strays: int

    @property
    def keys(self) -> tuple[Asked, ...]:
        """What was asked at keys."""
        return tuple(each for each in self.asked if each.moment in ("key", "pause"))

    @property
    def decode(self) -> float | None:
        """Milliseconds a token; None if nothing was decoded. Each first token is the prompt's."""
        steps = sum(max(0, each.decoded - 1) for each in self.usages)
        return sum(each.decode for each in self.usages) * 1000 / steps if steps else None

    @property
    def scale(self) -> float:
        """How much longer than on the targets' machine the model takes for a token."""
        return 1.0 if self.decode is None else self.decode / DECODE

    @property
    def usages(self) -> tuple[ReportedUsage, ...]:
        """What the model computed for all the answers that it had a part in."""
        return tuple(each.usage for each in self.asked if each.usage is not None)

    @property
    def computed(self) -> tuple[int, ...]:
        """Tokens of the prompt that were computed for each answer to a key, by the model's part."""
        usages = (each.usage for each in self.keys)
        return tuple(each.prompt - each.cached for each in usages if each is not None)

    @property
    def prompt_speed(self) -> float | None:
        """Tokens of prompts per second, as the server says; a few tokens at a time are slow."""
        seconds = sum(each.prefill for each in self.usages)
        computed = sum(each.prompt - each.cached for each in self.usages)
        return computed / seconds if seconds else None

    @property
    def cold_speed(self) -> float | None:
        """Tokens a second of prompts at cold places: all but waiting and decoding was for them."""
        speeds = []
        for each in self.asked:
            if each.moment == "cold" and each.usage is not None and each.seconds is not None:
                seconds = each.seconds - each.debounce - each.usage.decode
                speeds += [each.usage.prompt / seconds] if seconds > 0 else []
        return statistics.median(speeds) if speeds else None


def measures(figures: TypingFigures) -> list[Measure]:
    """The times to ghost text beside their targets; those of the model are scaled."""
    scale, asked, keys = figures.scale, figures.asked, figures.keys
    pauses = [each for each in asked if each.moment == "pause"]
    cold = [each for each in asked if each.moment == "cold"]
    warmed = [each for each in asked if each.moment == "warmed"]
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
        each.seconds * per_second
        for each in asked
        if each.shown and each.seconds is not None and (sources is None or each.source in sources)
    )


def outcomes(asked: Iterable[Asked]) -> dict[str, int]:
    """How often ghost text came from where, and how often there was none for which reason."""
    counts = Counter(each.source if each.shown else str(each.reason) for each in asked)
    return dict(counts.most_common())


def without_model(asked: Sequence[Asked]) -> float:
    """The share of keys that got ghost text without a new request to the model."""
    return sum(each.shown and each.source in ("cache", "joined") for each in asked) / len(asked)


def report(figures: TypingFigures) -> Iterator[str]:
    """The table, and what stands beside it."""
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
    rest = [each for each in figures.asked if each.moment != "key"]
    yield f"where the typist waited: {_counted(outcomes(rest))}"
    yield (
        f"asked again after a deadline: {sum(each.late for each in rest)} times, at "
        f"{sum(each.late > 0 for each in rest)} of {len(rest)} waits"
    )
    waits = [each.debounce for each in rest if each.source == "model"]
    if waits:
        yield f"the server's own wait for the next key: median {statistics.median(waits):.2f} s"
    yield f"requests never answered: {figures.unanswered}; answered twice: {figures.strays}"


def plain(figures: TypingFigures) -> dict[str, Any]:
    """All of it as plain data."""
    computed = figures.computed
    return {
        "model": figures.model,
        "files": list(figures.files),
        "places": figures.places,
        "table": [each.shown() for each in measures(figures)],
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
        "asked": [asdict(each) for each in figures.asked],
    }


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
