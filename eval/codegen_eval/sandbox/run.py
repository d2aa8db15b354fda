"""Runs a program to its end, with all of its input given at the start."""

from dataclasses import dataclass

from codegen_eval.sandbox.types import Ending, Job, Sandbox


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program wrote to stdout, as far as its limits allowed, and how it ended."""

    stdout: bytes
    ending: Ending


def run(sandbox: Sandbox, job: Job, stdin: bytes = b"", slot: int = 0) -> Ran:
    """Runs a program to its end.

    Raises:
        SandboxError: the box could not be started.
    """
    with sandbox.start(job, slot) as box:
        stdout = box.communicate(stdin)
        return Ran(stdout, box.close())
