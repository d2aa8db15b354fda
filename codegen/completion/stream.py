"""One sample's chunks as text: decoded, cut where it ends, and told as soon as it is certain."""

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

# What a rule may drop from a text's end, since it stands right of the cursor already.
_CLOSERS: Final = ")]}\"'`;:,"


class SampleText:
    """What one sample has written up to now, with line feeds.

    Once it has `ended`, what is read changes nothing, and `finish` says why it did. `rest` is what
    was written beyond the text's end when the end was found.
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
            joint: what the text has to fit.
            max_tokens: how many chunks with text in them there may be.
            stop_strings: what ends the text, and is not a part of it; none is empty, and their
                line endings are line feeds.
        """
        self.text = self.rest = ""
        self.ended = False
        self.finish = FinishReason.LENGTH
        self.joint = joint
        self._hole = joint.hole
        self._finder = Finder(joint)
        self._max_tokens = max_tokens
        self._stop_strings = stop_strings
        # All line endings become line feeds here, which is what everything after it works on.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._ending = Ending(None)
        self._told = 0
        self._chunks: list[tuple[int, float | None]] = []  # where its text begins, and its logprob

    def read(self, data: bytes, logprob: float | None) -> None:
        """Takes the next bytes."""
        if self.ended or not data:
            return
        self._chunks.append((len(self.text), logprob))
        self.text += self._decoder.decode(data)
        self._cut()
        if not self.ended and len(self._chunks) == self._max_tokens:
            self._end(FinishReason.LENGTH)

    def end(self, reason: FinishReason) -> None:
        """Says that the sample ended, unless its text had ended before."""
        if self.ended:
            return
        if not reason.cut_off:
            # The model's own broken character is shown as one; one that was cut off is not.
            self.text += self._decoder.decode(b"", final=True)
        self._end(reason)

    @property
    def mean_logprob(self) -> float | None:
        """The mean over the chunks of which the text has some; None if there is nothing to tell."""
        kept = [logprob for start, logprob in self._chunks if start < len(self.text)]
        told = [logprob for logprob in kept if logprob is not None]
        return sum(told) / len(told) if told and len(told) == len(kept) else None

    def certain(self) -> str:
        """What has become certain since the last call, with the document's newlines.

        Together these pieces are how the suggestion begins, unless the text turns out to be a
        loop, which is cut back to its first round.
        """
        until = self._certain_until()
        piece = self.text[self._told : until]
        self._told = max(self._told, until)
        return piece.replace("\n", self._hole.newline)

    def _cut(self) -> None:
        """Ends the text where it ends by itself."""
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
        """The offset before which neither more text nor a rule changes anything."""
        if self._hole.is_unplaced or self.joint.unit not in (None, _USUAL_UNIT):
            return 0  # A rule may still move its lines.
        text = self.text
        until = len(text) - max((_overlap(text, stop) for stop in self._stop_strings), default=0)
        if self._ending.doubt is not None:
            until = min(until, self._ending.doubt)
        if self._is_undecided(until):
            until = text.rfind("\n", 0, until) + 1
        kept = text[:until].rstrip()
        if right := self._hole.right.strip():
            kept = kept[: len(kept) - _overlap(kept, right)].rstrip().rstrip(_CLOSERS).rstrip()
        # Marks alone may turn out to be too little to show.
        return len(kept) if any(map(is_word, kept)) else 0

    def _is_undecided(self, until: int) -> bool:
        """Whether the last line may still turn out not to be a part of the hole."""
        start = self.text.rfind("\n", 0, until) + 1
        line = self.text[start:until]
        begun = (line if start else self._hole.left + line).strip()
        if self._hole.following.strip().startswith(begun):
            return True
        # "els" may become "else", which goes on with the block, or a name, which ends it.
        more = guarded("the end", Ending(0), self._finder.find, f"{self.text[:until]}_")
        return more.at is not None


def _overlap(text: str, other: str) -> int:
    """How long the longest end of a text is that `other` begins with; `other` is not empty."""
    at = text.find(other[0], max(0, len(text) - len(other)))
    while at >= 0 and not other.startswith(text[at:]):
        at = text.find(other[0], at + 1)
    return 0 if at < 0 else len(text) - at
