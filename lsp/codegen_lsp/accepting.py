"""What an editor tells of its suggestions: shown, and accepted in whole or in part.

The messages have the names and shapes of Copilot's language server. They are counted, and go
nowhere.
"""

from typing import Any, Final

from codegen_lsp.convert import ACCEPTED
from codegen_lsp.protocol import CodegenLanguageServer
from codegen_lsp.state import State

SHOWN: Final = "textDocument/didShowCompletion"
PARTLY_ACCEPTED: Final = "textDocument/didPartiallyAcceptCompletion"

# Characters that a client may count at once.
MOST: Final = 1 << 31


class _Taken:
    """How much of the item that was last accepted from is in the document already.

    Each length counts from the item's start, so that of one item only what is new adds up.
    """

    def __init__(self) -> None:
        self._item: object = None
        self._length = 0

    def more(self, item: object, length: int) -> int:
        """How many characters more of an item are accepted, up to a length."""
        before = self._length if item == self._item else 0
        self._item, self._length = item, max(length, before)
        return self._length - before


def count_acceptance(server: CodegenLanguageServer, state: State) -> None:
    """Counts what the editor tells."""
    taken = _Taken()

    @server.feature(SHOWN)
    def did_show(_: Any) -> None:
        state.session.counters.shown += 1

    @server.feature(PARTLY_ACCEPTED)
    def did_accept_partly(params: Any) -> None:
        counters = state.session.counters
        counters.partly_accepted += 1
        length = _count(params, "acceptedLength")
        counters.accepted_characters += taken.more(_identity(params), length)

    @server.command(ACCEPTED)
    def did_accept(*items: Any) -> None:
        item = items[0] if items else None
        counters = state.session.counters
        counters.accepted += 1
        counters.accepted_characters += taken.more(item, _count(item, "length"))
        # The next item may look the same.
        taken.more(None, 0)


def _identity(params: object) -> object:
    """What an item's command says of it, by which accepting all of it is known again."""
    try:
        return params["item"]["command"]["arguments"][0]  # type: ignore[index]
    except (LookupError, TypeError):
        return params.get("item") if isinstance(params, dict) else None


def _count(item: object, name: str) -> int:
    """A client's own count, if it has one."""
    value = item.get(name) if isinstance(item, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return min(max(value, 0), MOST)
