"""Shows a completion on a terminal among the lines around it, while the model writes it."""

import re
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.live import Live
from rich.text import Text

from codegen.cli.terminal import visible
from codegen.completion.complete import Candidate, Completion, Delta
from codegen.document import Document

_BREAK = re.compile(r"\r\n?|\n")

# How many code points are shown per line, on average: some files are one long line.
_SIGHT = 200

_AROUND = "dim"
_WRITTEN = "bold green"


def show(
    events: Iterable[Delta | Completion], document: Document, *, lines: int
) -> Iterator[Delta | Completion]:
    """Shows the first sample as it grows, and all suggestions at the end; yields all events again.

    Args:
        events: the events of a completion of the document.
        document: the document with its cursor.
        lines: how many lines to show before the cursor's line and after it.
    """
    before, after = _around(document, lines)
    console = Console()

    def frame(written: str) -> Text:
        return Text.assemble((before, _AROUND), (_shown(written), _WRITTEN), (after, _AROUND))

    others: tuple[Candidate, ...] = ()
    # Only this loop writes: no thread refreshes the frame, and stderr isn't captured.
    with Live(
        frame(""),
        console=console,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as live:
        written = ""
        for event in events:
            if isinstance(event, Completion):
                written = event.suggestions[0].text if event.suggestions else ""
                others = event.suggestions[1:]
            elif event.sample == 0:
                written += event.text
            live.update(frame(written), refresh=True)
            yield event
    for number, candidate in enumerate(others, start=2):
        mean = candidate.mean_logprob
        told = "" if mean is None else f", mean logprob {mean:.2f}"
        console.print(Text(f"candidate {number}{told}"))
        console.print(frame(candidate.text))


def _around(document: Document, lines: int) -> tuple[str, str]:
    """The text before and after the cursor that is to be shown."""
    sight = _SIGHT * (lines + 1)
    before = _BREAK.split(document.text[max(0, document.cursor - sight) : document.cursor])
    after = _BREAK.split(document.text[document.cursor : document.cursor + sight])
    return (
        visible("\n".join(before[-lines - 1 :])),
        visible("\n".join(after[: lines + 1])).rstrip("\n"),
    )


def _shown(text: str) -> str:
    return visible(_BREAK.sub("\n", text))
