"""What crosses the wall of a box: all of it comes back, and nothing else comes in."""

import collections
import enum
import json
import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen_eval.judge.box import limits
from codegen_eval.judge.box.plain import OpaqueError, PlainError, decode, encode
from codegen_eval.judge.box.reading import READERS
from codegen_eval.judge.box.writing import own_comparison

TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(1 << 9000), max_value=1 << 9000)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | TEXT
    | st.binary(max_size=8)
    | st.fractions()
    | st.decimals(allow_nan=False)
)
SMALL = st.integers(1 - limits.SMALL, limits.SMALL - 1)
HASHABLE = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=6,
)
VALUES = st.recursive(
    ATOMS | st.binary(max_size=8).map(bytearray) | st.builds(range, SMALL, SMALL),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.lists(inner, max_size=4).map(collections.deque)
        | st.sets(HASHABLE, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=4)
    ),
    max_leaves=12,
)


def types(value):
    """The types of a value and of all inside it."""
    if isinstance(value, dict):
        return [dict, *(types(item) for pair in value.items() for item in pair)]
    if isinstance(value, list | tuple | collections.deque):
        return [type(value), *map(types, value)]
    return type(value)


@given(VALUES)
def test_encoded_values_come_back(value):
    line = encode(value)
    assert b"\n" not in line
    assert line.isascii()
    back = decode(line)
    assert back == value
    assert types(back) == types(value)
    assert decode(encode(back)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(line):
    try:
        value = decode(line)
    except PlainError:
        return
    decode(encode(value))


TAGS = [*READERS, "other"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(TAGS),
            inner,
            max_size=2,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_refused(data):
    try:
        value = decode(json.dumps(data).encode())
    except PlainError:
        return
    assert own_comparison(type(value)) is False


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"NaN",
        b"1e999",
        b'{"float":"1.5"}',
        b'{"int":"0x1"}',
        b'{"int":4}',
        b'{"list":[]}',
        b"{}",
        b'{"set":[1],"tuple":[]}',
        b'{"set":[[]]}',
        b'{"set":[1,1.0]}',
        b'{"set":"ab"}',
        b'{"dict":[[1,2],[1,3]]}',
        b'{"dict":[[1,2,3]]}',
        b'{"dict":["ab"]}',
        b'{"range":[0,1,0]}',
        b'{"range":[0,1,true]}',
        b'{"range":[0.0,1,1]}',
        b'{"complex":[1,2]}',
        b'{"str":"00"}',
        b'{"bytes":"0"}',
        b'{"decimal":"1e999999999"}',
        b'{"decimal":5}',
        b'{"fraction":[1,0]}',
        b"[" * 100_000,
        b"[" * (limits.MAX_DEPTH + 2) + b"]" * (limits.MAX_DEPTH + 2),
        b"[" + b"[]," * 9_000_000 + b"[]]",
        b"9" * 5000,
        b"9" * 20,
        b'{"int":"0x1_0000_0000_0000_0000"}',
        b'{"int":"0xFFFFFFFFFFFFFFFFFF"}',
        b'{"int":"0x1%s"}' % (b"0" * (limits.MAX_BITS // 4)),
        b'{"str":"61000000"}',
        b'{"bytes":"0 0"}',
        b'{"fraction":[2,4]}',
        b'{"fraction":[1,-2]}',
        b'{"decimal":"%sE1"}' % (b"1" * (limits.MAX_DIGITS - 2)),
        b'{"decimal":"01"}',
        b'{"range":[1]}',
        b'{"range":[0,{"int":"0x10000000000000000"},1]}',
        b'{"iter":[%s0]}' % (b"0," * limits.MAX_DRAWN),
        b"[%s0]" % (b"0," * limits.MAX_ITEMS),
        "\u00e9".encode(),
        b"\xff",
    ],
    ids=lambda line: line[:30].decode("latin-1"),
)
def test_lines_that_no_writer_writes_are_refused(line):
    with pytest.raises(PlainError):
        decode(line)


def test_keys_made_to_collide_are_refused():
    modulus = 2**61 - 1
    keys = [{"int": hex(index * modulus)} for index in range(9, 4000)]
    for data in ({"set": keys}, {"dict": [[key, 0] for key in keys]}, {"keys": keys}):
        with pytest.raises(PlainError, match="slow to compare"):
            decode(json.dumps(data).encode())


@pytest.mark.parametrize("value", [math.inf, -math.inf, -0.0])
def test_special_floats(value):
    assert repr(decode(encode(value))) == repr(value)
    assert math.isnan(decode(encode(math.nan)))


def test_two_surrogates_stay_two():
    pair = "\ud83d\ude00"
    assert decode(encode(pair)) == pair
    assert decode(encode("\U0001f600")) != pair


class Flag(enum.IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()

    def __str__(self):
        return "lie"

    def __iter__(self):
        return iter("lie")


class Many(list):
    def __iter__(self):
        return iter([1, 2, 3])


Point = collections.namedtuple("Point", "x y")  # noqa: PYI024 - programs use either


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Flag.ONE, 1),
        (Text("truth"), "truth"),
        (Many([4]), [4]),
        (Point(1, 2), (1, 2)),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.OrderedDict([(2, 1), (1, 2)]), {2: 1, 1: 2}),
        (collections.defaultdict(list, {1: [2]}), {1: [2]}),
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (np.bool_(False), 0),
        (np.str_("a"), "a"),
        ([np.float32(0.5)], [0.5]),
        ({1: 2}.keys(), {1}),
        (Fraction(1, 2), 0.5),
        (Decimal(2), 2),
    ],
    ids=repr,
)
def test_subclasses_and_scalars_become_what_they_hold(value, plain):
    assert decode(encode(value)) == plain


