"""Between the protocol's types and the core's: the only place that knows both."""

from typing import Any

from lsprotocol import types

from codegen.session.types import Answer, Request, Selected, Suggestion
from codegen_lsp.buffer import Buffer, Change

ACCEPTED = "codegen.didAcceptCompletionItem"
"""The command of an item, which the editor calls once the item was accepted."""

# How many code points a partial list of completions shows of a suggestion.
_LABEL = 60


def change_of(change: types.TextDocumentContentChangeEvent) -> Change:
    """A change of a document."""
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


def inline_items(answer: Answer, buffer: Buffer, uri: str) -> types.InlineCompletionList:
    """An answer as items of inline completion."""
    return types.InlineCompletionList(
        items=[
            types.InlineCompletionItem(
                insert_text=one.text,
                filter_text=one.text,
                range=_range(one, buffer),
                command=_accepted(one, uri),
            )
            for one in answer.suggestions
        ]
    )


def completion_items(
    answer: Answer, buffer: Buffer, uri: str, *, incomplete: bool
) -> types.CompletionList:
    """An answer as items of the editor's menu: last in it, and never chosen by themselves."""
    items = []
    for index, one in enumerate(answer.suggestions):
        # What is filtered by is the word before the cursor, and more of it.
        word = _word_before(buffer.text, one.start)
        start = buffer.position(one.start - len(word))
        edit = types.TextEdit(
            range=types.Range(types.Position(*start), types.Position(*buffer.position(one.end))),
            new_text=word + one.text,
        )
        first = (word + one.text).strip().split("\n", 1)[0].strip()
        items.append(
            types.CompletionItem(
                label=first if len(first) <= _LABEL else f"{first[: _LABEL - 1]}…",
                kind=types.CompletionItemKind.Text,
                detail="codegen",
                documentation=word + one.text if "\n" in one.text else None,
                sort_text=f"￿{index}",
                filter_text=word + one.text,
                # The lines are indented already, as the file is.
                insert_text_mode=types.InsertTextMode.AsIs,
                insert_text_format=types.InsertTextFormat.PlainText,
                text_edit=edit,
                command=_accepted(one, uri),
            )
        )
    return types.CompletionList(is_incomplete=incomplete, items=items)


def _range(suggestion: Suggestion, buffer: Buffer) -> types.Range:
    return types.Range(
        types.Position(*buffer.position(suggestion.start)),
        types.Position(*buffer.position(suggestion.end)),
    )


def _accepted(suggestion: Suggestion, uri: str) -> types.Command:
    arguments: list[Any] = [{"uri": uri, "length": len(suggestion.text)}]
    return types.Command(title="Accepted", command=ACCEPTED, arguments=arguments)


def _word_before(text: str, end: int) -> str:
    start = end
    while (
        start > 0 and end - start < _LABEL and (text[start - 1].isalnum() or text[start - 1] == "_")
    ):
        start -= 1
    return text[start:end]
