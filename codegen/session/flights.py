"""The in-flight completions of all files."""

from itertools import chain

from codegen.session.flight import Flight


class Flights(dict[str, list[Flight]]):
    """The flights of every file, by its URI, the newest last.

    A flight that was stopped may still compute its prompt; the flights after it wait for that.
    """

    def newest(self, uri: str) -> Flight | None:
        """A file's newest flight, None if it has none that is running."""
        return self[uri][-1] if uri in self else None

    def track(self, uri: str, flight: Flight) -> None:
        """Adds a flight as its file's newest, and removes it when it ends."""
        self.setdefault(uri, []).append(flight)

        def ended(_: object) -> None:
            flights = self.get(uri, [])
            if flight in flights:
                flights.remove(flight)
            if not flights:
                self.pop(uri, None)

        flight.outcome.add_done_callback(ended)

    def leave(self, uri: str) -> None:
        """Stops all flights of a file and the computing of their prompts."""
        for flight in self.pop(uri, ()):
            flight.stop(leave=True)

    def make_way(self, uri: str) -> None:
        """Stops the flights that would hold up a new flight for a file."""
        if (newest := self.newest(uri)) is not None:
            newest.stop(leave=False)
        # In other files: the flights that no request waits for, and stopped ones with their
        # prompts. They would only serve a later request for the same place.
        for other in chain(*(self[file] for file in self if file != uri)):
            if other.cancel.cancelled or not other.waiters:
                other.stop(leave=True)
