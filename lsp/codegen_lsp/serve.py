"""Serving one editor over standard input and output, until it ends or is gone."""

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

# Bytes of one message; a document that is larger gets no suggestions anyway.
MAX_MESSAGE: Final = 256 * 1024 * 1024

# Bytes of a header's line; what is longer is no header.
_MAX_LINE: Final = 8192

# At the end of a line: where a length was too short or too long, the rest of a message stands
# before the next one's header, and the connection finds back by it.
_LENGTH: Final = re.compile(rb"Content-Length:[ \t]*(\d{1,20})[ \t]*\r?\n\Z", re.IGNORECASE)

# Seconds between two looks at whether the editor's process is still there.
_WATCH: Final = 1.0


def read_message(stream: BinaryIO) -> bytes | None:
    """The next message's bytes; None at the end of the connection.

    Of a message without a length that can be used nothing is taken. It is answered as any other
    that can't be parsed, and the next header is looked for in what follows.
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
    """Writes messages for as long as somebody can read them."""

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
            # The editor is gone, and a thread may still wait for what it won't write.
            os._exit(1)

    def close(self) -> None:
        """Ends the connection's writing half."""
        self._stream.close()


def own_stdout() -> BinaryIO:
    """The standard output for the connection alone: what else writes to it goes to stderr."""
    connection = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return connection


def serve(server: CodegenLanguageServer, stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Serves until `exit`, the end of the input, or the end of the editor's process.

    Returns:
        The exit code: 0 after `shutdown` and `exit`, or else 1, as the protocol has it.
    """
    server.protocol.set_writer(_Writer(stdout))
    # Not the event loop's own threads: those are waited for when it ends, and nothing may come.
    reader = ThreadPoolExecutor(1, "codegen-reader")

    async def run() -> None:
        loop = asyncio.get_running_loop()
        while (body := await loop.run_in_executor(reader, read_message, stdin)) is not None:
            try:
                server.protocol.receive(body)
            except Exception as error:  # noqa: BLE001 - one message is not the end of all
                _log.error("%s in a message", type(error).__name__)

    try:
        asyncio.run(run())
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:
        _log.debug("interrupted")
    return 1


def watch(process: int | None) -> None:
    """Ends this process when that of the editor has ended.

    The editor's end of the pipe may live on in another process, and this one may be in the middle
    of writing to it: that is why a thread of its own looks.
    """

    def look(editor: int) -> None:
        while _alive(editor):
            time.sleep(_WATCH)
        os._exit(1)

    # One that isn't there may be one of another container: its number says nothing here.
    if process is not None and _alive(process):
        threading.Thread(target=look, args=(process,), name="codegen-watch", daemon=True).start()


def _alive(process: int) -> bool:
    try:
        # Not os.kill(process, 0): Windows has no signal that only looks, and would send one that
        # ends the process.
        return bool(psutil.pid_exists(process))
    except (OSError, OverflowError):
        return True
