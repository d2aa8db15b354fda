"""Stands between an editor and its server, and writes down what goes over the wire.

    python wire.py LOG COMMAND...

Each line of LOG is a JSON object: {"pid": ...} when the server starts, {"code": ...} when it has
ended, or {"at", "from", "message"}: seconds of time.monotonic(), "editor" or "server", the message.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Log:
    def __init__(self, path):
        self._file = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - as long as the process
        self._lock = threading.Lock()

    def write(self, **entry):
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


def pump(source, target, who, log):
    """Passes messages on until one side has ended."""
    while True:
        head, length = b"", None
        while (line := source.readline()) not in (b"\r\n", b""):
            head += line
            if found := _LENGTH.match(line):
                length = int(found[1])
        if length is None:
            return
        body = source.read(length)
        # Before it is passed on: an answer is never written down before its question.
        log.write(**{"at": time.monotonic(), "from": who, "message": json.loads(body)})
        try:
            target.write(head + b"\r\n" + body)
            target.flush()
        except (BrokenPipeError, ValueError):
            return


def main():
    log = Log(sys.argv[1])
    server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    log.write(pid=server.pid)

    def forward():
        pump(sys.stdin.buffer, server.stdin, "editor", log)
        server.stdin.close()

    threading.Thread(target=forward, daemon=True).start()
    pump(server.stdout, sys.stdout.buffer, "server", log)
    code = server.wait()
    log.write(code=code)
    # The other thread may still wait for the editor.
    os._exit(code if code >= 0 else 1)


if __name__ == "__main__":
    main()
