"""The log: to the editor by window/logMessage, and to a file where the user wants one.

It has no source text, unless the user's own configuration switches that on: our loggers don't write
any, and the loggers of libraries, which do, are switched off.
"""

import asyncio
import errno
import logging
import logging.handlers
import os
import traceback
from pathlib import Path
from typing import Any, Final

from lsprotocol import types

from codegen.files import NotRegularError
from codegen_lsp.protocol import CodegenLanguageServer

_BYTES: Final = 1_000_000
_FILES: Final = 3

LEVELS: Final = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}

_KINDS: Final = (
    (logging.ERROR, types.MessageType.Error),
    (logging.WARNING, types.MessageType.Warning),
    (logging.INFO, types.MessageType.Info),
    (logging.NOTSET, types.MessageType.Log),
)

_ROOT: Final = logging.getLogger("codegen")
_LIBRARIES: Final = ("pygls", "huggingface_hub", "asyncio")


class _Formatter(logging.Formatter):
    """Writes the type and the traceback of an exception, but not its text: it may quote source."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The traceback and the type of an exception."""
        kind, _, trace = ei
        name = getattr(kind, "__name__", kind)
        return "".join((*traceback.format_tb(trace), f"{name}"))


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotated file that only its owner can read."""

    def _open(self) -> Any:
        # Opening a pipe would wait for its reader.
        if Path(self.baseFilename).is_fifo():
            raise NotRegularError(errno.EINVAL, "it is not a regular file", self.baseFilename)
        return open(
            self.baseFilename,
            self.mode,
            encoding=self.encoding,
            errors=self.errors,
            opener=lambda path, flags: os.open(path, flags, 0o600),
        )


class _AtDebug(logging.Handler):
    """Hands records on while the log's level is debug; the client may change it at any time."""

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler

    def emit(self, record: logging.LogRecord) -> None:
        """Hands a record on."""
        if _ROOT.isEnabledFor(logging.DEBUG):
            self._handler.handle(record)


class ClientHandler(logging.Handler):
    """Sends records to the editor, from any thread."""

    def __init__(self, server: CodegenLanguageServer, loop: asyncio.AbstractEventLoop) -> None:
        """For one connection."""
        super().__init__()
        self._server = server
        self._loop = loop

    def emit(self, record: logging.LogRecord) -> None:
        """Queues a message; it is lost if the event loop has ended."""
        kind = next(kind for level, kind in _KINDS if record.levelno >= level)
        params = types.LogMessageParams(kind, record.getMessage())
        try:
            self._loop.call_soon_threadsafe(self._server.window_log_message, params)
        except RuntimeError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Does nothing: the connection has ended."""


def quiet() -> None:
    """Keeps the log from standard error and drops that of libraries; called before any is made."""
    _ROOT.propagate = False
    _ROOT.addHandler(logging.NullHandler())
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())


def to_client(server: CodegenLanguageServer, loop: asyncio.AbstractEventLoop) -> None:
    """Sends the log to the editor, too."""
    _ROOT.addHandler(ClientHandler(server, loop))


def set_level(level: str) -> None:
    """Sets the level of the log: a key of LEVELS."""
    _ROOT.setLevel(LEVELS[level])


def to_file(path: Path, *, source: bool) -> str | None:
    """Writes the log to a file, too, which is rotated.

    Args:
        path: the file.
        source: whether the messages of the connection, which hold source text, are logged at the
            level debug.

    Returns:
        Why the file can't be written, as a sentence; None if it can.
    """
    try:
        handler = _PrivateFile(
            path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        return f"the log file {path} can't be written: {error.strerror}"
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    _ROOT.addHandler(handler)
    if source:
        wire = logging.getLogger("pygls")
        wire.setLevel(logging.DEBUG)
        wire.addHandler(_AtDebug(handler))
    return None
