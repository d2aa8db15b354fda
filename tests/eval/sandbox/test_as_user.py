"""The same walls where an ordinary user starts the boxes, for tests that root runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

# In a mount namespace of its own: root's home becomes open, but holds nothing but interpreters.
SCRIPT = """
set -e
keep=$(mktemp -d)
if [ -d "$HOME_OF_ROOT/.pyenv" ]; then
    mount --bind "$HOME_OF_ROOT/.pyenv" "$keep"
    mount -t tmpfs -o mode=0755 none "$HOME_OF_ROOT"
    mkdir "$HOME_OF_ROOT/.pyenv"
    mount --move "$keep" "$HOME_OF_ROOT/.pyenv"
fi
rmdir "$keep"
exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$@"
"""

NAMES = (
    "walls or older or eight or killing_everybody or test_processes or dies or runaway or no_name"
)


@pytest.mark.deep
@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests ran as an ordinary user already")
def test_an_ordinary_user():
    for tool in ("unshare", "setpriv", "mount"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this root may not make a mount namespace")
    done = subprocess.run(
        [
            *("unshare", "--mount", "--propagation", "private", "bash", "-c", SCRIPT, "bash"),
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfEs"),
            f"--confcutdir={HERE}",
            *("-k", NAMES, str(HERE)),
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME_OF_ROOT": str(Path("~root").expanduser()),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    print(done.stdout)
