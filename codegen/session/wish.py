"""A request with everything that belongs to it, and how an entry of the cache answers it."""

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
    """A request's claim to be answered with suggestions.

    Only requests for the newest place of a file are. When another place becomes the newest, `lost`
    gets the reason.
    """

    def __init__(self, request: Request) -> None:
        """Makes a ticket that belongs to the running event loop."""
        self.place = request.cursor, request.selected
        self.lost: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()

    def lose(self, reason: Reason) -> None:
        """Takes the ticket away: its request is answered without suggestions, for this reason.

        A ticket that is already lost keeps its first reason.
        """
        if not self.lost.done():
            self.lost.set_result(reason)


class Tickets:
    """The valid tickets: those for the newest place of every file."""

    def __init__(self) -> None:
        """Begins without tickets."""
        self._by_file: dict[str, list[Ticket]] = {}

    def claim(self, request: Request) -> Ticket:
        """Returns a ticket for a request.

        If the file's valid tickets are for another place, they are lost. Those for the same place
        stay valid.
        """
        ticket = Ticket(request)
        if any(old.place != ticket.place for old in self._by_file.get(request.uri, ())):
            self.lose(request.uri, Reason.SUPERSEDED)
        self._by_file.setdefault(request.uri, []).append(ticket)
        return ticket

    def give_back(self, uri: str, ticket: Ticket) -> None:
        """Removes the ticket of a request that was answered."""
        tickets = self._by_file.get(uri, [])
        if ticket in tickets:
            tickets.remove(ticket)
        if not tickets:
            self._by_file.pop(uri, None)

    def lose(self, uri: str, reason: Reason) -> None:
        """Makes all tickets of a file invalid."""
        for ticket in self._by_file.pop(uri, ()):
            ticket.lose(reason)


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with its file, document, options, ticket and trace."""

    request: Request
    file: OpenFile
    document: Document
    options: CompletionOptions
    ticket: Ticket
    trace: Trace

    def shown(self, entry: CachedAnswer, source: types.Source) -> Answer:
        """The answer that shows an entry of the cache.

        An automatic request gets the best suggestion only. If the editor's own completion is
        selected, its text stands in front of every suggestion.
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
