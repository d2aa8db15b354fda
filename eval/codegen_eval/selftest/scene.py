"""Plants targets around an attack, and checks after the attack that they are unchanged.

All targets are the self-test's own: a folder that every user may write to, a file in the user's
home, an environment variable, listeners on the loopback, and a process to be killed.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import codegen_eval
from codegen_eval.selftest.attack import Attack

_MODE: Final = 0o666
_TIME: Final = 1e9
_VICTIM: Final = """
import signal, sys
signal.signal(signal.SIGURG, lambda *a: sys.exit())
print("ready", flush=True)
sys.stdin.read()
"""
"""It ends by a signal that other programs ignore, and together with the process that started it."""

_PROJECT: Final = Path(codegen_eval.__file__).parent
_LIBRARY: Final = Path(os.__file__).parent


class Stage:
    """A folder for all scenes, and for the temporary folders of boxes."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self.variable = f"CODEGEN_SELFTEST_{secrets.token_hex(4).upper()}"
        self._stack = ExitStack()
        self._outer = Path(tempfile.gettempdir())

    def __enter__(self) -> Self:
        """Makes the folder and sets the environment variable."""
        folder = tempfile.mkdtemp(prefix="codegen-selftest-")
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.folder = Path(folder).resolve()
        self.boxes = self.folder / "boxes"
        self.boxes.mkdir()
        for path in (self.folder, self.boxes):
            path.chmod(0o755)
        # Folders of boxes can only be told from those of other programs in a place of their own.
        self._stack.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = str(self.boxes)
        os.environ[self.variable] = self.secret
        self._stack.callback(os.environ.pop, self.variable, None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Removes all of it."""
        self._stack.close()

    def scene(self, attack: Attack) -> "Scene":
        """The scene of an attack."""
        return self._stack.enter_context(Scene(attack, self, self._outer))

    def left(self) -> list[str]:
        """The temporary folders that boxes left; to be asked when no box runs any more."""
        return sorted(path.name for path in self.boxes.iterdir())


class Scene:
    """The targets of one attack. Only targets that its program names are made."""

    def __init__(self, attack: Attack, stage: Stage, outer: Path) -> None:
        self._attack = attack
        self._stage = stage
        self._outer = outer
        self._stack = ExitStack()
        self._sockets: dict[str, socket.socket] = {}
        self._victim: subprocess.Popen[bytes] | None = None
        self._home: Path | None = None
        token = secrets.token_hex(5)
        self.name = f"codegen-selftest-{token}"
        self.mark = f"cg-{token}"
        self.folder = stage.folder / token
        self._canary = self.folder / "canary"
        self.program = ""

    def __enter__(self) -> Self:
        """Plants it."""
        text = self._attack.program
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self._canary.write_text(self._stage.secret, encoding="ascii")
        self._canary.chmod(_MODE)
        os.utime(self._canary, (_TIME, _TIME))
        half = len(self._stage.secret) // 2
        words = {
            "OUTSIDE": self.folder,
            "NAME": self.name,
            "MARK": self.mark,
            "PROJECT": _PROJECT,
            "JUDGE": os.getpid(),
            "VARIABLE": self._stage.variable,
            "SECRET_HEAD": self._stage.secret[:half],
            "SECRET_TAIL": self._stage.secret[half:],
            "HOME": self._plant_home() if "@HOME@" in text else "",
            "VICTIM": self._plant_victim() if "@VICTIM@" in text else "",
            "TCP": self._listen(socket.SOCK_STREAM) if "@TCP@" in text else "",
            "UDP": self._listen(socket.SOCK_DGRAM) if "@UDP@" in text else "",
        }
        if "/socket" in text:
            self._listen_here()
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        self.program = text
        self._planted = sorted(path.name for path in self.folder.iterdir())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Removes it."""
        self._stack.close()

    def broken(self) -> Iterator[str]:
        """Descriptions of what the attack changed outside of its box."""
        yield from self._broken_canaries()
        for path in self._forbidden():
            if os.path.lexists(path):
                yield f"{path} was written"
        for name, listener in self._sockets.items():
            if _heard(listener):
                yield f"the {name} socket was connected to"
        if self._victim is not None:
            pid = self._victim.pid
            if self._victim.poll() is not None or _state(pid) in {"T", "t", "Z", ""}:
                yield "the other process was killed or stopped"
            elif os.getpriority(os.PRIO_PROCESS, pid) != os.getpriority(os.PRIO_PROCESS, 0):
                yield "the other process has another priority"
            elif os.sched_getaffinity(pid) != os.sched_getaffinity(0):
                yield "the other process was bound to another processor"
        if "@MARK@" in self._attack.program and (pids := _named(self.mark)):
            yield f"processes are left: {', '.join(map(str, pids))}"

    def _broken_canaries(self) -> Iterator[str]:
        try:
            found = self._canary.stat()
            if self._canary.read_text(encoding="ascii") != self._stage.secret:
                yield "the canary was written to"
            if found.st_mode & 0o777 != _MODE or found.st_mtime != _TIME:
                yield "the canary's mode or time was changed"
            if os.listxattr(self._canary):
                yield "the canary's attributes were changed"
            if sorted(path.name for path in self.folder.iterdir()) != self._planted:
                yield "the canary's folder was written to"
            if self._home and self._home.read_text(encoding="ascii") != self._stage.secret:
                yield "the canary in the home was written to"
        except OSError as error:
            yield f"a canary is gone: {error.strerror}"

    def _forbidden(self) -> Iterator[Path]:
        """Where a file of the attack's name must not be."""
        for folder in ("/", "/etc", "/usr/lib", "/var/tmp", "/dev/shm", "/run/lock", self._outer):  # noqa: S108
            yield Path(folder) / self.name
        yield from (_LIBRARY / f"{self.name}.py", _LIBRARY / "__pycache__" / f"{self.name}.pyc")
        yield _LIBRARY / "site-packages" / f"{self.name}.pth"
        yield _LIBRARY / "lib-dynload" / f"{self.name}.so"
        yield Path(sys.executable).parent / self.name
        yield from (_PROJECT / f"{self.name}.py", _PROJECT.parent.parent / self.name)
        yield _PROJECT / "judge" / "__pycache__" / f"{self.name}.pyc"

    def _plant_home(self) -> Path:
        """The user's home with a canary in it; a folder beside it where there is no home."""
        home = Path.home()
        try:
            (home / self.name).write_text(self._stage.secret, encoding="ascii")
        except OSError:
            home = self._stage.folder
            (home / self.name).write_text(self._stage.secret, encoding="ascii")
        self._home = home / self.name
        self._stack.callback(self._home.unlink, missing_ok=True)
        return home

    def _plant_victim(self) -> int:
        victim = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _VICTIM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._victim = victim

        def end() -> None:
            victim.kill()
            victim.communicate()

        self._stack.callback(end)
        if victim.stdout is not None:
            victim.stdout.readline()  # it is ready
        return victim.pid

    def _listen(self, kind: socket.SocketKind) -> int:
        listener = self._keep(socket.socket(socket.AF_INET, kind), kind.name)
        listener.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            listener.listen()
        return int(listener.getsockname()[1])

    def _listen_here(self) -> None:
        for address in (f"\0{self.name}", str(self.folder / "socket")):
            listener = self._keep(socket.socket(socket.AF_UNIX), repr(address))
            listener.bind(address)
            listener.listen()
        address = str(self.folder / "datagrams")
        self._keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), address).bind(address)
        for name in ("socket", "datagrams"):
            (self.folder / name).chmod(0o777)

    def _keep(self, listener: socket.socket, name: str) -> socket.socket:
        listener.setblocking(False)
        self._stack.enter_context(listener)
        self._sockets[name] = listener
        return listener


def _heard(listener: socket.socket) -> bool:
    """Whether anything has come. A datagram socket has no connections to accept."""
    with suppress(BlockingIOError):
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(64)
        return True
    return False


def _state(pid: int) -> str:
    """A process's state, as ps has it; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _named(mark: str) -> list[int]:
    """The processes of that name."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            if path.read_text(encoding="utf-8", errors="replace").strip() == mark:
                found.append(int(path.parent.name))
    return found


def leftovers(uids: range | None) -> list[int]:
    """Processes that boxes left: those of the boxes' own users, or else children of this process.

    To be asked when neither a box nor a scene's process runs any more.
    """
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            fields = (path / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ours = path.stat().st_uid in uids if uids is not None else int(fields[1]) == os.getpid()
            if ours and fields[0] not in {"Z", "X"}:
                found.append(int(path.name))
    return found


def end(pids: list[int]) -> None:
    """Ends processes that a successful attack left."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
