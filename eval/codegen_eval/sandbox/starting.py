"""Starts a box: its launcher, and through that the program.

The launcher is one program made of the sources of three modules, which an interpreter gets by `-c`.
So no file of this project has to be readable in the box.
"""

import socket
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.control import Control
from codegen_eval.sandbox.running import RunningBox
from codegen_eval.sandbox.types import Limits

LAUNCHER: Final = "\n".join(
    Path(__file__).with_name(name).read_text(encoding="utf-8")
    for name in ("scratch.py", "restrict.py", "launcher.py")
)
"""The launcher's whole source; its only argument is the number of the socket to the parent."""


def start(
    command: Sequence[str],
    payload: Iterable[bytes],
    limits: Limits,
    cleanup: Callable[[], None] | None = None,
    *,
    count: bool = False,
    depth: int = 1,
) -> RunningBox:
    """Starts an interpreter as a launcher, and waits until it has become the program.

    Args:
        command: the command that runs Python isolated, without Python's options.
        payload: the launcher's instructions, see payload.py.
        limits: the box's limits.
        cleanup: called once, when nothing of the box is left.
        count: whether the parent has to count processes.
        depth: how many processes there are from the command to the launcher, both included.

    Raises:
        SandboxError: the box could not be started; the message says why.
    """
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                [*command, "-c", LAUNCHER, str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
    except OSError as error:
        ours.close()
        if cleanup is not None:
            cleanup()
        raise SandboxError(f"{command[0]} can't be started: {error}") from error
    box = RunningBox(process, Control(ours), limits, cleanup)
    try:
        box.hand_over(payload)
        if limits.processes > 1:
            box.watch(depth, count=count)
    except BaseException:
        box.close()
        raise
    return box
