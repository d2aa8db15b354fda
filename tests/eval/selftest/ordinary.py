"""Runs a command of root's as an ordinary user, for whom the interpreter can be read."""

import shutil
import sys
from pathlib import Path

UID = 54_321

_SCRIPT = """
set -e
closed=$1 prefix=$2 kept=$3 uid=$4
shift 4
if [ -n "$closed" ]; then
    mount --bind "$prefix" "$kept"
    mount -t tmpfs -o mode=755 none "$closed"
    mkdir -p "$prefix"
    mount --bind "$kept" "$prefix"
fi
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all -- "$@"
"""


def missing() -> str:
    """Why it can't be done here; nothing if it can."""
    tools = [tool for tool in ("unshare", "setpriv", "mount") if shutil.which(tool) is None]
    return f"no {', '.join(tools)}" if tools else ""


def as_ordinary(command: list[str], scratch: Path) -> list[str]:
    """The command, in a mount namespace where what is closed above the interpreter is open."""
    prefix = Path(sys.base_prefix).resolve()
    closed = [folder for folder in (*prefix.parents,) if not folder.stat().st_mode & 0o1]
    kept = scratch / "interpreter"
    kept.mkdir()
    outermost = str(closed[-1]) if closed else ""
    words = [outermost, str(prefix), str(kept), str(UID)]
    return ["unshare", "-m", "sh", "-c", _SCRIPT, "sh", *words, *command]
