"""Standard streams that whoever started the process has closed (`>&-`).

Python has None in their place. Worse, the next file that is opened gets the number of a closed one,
and what a library writes to the terminal would go into that file.
"""

import os
import sys
from io import TextIOBase
from typing import Any, NoReturn

from codegen.errors import CodegenError


class ClosedOutput(TextIOBase):
    """A standard output that is closed: who writes to it fails with one sentence."""

    @property
    def buffer(self) -> "ClosedOutput":
        """The same, for bytes."""
        return self

    def write(self, _text: Any) -> NoReturn:
        """Fails.

        Raises:
            CodegenError: always.
        """
        raise CodegenError("standard output is closed, and there is something to write to it")

    def fileno(self) -> int:
        """Its number, which belongs to no other file."""
        return 1


def mend_streams() -> None:
    """Gives no other file the numbers of closed streams, and Python something to write to.

    Standard input stays None where it is closed; what is written to a closed stderr is lost.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is what a file is opened with.
            opened = os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - to the end
