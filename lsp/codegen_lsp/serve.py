"""Serves an editor over standard input and output until the connection ends."""

import asyncio
import logging
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, Final

import psutil

from codegen_lsp.protocol import CodegenLanguageServer

_log = logging.getLogger("codegen.lsp")

# The largest message in bytes. A document of that size gets no suggestions anyway.
MAX_MESSAGE: Final = 256 * 1024 * 1024

# Bytes of a line that are read at once; no line of a header is longer.
_MAX_LINE: Final = 8192

# Looked for at the end of a line, and not at its start: after a message whose length was wrong, the
# rest of its body stands before the next header, on the same line.
_LENGTH: Final = re.compile(rb"Content-Length:[ \t]*(\d{1,20})[ \t]*\r?\n\Z", re.IGNORECASE)

# Seconds between two looks at whether the editor's process is still there.
_WATCH: Final = 1.0


def read_message(stream: BinaryIO) -> bytes | None:
    """The body of the next message; None at the end of the connection.

    Without a usable length the body is empty. So the message is answered as one that is not JSON,
    and reading goes on at the next header.
    """
    length, begun = -1, False
    while line := stream.readline(_MAX_LINE):
        if (found := _LENGTH.search(line)) is not None:
            length = int(found[1])
        if line.strip():
            begun = True
        elif begun:
            break
    else:
        return None
    if not 0 <= length <= MAX_MESSAGE:
        return b""
    body = stream.read(length)
    return body if len(body) == length else None


class _Writer:
    """Writes messages; ends the process once the editor can't read them any more."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        """Writes one message."""
        if self._stream.closed:
            return
        try:
            self._stream.write(data)
            self._stream.flush()
        except OSError:
            # The editor is gone, but the reading thread may still wait for a message from it.
            os._exit(1)

    def close(self) -> None:
        """Ends the connection's writing half."""
        self._stream.close()


def own_stdout() -> BinaryIO:
    """Takes standard output for the connection; all other output goes to standard error then."""
    connection = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return connection


def serve(server: CodegenLanguageServer, stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Serves until `exit`, the end of the input, or the end of the editor's process.

    Returns:
        The exit code: 0 if `exit` came after `shutdown`, else 1, as the protocol says.
    """
    server.protocol.set_writer(_Writer(stdout))
    # Not the event loop's own threads: it waits for them at its end, and no message may come.
    reader = ThreadPoolExecutor(1, "codegen-reader")

    async def run() -> None:
        loop = asyncio.get_running_loop()
        while (body := await loop.run_in_executor(reader, read_message, stdin)) is not None:
            try:
                server.protocol.receive(body)
            except Exception as error:  # noqa: BLE001 - the server outlives any message
                _log.error("%s while a message was handled", type(error).__name__)

    try:
        asyncio.run(run())
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:
        _log.debug("interrupted")
    return 1


def watch(process: int | None) -> None:
    """Ends this process once the editor's process has ended.

    The pipe may stay open in another process, and this process may be blocked in writing to it, so
    a thread of its own checks.
    """

    def look(editor: int) -> None:
        while _alive(editor):
            time.sleep(_WATCH)
        os._exit(1)

    # An id without a process here may be that of a process in another container.
    if process is not None and _alive(process):
        threading.Thread(target=look, args=(process,), name="codegen-watch", daemon=True).start()


def _alive(process: int) -> bool:
    try:
        # Not os.kill(process, 0): on Windows it sends a signal that ends the process.
        return bool(psutil.pid_exists(process))
    except (OSError, OverflowError):
        return True
