"""Converts between the protocol's types and the session's; no other module knows both."""

import re
from collections.abc import Iterator
from typing import Any, Final

from lsprotocol import types

from codegen.reasons import Reason
from codegen.session.types import Answer, Request, Selected, Suggestion
from codegen_lsp.buffer import Buffer, Change
from codegen_lsp.client_profile import ClientProfile

ACCEPTED = "codegen.didAcceptCompletionItem"
"""The command that the editor calls when it has accepted an item."""

# The longest label of a menu's item, in code points.
_LABEL: Final = 60

# The name under which a menu shows where an item comes from.
_SOURCE: Final = "codegen"
_LABEL_DETAILS: Final = types.CompletionItemLabelDetails(description=_SOURCE)

# Reasons for no suggestion that the next key doesn't change.
_LASTING: Final = frozenset(
    {
        Reason.DISABLED,
        Reason.LANGUAGE_DISABLED,
        Reason.EXCLUDED,
        Reason.SECRET_FILE,
        Reason.TOO_LARGE,
    }
)

_LINE_ENDS: Final = re.compile(r"[\r\n]")
_BACKTICKS: Final = re.compile("`+")
# A name of a language that may stand behind a fence in Markdown.
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,40}")


def change_of(change: types.TextDocumentContentChangeEvent) -> Change:
    """A change of a document, as the buffer takes it."""
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return Change(((start.line, start.character), (end.line, end.character)), change.text)
    return Change(None, change.text)


def request_of(params: types.InlineCompletionParams, buffer: Buffer) -> Request:
    """A request for inline completion.

    Raises:
        PositionError: a position has negative numbers.
    """
    info, selected = params.context.selected_completion_info, None
    if info is not None:
        start, end = (
            buffer.offset((at.line, at.character)) for at in (info.range.start, info.range.end)
        )
        selected = Selected(start, max(start, end), info.text)
    invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
    return Request(
        params.text_document.uri,
        buffer.offset((params.position.line, params.position.character)),
        "invoked" if invoked else "automatic",
        selected,
    )


def inline_items(
    answer: Answer, buffer: Buffer, uri: str, numbers: Iterator[int]
) -> types.InlineCompletionList:
    """An answer as items of inline completion, each with a number of its own."""
    return types.InlineCompletionList(
        items=[
            types.InlineCompletionItem(
                insert_text=suggestion.text,
                filter_text=suggestion.text,
                range=_range(suggestion, buffer),
                command=_accepted(len(suggestion.text), uri, next(numbers)),
            )
            for suggestion in answer.suggestions
        ]
    )


def menu_items(
    answer: Answer, buffer: Buffer, uri: str, client: ClientProfile, numbers: Iterator[int]
) -> types.CompletionList:
    """An answer as items of the editor's menu, which sort last and are never preselected."""
    items = []
    for index, suggestion in enumerate(answer.suggestions):
        text, end = suggestion.text, buffer.position(suggestion.end)
        added = text if client.several_lines else _LINE_ENDS.split(text, maxsplit=1)[0]
        if not added.strip():
            continue
        # Clients filter by the word before the cursor, so the item begins with it.
        word = _word_before(buffer.text, suggestion.start)
        start = buffer.position(suggestion.start - len(word))
        edit = types.TextEdit(
            range=types.Range(types.Position(*start), types.Position(*end)),
            new_text=word + added,
        )
        label = _label(edit.new_text)
        whole = label == edit.new_text.strip()
        items.append(
            types.CompletionItem(
                label=label,
                kind=types.CompletionItemKind.Text,
                detail=_SOURCE,
                label_details=_LABEL_DETAILS if client.label_details else None,
                documentation=None if whole else _shown(edit.new_text, buffer.language, client),
                sort_text=f"\uffff{index}",
                filter_text=edit.new_text,
                # The lines are indented already, as the file is.
                insert_text_mode=types.InsertTextMode.AsIs,
                insert_text_format=types.InsertTextFormat.PlainText,
                text_edit=edit,
                command=_accepted(len(added), uri, next(numbers)),
            )
        )
    # Incomplete: the client asks again at the next key, which may bring another answer.
    return types.CompletionList(is_incomplete=answer.reason not in _LASTING, items=items)


def _label(text: str) -> str:
    first = text.strip().split("\n", 1)[0].strip()
    return first if len(first) <= _LABEL else f"{first[: _LABEL - 1]}…"


def _shown(text: str, language: str, client: ClientProfile) -> types.MarkupContent:
    """The documentation beside an item: what it inserts, character for character."""
    if not client.markdown:
        return types.MarkupContent(types.MarkupKind.PlainText, text)
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    name = language if _LANGUAGE.fullmatch(language) else ""
    return types.MarkupContent(types.MarkupKind.Markdown, f"{fence}{name}\n{text}\n{fence}")


def _range(suggestion: Suggestion, buffer: Buffer) -> types.Range:
    return types.Range(
        types.Position(*buffer.position(suggestion.start)),
        types.Position(*buffer.position(suggestion.end)),
    )


def _accepted(length: int, uri: str, number: int) -> types.Command:
    arguments: list[Any] = [{"uri": uri, "length": length, "item": number}]
    return types.Command(title="Accepted", command=ACCEPTED, arguments=arguments)


def _word_before(text: str, end: int) -> str:
    start = end
    while (
        start > 0 and end - start < _LABEL and (text[start - 1].isalnum() or text[start - 1] == "_")
    ):
        start -= 1
    return text[start:end]
