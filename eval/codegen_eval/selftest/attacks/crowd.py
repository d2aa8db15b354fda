"""Eight boxes at once, seven of which try to starve the eighth.

Each may have several processes, like a repository's tests. The bombs end by themselves: 100
processes or threads that sleep three seconds, 200 MiB of memory, or some seconds of a processor.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Crowd:
    """A bomb that runs seven times, beside an honest program that needs a process and a thread."""

    name: str
    about: str
    bomb: str


HONEST: Final = """
import os
import threading
import time

for turn in range(5):
    time.sleep(0.1)
    done = []
    thread = threading.Thread(target=done.append, args=(turn,))
    thread.start()
    thread.join()
    pid = os.fork()
    if pid == 0:
        os._exit(turn)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == turn == done[0]
    with open(f"file{turn}", "wb") as file:
        file.write(bytes(1 << 20))
print("fine")
"""

CROWDS: Final = (
    Crowd(
        "crowd-of-processes",
        "seven boxes fork whenever they can",
        """
import os
import time

end = time.monotonic() + 1.5
made = 0
while time.monotonic() < end and made < 100:
    try:
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        made += 1
    except OSError:
        time.sleep(0.01)
""",
    ),
    Crowd(
        "crowd-of-threads",
        "seven boxes start threads whenever they can",
        """
import threading
import time

end = time.monotonic() + 1.5
made = 0
while time.monotonic() < end and made < 100:
    try:
        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
        made += 1
    except RuntimeError:
        time.sleep(0.01)
""",
    ),
    Crowd(
        "crowd-of-memory",
        "seven boxes fill memory and files",
        """
held = []
try:
    for number in range(1000):
        held.append(bytearray(1 << 20))
        with open(f"file{number}", "wb") as file:
            file.write(bytes(1 << 20))
except (MemoryError, OSError):
    pass
""",
    ),
    Crowd(
        "crowd-of-spinners",
        "seven boxes use all processors there are, by two processes each",
        """
import os
import time

try:
    os.fork()
except OSError:
    pass
end = time.monotonic() + 1.5
while time.monotonic() < end:
    pass
""",
    ),
)
"""Each is one attack of the report."""
