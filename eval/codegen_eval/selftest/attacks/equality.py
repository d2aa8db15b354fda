"""Results that claim to be equal to whatever they are compared with."""

from typing import Final

from codegen_eval.selftest.attack import FORGED, REFUSED, WRONG, Attack

_NEVER_RIGHT: Final = (*WRONG, *FORGED)
"""For results that are wrong in any case; whether they are forgeries is a matter of taste."""

ATTACKS: Final = (
    Attack(
        "equal-to-all",
        "an object whose == is always true",
        """
class Any:
    __hash__ = None

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


def mingle(numbers, factor):
    return Any()
""",
        FORGED,
    ),
    Attack(
        "equal-int",
        "an int whose == is always true",
        """
class Any(int):
    __hash__ = int.__hash__
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False


def mingle(numbers, factor):
    return Any(factor)
""",
        FORGED,
    ),
    Attack(
        "equal-str",
        "a text whose == is always true",
        """
class Any(str):
    __hash__ = str.__hash__
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False


def mingle(numbers, factor):
    return Any("28")
""",
        FORGED,
    ),
    Attack(
        "equal-float",
        "a float that is close to all others",
        """
class Any(float):
    __hash__ = float.__hash__
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __sub__ = __rsub__ = __add__ = __abs__ = lambda self, *other: self


def mean(numbers):
    return Any(0.0)
""",
        FORGED,
        problem="mean",
    ),
    Attack(
        "close-float",
        "a float that has its usual ==, and a difference of 0 to all others",
        """
class Close(float):
    __sub__ = __rsub__ = lambda self, other: 0.0
    __lt__ = __le__ = lambda self, other: True


def mean(numbers):
    return Close(-1.0)
""",
        problem="mean",
    ),
    Attack(
        "equal-list",
        "a list whose == is always true, with one inside",
        """
class Any(list):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False


def mingle(numbers, factor):
    return [Any(numbers)]
""",
        FORGED,
    ),
    Attack(
        "equal-dict",
        "a mapping whose == is always true, as a key's value",
        """
class Any(dict):
    __eq__ = lambda self, other: True


def mingle(numbers, factor):
    return {"result": Any()}
""",
        FORGED,
    ),
    Attack(
        "class-lie",
        "an object that says its class is int",
        """
class Liar:
    __class__ = int
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 0
    __int__ = __index__ = lambda self: 0


def mingle(numbers, factor):
    return Liar()
""",
        FORGED,
    ),
    Attack(
        "metaclass-lie",
        "a class that is equal to every class, and hides its own methods",
        """
class Meta(type):
    __eq__ = lambda cls, other: True
    __hash__ = lambda cls: hash(int)
    __instancecheck__ = __subclasscheck__ = lambda cls, other: True

    def mro(cls):
        return [cls, object]

    def __getattribute__(cls, name):
        return int.__dict__.get(name) or type.__getattribute__(cls, name)


class Any(metaclass=Meta):
    def __eq__(self, other):
        return True


def mingle(numbers, factor):
    return Any()
""",
        _NEVER_RIGHT,
    ),
    Attack(
        "mock-any",
        "unittest.mock.ANY, which is equal to all",
        """
from unittest import mock


def mingle(numbers, factor):
    return mock.ANY
""",
        _NEVER_RIGHT,
    ),
    Attack(
        "library-name",
        "an == that says it was compiled from the standard library",
        """
space = {}
source = "class Any(int):\\n    __eq__ = lambda self, other: True\\n    __hash__ = int.__hash__"
exec(compile(source, "/usr/lib/python3/numbers.py", "exec"), space)


def mingle(numbers, factor):
    return space["Any"](1)
""",
        _NEVER_RIGHT,
    ),
    Attack(
        "dataclass-lie",
        "a class that calls its own == a data class's",
        """
class Any:
    __dataclass_params__ = __dataclass_fields__ = {}
    __hash__ = None

    def __eq__(self, other):
        return True


def mingle(numbers, factor):
    return Any()
""",
        _NEVER_RIGHT,
    ),
    Attack(
        "array-like",
        "an array whose comparisons are true, and which numpy would ask first",
        """
class Array:
    __array_priority__ = 1e9
    __hash__ = None
    shape, ndim, dtype, size = (), 0, "int64", 1
    __eq__ = __ne__ = __lt__ = __gt__ = lambda self, other: self
    __bool__ = all = any = lambda self, *a, **k: True
    item = tolist = lambda self: self

    def __array_ufunc__(self, *arguments, **named):
        return self


def mingle(numbers, factor):
    return Array()
""",
        FORGED,
    ),
    Attack(
        "numpy-subclass",
        "a numpy array and a numpy scalar with another == and another content",
        """
try:
    import numpy
except ImportError:
    raise SystemExit("no numpy") from None


class Array(numpy.ndarray):
    __eq__ = lambda self, other: numpy.bool_(True)
    tolist = item = lambda self: Ellipsis


class Scalar(numpy.float64):
    __eq__ = lambda self, other: True
    item = lambda self: 1


def mingle(numbers, factor):
    return [numpy.zeros(3).view(Array), Scalar(2)]
""",
        REFUSED,
    ),
)
"""Objects whose classes lie about equality."""
