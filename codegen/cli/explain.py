"""`codegen explain FILE:LINE:COLUMN`: show what the model is asked there, and why."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codegen.cli.options import device_option, model_option, user_settings
from codegen.cli.place import Place, PositionCommand, complete_position, read_place
from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible

if TYPE_CHECKING:
    from codegen.completion.options import CompletionOptions
    from codegen.settings.config import Settings


@click.command(cls=PositionCommand)
@quiet_option
@click.argument("position", metavar="FILE:LINE:COLUMN", shell_complete=complete_position)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@click.option("--run", "runs", is_flag=True, help="Also ask the model, and show its answers.")
@click.option(
    "--candidates",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="With --run: how many to draw.",
)
@click.option("--prompt", "whole", is_flag=True, help="Also print the whole prompt.")
@click.option("--path", "name", metavar="NAME", help="The file name for text on standard input.")
@model_option
@device_option
def command(
    position: str,
    *,
    as_json: bool,
    runs: bool,
    candidates: int,
    whole: bool,
    name: str | None,
    model: str | None,
    device: str | None,
) -> int:
    """Show the hole at a position, the pieces of its prompt, and what was left out of it.

    The model computes nothing without --run, and nothing is ever fetched. If an editor would get
    no suggestion here during typing, the reason is shown and the exit code is 1.
    """
    place = read_place(position, name)
    from codegen.completion.options import CompletionOptions  # noqa: PLC0415 - brings numpy

    settings = user_settings(model=model, device=device)
    options = CompletionOptions(
        candidates=candidates, context_tokens=settings.context_tokens, insist=runs
    )
    explained = _explain(place, settings, options, runs=runs)
    explained["editor"] = _in_editors(place, settings)
    if as_json:
        print(json.dumps(explained, indent=1))
    else:
        _print(explained, whole=whole)
    return 0 if explained["reason"] is None else 1


def _explain(
    place: Place, settings: "Settings", options: "CompletionOptions", *, runs: bool
) -> dict[str, Any]:
    from codegen.completion.explain import explain, explain_answers  # noqa: PLC0415 - see `command`
    from codegen.completion.prepare import prepare  # noqa: PLC0415

    prepared = prepare(place.document, options)
    if prepared.refusal is not None:
        return explain(prepared, prepared.refusal)
    from codegen.cancel import CancelToken  # noqa: PLC0415
    from codegen.completion.complete import complete, result  # noqa: PLC0415
    from codegen.models.loading import load_model  # noqa: PLC0415 - onnxruntime, the heaviest of all
    from codegen.models.resolve import require_export  # noqa: PLC0415

    # An explanation must not fetch half a gigabyte.
    require_export(settings)
    loaded = load_model(settings, stderr_progress())
    if not runs:
        return explain(prepared, None, loaded, loaded.plan(prepared))
    done = result(complete(loaded, prepared, CancelToken()))
    explained = explain(prepared, done.reason, loaded, done.plan)
    return explained | {"answers": explain_answers(done)}


def _in_editors(place: Place, settings: "Settings") -> str | None:
    """Why an editor gets no suggestions anywhere in the file; None if it gets some.

    `.codegen.toml` files aren't read: only an editor knows which folders are open.
    """
    from codegen.settings.policy import verdict  # noqa: PLC0415 - see `command`

    document = place.document
    path = None if document.path is None else Path(document.path).absolute()
    language = None if document.tree is None else document.tree.grammar.language.name
    return verdict(settings.editor, (), path, language, len(document.text))


def _print(explained: dict[str, Any], *, whole: bool) -> None:
    from codegen.reasons import Reason  # noqa: PLC0415 - see `command`

    hole = explained["hole"]
    scope = ".".join(hole["scope"])
    where = f" in {scope}" if scope else ""
    say = _Lines()
    say(f"{explained['path']}:{explained['line']}:{explained['column']}")
    say(f"language  {explained['language'] or 'none known: indentation and brackets alone'}")
    say(f"hole      {hole['kind']}{where}, {hole['lines']} line")
    if explained["reason"] is not None:
        say(f"nothing   {explained['reason']}: {Reason(explained['reason']).sentence}")
    if explained["editor"] is not None:
        why = Reason(explained["editor"])
        say(f"editors   get nothing for this file: {why}: {why.sentence}")
    if explained["pieces"]:
        say("")
        for piece in explained["pieces"]:
            start, end = piece["span"]
            folded = ", folded" if piece["folded"] else ""
            say(f"{piece['tokens']:6} tokens  {piece['kind']:9} {start} to {end}{folded}")
        say(f"{explained['prompt_tokens']:6} tokens  of a budget of {explained['budget']}")
    for left_out in explained.get("left_out", ()):
        say(f"  {left_out}")
    if explained.get("forced"):
        say(f"  forced: {explained['forced']!r}, what the first tokens have to spell")
    for answer in explained.get("answers", ()):
        rules = f" ({', '.join(answer['rules'])})" if answer["rules"] else ""
        say(f"{'suggested' if answer['suggested'] else 'dropped'}{rules}: {answer['text']!r}")
    if whole and explained["pieces"]:
        say("")
        for line in explained["prompt"].split("\n"):
            say(line)


class _Lines:
    """Prints lines; characters that could harm a terminal are shown as their numbers."""

    def __call__(self, line: str) -> None:
        sys.stdout.write(f"{visible(line)}\n")
