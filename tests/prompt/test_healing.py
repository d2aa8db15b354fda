import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.errors import CorruptModelError
from codegen.prompt.healing import MAX_TOKENS_BACK, Spell, Vocabulary, heal, safe_boundary
from codegen.text import scalar
from tests.prompt.healing_checks import check_healed, check_random_cuts

# `¦` is the boundary.
BOUNDARIES = [
    "x =¦ foo",
    "¦foo",
    "foo¦_bar",
    "if x:\n¦    ",
    "foo\n¦    ",
    "foo\n\n¦",
    "if x:\n   ¦ ret",
    "\t¦\tret",
    "x\r\n¦  ",
    "x¦\r",
    "x1¦",
    "x =¦ ",
    "x¦ =",
    "self¦.",
    "foo¦(",
    "f(a¦,",
    "f(a,¦ ",
    "f(g(x¦))",
    'f("a¦",',
    "#¦ ----",
    "¦'''",
    "x =¦ caf\u00e9",
    "¦\u4e2d\u6587",
    "¦",
]


@pytest.mark.parametrize("marked", BOUNDARIES)
def test_the_boundary_that_a_prompt_backs_off_to(tokenizer, marked):
    before, _, after = marked.partition("¦")
    boundary = safe_boundary(tokenizer, before + after)
    assert boundary is not None
    text = before + after
    assert f"{text[:boundary]}¦{text[boundary:]}" == marked


CODE = st.text(st.sampled_from("ab_1 \n\t().,:'\"=#\u00e9\u4e2d\r"), max_size=60)


