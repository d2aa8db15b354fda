r"""How near a completion comes to the original text, character by character.

Nothing is normalised unless the name says so: an extra newline, or "\r\n" for "\n", is a
difference, since it is one in the file.
"""

from typing import Final

_LONGEST: Final = 20_000
"""Characters of a text that are compared: longer than completions are, and not so long that
comparing takes minutes."""


def exact(completion: str, reference: str) -> bool:
    """Whether the completion equals the reference."""
    return completion == reference


def exact_stripped(completion: str, reference: str) -> bool:
    """Whether both are equal without whitespace (newlines included) at their ends.

    Published fill-in-the-middle scores call this exact match.
    """
    return completion.strip() == reference.strip()


def exact_first_line(completion: str, reference: str) -> bool:
    """Whether the first lines that aren't blank are the same but for whitespace around them."""
    return _first_line(completion) == _first_line(reference)


def edit_similarity(completion: str, reference: str) -> float:
    """1 - Levenshtein distance / length of the longer text; 1 where both are empty.

    In characters, as they are. It is not difflib's ratio, nor the `fuzz.ratio` of some papers,
    whose distance has no substitution. Texts count up to 20,000 characters.
    """
    completion, reference = completion[:_LONGEST], reference[:_LONGEST]
    longer = max(len(completion), len(reference))
    return 1.0 - levenshtein(completion, reference) / longer if longer else 1.0


def levenshtein(left: str, right: str) -> int:
    """The least number of insertions, deletions and substitutions from one text to the other.

    A column of the table is one pair of integers, a bit per row. Source: Myers, A Fast
    Bit-Vector Algorithm for Approximate String Matching, JACM 46(3), 1999, in the form of
    Hyyrö, Explaining and Extending the Bit-parallel Algorithm of Myers, 2001.
    """
    start = 0
    end = min(len(left), len(right))
    while start < end and left[start] == right[start]:
        start += 1
    left, right = left[start:], right[start:]
    if not left or not right:
        return len(left) + len(right)

    places: dict[str, int] = {}
    for row, character in enumerate(left):
        places[character] = places.get(character, 0) | 1 << row
    full, last = (1 << len(left)) - 1, 1 << (len(left) - 1)
    rises, falls, distance = full, 0, len(left)
    for character in right:
        equal = places.get(character, 0)
        diagonal = (((equal & rises) + rises) ^ rises) | equal | falls
        right_rises = falls | ~(diagonal | rises) & full
        right_falls = rises & diagonal
        if right_rises & last:
            distance += 1
        elif right_falls & last:
            distance -= 1
        right_rises = right_rises << 1 | 1
        right_falls <<= 1
        rises = (right_falls | ~(diagonal | right_rises)) & full
        falls = right_rises & diagonal & full
    return distance


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.split("\n") if line.strip()), "")
