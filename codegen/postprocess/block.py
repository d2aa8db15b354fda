"""Decides line by line whether a completion still belongs to the block of the hole."""

import re
from copy import copy
from typing import Final

from codegen.postprocess.joint import Joint, same_statement
from codegen.postprocess.loops import loop_start
from codegen.postprocess.reading import Reading
from codegen.text import depth, same_line

# How many blank lines end a completion, and how many may come before its first line.
_BLANK_END: Final = 2
_BLANK_LIMIT: Final = 3

# Words that continue a statement in a line that is indented as its first line is.
_PARTS: Final = ("else", "elif", "elsif", "except", "rescue", "finally", "ensure", "catch", "when")
_GOES_ON: Final = re.compile(rf"\s*(?:{'|'.join(_PARTS)})\b")
_CLOSERS: Final = (")", "]", "}", "</")
# Beginnings of lines that continue a statement: an unfinished line may become such a line.
_BEGUN: Final = (*_PARTS, "</", "//", "/*", "--")
# A word with which a block ends.
_END_WORD: Final = re.compile(r"\s*(?:end|fi|done|esac)\b")
# Lines that may be indented less than the code around them: comments, and between braces also
# labels.
_COMMENT: Final = re.compile(r"\s*(?:#|//|/\*|\*|--|;)")
_LABEL: Final = re.compile(r"\s*(?:\w+:(?![:\w])|(?:case|default|public|private|protected)\b)")
# The beginnings of an explanation that a model adds to its code.
_FENCE: Final = "```"
_SENTENCE: Final = re.compile(r"[A-Z][a-z]*(?: [\w',`-]+){4,}[.:]\s*$")


