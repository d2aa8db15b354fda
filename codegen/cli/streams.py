"""Standard streams that are closed when the process starts (`>&-`).

Python then has None in their place. Worse, the next file that is opened gets the number of the
closed stream, and a library that writes to the terminal would write into that file.
"""

import os
import sys
from io import TextIOBase
from typing import Any, NoReturn

from codegen.errors import CodegenError


class ClosedOutput(TextIOBase):
    """The replacement of a closed standard output: writing to it raises an error."""

    @property
    def buffer(self) -> "ClosedOutput":
        """The stream for bytes: this same object."""
        return self

    def write(self, _text: Any) -> NoReturn:
        """Fails.

        Raises:
            CodegenError: always.
        """
        raise CodegenError("the output can't be written: standard output is closed")

    def fileno(self) -> int:
        """The file descriptor of standard output; no other file has it after `mend_streams`."""
        return 1


def mend_streams() -> None:
    """Opens the null device for every closed stream, so that no other file gets its number.

    A closed sys.stdin stays None. A closed sys.stdout becomes a ClosedOutput. Text for a closed
    stderr is lost.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # A file gets the lowest free number, which may be another stream's.
            opened = os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - never closed
