"""Both sandboxes, where this machine has them, and a short way to run a program in one."""

from collections.abc import Callable
from typing import Any

import pytest

from codegen_eval.errors import SandboxMissingError
from codegen_eval.sandbox.find import find_sandbox
from codegen_eval.sandbox.run import Ran, run
from codegen_eval.sandbox.types import Job, Limits, Sandbox

RunProgram = Callable[..., Ran]


@pytest.fixture(scope="session", params=["bubblewrap", "landlock"])
def sandbox(request) -> Sandbox:
    try:
        return find_sandbox(request.param)
    except SandboxMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def run_program(sandbox) -> RunProgram:
    """Runs a program in a box; further arguments are its limits."""

    def start(program: str, stdin: bytes = b"", slot: int = 0, **limits: Any) -> Ran:
        job = Job(("-I", "-S", "main.py"), {"main.py": program.encode()}, limits=Limits(**limits))
        return run(sandbox, job, stdin, slot)

    return start
