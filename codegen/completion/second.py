"""Where a text that isn't suggested should have become another one."""

from collections.abc import Sequence
from typing import Final

from codegen.postprocess.joint import Joint, same_statement
from codegen.reasons import Reason

# Rules that refuse a text for what it begins with: another beginning may do.
_REFUSING: Final = frozenset({Reason.SYNTAX_ERRORS, Reason.LONE_MARK, Reason.UNFINISHED})


def turning_point(chunks: Sequence[bytes], joint: Joint, reason: Reason) -> int | None:
    """Which of a refused sample's chunks should have been another one; None if none.

    Where the text repeats the line below it, that is the chunk with which it does so. Where it is
    refused for itself, it is the first. Where there is nothing to be said, as before a mark that is
    there already, nothing else would be better.

    Args:
        chunks: what the sample wrote after the cursor.
        joint: what it had to fit.
        reason: the rule that refused it.
    """
    raw = b"".join(chunks)
    text = raw.lstrip()
    first, _, _ = text.partition(b"\n")
    at = len(raw) - len(text)
    blanks = raw[:at].decode()
    # A blank line first: then the line is the text's own.
    begun = blanks.rpartition("\n")[2] if "\n" in blanks else joint.hole.left + blanks
    line = begun + first.decode(errors="replace")
    if line.strip() and same_statement(line, joint):
        at += len(first.rstrip()) - 1
    elif reason not in _REFUSING or not text:
        return None
    end = 0
    for index, data in enumerate(chunks):
        end += len(data)
        if end > at:
            return index
    return None
