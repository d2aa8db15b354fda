"""Makes the answer to a request from the outcome of the flight that it waited for."""

import weakref
from dataclasses import asdict

from codegen.completion.explain import explain, explain_answers
from codegen.completion.model import Model
from codegen.errors import CancelledError
from codegen.reasons import Reason
from codegen.session import types
from codegen.session.flight import Flight
from codegen.session.types import Answer
from codegen.session.wish import Wish


def landed(flight: Flight, wish: Wish, source: types.Source, model: Model | None) -> Answer:
    """The answer to a request after its flight has ended; the request's trace is filled in, too.

    Args:
        flight: the flight; it has an outcome.
        wish: the request; its document may have more typed text than the flight's.
        source: where the suggestions come from.
        model: the model that is loaded now, None if there is none.
    """
    error = flight.outcome.exception()
    if error is not None:
        cancelled = isinstance(error, CancelledError)
        return Answer((), Reason.SUPERSEDED if cancelled else Reason.ENGINE_ERROR)
    completion = flight.outcome.result()
    # The trace holds the model weakly: it must not keep a dropped model in memory.
    asked = (lambda: None) if model is None else weakref.ref(model)
    wish.trace.usage = asdict(completion.usage)
    wish.trace.explain = lambda: (
        explain(flight.prepared, completion.reason, asked(), completion.plan)
        | {"answers": explain_answers(completion)}
    )
    entry = wish.file.cache.find(wish.document)
    if entry is not None:
        return wish.shown(entry, source)
    return Answer((), Reason.DEADLINE if flight.hurry == "now" else Reason.NOTHING)
