"""Runs the crowds, to see whether boxes that run at once can disturb one another."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.types import Job, Limits, Sandbox
from codegen_eval.selftest.attacks.crowd import CROWDS, HONEST, Crowd
from codegen_eval.selftest.report import Outcome

_BOXES: Final = 8
_LIMITS: Final = Limits(
    cpu_seconds=10.0,
    wall_seconds=60.0,
    memory_bytes=256 << 20,
    processes=24,
    scratch_bytes=32 << 20,
)


def attack_in_crowds(sandbox: Sandbox) -> Iterator[Outcome]:
    """Runs each crowd; its honest program has to finish."""
    for crowd in CROWDS:
        verdict, detail = _passes(sandbox, crowd)
        yield Outcome(crowd.name, crowd.about, verdict, ("passed",), verdict == "passed", detail)


def _passes(sandbox: Sandbox, crowd: Crowd) -> tuple[str, str]:
    started = threading.Barrier(_BOXES)

    def box(slot: int) -> tuple[bytes, str]:
        program = HONEST if slot == 0 else crowd.bomb
        job = Job(("-I", "-S", "main.py"), {"main.py": program.encode()}, limits=_LIMITS)
        started.wait(60)
        ran = run(sandbox, job, slot=slot)
        ending = ran.ending
        last = ending.stderr.strip().splitlines()[-1:]
        return ran.stdout, f"{ending.reason}, code {ending.code}: {''.join(last)}"

    with ThreadPoolExecutor(_BOXES) as pool:
        try:
            (said, detail), *_ = pool.map(box, range(_BOXES))
        except (SandboxError, threading.BrokenBarrierError) as error:
            return "none", str(error)
    return ("passed", "") if said == b"fine\n" else ("error", detail)
