"""A completion as it is read: what of the hole it closed, and what it opened itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from codegen.postprocess.joint import Joint
from codegen.syntax.scan import Event, Frame, scan


class Reading:
    """Reads a completion's text, up to an offset if one is given; to be gone through once.

    Attributes:
        stack: what is open after the last event, the innermost last.
        closes: which frame of the hole's stack the last event closed, or gave up at the end of its
            line; None if none.
    """

    def __init__(self, text: str, joint: Joint, end: int | None = None) -> None:
        """Begins at the cursor."""
        self.stack = list(joint.stack)
        self.closes: int | None = None
        self._joint = joint
        before = joint.lead + joint.begun
        self._text = before + text
        self._begin = len(before)
        self._start = len(joint.lead)
        self._end = None if end is None else len(before) + end
        self._kept = len(self.stack)  # how much of the hole's stack is open

    def longer(self, text: str, start: int, end: int | None = None) -> "Reading":
        """Reads on in a longer text from the beginning of a line, up to which this has read."""
        reading = Reading(text, self._joint, end)
        reading.stack, reading._kept = list(self.stack), self._kept
        reading._start = reading._begin + start if start else reading._start
        return reading

    def __iter__(self) -> Iterator[Event]:
        """The events, with offsets into the completion."""
        begin = self._begin
        for event in scan(self._text, self._joint.lexis, self.stack, self._start, self._end):
            self.closes = None
            if event.kind in ("close", "drop") and len(self.stack) < self._kept:
                self._kept = len(self.stack)
                self.closes = self._kept
            elif event.kind == "line" and self.is_same:
                self._kept = len(self.stack)
            start, end = max(0, event.start - begin), max(0, event.end - begin)
            yield event._replace(start=start, end=end)

    def through(self) -> "Reading":
        """Reads all of it."""
        for _ in self:
            pass
        return self

    def at(
        self, offsets: Iterable[int], holds: Callable[["Reading"], bool]
    ) -> Iterator[tuple[int, bool]]:
        """Some offsets, ascending, each with whether something holds there."""
        now, places = holds(self), iter(offsets)
        place = next(places, None)
        for event in self:
            while place is not None and place < event.end:
                yield place, now
                place = next(places, None)
            if place is None:
                return
            now = holds(self)
        while place is not None:
            yield place, now
            place = next(places, None)

    @property
    def is_level(self) -> bool:
        """Whether nothing is open but what was at the cursor."""
        return self._kept == len(self.stack)

    @property
    def is_same(self) -> bool:
        """Whether as much is open as at the cursor, and of the same kinds."""
        return _marks(self.stack) == _marks(self._joint.stack)

    @property
    def is_inside(self) -> bool:
        """Whether all is open that was at the cursor, and nothing else."""
        return self.is_level and self._kept == len(self._joint.stack)

    @property
    def open_before(self) -> Sequence[Frame]:
        """What of the hole's stack is still open."""
        return self.stack[: self._kept]

    @property
    def own(self) -> Sequence[Frame]:
        """What the text itself opened and neither it nor the text below closes."""
        own = self.stack[self._kept :]
        marks = tuple(frame.closer for frame in reversed(own) if frame.closer != "\n")
        is_closed = not marks or marks == self._joint.spare[: len(marks)]
        return () if is_closed or self.is_same else own


def _marks(stack: Sequence[Frame]) -> list[str]:
    return [frame.closer for frame in stack]
