"""What a client announces of itself: read once, from its `initialize`."""

from dataclasses import dataclass
from typing import Any, Final

from lsprotocol import types

# Seconds for which the menu of a client may be kept waiting. Many show nothing before all servers
# have answered, as VS Code does (microsoft/vscode#91324), or take no keys, as vim-lsp does.
_SHORT: Final = 0.15
_LONG: Final = 15.0

# Those whose user goes on typing meanwhile: the plugins of Neovim and yegappan/lsp ask and go on,
# and what Eglot waits for ends with the next key.
_PATIENT: Final = frozenset({"Neovim", "Vim", "Eglot"})

# Who hands items to Vim's `complete()`, which writes a NUL for each newline, though it announces
# how lines are indented: yegappan/lsp.
_ONE_LINE: Final = frozenset({"Vim"})

# Parts of `textDocument` by which a client says that it has a feature.
_FEATURES: Final = ("inlineCompletion", "completion")


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """One client.

    Attributes:
        patience: seconds for which its menu may wait for the model.
        ghost_text: whether it has inline completion.
        ghost_text_later: whether it wants to be told of that after `initialize`.
        menu_later: the same of the completion menu.
        several_lines: whether an item of its menu may have more than one line. Who announces
            neither snippets nor how lines are indented knows no such items, as vim-lsp.
        markdown: whether it renders Markdown beside an item.
        label_details: whether it shows where an item comes from in a place of its own.
    """

    patience: float = _SHORT
    ghost_text: bool = False
    ghost_text_later: bool = False
    menu_later: bool = False
    several_lines: bool = False
    markdown: bool = False
    label_details: bool = False

    @classmethod
    def of(cls, params: types.InitializeParams) -> "ClientProfile":
        """The client that sent this."""
        document = params.capabilities.text_document or types.TextDocumentClientCapabilities()
        inline, menu = document.inline_completion, document.completion
        item = (menu and menu.completion_item) or types.ClientCompletionItemOptions()
        name = params.client_info.name if params.client_info else None
        return cls(
            patience=_LONG if name in _PATIENT else _SHORT,
            ghost_text=inline is not None,
            ghost_text_later=bool(inline and inline.dynamic_registration),
            menu_later=bool(menu and menu.dynamic_registration),
            several_lines=name not in _ONE_LINE
            and bool(item.snippet_support or item.insert_text_mode_support),
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
