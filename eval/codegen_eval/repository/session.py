"""One run of pytest in a sandbox: what to run, and what it reported.

The plugin inside reports in lines that begin with a random word, and exits with a random code, both
new for each run. A report without its last line, or with another exit code, counts for nothing.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from codegen_eval.judge.box.limits import PlainError, weigh
from codegen_eval.repository.canaries import canary_file
from codegen_eval.repository.configuration import options
from codegen_eval.repository.interpreter import Interpreter
from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.types import Ending, Job, Limits, Reason, Sandbox

_INSIDE: Final = Path(__file__).with_name("inside.py")

_MAX_LINES: Final = 200_000

# Off: what reorders tests, spreads them over processes, or writes beside them.
_PLUGINS_OFF: Final = (
    *("cacheprovider", "randomly", "pytest_randomly", "random_order", "random-order"),
    *("xdist", "xdist.looponfail", "pytest_cov", "rerunfailures", "sugar"),
)


@dataclass(frozen=True, slots=True)
class PytestPlan:
    """What a session runs.

    `tests` are node ids, or None for all tests that `arguments` collect. `cover` names the files
    for which the session reports the lines that each test executes. `probe` is the name by which
    rewritten tests call the probe. `compile` names a file that has to compile before anything runs.
    With `stop`, only the canaries run after a failed test. Without `plugins`, pytest doesn't load
    the plugins that are merely installed, which would take most of its start.
    """

    root: Path
    tests: tuple[str, ...] | None
    arguments: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    cover: tuple[str, ...] = ()
    probe: str = ""
    compile: str = ""
    stop: bool = False
    plugins: bool = True


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """The outcome of a test: of its set-up, call and tear-down together.

    `outcome` is "passed", "failed", "skipped" or "xfail". `asserted` says whether it failed by an
    assertion in the test's call.
    """

    __test__ = False

    outcome: str
    seconds: float
    message: str = ""
    asserted: bool = False


@dataclass(frozen=True, slots=True)
class Probed:
    """How many comparisons a test reached, and in which of them a side equalled the stranger."""

    reached: int
    held: frozenset[int]


@dataclass(frozen=True, slots=True)
class PytestSession:
    """A session's report. `status` is pytest's exit status; None without a complete report.

    `foreign` says whether anything but the plugin wrote to the report's pipe. `syntax` says why the
    file doesn't compile; all other fields are empty then. `lines` gives, for each file and test,
    the lines that the test executed.
    """

    ending: Ending
    status: int | None
    foreign: bool
    syntax: str
    collected: tuple[str, ...]
    broken: Mapping[str, str]
    outcomes: Mapping[str, TestOutcome]
    canaries: Mapping[str, str]
    probed: Mapping[str, Probed]
    lines: Mapping[str, Mapping[str, Sequence[int]]]

    @property
    def timed_out(self) -> bool:
        """Whether a limit of time ended it."""
        return self.ending.reason in {Reason.CPU, Reason.WALL}


def run_session(
    plan: PytestPlan, python: Interpreter, sandbox: Sandbox, slot: int, limits: Limits
) -> PytestSession:
    """Runs pytest in a sandbox.

    Raises:
        SandboxError: the sandbox could not be started.
        DataError: the repository's configuration can't be read.
    """
    canaries = f"test_{secrets.token_hex(6)}.py"
    word, code = secrets.token_hex(16), secrets.choice(range(32, 126))
    if plan.tests is None:
        chosen = list(plan.arguments)
    else:
        chosen = list(dict.fromkeys(test.partition("::")[0] for test in plan.tests))
    if chosen or plan.tests is not None:
        # A survey without arguments goes by the repository's `testpaths`, and has no canaries.
        chosen.append(canaries)
    config = {
        "word": word,
        "code": code,
        "tests": plan.tests,
        "canaries": canaries,
        "stop": plan.stop,
        "plugins": plan.plugins,
        "cover": plan.cover,
        "probe": plan.probe,
        "compile": plan.compile,
        "roots": _roots(plan.root),
        "arguments": [*_arguments(plan.root), *chosen],
    }
    job = Job(
        # The box's environment is fixed, and with it the order of sets.
        argv=("-s", "-B", "-c", _INSIDE.read_text(encoding="utf-8")),
        files={**plan.files, canaries: canary_file()},
        tree=plan.root,
        readable=python.readable,
        python=python.path,
        limits=limits,
    )
    ran = run(sandbox, job, json.dumps(config).encode(), slot)
    if not plan.cover and _is_costly(ran.stdout):
        return _foreign(ran.ending)
    return _read(ran.stdout, ran.ending, word, code, canaries)


def _arguments(root: Path) -> list[str]:
    off = [part for name in _PLUGINS_OFF for part in ("-p", f"no:{name}")]
    return [
        *("-o", "addopts=", "-o", "required_plugins=", "--rootdir=.", *off),
        *options(root),
        *("-q", "--tb=short", "--continue-on-collection-errors"),
    ]


def _roots(root: Path) -> list[str]:
    """Where the tree's packages are imported from, before any that is installed."""
    return [name for name in ("src", "lib", "python") if (root / name).is_dir()] + ["."]


