"""The command as its user sees it, also where that is not root."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from codegen_eval.cli.selftest import command
from codegen_eval.errors import SandboxMissingError
from codegen_eval.sandbox.find import find_sandbox
from codegen_eval.selftest import run, solutions
from codegen_eval.selftest.attacks import ATTACKS

from .ordinary import UID, as_ordinary, missing

FEW = tuple(
    attack for attack in ATTACKS if attack.name in {"honest", "wrong", "equal-int", "read-canary"}
)
QUICK = 3


@pytest.fixture
def few(monkeypatch):
    """Some attacks, no crowds, and few solutions."""
    try:
        find_sandbox()
    except SandboxMissingError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(run, "ATTACKS", FEW)
    monkeypatch.setattr(run, "REPOSITORY", ())
    monkeypatch.setattr(run, "attack_in_crowds", lambda _sandbox: iter(()))
    monkeypatch.setattr(solutions, "QUICK", QUICK)


def test_selftest_report_as_json(few, tmp_path, monkeypatch):
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("CODEGEN_EVAL_DATA", raising=False)
    done = CliRunner().invoke(command, ["--json", "--quick", "--jobs", "2"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["schema"], found["ok"]) == (1, True)
    assert found["sandbox"] in {"bubblewrap", "landlock"}
    assert found["user"] == ("root" if os.geteuid() == 0 else "ordinary")
    by_name = {attack.pop("name"): attack for attack in found["attacks"]}
    assert by_name["equal-int/calls"]["verdict"] == "forged"
    assert by_name["read-canary/assertions"] == {
        "verdict": "passed",
        "expected": "passed",
        "ok": True,
        "detail": "",
    }
    assert found["canonical"]["humaneval"] == {"passed": QUICK, "total": QUICK, "unexpected": []}
    stubs = QUICK * len(solutions.STUBS)
    assert found["stubs"]["humaneval"] == {"failed": stubs, "total": stubs, "unexpected": []}
    # The official package brings HumanEval; HumanEval+ has to be fetched.
    assert found["canonical"]["humaneval+"]["total"] == 0
    assert "codegen eval fetch" in found["notes"][0]


def test_without_data(few, tmp_path):
    done = CliRunner().invoke(command, ["--quick", "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "humaneval: 0 of 0 solutions passed" in done.stdout
    assert "codegen eval fetch" in done.stdout


def test_an_attack_that_succeeds_is_reported(few, tmp_path, monkeypatch):
    from dataclasses import replace

    from codegen_eval.suites.verdict import Verdict

    unmet = tuple(replace(attack, expected=(Verdict.SYNTAX,)) for attack in FEW)
    monkeypatch.setattr(run, "ATTACKS", unmet[:1])
    done = CliRunner().invoke(command, ["--quick", "--data", str(tmp_path)])
    assert done.exit_code == 4
    assert done.stdout.splitlines()[0].split() == [
        *("attack", "verdict", "expected", "what", "happened")
    ]
    first, second = (line.split()[:3] for line in done.stdout.splitlines()[1:3])
    assert first[1:] == second[1:] == ["passed", "syntax"]
    assert {first[0], second[0]} == {"honest/calls", "honest/assertions"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_as_an_ordinary_user(kind):
    if os.geteuid() != 0:
        pytest.skip("this is run by an ordinary user anyway")
    if reason := missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        home = scratch / "home"
        home.mkdir()
        os.chown(home, UID, UID)
        words = [sys.executable, "-m", "codegen", "eval", "selftest", "--json", "--quick"]
        done = subprocess.run(
            as_ordinary([*words, "--sandbox", kind, "--jobs", "2"], scratch),
            env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    if "No sandbox works here" in done.stderr:
        pytest.skip(done.stderr)
    found = json.loads(done.stdout)
    assert found["user"] == "ordinary"
    assert [attack for attack in found["attacks"] if not attack["ok"]] == []
    assert done.returncode == 0, done.stderr
