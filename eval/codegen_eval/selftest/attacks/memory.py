"""Looks in the process for the tests, the reference and the expected results."""

from typing import Final

from codegen_eval.selftest.attack import BOTH, escape

ATTACKS: Final = (
    escape(
        "search-memory",
        "looks for the tests and the reference in all objects of the process",
        """
import gc

halves = ("@SECRET_HEAD@", "@SECRET_TAIL@")


def search():
    wanted = "".join(halves)
    for found in gc.get_objects():
        values = ()
        if type(found) is dict:
            values = list(found.values())
        elif type(found) in (list, tuple):
            values = list(found)
        for value in values:
            if type(value) is str and value != wanted and wanted in value:
                return value[:60]
            if type(value) is bytes and wanted.encode() in value:
                return value[:60]
    raise Held


attempt("the tests", search)
inner = mingle


def mingle(numbers, factor):
    attempt("the tests, in a call", search)
    return inner(numbers, factor)
""",
        BOTH,
    ),
    escape(
        "search-results",
        "looks for the expected results beside the arguments, in all objects of the process",
        """
import gc

inner = mingle


def mingle(numbers, factor):
    def search(written):
        wanted = int(written, 16)
        for found in gc.get_objects():
            if type(found) in (list, tuple) and found is not numbers:
                if any(type(value) is int and value == wanted for value in found):
                    return found
            elif type(found) is dict and "__builtins__" not in found:
                values = list(found.values())
                if any(type(value) is int and value == wanted for value in values):
                    return values
        raise Held

    # Numbers of more than three digits are in no table of an interpreter's by chance.
    if (written := hex(honest(numbers, factor))) > "0x" and len(written) > 5:
        attempt("the expected result", search, written)
    return inner(numbers, factor)
""",
        BOTH,
    ),
    escape(
        "reference-run",
        "looks for a sign of being run as the reference, or together with the tests",
        """
def modules():
    for name in list(sys.modules):
        module = sys.modules[name]
        if name in ("reference", "solution", "tests") or hasattr(module, "check"):
            if getattr(module, "__file__", None) is None:
                return name
    raise Held


attempt("a module beside the program", modules)
attempt("an argument", lambda: [w for w in sys.argv if "reference" in w or "test" in w][0])
attempt("a variable", lambda: [v for v in os.environ.values() if "@SECRET_HEAD@" in v][0])
""",
        BOTH,
    ),
)
"""Searches through the objects of the process."""