@given(text=CODE, following=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_boundary_stays_whatever_follows(tokenizer, text, following):
    blank = not text.rpartition("\n")[2].strip()
    assume(not (blank and following.lstrip(" \t")[:1] in "\r\n"))
    boundary = safe_boundary(tokenizer, text)
    assert boundary in tokenizer.boundaries(text + following)


@given(text=st.text(st.sampled_from("ab1 \n('"), min_size=300, max_size=600))
def test_boundary_far_into_a_text_is_the_whole_texts(tokenizer, text):
    boundary = safe_boundary(tokenizer, text)
    assert boundary is None or boundary in tokenizer.boundaries(text)


@pytest.mark.parametrize("text", ["x" * 5000, " " * 5000, "=" * 5000, "\u4e2d" * 5000])
def test_backs_off_a_few_tokens_into_an_endless_word(tokenizer, vocabulary, text):
    assert safe_boundary(tokenizer, text) is None
    healed = check_healed(tokenizer, vocabulary, text.encode())
    dropped = len(tokenizer.encode(text)) - len(healed.ids)
    assert dropped == MAX_TOKENS_BACK


@given(text=st.text(st.characters(exclude_categories=["Cs"])), lost=st.integers(0, 3))
def test_prompt_and_forced_bytes_are_the_texts(tokenizer, vocabulary, text, lost):
    data = text.encode()
    last = len(text[-1:].encode())
    check_healed(tokenizer, vocabulary, data[: len(data) - min(lost, max(0, last - 1))])


def test_random_cuts_of_real_files(tokenizer, vocabulary):
    paths = sorted(Path(os.__file__).parent.glob("*.py"))[::10]
    notes = "# Gr\u00fc\u00dfe, \u4e16\u754c \U0001f600\nname = 'na\u00efve'\n".encode() * 40
    sources = [*(path.read_bytes() for path in paths), notes]
    check_random_cuts(tokenizer, vocabulary, sources, cuts=500)


@given(text=CODE, following=st.sampled_from(["ues)", "id", " x", "1", "'s", "\u00e9", "=", "  "]))
def test_the_prompt_is_as_if_the_text_had_gone_on(tokenizer, text, following):
    healed = heal(tokenizer, text.encode())
    boundary = safe_boundary(tokenizer, text)
    assume(healed.forced == text[boundary:].encode())
    assert tuple(tokenizer.encode(text + following))[: len(healed.ids)] == healed.ids


def test_refuses_bytes_that_are_no_text(tokenizer):
    with pytest.raises(UnicodeDecodeError):
        heal(tokenizer, b"a\xffb")


def allowed_by_force(tokenizer, remaining: bytes) -> set[int]:
    """Tokens that reach the end, and those that the tokenizer itself would begin with."""
    tokens = tokenizer.spellings()
    reaching = {id_ for id_, data in tokens.items() if data.startswith(remaining)}
    text = remaining.decode(errors="ignore")
    begun = {tokenizer.encode(text + after)[0] for after in ('a_1 )(."=\u00e9\n') if text}
    begun |= set(tokenizer.encode(text)[:1])
    ending = {id_ for id_ in begun if remaining.startswith(tokens[id_])}
    return reaching | ending


PIECES = st.lists(
    st.sampled_from(["    ", " re", "turn", "\n", "self.", "__", "\u00e9", "()", "'s", "x", '""']),
    min_size=1,
    max_size=5,
).map("".join)


@given(text=PIECES)
def test_spell_allows_what_fits(tokenizer, vocabulary, text):
    remaining = text.encode()
    spell = Spell.of(tokenizer, vocabulary, remaining)
    allowed = spell.allowed()
    assert allowed.dtype == np.int64
    assert allowed.tolist() == sorted(allowed_by_force(tokenizer, remaining))
    for id_ in allowed.tolist():
        after = spell.advance(id_)
        assert after.remaining == remaining[len(tokenizer.token_bytes(id_)) :]


@given(forced=st.one_of(st.binary(min_size=1, max_size=12), PIECES.map(str.encode)))
def test_anything_can_be_spelled(tokenizer, vocabulary, forced):
    spell = Spell.of(tokenizer, vocabulary, forced)
    while (allowed := spell.allowed()) is not None:
        before = spell.remaining
        spell = spell.advance(int(allowed[len(allowed) // 2]))
        assert len(spell.remaining) < len(before)


def texts_allowed(tokenizer, vocabulary, forced: bytes) -> set[bytes]:
    allowed = Spell.of(tokenizer, vocabulary, forced).allowed()
    return {tokenizer.token_bytes(id_) for id_ in allowed.tolist()}


def test_a_shallower_indentation_is_no_way_to_spell_one(tokenizer, vocabulary):
    texts = texts_allowed(tokenizer, vocabulary, b" " * 8)
    assert {b" " * 7, b" " * 8} <= texts
    assert not {b" ", b" " * 3, b" " * 4} & texts


def test_a_plain_string_is_no_way_to_begin_a_docstring(tokenizer, vocabulary):
    texts = texts_allowed(tokenizer, vocabulary, b' """')
    assert b' """' in texts
    assert b' "' not in texts


def test_nothing_is_constrained_once_all_is_spelled(tokenizer, vocabulary):
    spell = Spell.of(tokenizer, vocabulary, b"")
    assert spell.allowed() is None
    assert spell.advance(tokenizer.special_ids["<|endoftext|>"]) is spell


@pytest.mark.parametrize("text", [b"b", b" a", b"ab"])
def test_spell_refuses_another_token(tokenizer, vocabulary, text):
    (id_,) = [id_ for id_, data in tokenizer.spellings().items() if data == text]
    with pytest.raises(ValueError, match="spells"):
        Spell.of(tokenizer, vocabulary, b"ax").advance(id_)


def test_spell_never_allows_a_special_token(tokenizer, vocabulary):
    special = set(tokenizer.special_ids.values())
    for forced in (b"<", b"<|fim_middle|>"):
        spell = Spell.of(tokenizer, vocabulary, forced)
        assert not special & set(spell.allowed().tolist())
        with pytest.raises(ValueError, match="spells"):
            spell.advance(tokenizer.special_ids["<|fim_middle|>"])


def saved(vocabulary):
    file = io.BytesIO()
    vocabulary.dump(file)
    return file.getvalue()


def test_vocabulary_survives_being_stored(tokenizer, vocabulary):
    again = Vocabulary.load(io.BytesIO(saved(vocabulary)))
    assert saved(again) == saved(vocabulary)
    for id_, data in tokenizer.spellings().items():
        assert again.token_bytes(id_) == data
    assert again.token_bytes(10**6) == again.token_bytes(-1) == b""


def arrays(blob=b"ab", offsets=(0, 1, 2), ids=(5, 3), dtype=np.int64):
    file = io.BytesIO()
    parts = {"offsets": np.array(offsets, dtype), "ids": np.array(ids, dtype)}
    np.savez(file, blob=np.frombuffer(blob, np.uint8), **parts)
    return file.getvalue()


def test_arrays_that_fit_are_a_vocabulary():
    assert Vocabulary.load(io.BytesIO(arrays())).token_bytes(3) == b"b"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x03\x04 not a zip", id="garbage"),
        pytest.param(arrays()[:-40], id="truncated"),
        pytest.param(arrays(offsets=(0, 1)), id="offset missing"),
        pytest.param(arrays(offsets=(0, 1, 3)), id="offset beyond the bytes"),
        pytest.param(arrays(offsets=(0, 2, 2)), id="empty token"),
        pytest.param(arrays(offsets=()), id="no offsets"),
        pytest.param(arrays(ids=(-5, 3)), id="negative id"),
        pytest.param(arrays(ids=(10**12, 3)), id="monstrous id"),
        pytest.param(arrays(dtype=np.float64), id="not integers"),
        pytest.param(arrays(dtype=object), id="pickled"),
    ],
)
def test_refuses_what_is_no_vocabulary(content):
    with pytest.raises(CorruptModelError):
        Vocabulary.load(io.BytesIO(content))


@pytest.fixture(scope="module")
def large():
    """As many tokens as the model has, a third of them beginning with a blank."""
    words = {f"{' ' * (number % 3 == 0)}{number:x}" for number in range(150_000)}
    blanks = {" " * length for length in range(1, 129)}
    tokens = sorted(word.encode() for word in words | blanks)
    offsets = np.concatenate(([0], np.cumsum([len(token) for token in tokens])))
    return Vocabulary(b"".join(tokens), offsets, np.arange(len(tokens)))


def best_seconds(action):
    def once():
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    return min(once() for _ in range(20))


@pytest.mark.parametrize("remaining", [b" ", b" a", b" " * 128, b"12345"])
def test_a_step_takes_less_than_a_millisecond(large, remaining):
    spell = Spell(large, remaining, frozenset())
    token = int(spell.allowed()[0])
    assert best_seconds(lambda: (spell.allowed(), spell.advance(token))) < 0.001


def test_a_vocabulary_is_read_in_no_time(large):
    content = saved(large)
    assert best_seconds(lambda: Vocabulary.load(io.BytesIO(content))) < 0.05


def test_encoding_keeps_up_with_a_long_file(tokenizer):
    text = (Path(os.__file__).parent / "argparse.py").read_text()[:50_000]
    assert len(scalar(text)) == 50_000
    assert best_seconds(lambda: tokenizer.encode(text)) < 0.5