def _is_costly(stdout: bytes) -> bool:
    """Whether a report would take more memory to read than any does that has no lines covered."""
    try:
        weigh(stdout)
    except PlainError:
        return True
    return stdout.count(b"\n") > _MAX_LINES


def _foreign(ending: Ending) -> PytestSession:
    return PytestSession(ending, None, True, "", (), {}, {}, {}, {}, {})


def _read(stdout: bytes, ending: Ending, word: str, code: int, canary: str) -> PytestSession:
    lines = [_message(line, f"{word} ".encode()) for line in stdout.splitlines()]
    messages = [message for message in lines if message is not None]
    foreign = len(messages) < len(lines)
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        by_kind.setdefault(str(message.get("kind")), []).append(message)
    ended = ending.reason is Reason.EXITED and ending.code == code
    last = messages[-1] if messages and ended else {}
    try:
        outcomes = _outcomes(by_kind.get("phase", []))
        return PytestSession(
            ending=ending,
            status=int(last["status"]) if last.get("kind") == "end" else None,
            foreign=foreign,
            syntax=str(last["message"]) if last.get("kind") == "syntax" else "",
            collected=tuple(by_kind.get("collected", [{"tests": ()}])[-1]["tests"]),
            broken={str(m["test"]): str(m["message"]) for m in by_kind.get("broken", [])},
            outcomes={t: o for t, o in outcomes.items() if not t.startswith(canary)},
            canaries={
                t.partition("::")[2]: o.outcome for t, o in outcomes.items() if t.startswith(canary)
            },
            probed={
                str(m["test"]): Probed(int(m["reached"]), frozenset(m["held"]))
                for m in by_kind.get("probed", [])
            },
            lines={str(m["path"]): _lines(m["lines"]) for m in by_kind.get("lines", [])},
        )
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        # A message with the right word and the wrong shape: not the plugin's.
        return _foreign(ending)


def _message(line: bytes, begin: bytes) -> dict[str, Any] | None:
    """A line of the report; None if it isn't one."""
    if not line.startswith(begin):
        return None
    try:
        found = json.loads(line.removeprefix(begin))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(found: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    return {str(test): [int(line) for line in lines] for test, lines in found.items()}


def _outcomes(phases: Sequence[Mapping[str, Any]]) -> dict[str, TestOutcome]:
    """Of each test, the worst phase. It passed if its call did, and all around it."""
    rank = {"passed": 0, "xfail": 1, "skipped": 2, "failed": 3}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for phase in phases:
        found.setdefault(phase["test"], []).append(phase)
    result = {}
    for test, parts in found.items():
        worst = max(parts, key=lambda part: rank.get(part["outcome"], 3))
        called = any(part["when"] == "call" for part in parts)
        outcome = worst["outcome"] if worst["outcome"] in rank else "failed"
        result[test] = TestOutcome(
            outcome=outcome if called or outcome != "passed" else "failed",
            seconds=sum(float(part["seconds"]) for part in parts),
            message=str(worst["message"]),
            asserted=bool(worst["asserted"]) and worst["when"] == "call",
        )
    return result
