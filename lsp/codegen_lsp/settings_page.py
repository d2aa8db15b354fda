"""The table of settings in docs/protocol.md, made from codegen.settings.fields.FIELDS.

`python -m codegen_lsp.settings_page docs/protocol.md` writes it between its markers; a test
compares them.
"""

import json
import sys
from pathlib import Path
from typing import Final

from codegen.settings.fields import FIELDS, Field

START: Final = "<!-- settings -->\n"
END: Final = "<!-- /settings -->\n"

_HEAD: Final = (
    "| over LSP | in `[editor]` | value | default | set by | |\n"
    "| --- | --- | --- | --- | --- | --- |\n"
)
_WHO: Final = {"user": "user", "client": "editor", "workspace": "workspace (narrows)"}


def settings_table() -> str:
    """All settings, as a table in Markdown."""
    return _HEAD + "".join(map(_row, FIELDS))


def with_table(page: str) -> str:
    """A page with the table between its markers.

    Raises:
        ValueError: it hasn't both of them.
    """
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page needs the lines {START.strip()} and {END.strip()}")
    return f"{before}{START}\n{settings_table()}\n{END}{after}"


def _row(field: Field) -> str:
    wire = f"`{field.wire}`" if "client" in field.who else ""
    default = "" if field.default is None else f"`{json.dumps(field.default)}`"
    who = ", ".join(_WHO[each] for each in field.who)
    cells = (wire, f"`{field.name}`", field.kind.expected, default, who, field.meaning)
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Writes the table into the page that the command line names."""
    page = Path(sys.argv[1])
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
