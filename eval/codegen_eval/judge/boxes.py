"""The boxes that judging starts: Python in a sandbox, running one of the modules in `box/`."""

import importlib.util
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, Literal

from codegen_eval.sandbox.running import RunningBox
from codegen_eval.sandbox.types import Box, Job, Limits, Reason, Sandbox

_FOLDER: Final = Path(__file__).parent / "box"
_START: Final = (
    "import sys; sys.path.insert(0, ''); from box import {module} as module; del sys.path[0]; "
    "module.main(*sys.argv[1:])"
)
# No packages, and nothing of the folder. The environment is the box's own: it fixes the hashes
# of texts, so that an answer that depends on a set's order is the same every time.
_FLAGS: Final = ("-S", "-s", "-P", "-B")


class Boxes:
    """Starts boxes, and keeps track of the open ones, so that any thread can close them all."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._lock = threading.Lock()
        self._open: set[Box] = set()
        self._closed = False

    @contextmanager
    def open(
        self, module: Literal["child", "examiner"], limits: Limits, slot: int
    ) -> Iterator[Box]:
        """Starts a box that runs one of the modules in `box/`.

        Raises:
            SandboxError: the box can't be started.
        """
        packages = _numpy() if module == "child" else ()
        job = Job(
            argv=(*_FLAGS, "-c", _START.format(module=module), *map(str, packages[:1])),
            files=_files(),
            readable=packages,
            limits=limits,
        )
        with self.sandbox.start(job, slot) as box:
            with self._lock:
                self._open.add(box)
                closed = self._closed
            try:
                if closed:
                    box.close()
                yield box
            finally:
                with self._lock:
                    self._open.discard(box)

    def close(self) -> None:
        """Ends all boxes, also those that other threads are waiting for."""
        with self._lock:
            self._closed = True
            boxes = list(self._open)
        for box in boxes:
            # Only the thread that uses a box may close it; this wakes it up to do so.
            if isinstance(box, RunningBox):
                box.end(Reason.CLOSED)


@cache
def _files() -> Mapping[str, bytes]:
    return {f"box/{path.name}": path.read_bytes() for path in sorted(_FOLDER.glob("*.py"))}


@cache
def _numpy() -> tuple[Path, ...]:
    """The folders of numpy, its own first; none where it isn't installed.

    Programs may import it, as in OpenAI's executor, and none of the packages beside it.
    """
    spec = importlib.util.find_spec("numpy")
    if spec is None or not spec.submodule_search_locations:
        return ()
    folder = Path(spec.submodule_search_locations[0])
    libraries = folder.with_name("numpy.libs")
    return (folder, libraries) if libraries.is_dir() else (folder,)
