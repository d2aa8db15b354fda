"""Which sandbox is chosen, and what is said where there is none."""

import pytest

from codegen_eval.errors import SandboxError, SandboxMissingError
from codegen_eval.sandbox import bubblewrap, find, landlock


class Broken:
    name = "broken"

    def start(self, *_):
        raise SandboxError("it is broken")


def missing():
    raise SandboxError("it is missing")


def test_all_that_was_tried_is_said(monkeypatch):
    monkeypatch.setattr(find, "_KINDS", {"bubblewrap": missing, "landlock": Broken})
    with pytest.raises(SandboxMissingError) as raised:
        find.find_sandbox()
    message = str(raised.value)
    for part in ("bubblewrap: it is missing", "landlock: it is broken", "apt-get install", "5.13"):
        assert part in message


def test_a_preference_is_not_replaced(monkeypatch):
    monkeypatch.setitem(find._KINDS, "bubblewrap", Broken)
    with pytest.raises(SandboxMissingError, match="bubblewrap: it is broken"):
        find.find_sandbox("bubblewrap")


def test_the_first_that_works_is_taken(sandbox, monkeypatch):
    monkeypatch.setattr(find, "_KINDS", {"bubblewrap": missing, "landlock": lambda: sandbox})
    assert find.find_sandbox() is sandbox


def test_no_bwrap(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(SandboxError, match="no bwrap"):
        bubblewrap.Bubblewrap()


def test_an_old_bwrap(monkeypatch, tmp_path):
    script = tmp_path / "bwrap"
    script.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    script.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda *_, **__: str(script))
    with pytest.raises(SandboxError, match=r"0\.6\.1 is older"):
        bubblewrap.Bubblewrap()


def test_no_landlock(monkeypatch):
    monkeypatch.setattr(landlock, "_CREATE_RULESET", 9999)
    with pytest.raises(SandboxError, match="has no Landlock: Function not implemented"):
        landlock.Landlock()


@pytest.mark.parametrize("slot", [-1, 256])
def test_slots_have_bounds(sandbox, slot):
    from codegen_eval.sandbox.types import Job

    with pytest.raises(SandboxError, match="slot"):
        sandbox.start(Job(("-c", "")), slot)
