"""Finds a sandbox that works on this machine, by starting a box in it."""

from collections.abc import Callable
from typing import Literal

from codegen_eval.errors import SandboxError, SandboxMissingError
from codegen_eval.sandbox.bubblewrap import Bubblewrap
from codegen_eval.sandbox.landlock import Landlock
from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.types import Job, Limits, Reason, Sandbox

_KINDS: dict[str, Callable[[], Sandbox]] = {
    "bubblewrap": Bubblewrap,
    "landlock": Landlock,
}
_REMEDY = (
    "Install bubblewrap 0.8 or newer (apt-get install bubblewrap), or use a kernel of at least "
    "5.13 with Landlock. Untrusted code is not run without one of them."
)
_WORD = b"a box works"


def find_sandbox(prefer: Literal["auto", "bubblewrap", "landlock"] = "auto") -> Sandbox:
    """The preferred sandbox, or the first that works if none is preferred.

    Raises:
        SandboxMissingError: the preferred sandbox doesn't work, or none does; the message says why.
    """
    kinds = list(_KINDS) if prefer == "auto" else [prefer]
    failures: list[str] = []
    for kind in kinds:
        try:
            sandbox = _KINDS[kind]()
            _try(sandbox)
        except SandboxError as error:
            failures.append(f"{kind}: {error}.")
        else:
            return sandbox
    raise SandboxMissingError(" ".join(["No sandbox works here.", *failures, _REMEDY]))


def _try(sandbox: Sandbox) -> None:
    job = Job(("-I", "-S", "-c", f"print({_WORD.decode()!r})"), limits=Limits(cpu_seconds=30.0))
    ran = run(sandbox, job)
    if ran.ending.reason is not Reason.EXITED or ran.stdout.strip() != _WORD:
        raise SandboxError(f"a trivial program fails in a box: {ran.ending}")
