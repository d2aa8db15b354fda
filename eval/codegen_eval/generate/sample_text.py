"""Collects the text of one sample from its tokens, finds its end, and measures its time."""

import re
from typing import Final

from codegen.engine.outcome import FinishReason

_LINE: Final = re.compile(rb"\s*\S[^\n]*\n")


class SampleText:
    """The bytes that a model writes for one sample, without the forced bytes at the start.

    They end before the first stop string, which may begin inside a token, or, with `one_line`,
    after the first line that isn't blank and its newline.
    """

    def __init__(
        self, forced: bytes, stops: tuple[str, ...] = (), *, one_line: bool = False
    ) -> None:
        self._forced = len(forced)
        self._stops = tuple(stop.encode() for stop in stops)
        self._one_line = one_line
        self._longest = max(map(len, self._stops), default=1)
        self._data = bytearray()
        self.finish: FinishReason | None = None
        self.tokens = 0
        self.first_seconds = 0.0
        self.seconds = 0.0

    @property
    def text(self) -> str:
        """The text so far; bytes that are not UTF-8 are replaced."""
        return bytes(self._data[self._forced :]).decode(errors="replace")

    def read(self, data: bytes, seconds: float) -> None:
        """Takes a token, `seconds` after the batch was started."""
        if not self.tokens:
            self.first_seconds = seconds
        self.tokens += 1
        self.seconds = seconds
        begin = max(self._forced, len(self._data) - self._longest + 1)
        self._data += data
        found = [at for stop in self._stops if (at := self._data.find(stop, begin)) >= 0]
        if found:
            del self._data[min(found) :]
            self.finish = FinishReason.STOP
        elif self._one_line and (line := _LINE.match(self._data, self._forced)):
            del self._data[line.end() :]
            self.finish = FinishReason.HOLE

    def end(self, finish: FinishReason, seconds: float) -> None:
        """Ends the sample because the model or a limit did; no effect after a stop string."""
        if self.finish is None:
            self.finish = finish
            self.seconds = seconds
