"""A language server that hears nothing more once it was asked for a suggestion.

    python deaf_server.py SCRIPT closed|busy FILE

SCRIPT is as in shaped_server.py. One that is `closed` closes its end of the pipe, makes FILE and
lives on; one that is `busy` reads nothing until FILE is there.
"""

import os
import select
import sys
import time
from pathlib import Path

from tests.editors.shaped_server import Connection


class Deaf(Connection):
    def __init__(self, script, how, file):
        super().__init__(script)
        self._how = how
        self._file = Path(file)

    def answer(self, asked, params):
        if self._how == "closed":
            os.close(sys.stdin.fileno())
            self._file.touch()
            # Until the editor has closed its end, too.
            ends = select.poll()
            ends.register(sys.stdout, 0)
            ends.poll()
            os._exit(0)
        while not self._file.exists():
            time.sleep(0.02)
        super().answer(asked, params)


if __name__ == "__main__":
    Deaf(*sys.argv[1:]).serve()
