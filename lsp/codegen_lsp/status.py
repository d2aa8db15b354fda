"""What the user is told: status, progress, and the question before a model is fetched."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Any, Final

from lsprotocol import types

from codegen.progress import human_bytes
from codegen.session.types import ModelState, Offer
from codegen_lsp.protocol import CodegenLanguageServer

_log = logging.getLogger("codegen.lsp")

STATUS: Final = "didChangeStatus"
"""The notification of the server's state, as Copilot's language server names it."""

_KINDS: Final[dict[ModelState, str]] = {
    "unloaded": "Inactive",
    "loading": "Normal",
    "ready": "Normal",
    "missing": "Warning",
    "error": "Error",
}

_FETCH: Final = "Fetch"
_NOT_NOW: Final = "Not now"

# Seconds after which a request makes the server busy: an answer from the cache never does.
_NOTICEABLE: Final = 0.05

# The share of a transfer after which its progress is told again.
_STEP: Final = 0.01


class Status:
    """Tells the editor what the server does; used in its event loop only."""

    def __init__(self, server: CodegenLanguageServer) -> None:
        """Tells nothing yet."""
        self._server = server
        self._state: ModelState = "unloaded"
        self._message = ""
        self._requests = 0
        self._told_busy = False
        self._shown: set[str] = set()

    def changed(self, state: ModelState, message: str) -> None:
        """Tells that the model is in another state."""
        self._state, self._message = state, message
        if state in ("error", "missing"):
            _log.warning("%s", message)
        elif state == "ready":
            _log.info("ready: %s", message)
        if state == "error" and message not in self._shown:
            # Shown once, however often loading is tried; the status has it each time.
            self._shown.add(message)
            self._server.window_show_message(
                types.ShowMessageParams(types.MessageType.Error, f"codegen: {message}")
            )
        self._tell()

    def busy(self, more: int) -> None:
        """Counts requests that wait for an answer: 1 for another one, -1 for one less."""
        self._requests += more
        if self._requests and not self._told_busy:
            asyncio.get_running_loop().call_later(_NOTICEABLE, self._settle)
        else:
            self._settle()

    def _settle(self) -> None:
        if self._told_busy != bool(self._requests):
            self._told_busy = bool(self._requests)
            self._tell()

    async def consent(self, offer: Offer) -> bool:
        """Asks whether a model may be fetched; False where the client can't ask."""
        capabilities = self._server.client_capabilities.window
        if capabilities is None or capabilities.show_message is None:
            self._server.window_show_message(
                types.ShowMessageParams(
                    types.MessageType.Warning,
                    f"codegen: the model {offer.name} ({human_bytes(offer.bytes)} from "
                    f"{offer.source}) is not on this machine yet. Run `codegen model export "
                    f"{offer.name}` in a terminal, and restart the editor.",
                )
            )
            return False
        question = types.ShowMessageRequestParams(
            type=types.MessageType.Info,
            message=(
                f"codegen needs the model {offer.name} ({human_bytes(offer.bytes)}) from "
                f"{offer.source}. Fetch it now? Nothing is sent, and later it works offline."
            ),
            actions=[types.MessageActionItem(_FETCH), types.MessageActionItem(_NOT_NOW)],
        )
        try:
            answer = await self._server.window_show_message_request_async(question)
        except Exception as error:  # noqa: BLE001 - without an answer there is no consent
            _log.warning("the client didn't ask for consent: %s", type(error).__name__)
            return False
        return answer is not None and answer.title == _FETCH

    def _tell(self) -> None:
        params: dict[str, Any] = {
            "busy": self._state == "loading" or self._told_busy,
            "kind": _KINDS[self._state],
            "state": self._state,
            "message": self._message,
        }
        self._server.protocol.notify(STATUS, params)


class WorkProgress:
    """Shows the progress of a long task, such as a download, in the editor by `$/progress`.

    The engine's thread calls it.
    """

    def __init__(self, server: CodegenLanguageServer, loop: asyncio.AbstractEventLoop) -> None:
        """Tells nothing yet."""
        self._server = server
        self._loop = loop
        self._token: str | None = None
        self._total = self._done = self._told = 0

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Ends the task before, if there is one, and begins another."""
        self.finish()
        self._total, self._done, self._told = max(total, 1), done, done
        token = self._token = str(uuid.uuid4())
        text = description if unit else f"{description} ({human_bytes(total)})"

        async def begin() -> None:
            try:
                await self._server.work_done_progress.create_async(token)
            except Exception:  # noqa: BLE001 - a client that shows no progress
                _log.debug("the client takes no progress")
                return
            if self._token != token:
                # The task has ended meanwhile, so nothing would end its progress.
                return
            self._server.work_done_progress.begin(
                token, types.WorkDoneProgressBegin(title="codegen", message=text, percentage=0)
            )

        window = self._server.client_capabilities.window
        if window is not None and window.work_done_progress:
            self._call(lambda: asyncio.ensure_future(begin()))

    def advance(self, n: int) -> None:
        """Adds to what is done; tells it after every hundredth."""
        self._done += n
        if self._token is None or self._done - self._told < self._total * _STEP:
            return
        self._told = self._done
        token, percentage = self._token, min(100, 100 * self._done // self._total)
        report = types.WorkDoneProgressReport(percentage=percentage)
        self._begun(token, lambda: self._server.work_done_progress.report(token, report))

    def note(self, message: str) -> None:
        """A line for the log."""
        _log.info("%s", message)

    def finish(self) -> None:
        """Ends the task, after a success or a failure."""
        token, self._token = self._token, None
        if token is not None:
            end = types.WorkDoneProgressEnd()
            self._begun(token, lambda: self._server.work_done_progress.end(token, end))

    def _begun(self, token: str, tell: Callable[[], object]) -> None:
        """Tells about a task, if the client knows of its begin."""
        self._call(lambda: token in self._server.work_done_progress.tokens and tell())

    def _call(self, tell: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(tell)
        except RuntimeError:
            _log.debug("the event loop ended before a transfer did")
