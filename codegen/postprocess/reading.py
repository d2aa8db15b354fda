"""Reads a completion: what it closes of the hole's frames, and which frames it opens itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from codegen.postprocess.joint import Joint
from codegen.syntax.scan import Event, Frame, scan


class Reading:
    """Reads a completion's text, up to an offset if that is given. It can be iterated over once.

    Attributes:
        stack: the frames that are open after the last event, the innermost last.
        closes: the index of the frame in the hole's stack that the last event closed, or dropped at
            the end of its line; None if it closed none of them.
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
        """A reading of a longer text, from the start of the line that this one has reached."""
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
        """For each offset, in ascending order, whether something holds there."""
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
        """Whether the text has no frame of its own open."""
        return self._kept == len(self.stack)

    @property
    def is_same(self) -> bool:
        """Whether as many frames are open as at the cursor, and the same marks close them."""
        return _marks(self.stack) == _marks(self._joint.stack)

    @property
    def is_inside(self) -> bool:
        """Whether exactly the frames are open that were open at the cursor."""
        return self.is_level and self._kept == len(self._joint.stack)

    @property
    def open_before(self) -> Sequence[Frame]:
        """The frames of the hole's stack that are still open."""
        return self.stack[: self._kept]

    @property
    def own(self) -> Sequence[Frame]:
        """The frames that the text opened, and that neither it nor the text below closes."""
        own = self.stack[self._kept :]
        marks = tuple(frame.closer for frame in reversed(own) if frame.closer != "\n")
        is_closed = not marks or marks == self._joint.spare[: len(marks)]
        return () if is_closed or self.is_same else own


def _marks(stack: Sequence[Frame]) -> list[str]:
    return [frame.closer for frame in stack]
