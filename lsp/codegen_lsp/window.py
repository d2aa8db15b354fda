"""A text that takes many edits in a row: an edit copies what is near it, not the whole text."""

from typing import Final

# Code points on either side of an edit in the middle part: the next edit is likely there.
_NEAR: Final = 4096


class Window:
    """A text in three parts, of which edits change the middle one."""

    __slots__ = ("_after", "_before", "_part")

    def __init__(self, text: str) -> None:
        self._before = self._after = ""
        self._part = text

    @property
    def text(self) -> str:
        """The whole text."""
        return self._before + self._part + self._after

    def around(self, start: int, end: int) -> tuple[str, int]:
        """A part that holds a span and a character more on either side, and where it begins."""
        base = len(self._before)
        last = base + len(self._part)
        outside = (self._before and start <= base) or (self._after and end >= last)
        if outside or len(self._part) > 4 * _NEAR + end - start:
            text = self.text
            base, last = max(0, start - _NEAR), min(len(text), end + _NEAR)
            self._before, self._part, self._after = text[:base], text[base:last], text[last:]
        return self._part, base

    def replace(self, start: int, end: int, text: str) -> str:
        """Replaces a span of the part that was returned last; returns the part as it is now."""
        base = len(self._before)
        self._part = self._part[: start - base] + text + self._part[end - base :]
        return self._part
