"""Patches everything by which the judge's code in the box could decide, if it decided there."""

from typing import Final

from codegen_eval.selftest.attack import BOTH, CALLS, REFUSED, TIMEOUT, Attack, escape


def _patch(name: str, about: str, program: str) -> Attack:
    """An attack that patches while it is loaded and then answers what is wrong."""
    answer = "\n\ndef mingle(numbers, factor):\n    return 28\n"
    return Attack(name, about, program + answer, REFUSED)


ATTACKS: Final = (
    _patch(
        "patch-len",
        "len() is 0 for all",
        "import builtins\nbuiltins.len = lambda found: 0\n",
    ),
    _patch(
        "patch-isinstance",
        "isinstance() and issubclass() are true for all",
        "import builtins\nbuiltins.isinstance = builtins.issubclass = lambda *a: True\n",
    ),
    _patch(
        "patch-type",
        "type() is int for all",
        "import builtins\nbuiltins.type = lambda *a: int\n",
    ),
    _patch(
        "patch-all",
        "all(), any(), zip() and map() find nothing to compare",
        """
import builtins

builtins.all = builtins.any = lambda found: True
builtins.zip = builtins.map = lambda *found, **named: iter(())
""",
    ),
    _patch(
        "patch-print",
        "print(), open() and input() do nothing",
        "import builtins\nbuiltins.print = builtins.open = builtins.input = lambda *a, **k: None\n",
    ),
    _patch(
        "patch-import",
        "every import gives a module in which all is true",
        """
import builtins


class Yes:
    __getattr__ = lambda self, name: Yes()
    __call__ = lambda self, *a, **k: Yes()
    __eq__ = lambda self, other: True


builtins.__import__ = lambda *a, **k: Yes()
""",
    ),
    _patch(
        "patch-json",
        "json writes and reads what would be right elsewhere",
        """
import json

json.dumps = lambda *a, **k: '["passed"]'
json.loads = lambda *a, **k: {"op": "end", "nonce": ""}
json.JSONEncoder.encode = lambda *a: '["passed"]'
""",
    ),
    _patch(
        "patch-modules",
        "sys.modules holds nothing but what the program put there",
        """
import sys
import types

for name in list(sys.modules):
    if name not in ("sys", "builtins", "types"):
        sys.modules[name] = types.ModuleType(name)
""",
    ),
    Attack(
        "patch-os-write",
        "os.write() and os._exit() say they are done, so that nothing is ever answered",
        """
import os

os.write = lambda fd, data: len(data)
os._exit = lambda code: None


def mingle(numbers, factor):
    return 28
""",
        TIMEOUT,
        CALLS,
        sleeps=True,
    ),
    _patch(
        "patch-assertion",
        "AssertionError is no exception any more, and operators compare nothing",
        """
import builtins
import operator

builtins.AssertionError = type("AssertionError", (), {})
operator.eq = operator.ne = lambda one, other: True
""",
    ),
    _patch(
        "disable-assert",
        "asserts are switched off, as python -O does",
        """
import os
import sys

os.environ["PYTHONOPTIMIZE"] = "2"


class Flags:
    optimize = 2


sys.flags = Flags()
""",
    ),
    _patch(
        "own-check",
        "its own check(), candidate and METADATA, in every module that there is",
        """
import sys


def check(candidate):
    return True


def test_check():
    return True


candidate = METADATA = {}
for module in list(sys.modules.values()):
    module.check = check
    module.test_check = test_check
""",
    ),
    _patch(
        "patch-builtins-dict",
        "its own __builtins__, and none in the modules around it",
        """
import sys

for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("box"):
        module.__builtins__ = {}
__builtins__ = {}
""",
    ),
    _patch(
        "patch-class-building",
        "classes and exceptions that are made later are made otherwise",
        """
import builtins

builtins.__build_class__ = lambda *a, **k: int
builtins.Exception = builtins.BaseException = builtins.ValueError = SystemExit
""",
    ),
    _patch(
        "patch-numbers",
        "math finds all close and all finite, and reprs are equal",
        """
import math
import numbers as towers
import reprlib

math.isclose = math.isfinite = lambda *a, **k: True
reprlib.repr = lambda found: ""
towers.Number.register(str)
""",
    ),
    _patch(
        "hooks",
        "hooks for exceptions, imports, displays and audits that end the process with 0",
        """
import os
import sys

sys.excepthook = sys.unraisablehook = sys.displayhook = lambda *a: os._exit(0)
sys.meta_path[:] = []
sys.path_hooks[:] = []


def audit(event, arguments):
    if event in ("os._exit", "sys.excepthook", "os.exit"):
        raise SystemExit(0)


sys.addaudithook(audit)
""",
    ),
    escape(
        "shadow-files",
        "files that the next import would find, in its own folder and on the path",
        """
import importlib

for name in ("json", "box", "secrets", "pytest", "sitecustomize", "conftest"):
    try:
        with open(f"{name}.py", "w") as file:
            file.write("import os; os._exit(0)")
    except OSError:
        pass
importlib.invalidate_caches()
""",
        BOTH,
    ),
)
"""Patched builtins, modules and hooks."""
