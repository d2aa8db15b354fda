"""Explains a completion: the hole, the prompt's pieces, and what became of the answers."""

from typing import Any, Final

from codegen.completion.complete import Completion
from codegen.completion.model import Model, Plan, Shown
from codegen.completion.prepare import Prepared
from codegen.context.frame import Piece
from codegen.context.hole import Hole
from codegen.document import Document
from codegen.reasons import Reason
from codegen.source import position_of

SCHEMA: Final = 1


def explain(
    prepared: Prepared, reason: Reason | None, model: Model | None = None, plan: Plan | None = None
) -> dict[str, Any]:
    """A completion as plain data: the hole, and what the model is asked.

    `pieces` are in the prompt's order. Their `span` is in code points of the document. A piece
    that is `folded` stands in the prompt as signatures. The `tokens` of all pieces and of the
    marks between them add up to about `prompt_tokens`: healing takes the last few tokens before
    the cursor back, and forces the model to write their text again (`forced`).

    Args:
        prepared: the document with its hole.
        reason: why nothing is suggested, None if something is suggested.
        model: the model that made the plan.
        plan: what the model is asked; None if it is not asked.
    """
    document = prepared.document
    line, column = position_of(document.text, document.cursor)
    explained: dict[str, Any] = {
        "schema": SCHEMA,
        "path": document.path,
        "line": line,
        "column": column,
        "language": None if document.tree is None else document.tree.grammar.language.name,
        "hole": _hole(prepared.hole),
        "pieces": [],
        "prompt_tokens": 0,
        "reason": reason,
    }
    if plan is not None and model is not None:
        explained |= _prompt(document, plan, model.show(prepared, plan))
    return explained


def explain_answers(completion: Completion) -> list[dict[str, Any]]:
    """The texts that the model wrote, and the rules that changed or dropped them."""
    shown = [
        {"text": candidate.text, "suggested": True, "rules": list(candidate.rules)}
        for candidate in completion.suggestions
    ]
    return shown + [
        {"text": dropped.text, "suggested": False, "rules": [dropped.reason]}
        for dropped in completion.dropped
    ]


def _hole(hole: Hole) -> dict[str, Any]:
    return {
        "kind": hole.kind,
        "scope": [definition.name for definition in hole.scope],
        "lines": hole.lines,
        "left": hole.left,
        "right": hole.right,
        "following": hole.following,
    }


def _prompt(document: Document, plan: Plan, shown: Shown) -> dict[str, Any]:
    frame = plan.frame
    typed = document.text[frame.anchor : document.cursor]
    last = Piece("typed", frame.anchor, document.cursor, typed, shown.typed_tokens)
    return {
        "pieces": [
            {
                "kind": piece.kind,
                "path": document.path,
                "span": [piece.start, piece.end],
                "tokens": piece.tokens,
                "folded": piece.folded,
                "text": piece.text,
            }
            for piece in (*frame.before, *frame.after, last)
        ],
        "prompt_tokens": shown.tokens,
        "budget": plan.budget,
        "max_tokens": plan.max_tokens,
        "anchor": frame.anchor,
        "reused": plan.reused,
        "left_out": list(frame.left_out),
        "forced": shown.forced,
        "prompt": shown.text,
    }
