"""Makes docs/complete.svg: what `codegen complete` shows on a terminal, as it was shown.

python dev/make_picture.py
"""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
COMMAND = ["codegen", "complete", "examples/inventory.py:25:20", "--context", "6"]
COLUMNS = 100


def main() -> None:
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        os.chdir(ROOT)
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-m", *COMMAND])  # noqa: S606
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.waitpid(child, 0)
    # The last frame is what stays: it is drawn after the lines of the one before were erased.
    frame = re.split(r"\x1b\[2K(?:\x1b\[1A)?", shown.decode())[-1].replace("\r", "")
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"))  # noqa: SIM115
    console.print(Text(f"$ {' '.join(COMMAND)}", style="bold"))
    console.print(Text.from_ansi(frame.replace("\x1b[?25h", "").rstrip()))
    picture = console.export_svg(title="codegen complete")
    # Whoever looks at it need not ask a font server.
    picture = re.sub(r"@font-face \{.*?\}\n", "", picture, flags=re.DOTALL)
    (ROOT / "docs" / "complete.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
