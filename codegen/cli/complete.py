"""`codegen complete FILE:LINE:COLUMN`: fill the hole at a position in a file."""

import json
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from codegen.cli.options import device_option, model_option, offline_option, user_settings
from codegen.cli.place import Place, PositionCommand, complete_position, read_place
from codegen.cli.quiet import quiet_option, say, stderr_progress

if TYPE_CHECKING:
    from codegen.completion.complete import Completion
    from codegen.completion.options import CompletionOptions
    from codegen.engine.outcome import Usage
    from codegen.settings.config import Settings

_SCHEMA = 1


def _finite(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter("it must be a number, 0 or more")
    return value


@click.command(cls=PositionCommand)
@quiet_option
@click.argument("position", metavar="FILE:LINE:COLUMN", shell_complete=complete_position)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@click.option("--write", is_flag=True, help="Insert the best completion into the file.")
@click.option(
    "--candidates",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="How many to draw; fewer are shown if some are the same.",
)
@click.option("--max-tokens", type=click.IntRange(min=1), help="64 for a line, 256 for several.")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    callback=_finite,
    help="0 takes the likeliest text; further candidates are then drawn at 0.6.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--lines",
    type=click.Choice(["auto", "single", "multi"]),
    default="auto",
    show_default=True,
    help="Complete one line or several; auto looks at the cursor's line.",
)
@click.option(
    "--context",
    "shown",
    type=click.IntRange(0, 1000),
    default=3,
    show_default=True,
    help="Lines to show around the completion, on a terminal.",
)
@click.option("--path", "name", metavar="NAME", help="The file name for text on standard input.")
@model_option
@device_option
@offline_option
def command(
    position: str,
    *,
    as_json: bool,
    write: bool,
    candidates: int,
    max_tokens: int | None,
    temperature: float,
    seed: int,
    lines: Any,
    shown: int,
    name: str | None,
    model: str | None,
    device: str | None,
    offline: bool,
) -> int:
    """Fill the hole at a position in a file.

    LINE and COLUMN are counted from 1, in characters; without COLUMN the position is the line's
    end. FILE may be - for standard input.

    A terminal shows the completion among the lines around it. A file or a pipe gets the exact
    completion alone, in UTF-8. If there are several candidates, a line "candidate N" stands above
    every one. With --write a file or a pipe gets nothing.
    """
    place = read_place(position, name, write=write)
    from codegen.completion.options import CompletionOptions  # noqa: PLC0415 - brings numpy

    settings = user_settings(model=model, device=device, offline=offline)
    options = CompletionOptions(
        candidates=candidates,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        lines=lines,
        context_tokens=settings.context_tokens,
        insist=True,  # a command is a request by hand
    )
    view = shown if sys.stdout.isatty() and not as_json else None
    answer = _complete(place, settings, options, view)
    if as_json:
        print(json.dumps(_as_json(place, answer, candidates), indent=1, allow_nan=False))
    elif view is None and not write:
        _print_exactly(answer.completion, several=candidates > 1)
    if not answer.completion.suggestions:
        reason = answer.completion.reason
        say(f"nothing to suggest: {'' if reason is None else reason.sentence}")
        return 1
    if write:
        _write(place, answer.completion)
    return 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """A completion, its model and its device; `device` is None if nothing was computed."""

    completion: "Completion"
    model: str
    device: str | None


def _complete(
    place: Place, settings: "Settings", options: "CompletionOptions", view: int | None
) -> _Answer:
    """Completes at a place; shows the growing text among `view` lines unless that is None."""
    from codegen.completion.complete import complete, refuse, result  # noqa: PLC0415 - see `command`
    from codegen.completion.prepare import prepare  # noqa: PLC0415

    prepared = prepare(place.document, options)
    if (refused := refuse(prepared)) is not None:
        return _Answer(refused, settings.model, None)
    from codegen.cli.interrupt import interruptible  # noqa: PLC0415
    from codegen.models.loading import load_model  # noqa: PLC0415 - onnxruntime, the heaviest of all
    from codegen.models.resolve import ready  # noqa: PLC0415

    progress = stderr_progress()
    # Fetching and exporting run in the main thread, where Ctrl-C lets them clean up. Loading has
    # nothing to clean up, but can't be interrupted, so it runs in a thread.
    ready(settings, progress)
    (model,) = interruptible(lambda _cancel: [load_model(settings, progress)])
    events = interruptible(lambda cancel: complete(model, prepared, cancel))
    if view is not None:
        from codegen.cli.frame import show  # noqa: PLC0415 - brings rich

        events = show(events, place.document, lines=view)
    return _Answer(result(events), model.name, model.device)


def _print_exactly(completion: "Completion", *, several: bool) -> None:
    """Writes the text alone; or, if there may be several, all of them with their numbers."""
    for number, candidate in enumerate(completion.suggestions, start=1):
        mean = candidate.mean_logprob
        told = "" if mean is None else f", mean logprob {mean:.2f}"
        text = f"candidate {number}{told}\n{candidate.text}\n" if several else candidate.text
        # Bytes, since print would translate line endings on some systems.
        sys.stdout.buffer.write(text.encode())


def _write(place: Place, completion: "Completion") -> None:
    from codegen.source import insert  # noqa: PLC0415 - see `_read`

    text = completion.suggestions[0].text
    insert(place.source, place.at.offset, text)
    lines = len(text.splitlines())
    say(
        f"inserted {lines} {'line' if lines == 1 else 'lines'} at "
        f"{place.name}:{place.at.line}:{place.at.column}"
    )


def _as_json(place: Place, answer: _Answer, candidates: int) -> dict[str, Any]:
    here = {"line": place.at.line, "column": place.at.column}
    return {
        "schema": _SCHEMA,
        "file": place.name,
        **here,
        "model": answer.model,
        "device": answer.device,
        "suggestions": [
            {
                "text": candidate.text,
                # The text replaces nothing, so the range is empty.
                "range": {"start": here, "end": here},
                "mean_logprob": candidate.mean_logprob,
                "finish_reason": candidate.finish_reason.value,
            }
            for candidate in answer.completion.suggestions
        ],
        "reason": answer.completion.reason,
        "timings": _timings(answer.completion.usage, candidates),
    }


def _timings(usage: "Usage", candidates: int) -> dict[str, Any]:
    # The first token of every candidate comes with the prefill.
    stepped = usage.decoded_tokens - candidates
    known = stepped > 0 and usage.decode_seconds > 0
    return {
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.cached_tokens,
        "prefill_ms": round(usage.prefill_seconds * 1000, 1),
        "decode_ms": round(usage.decode_seconds * 1000, 1),
        "tokens_per_second": round(stepped / usage.decode_seconds, 1) if known else None,
        "drafted_tokens": usage.drafted_tokens,
        "accepted_tokens": usage.accepted_tokens,
    }
