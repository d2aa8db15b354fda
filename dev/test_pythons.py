"""Runs the default tests on every Python that codegen is for and that is installed here.

    python dev/test_pythons.py PYTEST'S OPTIONS

Each has an environment of its own in build/pythons, some 2 GB large. One that isn't found is named,
and isn't a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOMES = ROOT / "build" / "pythons"
CONSTRAINTS = "constraints/dev.txt"


def versions(pyproject: str) -> list[str]:
    """The versions that the classifiers promise, as "3.11"."""
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject)


def find(version: str) -> Path | None:
    """A Python of that version: on the PATH, of pyenv, or of uv."""
    return next((each for each in _candidates(version) if _is(version, each)), None)


def _candidates(version: str) -> Iterator[Path]:
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    root = Path(os.environ.get("PYENV_ROOT") or Path("~/.pyenv").expanduser())
    yield from sorted(root.glob(f"versions/{version}.*/bin/python"), reverse=True)
    if shutil.which("uv"):
        found = subprocess.run(
            ["uv", "python", "find", "--no-python-downloads", version],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if found.returncode == 0:
            yield Path(found.stdout.strip())


def _is(version: str, program: Path) -> bool:
    # pyenv's shims are on the PATH for versions that can't be started by them.
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([program, "-c", code], check=False, capture_output=True, text=True)
    return done.stdout.strip() == version


def prepared(version: str, program: Path) -> Path:
    """An environment with everything for development; its Python."""
    home = HOMES / version
    python = home / "bin" / "python"
    stamp = home / ".installed"
    sources = (ROOT / "pyproject.toml", ROOT / CONSTRAINTS)
    if stamp.exists() and all(stamp.stat().st_mtime > each.stat().st_mtime for each in sources):
        return python
    extras = ".[dev,languages]"
    for command in (
        [program, "-m", "venv", "--clear", home],
        [python, "dev/install_torch.py", CONSTRAINTS],
        [python, "-m", "pip", "install", "--constraint", CONSTRAINTS, "--editable", extras],
    ):
        subprocess.run(command, cwd=ROOT, check=True)
    stamp.touch()
    return python


def main() -> int:
    failed = []
    for version in versions((ROOT / "pyproject.toml").read_text(encoding="utf-8")):
        program = find(version)
        if program is None:
            print(f"Python {version}: not installed here, not tested", flush=True)
            continue
        print(f"Python {version}: {program}", flush=True)
        try:
            command = [prepared(version, program), "-m", "pytest", *sys.argv[1:]]
            subprocess.run(command, cwd=ROOT, check=True)
        except subprocess.CalledProcessError:
            failed.append(version)
    print(f"failed: {', '.join(failed)}" if failed else "no Python has failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
