"""Finds the chunk at which a refused text should have gone on otherwise."""

from collections.abc import Sequence
from typing import Final

from codegen.postprocess.joint import Joint, same_statement
from codegen.reasons import Reason

# Rules that refuse a text for its beginning: a text with another beginning may be suggested.
_REFUSING: Final = frozenset({Reason.SYNTAX_ERRORS, Reason.LONE_MARK, Reason.UNFINISHED})


def turning_point(chunks: Sequence[bytes], joint: Joint, reason: Reason) -> int | None:
    """The index of the chunk that a refused sample should not have written; None if there is none.

    If the text repeats the line below the cursor, that is the chunk that completes the repeated
    line. If the text was refused for its beginning (as a syntax error, a lone mark, or unfinished),
    it is the first chunk with text. For every other reason it is None, since another text would be
    refused, too: for example, if the bracket that should be written is already there.

    Args:
        chunks: what the sample wrote after the cursor.
        joint: the text around the cursor, which the sample had to fit.
        reason: the rule that refused it.
    """
    raw = b"".join(chunks)
    text = raw.lstrip()
    first, _, _ = text.partition(b"\n")
    at = len(raw) - len(text)
    blanks = raw[:at].decode()
    # After a newline the line is the sample's own; else it began left of the cursor.
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
