"""The cache of suggestions, compared with a naive one that searches all its entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.document import Document
from codegen.session.cache import MAX_TYPED, CachedAnswer, SuggestionCache


def document(before, after=""):
    return Document(before + after, len(before))


class Naive:
    """The last entries (before, after, texts, reason), in the order in which they were used."""

    def __init__(self, size):
        self.size = size
        self.entries = []

    def put(self, before, after, texts, reason):
        self.entries = [one for one in self.entries if one[:2] != (before, after)]
        self.entries.append((before, after, texts, reason))
        del self.entries[: -self.size]

    def find(self, before, after):
        fitting = [
            one
            for one in self.entries
            if one[1] == after
            and before.startswith(one[0])
            and len(before) - len(one[0]) <= MAX_TYPED
        ]
        for one in sorted(fitting, key=lambda one: -len(one[0])):
            typed = before[len(one[0]) :]
            left = tuple(
                text[len(typed) :] for text in one[2] if text.startswith(typed) and text != typed
            )
            if left or not typed:
                self.entries.remove(one)
                self.entries.append(one)
                return CachedAnswer(left, one[3])
        return None


WORDS = st.text("ab\n", max_size=4)
TEXTS = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3).map(tuple)
PUTS = st.tuples(st.just("put"), WORDS, st.sampled_from(["", "a"]), TEXTS)
FINDS = st.tuples(st.just("find"), WORDS, st.sampled_from(["", "a"]), st.just(()))


@given(st.lists(PUTS | FINDS, max_size=40), st.integers(1, 6))
def test_the_cache_agrees_with_a_naive_one(steps, size):
    cache, naive = SuggestionCache(size), Naive(size)
    for kind, before, after, texts in steps:
        if kind == "put":
            reason = None if texts else "blank"
            cache.put(document(before, after), texts, reason)
            naive.put(before, after, texts, reason)
        else:
            assert cache.find(document(before, after)) == naive.find(before, after)
    assert len(cache._entries) == len(naive.entries)
    assert sum(cache._starts.values()) == len(naive.entries)


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        pytest.param("x = ", "\n", ("one", "other"), id="the place"),
        pytest.param("x = o", "\n", ("ne", "ther"), id="typed into both"),
        pytest.param("x = on", "\n", ("e",), id="typed into one"),
        pytest.param("x = one", "\n", None, id="typed to its end"),
        pytest.param("x = a", "\n", None, id="something else"),
        pytest.param("x =", "\n", None, id="backspace beyond it"),
        pytest.param("y = ", "\n", None, id="another text of that length"),
        pytest.param("x = ", "\n\n", None, id="more below"),
        pytest.param("x = ", "", None, id="less below"),
        pytest.param("x = ", "x", None, id="as much below"),
    ],
)
def test_the_cache_gives_the_rest_of_a_suggestion(before, after, left):
    cache = SuggestionCache()
    cache.put(document("x = ", "\n"), ("one", "other"), None)
    found = cache.find(document(before, after))
    assert (found and found.texts) == left
    assert cache.find(document("x = ", "\n")).texts == ("one", "other")


def test_a_reason_holds_only_for_its_place():
    cache = SuggestionCache()
    cache.put(document("a"), (), "blank")
    assert cache.find(document("a")) == CachedAnswer((), "blank")
    assert cache.find(document("ab")) is None


@pytest.mark.parametrize(("typed", "found"), [(MAX_TYPED, True), (MAX_TYPED + 1, False)])
def test_only_so_much_may_be_typed_into_a_suggestion(typed, found):
    cache = SuggestionCache()
    cache.put(document("\ud800"), ("a" * 1000,), None)
    assert (cache.find(document("\ud800" + "a" * typed)) is not None) is found
