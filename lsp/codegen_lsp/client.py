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
        several_lines: whether an item of its menu may have more than one line. Who announces
            neither snippets nor how lines are indented knows no such items: Vim's `complete()`, to
            which vim-lsp hands them, writes a NUL for each newline.
        markdown: whether it renders Markdown beside an item.
        label_details: whether it shows where an item comes from in a place of its own.
    """

    ghost_text: bool = False
    ghost_text_later: bool = False
    menu_later: bool = False
    several_lines: bool = False
    markdown: bool = False
    label_details: bool = False

    @classmethod
    def of(cls, params: types.InitializeParams) -> "Client":
        """The client that sent this."""
        document = params.capabilities.text_document or types.TextDocumentClientCapabilities()
        inline, menu = document.inline_completion, document.completion
        item = (menu and menu.completion_item) or types.ClientCompletionItemOptions()
        return cls(
            ghost_text=inline is not None,
            ghost_text_later=bool(inline and inline.dynamic_registration),
            menu_later=bool(menu and menu.dynamic_registration),
            several_lines=bool(item.snippet_support or item.insert_text_mode_support),
            markdown=types.MarkupKind.Markdown in (item.documentation_format or ()),
            label_details=bool(item.label_details_support),
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