class Block:
    """Reads the lines of a completion that begin where the completion has nothing open.

    `text` is the completion, `done` says that no more text comes, and `seen` are the lines read so
    far, with their offsets. `doubt` is the offset from which on the lines may yet turn out not to
    belong to the hole; None if all of them surely belong to it.
    """

    def __init__(self, text: str, joint: Joint, *, done: bool) -> None:
        self.text = text
        self.done = done
        self._joint = joint
        self._hole = joint.hole
        self._single = joint.hole.lines == "single" and not joint.spreads(text)
        self.seen: list[tuple[str, int]] = []
        self._base = -1
        self._good = 0  # where the last line ends that surely belongs to the hole
        self._is_good = False
        self._blanks = 0
        self._nested = False
        self.doubt: int | None = None

    def longer(self, text: str, *, done: bool) -> "Block":
        """Returns a copy for a longer text that begins with the lines read so far.

        These are not read again.
        """
        block = copy(self)
        block.text, block.done, block.seen = text, done, [*self.seen]
        return block

    def begins(self, start: int, reading: Reading) -> int | None:
        """The offset at which the text ends, if it ends before the line at `start`; else None."""
        closed = len(reading.open_before) < len(self._joint.stack)
        return None if self._single else self._read(start, closed=closed)

    def before(self, at: int) -> int:
        """The offset at which the text ends, if it ends before the closing mark at `at`."""
        head = self.text[:at]
        kept = head.rstrip()
        right = self._hole.right
        # What is closed on the cursor's own line stays where the completion puts it.
        if right.strip() and not self._hole.inserts_above and not right[0].isspace():
            return at
        return len(kept) or at

    def ended(self, at: int, reading: Reading) -> int | None:
        """The offset at which the text ends, if it ends at the newline at `at`; else None."""
        if self._single:
            return self._single_end(at, reading)
        if self._is_good:
            self._good = len(self.text[:at].rstrip())
            last = self.seen[-1]
            self._nested |= "\n" in self.text[last[1] : at].strip()
            lines = [line for line, _ in self.seen]
            if (start := loop_start(lines)) is not None:
                begin = self.seen[start][1]
                return self._stop(len(self.text[:begin].rstrip()), begin)
        return None

    def _single_end(self, at: int, reading: Reading) -> int | None:
        hole, text = self._hole, self.text
        if not text[:at].strip():
            if not hole.starts_below or text.count("\n", 0, at + 1) > _BLANK_LIMIT:
                return 0
            return None
        open_here = any(
            frame.at >= hole.begins_at and frame.is_bracket and not self._joint.is_closed(index)
            for index, frame in enumerate(reading.open_before)
        )
        if open_here and not hole.one_line:
            return None
        return at + 1 if hole.inserts_above else at

    def _read(self, start: int, *, closed: bool) -> int | None:
        """The offset at which the text ends, if the line at `start` doesn't belong to the hole."""
        text, hole = self.text, self._hole
        newline = text.find("\n", start)
        complete = newline >= 0
        line = text[start : newline if complete else len(text)]
        full = line if start else hole.left + line
        self._is_good = False
        if not full.strip():
            return self._blank(start, complete=complete)
        if not start and not line.strip() and hole.left.strip():
            return None  # The cursor's line opens a block that begins below it.
        if self.doubt == 0:
            return 0  # The model goes on after the first line, so that line was a repetition.
        if self._base < 0:
            self._base = depth(full)
        if self._good and (
            self._explains(full, complete=complete)
            or self._leaves(full, closed=closed, complete=complete)
            or (complete and self._repeats(full))
        ):
            return self._stop(self._good, start)
        outside = self._good and depth(full) <= self._outside()
        if outside and self._may_be_outside(full, complete=complete):
            self.doubt = self._good  # The next line tells whether this line belongs to the hole.
            return None
        self.doubt = 0 if not self._good and self._repeats(full) else None
        self._is_good = True
        self._nested |= depth(full) > self._base
        self._blanks = 0
        self.seen.append((full.rstrip(), start))
        return None

    def _explains(self, full: str, *, complete: bool) -> bool:
        """Whether a line begins an explanation, as models add it after their code."""
        if self._hole.is_prose:
            return False
        if full.startswith(_FENCE):
            return True
        return bool(self._blanks) and (complete or self.done) and _SENTENCE.match(full) is not None

    def _blank(self, start: int, *, complete: bool) -> int | None:
        self._blanks += complete
        if not self._good:
            return 0 if self._blanks > _BLANK_LIMIT else None
        limit = _BLANK_LIMIT if self._is_roomy() else _BLANK_END
        if self._blanks < limit:
            return None
        return self._stop(self._good, self.text.index("\n", start) + 1)

    def _outside(self) -> int:
        """The greatest indentation, in columns, of a line that is outside of the hole's block."""
        joint, base = self._joint, self._base
        following = depth(self._hole.following) if self._hole.following else -1
        below = following if following < base else -1
        if joint.opener >= 0:
            return max(joint.opener, below) if base > joint.opener else -1
        if base <= 0:
            return -1
        return max(0, min(joint.floor, base - 1), self._header())

    def _header(self) -> int:
        """The indentation of the cursor's line, if it opens a block; else -1."""
        hole = self._hole
        return depth(hole.left) if hole.opens and hole.left.strip() else -1

    def _leaves(self, full: str, *, closed: bool, complete: bool) -> bool:
        """Whether a line doesn't belong to the block of the hole."""
        begun = full.strip()
        if begun.startswith(_CLOSERS):
            return False  # Closing marks are judged by what they close.
        if not complete and any(part.startswith(begun) for part in _BEGUN):
            return False
        parts = _GOES_ON.match(full) is not None
        if closed and not self._hole.is_prose:
            return not parts
        if depth(full) <= self._outside():
            return self._is_outside(full, parts=parts, complete=complete)
        if self._is_roomy() or depth(full) > self._base or self._hole.is_prose:
            return False
        return bool(self._nested and self._blanks and not parts)

    def _is_outside(self, full: str, *, parts: bool, complete: bool) -> bool:
        """Whether a line that is indented too little for the block really leaves the block."""
        if self._may_be_outside(full, complete=complete):
            return False
        ends = _END_WORD.match(full) is not None and not self._is_ended_below(depth(full))
        around = (self._header(), depth(self._hole.following))
        return not ends and not (parts and depth(full) in around)

    def _is_roomy(self) -> bool:
        """Whether the hole is the whole body of its block, or the rest of it."""
        above = self._joint.above
        return self._joint.roomy or (above is not None and self._base > above.depth)

    def _may_be_outside(self, full: str, *, complete: bool) -> bool:
        begun = not complete and full.strip().isidentifier()
        label = self._joint.opener >= 0 and (begun or _LABEL.match(full) is not None)
        return label or _COMMENT.match(full) is not None

    def _is_ended_below(self, here: int) -> bool:
        """Whether the hole is followed by a word that ends a block with this indentation."""
        following = self._hole.following
        return _END_WORD.match(following) is not None and depth(following) == here

    def _repeats(self, full: str) -> bool:
        """Whether a line repeats the line below the hole. Lines without words may come twice."""
        if not any(map(str.isalnum, full)):
            return False
        if self._good:
            return same_line(full, self._joint.next_line)
        return same_statement(full, self._joint)

    def _stop(self, at: int, start: int) -> int:
        """The end: `at`, or `start` where the completion pushes the code of the line down."""
        return start if self._hole.inserts_above and at else at
