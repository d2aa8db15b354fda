"""One request with everything that belongs to it, and how what is known becomes its answer."""

import asyncio
from dataclasses import dataclass

from codegen.completion.options import CompletionOptions
from codegen.document import Document
from codegen.reasons import Reason
from codegen.session import types
from codegen.session.cache import CachedAnswer
from codegen.session.file import OpenFile
from codegen.session.types import Answer, Request, Suggestion, Trace


class Ticket:
    """One request's claim to be for its file's newest place; `lost` says why it isn't any more."""

    def __init__(self, request: Request) -> None:
        """Belongs to the running event loop."""
        self.place = request.cursor, request.selected
        self.lost: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()

    def lose(self, reason: Reason) -> None:
        """Says that it isn't, once."""
        if not self.lost.done():
            self.lost.set_result(reason)


class Tickets:
    """The claims that count: in each file those for one place."""

    def __init__(self) -> None:
        """There are none."""
        self._by_file: dict[str, list[Ticket]] = {}

    def claim(self, request: Request) -> Ticket:
        """Makes a request's place its file's newest."""
        ticket = Ticket(request)
        if any(old.place != ticket.place for old in self._by_file.get(request.uri, ())):
            self.lose(request.uri, Reason.SUPERSEDED)
        self._by_file.setdefault(request.uri, []).append(ticket)
        return ticket

    def give_back(self, uri: str, ticket: Ticket) -> None:
        """A request is answered."""
        tickets = self._by_file.get(uri, [])
        if ticket in tickets:
            tickets.remove(ticket)
        if not tickets:
            self._by_file.pop(uri, None)

    def lose(self, uri: str, reason: Reason) -> None:
        """None of a file's claims counts any more."""
        for ticket in self._by_file.pop(uri, ()):
            ticket.lose(reason)


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with everything that belongs to it."""

    request: Request
    file: OpenFile
    document: Document
    options: CompletionOptions
    ticket: Ticket
    trace: Trace

    def shown(self, entry: CachedAnswer, source: types.Source) -> Answer:
        """An entry as the editor shows it: its own completion, where one is selected, in front.

        Several are for those who ask by hand.
        """
        selected, at = self.request.selected, self.document.cursor
        wanted = entry.texts if self.request.trigger == "invoked" else entry.texts[:1]
        if selected is None:
            texts = tuple(Suggestion(text, at, at) for text in wanted)
        else:
            texts = tuple(
                Suggestion(selected.text + text, selected.start, selected.end) for text in wanted
            )
        return Answer(texts, None if texts else entry.reason or Reason.NOTHING, source)