@pytest.mark.parametrize(
    "value", [(each for each in "ab"), map(str, "ab"), iter("ab"), np.array(["a", "b"])]
)
def test_an_iterable_of_a_foreign_type_equals_nothing(value):
    back = decode(encode(value))
    assert back != ["a", "b"]
    assert list(back) == ["a", "b"]


@pytest.mark.parametrize("value", [object(), len, int, Ellipsis, re.match("a", "a")])
def test_other_values_are_opaque(value):
    with pytest.raises(OpaqueError) as raised:
        encode([value])
    assert raised.value.own is False


LIES = """
import dataclasses

class Liar:
    def __eq__(self, other): return True

class Number(Liar, int): pass

class Odd:
    __eq__ = property(lambda self: print)

class Meta(type):
    def __eq__(self, other): return True

class Kind(metaclass=Meta): pass

@dataclasses.dataclass
class Data:
    x: int
"""


@pytest.mark.parametrize(
    ("value", "own"),
    [
        ("Liar()", True),
        ("Number(1)", True),
        ("Odd()", True),
        ("Kind", True),
        ("Data(1)", False),
        ("Liar", False),
    ],
)
def test_a_comparison_of_the_program_s_own_is_told(value, own):
    names: dict[str, object] = {}
    exec(compile(LIES, "<completion>", "exec"), names)  # noqa: S102
    with pytest.raises(OpaqueError) as raised:
        encode([eval(value, names)])  # noqa: S307
    assert raised.value.own is own


def test_what_contains_itself_or_is_too_deep_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ITEMS", 20_000)
    loop: list[object] = []
    loop.append(loop)
    wide: list[object] = []
    for _ in range(60):
        wide = [wide, wide]
    for value in (loop, wide):
        with pytest.raises(PlainError):
            encode(value)


@pytest.mark.parametrize(
    "line",
    [
        b'{"fraction":[{"int":"0x1%s"},{"int":"0x1%s"}]}' % (b"0" * 20_000, b"1" * 20_000),
        b"[" + b",".join([b'{"set":[]}'] * 600_000) + b"]",
    ],
)
def test_what_would_cost_the_reader_more_than_the_writer(line):
    with pytest.raises(PlainError):
        decode(line)


@pytest.mark.parametrize(
    "value",
    [
        Fraction(1 << 50_000, 3),
        [1 << limits.MAX_BITS],
        range(1 << 70),
        iter([0] * (limits.MAX_DRAWN + 1)),
        Decimal(f"1E+{limits.MAX_DIGITS + 1}"),
        [Decimal(1), 1 << 20_000],
        set(range(limits.MAX_KEYS + 1)),
        {tuple(-1 - (number >> bit & 1) for bit in range(12)) for number in range(1 << 12)},
        "x" * limits.MAX_BYTES,
        [[]] * 400_000,
        [0] * (limits.MAX_ITEMS + 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_more_than_is_read_is_not_written(value):
    with pytest.raises(PlainError):
        encode(value)


@given(JSON)
def test_what_could_be_read_can_be_written_and_read_again(data):
    try:
        value = decode(json.dumps(data).encode())
    except PlainError:
        return
    line = encode(value)
    assert encode(decode(line)) == line
