"""What the server knows of its client, read from the parameters of `initialize`."""

from dataclasses import dataclass
from typing import Any, Final

from lsprotocol import types

# Seconds that a request for the menu may take. Many clients show no menu before all servers have
# answered, like VS Code (microsoft/vscode#91324), or take no keys meanwhile, like vim-lsp.
_SHORT: Final = 0.15
_LONG: Final = 15.0

# Clients whose user can type while a request for the menu waits: the plugins of Neovim and
# yegappan/lsp don't wait for the answer, and Eglot stops waiting at the next key.
_PATIENT: Final = frozenset({"Neovim", "Vim", "Eglot"})

# yegappan/lsp announces insertTextMode, but hands items to Vim's `complete()`, which writes a NUL
# for each newline.
_ONE_LINE: Final = frozenset({"Vim"})

# Properties of `textDocument` by which a client announces a feature.
_FEATURES: Final = ("inlineCompletion", "completion")


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """What a client announces, and how long it can wait.

    Attributes:
        patience: seconds that a request for its menu may wait for the model.
        ghost_text: whether it supports inline completion.
        ghost_text_later: whether inline completion is registered after `initialize`.
        menu_later: whether the completion menu is registered after `initialize`.
        several_lines: whether an item of its menu may have more than one line. A client that
            announces neither snippets nor insertTextMode has no such items, like vim-lsp.
        markdown: whether it renders Markdown beside an item.
        label_details: whether it shows an item's `labelDetails`.
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
        """The profile of the client that sent these parameters."""
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
    """Repairs the parameters of `initialize` in place, before they are read.

    Emacs Lisp has nil for an empty object, and sends null. So a feature whose key is there counts
    as announced. A client's name that can't be read is left out, and the client is served.
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
