"""Turns one sample's chunks into text: decodes them, finds the end, and says what is certain."""

import codecs
import io
from typing import Final

from codegen.engine.outcome import FinishReason
from codegen.postprocess.ending import Ending, Finder
from codegen.postprocess.guard import guarded
from codegen.postprocess.joint import Joint
from codegen.text import is_word

# The indentation that models write by themselves.
_USUAL_UNIT: Final = "    "

# Characters that a rule may drop from a text's end, if they already stand right of the cursor.
_CLOSERS: Final = ")]}\"'`;:,"


class SampleText:
    """The text that one sample has written up to now; its line endings are line feeds.

    Once the sample has `ended`, further chunks change nothing, and `finish` says why it ended.
    `rest` is what was written beyond the text's end when the end was found.
    """

    def __init__(
        self,
        joint: Joint,
        *,
        max_tokens: int,
        stop_strings: tuple[str, ...] = (),
    ) -> None:
        """Begins empty.

        Args:
            joint: the text around the cursor, which this text has to fit.
            max_tokens: how many chunks with text the sample may have.
            stop_strings: the text ends before the first of these strings that it writes. None of
                them is empty, and their line endings are line feeds.
        """
        self.text = self.rest = ""
        self.ended = False
        self.finish = FinishReason.LENGTH
        self.joint = joint
        self._hole = joint.hole
        self._finder = Finder(joint)
        self._max_tokens = max_tokens
        self._stop_strings = stop_strings
        # All line endings become line feeds here: the stages after this one expect them.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._ending = Ending(None)
        self._told = 0
        self._chunks: list[tuple[int, float | None]] = []  # where its text begins, and its logprob

    def read(self, data: bytes, logprob: float | None) -> None:
        """Adds the next chunk of the sample."""
        if self.ended or not data:
            return
        self._chunks.append((len(self.text), logprob))
        self.text += self._decoder.decode(data)
        self._cut()
        if not self.ended and len(self._chunks) == self._max_tokens:
            self._end(FinishReason.LENGTH)

    def end(self, reason: FinishReason) -> None:
        """Ends the sample, unless its text has ended already."""
        if self.ended:
            return
        if not reason.cut_off:
            # A broken character that the model wrote is shown as U+FFFD; half a character that
            # the limit cut off is dropped.
            self.text += self._decoder.decode(b"", final=True)
        self._end(reason)

    @property
    def mean_logprob(self) -> float | None:
        """The mean log probability of the chunks in the text; None if that of any is not known."""
        kept = [logprob for start, logprob in self._chunks if start < len(self.text)]
        told = [logprob for logprob in kept if logprob is not None]
        return sum(told) / len(told) if told and len(told) == len(kept) else None

    def certain(self) -> str:
        """The text that has become certain since the last call, with the document's newlines.

        These pieces together are how the suggestion begins, unless the text turns out to repeat
        itself: then it is cut back to its first round.
        """
        until = self._certain_until()
        piece = self.text[self._told : until]
        self._told = max(self._told, until)
        return piece.replace("\n", self._hole.newline)

    def _cut(self) -> None:
        """Ends the text at a stop string, or where the hole ends."""
        found = [self.text.find(stop) for stop in self._stop_strings]
        if (stop := min((at for at in found if at >= 0), default=None)) is not None:
            self._end(FinishReason.STOP, stop)
        self._ending = guarded("the end", Ending(None), self._finder.find, self.text)
        if self._ending.at is not None:
            self._end(FinishReason.HOLE, self._ending.at)

    def _end(self, reason: FinishReason, at: int | None = None) -> None:
        if at is not None:
            self.text, self.rest = self.text[:at], self.text[at:]
        self.ended = True
        self.finish = reason

    def _certain_until(self) -> int:
        """The offset up to which neither more text nor a rule will change the text."""
        if self._hole.is_unplaced or self.joint.unit not in (None, _USUAL_UNIT):
            return 0  # A rule may still change the indentation of its lines.
        text = self.text
        until = len(text) - max((_overlap(text, stop) for stop in self._stop_strings), default=0)
        if self._ending.doubt is not None:
            until = min(until, self._ending.doubt)
        if self._is_undecided(until):
            until = text.rfind("\n", 0, until) + 1
        kept = text[:until].rstrip()
        if right := self._hole.right.strip():
            kept = kept[: len(kept) - _overlap(kept, right)].rstrip().rstrip(_CLOSERS).rstrip()
        # A rule may still drop a text that consists of marks alone.
        return len(kept) if any(map(is_word, kept)) else 0

    def _is_undecided(self, until: int) -> bool:
        """Whether the last line may still turn out to lie beyond the hole."""
        start = self.text.rfind("\n", 0, until) + 1
        line = self.text[start:until]
        begun = (line if start else self._hole.left + line).strip()
        if self._hole.following.strip().startswith(begun):
            return True
        # "els" may become `else`, which continues the block, or a name, which ends it.
        more = guarded("the end", Ending(0), self._finder.find, f"{self.text[:until]}_")
        return more.at is not None


def _overlap(text: str, other: str) -> int:
    """The length of the longest end of a text with which `other`, not empty, begins."""
    at = text.find(other[0], max(0, len(text) - len(other)))
    while at >= 0 and not other.startswith(text[at:]):
        at = text.find(other[0], at + 1)
    return 0 if at < 0 else len(text) - at
