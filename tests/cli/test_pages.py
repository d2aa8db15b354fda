"""Only the commands that load a model run with huge pages."""

import os
import sys

import pytest

from codegen.cli import pages


@pytest.mark.parametrize(
    ("arguments", "told", "starts_with"),
    [
        (["complete", "a.py:1:1"], "", "glibc.malloc.hugetlb=1"),
        (
            ["bench", "engine"],
            "glibc.malloc.check=1",
            "glibc.malloc.check=1:glibc.malloc.hugetlb=1",
        ),
        (["complete", "a.py:1:1"], "glibc.malloc.hugetlb=0", None),
        (["--help"], "", None),
        (["model", "list"], "", None),
        ([], "", None),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_commands_that_load_a_model_restart_once(monkeypatch, arguments, told, starts_with):
    started = []
    monkeypatch.setenv("GLIBC_TUNABLES", told)
    monkeypatch.setattr(os, "execv", lambda *call: started.append((call, dict(os.environ))))
    pages.restart_with_huge_pages(arguments)
    if starts_with is None:
        assert not started
        return
    ((program, command), environ), *_ = started
    assert program == sys.executable
    assert command == [sys.executable, *sys.orig_argv[1:]]
    assert environ["GLIBC_TUNABLES"] == starts_with


def test_a_restart_that_fails_changes_nothing(monkeypatch):
    def fails(*_):
        raise OSError

    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    monkeypatch.setattr(os, "execv", fails)
    pages.restart_with_huge_pages(["complete"])
