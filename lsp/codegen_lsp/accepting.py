"""Counts the suggestions that an editor says it has shown, accepted or partly accepted.

The messages have the names and shapes of Copilot's language server. The counts are kept in memory,
and sent nowhere.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from codegen_lsp.convert import ACCEPTED
from codegen_lsp.protocol import CodegenLanguageServer
from codegen_lsp.state import ServerState

SHOWN: Final = "textDocument/didShowCompletion"
PARTLY_ACCEPTED: Final = "textDocument/didPartiallyAcceptCompletion"

# The largest count that is taken from a client.
MOST: Final = 1 << 31

# Items whose accepted length is remembered: more than an editor shows at once.
_KEPT: Final = 64


@dataclass(slots=True)
class _Item:
    """How many characters of an item are in the document, and whether it was accepted."""

    length: int = 0
    accepted: bool = False

    def more(self, length: int) -> int:
        """Takes the accepted length from the item's start; returns how much of it is new."""
        before, self.length = self.length, max(length, self.length)
        return self.length - before


class _Items:
    """The items that were accepted last, in whole or in part."""

    def __init__(self) -> None:
        self._items: OrderedDict[Hashable, _Item] = OrderedDict()

    def get(self, identity: Hashable) -> _Item:
        """The item of an identity; a new item for None."""
        if identity is None:
            return _Item()
        item = self._items.setdefault(identity, _Item())
        self._items.move_to_end(identity)
        if len(self._items) > _KEPT:
            self._items.popitem(last=False)
        return item


def count_acceptance(server: CodegenLanguageServer, state: ServerState) -> None:
    """Registers the handlers that count."""
    items = _Items()

    @server.feature(SHOWN)
    def did_show(_: Any) -> None:
        state.session.counters.shown += 1

    @server.feature(PARTLY_ACCEPTED)
    def did_accept_partly(params: Any) -> None:
        counters = state.session.counters
        counters.partly_accepted += 1
        length = _count(params, "acceptedLength")
        counters.accepted_characters += items.get(_identity(params)).more(length)

    @server.command(ACCEPTED)
    def did_accept(*arguments: Any) -> None:
        said = arguments[0] if arguments else None
        counters, item = state.session.counters, items.get(_number(said))
        # coc.nvim calls this for each word that is accepted, each time with the item's length.
        counters.accepted += not item.accepted
        item.accepted = True
        counters.accepted_characters += item.more(_count(said, "length"))


def _identity(params: object) -> Hashable:
    """What identifies an item of which a part was accepted."""
    try:
        number = _number(params["item"]["command"]["arguments"][0])  # type: ignore[index]
    except (LookupError, TypeError):
        number = None
    if number is not None or not isinstance(params, dict):
        return number
    # An item without a number is hashed, since it may be large.
    return "item", hash(repr(params.get("item")))


def _number(said: object) -> int | None:
    """The server's number of an item, from the argument of its command; None if it has none."""
    number = said.get("item") if isinstance(said, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _count(item: object, name: str) -> int:
    """A count that the client sent, from 0 to MOST; 0 if it is none."""
    value = item.get(name) if isinstance(item, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return min(max(value, 0), MOST)
