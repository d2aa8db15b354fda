"""What a client announces of itself: read once, from its `initialize`."""

from dataclasses import dataclass
from typing import Any

from lsprotocol import types

# Parts of `textDocument` by which a client says that it has a feature.
_FEATURES = ("inlineCompletion", "completion")


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    Attributes:
        ghost_text: whether it has inline completion.
        ghost_text_later: whether it wants to be told of that after `initialize`.
        menu_later: the same of the completion menu.
    """

    ghost_text: bool = False
    ghost_text_later: bool = False
    menu_later: bool = False

    @classmethod
    def of(cls, params: types.InitializeParams) -> "Client":
        """The client that sent this."""
        document = params.capabilities.text_document or types.TextDocumentClientCapabilities()
        inline, menu = document.inline_completion, document.completion
        return cls(
            ghost_text=inline is not None,
            ghost_text_later=bool(inline and inline.dynamic_registration),
            menu_later=bool(menu and menu.dynamic_registration),
        )


def mend(params: Any) -> None:
    """Makes what a client announces readable, in the message's own parameters.

    An empty object of Emacs Lisp is nil, which becomes null; so a feature whose key is there is
    announced, whatever stands under it. A name that can't be read is no reason to refuse a client.
    """
    if not isinstance(params, dict):
        return
    match params.get("capabilities"):
        case {"textDocument": dict(document)}:
            document.update({name: {} for name in _FEATURES if document.get(name, 0) is None})
    match params.pop("clientInfo", None):
        case {"name": str(name)}:
            # Nothing depends on its version.
            params["clientInfo"] = {"name": name}
