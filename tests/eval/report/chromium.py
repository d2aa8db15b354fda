"""A headless browser, spoken to through a pair of pipes in its own debugging protocol.

https://chromedevtools.github.io/devtools-protocol/; messages end with a NUL.
"""

import base64
import contextlib
import itertools
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np

# The pipes have to be numbers 3 and 4, which either may be already.
_EXEC = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for number, pipe in enumerate(pipes, 3):
    os.dup2(pipe, number)
os.execvp(sys.argv[3], sys.argv[3:])
"""

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    """The browser of this machine, or None."""
    return os.environ.get("CODEGEN_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """One browser with one page."""

    def __init__(self, program, profile: Path) -> None:
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        options = (
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe",
            f"--user-data-dir={profile}", "about:blank",
        )  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", _EXEC, str(to_read), str(to_write), program, *options],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._numbers = itertools.count(1)
        self._unread = b""
        self._session = None
        pages = self.call("Target.getTargets")["targetInfos"]
        target = next(page["targetId"] for page in pages if page["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call("Page.enable")

    def call(self, method, **parameters):
        """Calls a method and gives its result; events on the way are dropped."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def show(self, path: Path, width, height=800, *, dark=False, scale=1, media="screen") -> None:
        """Opens a file in a window of that size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call("Page.navigate", url=path.resolve().as_uri())
        self._until("Page.loadEventFired")

    def evaluate(self, script):
        """The value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """Writes a picture of the window."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def light(self, width, height, scale=0.25):
        """How light the window is, from 0 to 1, [height, width] of a smaller picture."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        found = self.call("Page.captureScreenshot", clip=clip)
        return pixels(base64.b64decode(found["data"]))[..., :3] @ LUMINANCE / 255

    def close(self) -> None:
        """Ends the browser."""
        with contextlib.suppress(OSError, AssertionError):
            self._session = None
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def _until(self, event) -> None:
        while self._read().get("method") != event:
            pass

    def _read(self):
        while b"\0" not in self._unread:
            part = os.read(self._from, 1 << 16)
            if not part:
                raise OSError("the browser ended")
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)


def pixels(png: bytes):
    """A PNG's pixels, [height, width, channels]; of 8 bits, not interlaced."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert depth == 8
    channels = {2: 3, 6: 4}[colour]
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += length + 12
    raw, stride = zlib.decompress(data), width * channels
    above, rows = bytearray(stride), []
    for start in range(0, len(raw), stride + 1):
        above = _unfilter(raw[start], raw[start + 1 : start + 1 + stride], above, channels)
        rows.append(above)
    return np.frombuffer(b"".join(rows), np.uint8).reshape(height, width, channels)


def _unfilter(kind, row, above, channels):
    """A line's bytes, from what is stored of it and the line above."""
    out = bytearray(row)
    for place, over in enumerate(above):
        left = out[place - channels] if place >= channels else 0
        corner = above[place - channels] if place >= channels else 0
        guess = (0, left, over, (left + over) // 2, _paeth(left, over, corner))[kind]
        out[place] = (out[place] + guess) & 255
    return out


def _paeth(left, over, corner):
    base = left + over - corner
    return min((left, over, corner), key=lambda each: abs(base - each))
