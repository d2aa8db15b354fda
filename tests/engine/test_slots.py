from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.engine.slots import Slot, SlotPool


class Memory:
    """In place of KV buffers: the tokens that were computed into them, valid or not."""

    def __init__(self, tokens=()):
        self.tokens = list(tokens)
        self.filled = 0


def copy(source, target, length):
    target.tokens[:length] = source.tokens[:length]
    target.filled += 1


def slot_of(text):
    return Slot(Memory(text), list(text))


def pool_of(*texts):
    """A pool whose slots hold these texts, the first unused for longest."""
    slots = [slot_of(text) for text in texts]
    for used, slot in enumerate(slots):
        slot.used = used
    pool = SlotPool(slots, copy)
    pool._clock = len(slots)
    return pool, slots


def compute(slot, prompt, length, upto=None):
    """What the engine does after `take`, up to a token at which it is cancelled."""
    upto = len(prompt) if upto is None else max(upto, length)
    slot.buffers.tokens[length:] = prompt[length:upto]
    slot.ids.extend(prompt[length:upto])


def common(one, other):
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@pytest.mark.parametrize(
    ("held", "prompt", "taken", "length"),
    [
        (("", ""), "abc", 1, 0),
        (("abc", "abd"), "abde", 1, 3),
        (("abde", "abc"), "abde", 0, 3),  # the last token is computed again, for its logits
        (("abcdef", "xy"), "abcdefgh", 0, 6),
        (("abcdef", "xy"), "abcd", 0, 3),  # going back
        (("xy", "abcdef"), "abcX", 1, 3),  # half is kept: no copy
        (("xy", "abcdef"), "abX", 0, 2),
        (("xy", "abcdefg"), "abcd", 1, 3),  # four are kept, of which one is computed again
        (("", "abcdef"), "xyz", 0, 0),
        (("abc", "def"), "xyz", 0, 0),  # nothing known: the one unused for longest goes
        (("xy", "a"), "a", 1, 0),
    ],
)
def test_which_slot_is_taken(held, prompt, taken, length):
    pool, slots = pool_of(*held)
    slot, known = pool.take(prompt)
    assert (slot is slots[taken], known) == (True, length)
    assert "".join(slot.ids) == prompt[:length]


def test_the_most_recent_of_equals_is_taken():
    pool, slots = pool_of("abcd", "abcd")
    assert pool.take("abcde")[0] is slots[1]


def test_a_shared_licence_header_is_copied_to_the_slot_unused_for_longest():
    pool, slots = pool_of("old file", "HEADER first file and much more")
    slot, length = pool.take("HEADER second")
    assert (slot is slots[0], length) == (True, 7)
    assert "".join(slot.ids) == "".join(slot.buffers.tokens[:7]) == "HEADER "
    assert "".join(slots[1].ids) == "HEADER first file and much more"
    # Both files are known from now on.
    compute(slot, "HEADER second", length)
    assert pool.take("HEADER first file and much more!") == (slots[1], 31)
    assert pool.take("HEADER second!") == (slots[0], 13)


def test_a_header_in_the_slot_unused_for_longest_is_cut_where_it_lies():
    pool, slots = pool_of("HEADER first file and much more", "other")
    slot, length = pool.take("HEADER second")
    assert (slot is slots[0], length) == (True, 7)
    assert slot.buffers.filled == 0
    assert "".join(slots[1].ids) == "other"


def test_two_files_do_not_evict_each_other():
    pool, _ = pool_of("", "")
    files = ["first file, long", "another file, long"]
    for file in files:
        compute(*swap(pool.take(file), file))
    for round_ in range(5):
        for number, file in enumerate(files):
            files[number] = longer = f"{file}{round_}"
            slot, length = pool.take(longer)
            assert length == len(file)
            compute(slot, longer, length)


def swap(taken, prompt):
    slot, length = taken
    return slot, prompt, length


PROMPTS = st.lists(st.integers(0, 2), min_size=1, max_size=12)
HISTORIES = st.lists(st.tuples(PROMPTS, st.none() | st.integers(0, 12)), max_size=12)


@given(st.integers(1, 3), HISTORIES)
def test_whatever_happened_before(count, history):
    slots = [Slot(Memory()) for _ in range(count)]
    pool = SlotPool(slots, copy)
    for prompt, upto in history:
        before = [list(slot.ids) for slot in slots]
        used = [slot.used for slot in slots]
        best = max(common(ids, prompt) for ids in before)

        taken, length = pool.take(prompt)

        assert length == min(best, len(prompt) - 1)
        assert taken.ids == prompt[:length]
        assert taken.used > max(used)
        chosen = next(number for number, slot in enumerate(slots) if slot is taken)
        for number, slot in enumerate(slots):
            if number != chosen:
                assert slot.ids == before[number]
        if common(before[chosen], prompt) < best:
            # Another was evicted, which needs a reason: the best match lost more than it kept.
            assert used[chosen] == min(used)
            losing = [ids for ids in before if common(ids, prompt) == best]
            assert any(len(ids) > 2 * best for ids in losing)

        compute(taken, prompt, length, upto)
        for slot in slots:
            assert slot.buffers.tokens[: len(slot.ids)] == slot.ids


def test_what_was_forgotten_is_not_found():
    pool, slots = pool_of("abcdef", "xyz")
    pool.clear()
    assert [slot.ids for slot in slots] == [[], []]
    taken, length = pool.take(list("abcxyz"))
    assert length == 0
    assert taken.ids == []
