"""Untrusted text made safe, and visible, on a terminal."""

import re
import unicodedata

# Letters, marks and symbols that nevertheless show nothing (Unicode's Default_Ignorable), so
# that text can hide in them. The two variation selectors that emoji need, U+FE0E and U+FE0F, are
# left alone.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]"
)


def visible(text: str) -> str:
    r"""`text` with every character that could hide, reorder or control shown as `<U+202E>`.

    These are the controls (except "\n" and "\t"), formatting characters (bidirectional ones,
    zero-width ones and joiners among them), line and paragraph separators, lone surrogates,
    unassigned and private ones, and those that show nothing. "\r" is one of them: split lines
    first, if their endings are not to be shown.
    """
    return "".join(
        character if _is_plain(character) else f"<U+{ord(character):04X}>" for character in text
    )


def _is_plain(character: str) -> bool:
    # Not printable are Unicode's categories of "other", and all separators except " ".
    printable = character.isprintable() or unicodedata.category(character) == "Zs"
    return character in "\n\t" or (printable and not _BLANK.match(character))
