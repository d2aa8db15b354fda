"""What a flight's outcome means for a request that waited for it."""

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
    """The answer to a request once its flight has ended; what is known of it goes into its trace.

    Args:
        flight: has an outcome.
        wish: the request, into whose document something may have been typed since.
        source: where its suggestions come from.
        model: the one that is loaded, if any.
    """
    error = flight.outcome.exception()
    if error is not None:
        cancelled = isinstance(error, CancelledError)
        return Answer((), Reason.SUPERSEDED if cancelled else Reason.ENGINE_ERROR)
    completion = flight.outcome.result()
    # A model that was given up is not kept for what may be asked about its last answer.
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
