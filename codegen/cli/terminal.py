"""Makes untrusted text safe for a terminal, and its hidden characters visible."""

import re
import unicodedata

# Letters, marks and symbols that show nothing (Unicode's Default_Ignorable), so that text could be
# hidden with them. U+FE0E and U+FE0F are not among them: emoji need these variation selectors.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]"
)


def visible(text: str) -> str:
    r"""`text`, in which characters that hide, reorder or control text are shown as `<U+202E>`.

    These are control characters except "\n" and "\t"; formatting characters, such as bidirectional
    and zero-width ones and joiners; line and paragraph separators; lone surrogates; unassigned and
    private characters; and characters that show nothing. "\r" is a control character: split the
    text into lines first if their endings should not be shown.
    """
    return "".join(
        character if _is_plain(character) else f"<U+{ord(character):04X}>" for character in text
    )


def _is_plain(character: str) -> bool:
    # Characters of Unicode's categories "other", and separators except " ", are not printable.
    printable = character.isprintable() or unicodedata.category(character) == "Zs"
    return character in "\n\t" or (printable and not _BLANK.match(character))
