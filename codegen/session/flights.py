"""What is being written, and for which files."""

from itertools import chain

from codegen.session.flight import Flight


class Flights(dict[str, list[Flight]]):
    """By their file's URI, the newest last.

    One that was stopped may still compute a prompt, and those after it wait for it.
    """

    def newest(self, uri: str) -> Flight | None:
        """What was asked for last in a file, unless it has ended."""
        return self[uri][-1] if uri in self else None

    def track(self, uri: str, flight: Flight) -> None:
        """Makes a flight its file's newest until it has ended."""
        self.setdefault(uri, []).append(flight)

        def ended(_: object) -> None:
            flights = self.get(uri, [])
            if flight in flights:
                flights.remove(flight)
            if not flights:
                self.pop(uri, None)

        flight.outcome.add_done_callback(ended)

    def leave(self, uri: str) -> None:
        """Ends all that is computed for a file."""
        for flight in self.pop(uri, ()):
            flight.stop(leave=True)

    def make_way(self, uri: str) -> None:
        """Ends what would hold up a new flight for a file."""
        if (newest := self.newest(uri)) is not None:
            newest.stop(leave=False)
        # In another file, what is computed only in case that it is asked about again.
        for other in chain(*(self[one] for one in self if one != uri)):
            if other.cancel.cancelled or not other.waiters:
                other.stop(leave=True)
