"""What runs in a box: pytest, with a plugin that reports over a pipe of its own.

Its text is handed to the interpreter of the repository's tests, so it uses nothing of this
package and no syntax newer than Python 3.10. The program that is judged runs in the same process:
whatever stands here can be read and patched by it. Hence the report's lines carry a word that is
drawn anew for every box, and the exit code is drawn too; a program has to look for both.
"""

# ruff: noqa: D102, PTH100, PTH109, PTH119, PTH123 - hooks are documented by pytest; os.path is loaded already
import contextlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

if __name__ == "__main__":
    # The working directory is the repository: nothing of it may shadow what is imported here.
    sys.path[:] = [entry for entry in sys.path if entry]

import pytest

_MESSAGE = 1000  # characters
_DEPTH = 6
_VALUES = 10_000


class Probe:
    """Stands in the place of a test's comparisons, and compares their sides with a stranger.

    What is equal to an object that was made just now, and that nothing knows, is equal to
    everything. Tests that reach a comparison then fail in their own frame, as honest ones must.
    """

    def __init__(self) -> None:
        self.reached: set[int] = set()
        self.held: set[int] = set()

    def begin(self) -> None:
        self.reached.clear()
        self.held.clear()

    def equal(self, site: int, *sides: Any) -> None:
        self.reached.add(site)
        if any(_accepts_all(side, _DEPTH, [_VALUES]) for side in sides):
            self.held.add(site)

    def within(self, site: int, member: Any, container: Any) -> None:
        self.equal(site, member, container)
        with contextlib.suppress(Exception):
            if object() in container:
                self.held.add(site)

    def end(self) -> None:
        if self.reached and sys.exc_info()[0] is None:
            raise AssertionError("the comparisons of this test can't hold")


def _accepts_all(value: Any, depth: int, left: list[int]) -> bool:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        return False
    kind = type(value)
    parts: Iterable[Any] = ()
    if kind in (list, tuple, set, frozenset):
        parts = value
    elif kind is dict:
        parts = [*value, *value.values()]
    else:
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if value == object():
                return True
            # Those that compare by identity don't compare their parts.
            if any("__eq__" in vars(base) for base in kind.__mro__[:-1]):
                parts = list(vars(value).values())
    return any(_accepts_all(part, depth - 1, left) for part in parts)


class Reporter:
    """The plugin: it chooses the tests that run, and says what became of each."""

    def __init__(self, send: Callable[..., None], config: dict[str, Any]) -> None:
        self._send = send
        self._wanted = None if config["tests"] is None else set(config["tests"])
        self._canaries = config["canaries"]
        self._stop = config["stop"]
        self._sources = set(config["cover"])
        self._process = os.getpid()
        self._failed: set[str] = set()
        self._errors: dict[tuple[str, str], tuple[str, bool]] = {}
        self._cover = _coverage() if self._sources else None
        self._probe = Probe()
        if config["probe"]:
            import builtins  # noqa: PLC0415

            setattr(builtins, config["probe"], self._probe)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str) -> Any:
        # The repository may have another idea of what a test is called.
        if os.path.basename(str(collector.path)) == self._canaries and name.startswith("test_"):
            return pytest.Function.from_parent(collector, name=name)
        return None

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._send("broken", test=report.nodeid, message=_tail(report.longreprtext))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> Iterator[None]:
        canaries = [item for item in items if item.nodeid.startswith(self._canaries + "::")]
        # The repository's own options may choose tests by marks that canaries don't have.
        yield
        tests = [item for item in items if item not in canaries]
        if self._wanted is not None:
            tests = [item for item in tests if item.nodeid in self._wanted]
        items[:] = tests + canaries
        self._send("collected", tests=[item.nodeid for item in items])

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self._probe.begin()
        if self._cover is not None:
            self._cover.switch_context(item.nodeid)
        yield
        if self._cover is not None:
            self._cover.switch_context("")
        if self._probe.reached:
            self._send(
                "probed",
                test=item.nodeid,
                reached=len(self._probe.reached),
                held=sorted(self._probe.held),
            )

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Iterator[None]:
        yield
        if call.excinfo is not None:
            asserted = issubclass(call.excinfo.type, (AssertionError, pytest.fail.Exception))
            message = f"{call.excinfo.type.__name__}: {call.excinfo.value}"
            self._errors[item.nodeid, call.when] = (_tail(message), asserted)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if os.getpid() != self._process:
            return
        if report.failed:
            self._failed.add(report.nodeid)
        message, asserted = self._errors.get((report.nodeid, report.when), ("", False))
        self._send(
            "phase",
            test=report.nodeid,
            when=report.when,
            outcome="xfail" if hasattr(report, "wasxfail") else report.outcome,
            seconds=report.duration,
            message=message,
            asserted=asserted,
        )

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        canary = nodeid.startswith(self._canaries + "::")
        if self._stop and nodeid in self._failed and not canary:
            self._session.shouldfail = "a test failed"

    def pytest_sessionstart(self, session: Any) -> None:
        self._session = session

    def finish(self) -> None:
        if self._cover is None:
            return
        self._cover.stop()
        data = self._cover.get_data()
        for path in data.measured_files():
            name = os.path.relpath(path).replace(os.sep, "/")
            if name not in self._sources:
                continue
            lines: dict[str, list[int]] = {}
            for line, contexts in data.contexts_by_lineno(path).items():
                for context in contexts:
                    lines.setdefault(context, []).append(line)
            lines.pop("", None)
            self._send("lines", path=name, lines=lines)


def _coverage() -> Any:
    # sys.monitoring tells of a line only once, not once per test.
    os.environ["COVERAGE_CORE"] = "ctrace"
    import coverage  # noqa: PLC0415 - only the survey needs it

    cover = coverage.Coverage(
        data_file=None,
        config_file=False,
        source=[os.getcwd()],
        messages=False,
    )
    cover.start()
    return cover


def _tail(text: str) -> str:
    return text.strip()[-_MESSAGE:]


def _compiles(path: str) -> str:
    """Why a file doesn't compile; nothing if it does."""
    with open(path, "rb") as file:
        source = file.read()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> None:
    """Reads what to do from stdin, and reports on what was stdout."""
    config = json.load(sys.stdin.buffer)
    channel = os.dup(1)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    word = config.pop("word")

    def send(kind: str, **fields: Any) -> None:
        line = f"{word} {json.dumps({'kind': kind, **fields})}\n".encode()
        while line:
            line = line[os.write(channel, line) :]

    if config["compile"] and (why := _compiles(config["compile"])):
        send("syntax", message=_tail(why))
        os._exit(config["code"])
    if not config["plugins"]:
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    reporter = Reporter(send, config)
    sys.path[:0] = [os.path.abspath(root) for root in config["roots"]]
    status = pytest.main(config["arguments"], plugins=[reporter])
    reporter.finish()
    send("end", status=int(status))
    # Whatever the program left to be done at exit is not waited for.
    os._exit(config["code"])


if __name__ == "__main__":
    main()
