"""A scripted server that fetches its model up to 42 %, and the rest once a file is there."""

import json
import sys
import time
from pathlib import Path

from codegen_lsp.cli import start
from tests.lsp.scripted_server import Provider, Script

PERCENT = 42

# Seconds from one percent to the next: the editor is asked first whether it wants to know.
PACE = 0.02


class FetchingProvider(Provider):
    def load(self, progress):
        progress.start("fetching the model", 100)
        for _ in range(PERCENT):
            progress.advance(1)
            time.sleep(PACE)
        while not Path(self._script.hold).exists():
            time.sleep(PACE)
        progress.finish()
        return super().load(progress)


if __name__ == "__main__":
    script = Script(**json.loads(sys.argv[1]))
    start(None, lambda settings: FetchingProvider(script, settings))
