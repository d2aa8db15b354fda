"""Why a completion is what it is: the hole, the prompt's pieces, and what became of the answers."""

from typing import Any, Final

from codegen.completion.complete import Completion
from codegen.completion.plan import Plan
from codegen.context.frame import Piece
from codegen.context.hole import Hole, find_hole
from codegen.document import Document
from codegen.prompt.tokenizer import Tokenizer
from codegen.source import position_of

SCHEMA: Final = 1


def explain(
    document: Document, plan: Plan | None, reason: str | None, tokenizer: Tokenizer | None
) -> dict[str, Any]:
    """A plan as plain data; of a refused request, the hole and the reason.

    `pieces` are in the prompt's order; their `span` is in code points of the document, and what
    is `folded` stands there as signatures. `tokens` of all pieces and the marks between them are
    about `prompt_tokens`: the last few before the cursor are taken back and forced (`forced`).
    """
    hole = find_hole(document) if plan is None else plan.hole
    line, column = position_of(document.text, document.cursor)
    explained: dict[str, Any] = {
        "schema": SCHEMA,
        "path": document.path,
        "line": line,
        "column": column,
        "language": None if document.tree is None else document.tree.grammar.language.name,
        "hole": _hole(hole),
        "pieces": [],
        "prompt_tokens": 0,
        "reason": reason,
    }
    if plan is not None and tokenizer is not None:
        explained |= _prompt(document, plan, tokenizer)
    return explained


def explain_answers(completion: Completion) -> list[dict[str, Any]]:
    """What the model wrote, suggested or not, and the rules that spoke."""
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


def _prompt(document: Document, plan: Plan, tokenizer: Tokenizer) -> dict[str, Any]:
    frame = plan.layout.frame
    typed = document.text[frame.anchor : document.cursor]
    last = Piece("typed", frame.anchor, document.cursor, typed, len(tokenizer.encode(typed)))
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
        "prompt_tokens": len(plan.prompt.ids),
        "budget": plan.budget,
        "max_tokens": plan.max_tokens,
        "anchor": frame.anchor,
        "reused": plan.reused,
        "left_out": list(frame.left_out),
        "forced": plan.prompt.forced.decode(errors="replace"),
        "prompt": tokenizer.shown(plan.prompt.ids),
    }
