"""An in-flight completion: from the wait for the next key to its result."""

import asyncio

from codegen.cancel import CancelToken
from codegen.completion.complete import Completion, Hurry
from codegen.completion.model import Plan
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import Prepared
from codegen.document import Document
from codegen.errors import CancelledError


class Flight:
    """An in-flight completion of a document; several requests can wait for it.

    It has two cancel tokens. `cancel` stops the completion. `place` stops the computing of its
    prompt as well. After `cancel` alone the prompt is still computed: while the cursor stays in
    its frame, the next request needs the same prompt, and a typist who is faster than the engine
    would otherwise never get it.

    Attributes:
        prepared: the document and its hole.
        keep: whether its plan becomes the file's last plan.
        cancel: stops the completion.
        place: stops the computing of the prompt.
        plan: what the model is asked, once that is known.
        written: the certain text of the first suggestion, with the document's newlines.
        asked: whether the engine has got the completion.
        decoding: whether the model has begun to write.
        waiters: how many requests wait for it.
        left: how often its last waiting request was cancelled.
        hurry: when it has to end, for the requests that wait for it.
        outcome: the Completion, or the error that ended it.
    """

    def __init__(
        self,
        prepared: Prepared,
        *,
        keep: bool = True,
    ) -> None:
        """Makes a flight that belongs to the running event loop.

        Args:
            prepared: the document and its hole.
            keep: whether its plan becomes the file's last plan.
        """
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
        """The document that it completes."""
        return self.prepared.document

    @property
    def options(self) -> CompletionOptions:
        """The options of the completion."""
        return self.prepared.options

    @property
    def done(self) -> bool:
        """Whether it has ended, with a result or with an error."""
        return self.outcome.done()

    def stop(self, *, leave: bool) -> None:
        """Stops the completion; with `leave`, the computing of its prompt as well."""
        self.cancel.cancel()
        if leave:
            self.place.cancel()
        if not self.asked:
            self.fail(CancelledError("no request waits for this completion any more"))

    def give_way(self, document: Document | None) -> None:
        """Stops the completion unless its text fits a document; no text fits None."""
        if document is not None and self.fits(document):
            return
        # In this order: it goes on to compute only after it has said where, and wasn't stopped.
        self.stop(leave=False)
        if document is None or not self._stays(document):
            self.place.cancel()

    def fail(self, error: BaseException) -> None:
        """Ends the flight with an error, unless it has ended already."""
        if not self.done:
            self.outcome.set_exception(error)
            # asyncio warns of an exception that nobody retrieves, and no request may be waiting.
            self.outcome.exception()

    def serves(self, document: Document, options: CompletionOptions) -> bool:
        """Whether a request for a document, with its options, can wait for this flight."""
        enough = self.options.candidates >= options.candidates
        # A request by hand (`insist`) must not wait until the typist pauses.
        ready = self.asked or not options.insist
        return enough and ready and not self.done and self.fits(document)

    def fits(self, document: Document) -> bool:
        """Whether its text can still be suggested for a document.

        It can for its own document, and for the same with the beginning of its text typed.
        """
        typed = len(document.before) - len(self.document.before)
        return (
            typed >= 0
            and not self.cancel.cancelled
            and document.after == self.document.after
            and document.text.startswith(self.document.before)
            and self.written.startswith(document.text[self.document.cursor : document.cursor])
        )

    def leads_from(self, text: str) -> bool:
        """Whether typing on can turn a text into its document, or has turned that into the text."""
        document = self.typed_into(text)
        if document is None or document.after != self.document.after:
            return False
        return self.document.before.startswith(document.before) or self.fits(document)

    def typed_into(self, text: str) -> Document | None:
        """A text with a cursor where it is if the user typed at this document's cursor.

        None if the text is too short for that.
        """
        cursor = len(text) - len(self.document.after)
        return None if cursor < 0 else Document(text, cursor)

    def _stays(self, document: Document) -> bool:
        """Whether a document's cursor is still in the frame that the prompt was made of."""
        return self.plan is None or self.plan.frame.holds(document)
