"""Every attack, on each sandbox that there is, one test each.

Slow: `make selftest` runs the same attacks, on every change.
"""

import functools
import re
from dataclasses import replace
from pathlib import Path

import pytest

import codegen_eval
from codegen_eval.errors import SandboxMissingError
from codegen_eval.sandbox.find import find_sandbox
from codegen_eval.selftest.attack import CALLS, HEAD, WRONG, Attack
from codegen_eval.selftest.attacks import ATTACKS
from codegen_eval.selftest.attacks.crowd import CROWDS
from codegen_eval.selftest.attacks.repository import REPOSITORY
from codegen_eval.selftest.run import attack_all
from codegen_eval.suites.verdict import Verdict

EVERY = (*ATTACKS, *REPOSITORY)


def is_slow(attack, kind) -> bool:
    """Whether it takes seconds: those that run out of time, and a repository's tests."""
    return kind == "repository" or attack.alone or Verdict.TIMEOUT in attack.expected


def group_of(attack, kind) -> str:
    if is_slow(attack, kind):
        return "slow"
    # What never leaves the box has nothing to do with how that is made.
    return "escapes" if attack.program.startswith(HEAD) and kind == "calls" else "forgeries"


GROUPS = [
    (sandbox, group)
    for sandbox in ("bubblewrap", "landlock")
    for group in ("escapes", "forgeries", "slow")
]
MARKS = [pytest.mark.slow, pytest.mark.timeout(1200)]
AFTERWARDS = ["folders-left", "processes-left"]


def members(group):
    for attack in EVERY:
        kinds = tuple(kind for kind in attack.checks if group_of(attack, kind) == group)
        if kinds:
            yield replace(attack, checks=kinds)


def names(group):
    yield from (f"{attack.name}/{kind}" for attack in members(group) for kind in attack.checks)
    yield from AFTERWARDS


@functools.cache
def outcomes(kind, group):
    """The outcomes of a group's attacks by name; the reason, if there is no such sandbox."""
    try:
        sandbox = find_sandbox(kind)
    except SandboxMissingError as error:
        return str(error)
    found = attack_all(sandbox, 2, tuple(members(group)), crowds=group == "slow")
    return {outcome.name: outcome for outcome in found}


def cases():
    for kind, group in GROUPS:
        crowds = [crowd.name for crowd in CROWDS] if group == "slow" else []
        for name in (*names(group), *crowds):
            yield pytest.param(kind, group, name, id=f"{kind}-{group}-{name}", marks=MARKS)


@pytest.mark.parametrize(("kind", "group", "name"), list(cases()))
def test_the_sandbox_and_the_judge_hold_against_an_attack(kind, group, name):
    found = outcomes(kind, group)
    if isinstance(found, str):
        pytest.skip(found)
    outcome = found[name]
    assert outcome.ok, f"{outcome.verdict}: {outcome.about}: {outcome.detail}"


def test_names_are_unique():
    assert len({attack.name for attack in EVERY}) == len(EVERY)
    assert len(EVERY) > 200


def test_the_project_s_files_that_attacks_go_for_exist():
    # An attempt to read a file that isn't there would fail without any sandbox, too.
    programs = "\n".join(attack.program for attack in EVERY)
    paths = re.findall(r"@PROJECT@/([\w/]+\.py)", programs)
    assert len(paths) > 3
    missing = [path for path in paths if not (Path(codegen_eval.__file__).parent / path).is_file()]
    assert missing == []


@pytest.mark.deep
def test_a_slow_machine_is_no_reason_to_fail():
    # As an answer takes where all is slow: more than what is to run out of time gets, less than
    # what scoring grants.
    spends = "import time\n    while time.process_time() < 2.5: pass\n    return 28"
    slow = Attack("slow", "", f"def mingle(numbers, factor):\n    {spends}\n", WRONG, CALLS)
    outcome = next(attack_all(find_sandbox("landlock"), 1, (slow,), crowds=False))
    assert outcome.ok, outcome.detail
