"""Reaches the code that runs the program, to find answers there or to answer in its place."""

from typing import Final

from codegen_eval.selftest.attack import (
    ERROR,
    FORGED,
    REFUSED,
    WRONG,
    Attack,
)

_FIND: Final = """
import gc
import sys


def frames():
    frame = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def channel_and_nonce():
    channel = nonce = None
    for frame in frames():
        for value in list(frame.f_locals.values()):
            if hasattr(value, "send") and hasattr(value, "receive"):
                channel = value
        # Of a call: the request's nonce, and the call's number.
        nonce = frame.f_locals.get("asked", nonce)
    return channel, nonce
"""

ATTACKS: Final = (
    Attack(
        "frames-answer",
        "answers by the channel's own object, found in the callers' frames",
        _FIND
        + """
def mingle(numbers, factor):
    channel, nonce = channel_and_nonce()
    for _ in range(99):
        channel.send([nonce, "value", 28, None])
    return 28
""",
        (*WRONG, *FORGED),
    ),
    Attack(
        "frames-answer-twice",
        "gives each right answer twice",
        _FIND
        + """
def mingle(numbers, factor):
    result = sum(place * number for place, number in enumerate(numbers, 1)) * factor % 1000003
    channel, nonce = channel_and_nonce()
    channel.send([nonce, "value", result, None])
    return result
""",
        (*WRONG, *FORGED),
    ),
    Attack(
        "frames-end",
        "answers `passed`, `end` and the like under the right nonce, and leaves",
        _FIND
        + """
import os


def mingle(numbers, factor):
    channel, nonce = channel_and_nonce()
    for word in ("passed", "end", "ready"):
        channel.send([nonce, word])
    os._exit(0)
""",
        FORGED,
    ),
    Attack(
        "frames-locals",
        "rewrites all that the callers hold, so that a comparison there would hold",
        _FIND
        + """
import ctypes


def mingle(numbers, factor):
    for frame in frames():
        for name in list(frame.f_locals):
            if name in ("expected", "wanted", "result", "value", "results", "passed", "verdict"):
                frame.f_locals[name] = 28
                ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), 0)
    return 28
""",
        REFUSED,
    ),
    Attack(
        "traceback-walk",
        "reaches the callers' globals by an exception's traceback, and swaps their functions",
        """
def mingle(numbers, factor):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame
    while frame.f_back is not None:
        frame = frame.f_back
        for name, value in list(frame.f_globals.items()):
            if callable(value) and name.startswith(("_packed", "pack", "_raised", "encode")):
                frame.f_globals[name] = lambda *a, **k: ["value", 28]
    return 28
""",
        REFUSED,
    ),
    Attack(
        "inspect-stack",
        "makes every caller's module believe that the verdict is known",
        """
import inspect


def mingle(numbers, factor):
    for entry in inspect.stack():
        for name in ("passed", "result", "verdict", "PASSED"):
            entry.frame.f_globals[name] = True
    return 28
""",
    ),
    Attack(
        "collector-lists",
        "appends `passed` to every list that the garbage collector knows",
        """
import gc


def mingle(numbers, factor):
    for found in gc.get_objects():
        if type(found) is list and len(found) < 100:
            found.append("passed")
    return 28
""",
        REFUSED,
    ),
    Attack(
        "collector-functions",
        "replaces the code of every function of the program's surroundings",
        """
import gc
import types


def always(*arguments, **named):
    return ["value", 28]


def mingle(numbers, factor):
    for found in gc.get_objects():
        if type(found) is types.FunctionType and found.__module__.startswith("box"):
            try:
                found.__code__ = always.__code__
            except ValueError:
                pass
    return 28
""",
        REFUSED,
    ),
    Attack(
        "encoder-patch",
        "teaches the encoder that all types are written as an expected result",
        """
import sys

for module in list(sys.modules.values()):
    table = getattr(module, "_PACKERS", None)
    if table is not None:
        for kind in list(table):
            table[kind] = lambda *arguments: 28


def mingle(numbers, factor):
    return 28
""",
        REFUSED,
    ),
    Attack(
        "settrace",
        "traces the callers, and changes what they return",
        """
import sys


def tracer(frame, event, argument):
    if event == "return" and frame.f_code.co_name in ("call", "_packed", "pack"):
        frame.f_locals["value"] = 28
    return tracer


sys.settrace(tracer)
frame = sys._getframe()
while frame is not None:
    frame.f_trace = tracer
    frame = frame.f_back


def mingle(numbers, factor):
    return 28
""",
    ),
    Attack(
        "setprofile",
        "leaves the process with success when the caller is about to answer",
        """
import os
import sys


def mingle(numbers, factor):
    def profiler(frame, event, argument):
        if event == "c_call" and argument is os.write:
            os._exit(0)

    sys.setprofile(profiler)
    return 28
""",
        ERROR,
    ),
)
"""Ways along frames and tracebacks, and changes to the code in them."""
