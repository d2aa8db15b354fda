"""What must hold for every healed text, with any tokenizer: also asked with the real one."""

import random
from collections.abc import Sequence

from codegen.prompt.healing import MAX_TOKENS_BACK, Healed, Spell, Vocabulary, heal
from codegen.prompt.tokenizer import Tokenizer


def check_healed(tokenizer: Tokenizer, vocabulary: Vocabulary, text: bytes) -> Healed:
    """Heals a text that may end inside a character, and checks the result."""
    healed = heal(tokenizer, text)
    assert tokenizer.decode_bytes(healed.ids) + healed.forced == text
    assert not set(healed.ids) & set(tokenizer.special_ids.values())
    check_spelling(tokenizer, vocabulary, healed.forced)
    return healed


def check_spelling(tokenizer: Tokenizer, vocabulary: Vocabulary, forced: bytes) -> None:
    """Takes tokens that are allowed, the shortest or the longest, until all is spelled."""
    for choose in (min, max):
        spell = Spell.of(tokenizer, vocabulary, forced)
        spelled = b""
        steps = 0
        while (allowed := spell.allowed()) is not None:
            token = choose(map(int, allowed), key=lambda id_: len(tokenizer.token_bytes(id_)))
            spelled += tokenizer.token_bytes(token)
            spell = spell.advance(token)
            steps += 1
        assert spelled.startswith(forced)
        # As many tokens as were dropped, or a few more where a probe made the tokenizer split
        # them otherwise, and up to three bytes of a broken character.
        assert steps <= 2 * MAX_TOKENS_BACK + 3


def check_random_cuts(
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    sources: Sequence[bytes],
    *,
    cuts: int,
    window: int = 4000,
) -> None:
    """Heals the ends of real files (UTF-8), cut at random bytes, inside characters too."""
    choose = random.Random(20240719)
    for _ in range(cuts):
        source = choose.choice(sources)
        end = choose.randint(0, len(source))
        start = max(0, end - window)
        while start < end and source[start] & 0xC0 == 0x80:
            start += 1
        check_healed(tokenizer, vocabulary, source[start:end])
