"""One asking of the model: from the wait before it to what it wrote."""

import asyncio

from codegen.cancel import CancelToken
from codegen.completion.complete import Completion, Hurry
from codegen.completion.model import Plan
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import Prepared
from codegen.document import Document
from codegen.errors import CancelledError


class Flight:
    """A request to the model for a document; others join it while it still fits what they want.

    It has two cancel tokens. `cancel` ends it. `place` also ends the computing of its prompt, which
    otherwise goes on: as long as the cursor stays where it is, the next request needs that prompt
    too, and typing must not keep it from ever being computed.

    Attributes:
        prepared: what it completes.
        keep: whether the file goes on with its plan.
        plan: what the model is asked, once that is known.
        written: what is certain of the first suggestion, with the document's newlines.
        asked: whether the engine has been given it.
        decoding: whether the model has written anything yet.
        waiters: how many requests wait for it.
        left: how often the last of them was cancelled.
        hurry: how pressing it is for those who wait that it ends.
        outcome: the Completion, or why there is none.
    """

    def __init__(
        self,
        prepared: Prepared,
        *,
        keep: bool = True,
    ) -> None:
        """Belongs to the running event loop."""
        self.prepared = prepared
        self.keep = keep
        self.cancel = CancelToken()
        self.place = CancelToken()
        self.written = ""
        self.asked = self.decoding = False
        self.waiters = self.left = 0
        self.hurry: Hurry = "no"
        self.outcome: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self.plan: Plan | None = None

    @property
    def document(self) -> Document:
        """What it completes."""
        return self.prepared.document

    @property
    def options(self) -> CompletionOptions:
        """What is wanted of it."""
        return self.prepared.options

    @property
    def done(self) -> bool:
        """Whether it has ended, in any way."""
        return self.outcome.done()

    def stop(self, *, leave: bool) -> None:
        """Ends it; its prompt's computation too if the cursor has left the place."""
        self.cancel.cancel()
        if leave:
            self.place.cancel()
        if not self.asked:
            self.fail(CancelledError("nobody waits any more"))

    def give_way(self, document: Document | None) -> None:
        """Ends it unless it serves a document; None is one that it can have nothing to do with."""
        if document is not None and self.fits(document):
            return
        # In this order: it goes on to compute only after it has said where, and wasn't stopped.
        self.stop(leave=False)
        if document is None or not self._stays(document):
            self.place.cancel()

    def fail(self, error: BaseException) -> None:
        """Says why it has no result, unless it has ended already."""
        if not self.done:
            self.outcome.set_exception(error)
            # Looked at here, since nobody else may be left to.
            self.outcome.exception()

    def serves(self, document: Document, options: CompletionOptions) -> bool:
        """Whether a request for a document can wait for it."""
        enough = self.options.candidates >= options.candidates
        # Whoever asks by hand doesn't wait for the next key.
        ready = self.asked or not options.insist
        return enough and ready and not self.done and self.fits(document)

    def fits(self, document: Document) -> bool:
        """Whether what it writes may serve a document: its own, or with its text typed into it."""
        typed = len(document.before) - len(self.document.before)
        return (
            typed >= 0
            and not self.cancel.cancelled
            and document.after == self.document.after
            and document.text.startswith(self.document.before)
            and self.written.startswith(document.text[self.document.cursor : document.cursor])
        )

    def leads_from(self, text: str) -> bool:
        """Whether its document is one that a text becomes by typing on, or has become by that."""
        document = self.typed_into(text)
        if document is None or document.after != self.document.after:
            return False
        return self.document.before.startswith(document.before) or self.fits(document)

    def typed_into(self, text: str) -> Document | None:
        """A text whose cursor isn't known: it stands after what was typed, if that is all."""
        cursor = len(text) - len(self.document.after)
        return None if cursor < 0 else Document(text, cursor)

    def _stays(self, document: Document) -> bool:
        """Whether a cursor may still stand in the frame that the prompt is made of."""
        return self.plan is None or self.plan.frame.holds(document)
