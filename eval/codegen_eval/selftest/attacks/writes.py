"""Writes to files outside of the sandbox, and reaches them by detours.

All that is written to has a name of the self-test's own.
"""

from typing import Final

from codegen_eval.selftest.attack import BOTH, escape

_WRITE: Final = """
def write(path):
    with open(path, "w") as file:
        file.write("written from a box")
    return path
"""

ATTACKS: Final = (
    escape(
        "write-outside",
        "writes to folders that every user of the machine may write to",
        _WRITE
        + """
attempt("a folder", write, "@OUTSIDE@/@NAME@")
attempt("the canary", write, "@OUTSIDE@/canary")
attempt("a new folder", os.mkdir, "@OUTSIDE@/@NAME@.d")
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue"):
    try:
        write(f"{folder}/@NAME@")  # a box may have folders of these names to itself
    except OSError:
        pass
""",
        BOTH,
    ),
    escape(
        "write-home",
        "writes to the user's home, where a shell or Python would run it",
        _WRITE
        + """
attempt("the home", write, "@HOME@/@NAME@")
attempt("the canary", write, "@HOME@/@NAME@")
attempt("more of the canary", lambda: open("@HOME@/@NAME@", "a").write("more"))
""",
    ),
    escape(
        "write-interpreter",
        "writes beside the standard library, into its caches, and beside the interpreter",
        _WRITE
        + """
library = os.path.dirname(os.__file__)
attempt("the library", write, f"{library}/@NAME@.py")
attempt("its caches", write, f"{library}/__pycache__/@NAME@.pyc")
attempt("its packages", write, f"{library}/site-packages/@NAME@.pth")
attempt("its modules", write, f"{library}/lib-dynload/@NAME@.so")
attempt("beside the interpreter", write, f"{os.path.dirname(sys.executable)}/@NAME@")
attempt("an existing module", os.open, os.__file__, os.O_WRONLY)
attempt("the interpreter", os.open, sys.executable, os.O_WRONLY)
attempt("the libraries", write, "/usr/lib/@NAME@.so")
attempt("the settings", write, "/etc/@NAME@")
attempt("the root", write, "/@NAME@")
""",
    ),
    escape(
        "write-project",
        "writes beside the judge's own code",
        _WRITE
        + """
attempt("the project", write, "@PROJECT@/@NAME@.py")
attempt("a cache", write, "@PROJECT@/judge/__pycache__/@NAME@.pyc")
attempt("its repository", write, "@PROJECT@/../../@NAME@")
""",
    ),
    escape(
        "change-canary",
        "changes a file without opening it: its mode, owner, times, length, name and attributes",
        """
canary = "@OUTSIDE@/canary"
for change in (
    lambda: os.chmod(canary, 0o777),
    lambda: os.utime(canary, (1, 1)),
    lambda: os.chown(canary, os.getuid(), os.getgid()),
    lambda: os.setxattr(canary, "user.box", b"1"),
    lambda: os.truncate(canary, 0),
    lambda: os.unlink(canary),
    lambda: os.rename(canary, canary + ".new"),
    lambda: os.replace(canary, "here"),
    lambda: os.rmdir("@OUTSIDE@"),
    lambda: os.rename("@OUTSIDE@", "@OUTSIDE@.new"),
    lambda: os.close(os.open(canary, os.O_RDONLY | os.O_TRUNC)),
):
    try:
        change()  # whether it was pretended or made is seen from outside
    except OSError:
        pass
""",
    ),
    escape(
        "links",
        "reaches files by symbolic and hard links that it makes",
        _WRITE
        + """
def try_link(target, name):
    try:
        os.symlink(target, name)
    except OSError:
        return False
    return True


for number, target in enumerate(("@OUTSIDE@/canary", "@HOME@/@NAME@", "@PROJECT@/runs.py")):
    if try_link(target, f"link{number}"):
        attempt(f"read {target}", lambda: open(f"link{number}").read())
        attempt(f"write {target}", lambda: open(f"link{number}", "r+").write("x"))
    attempt(f"a hard link to {target}", os.link, target, f"hard{number}")
if try_link("@OUTSIDE@", "folder"):
    attempt("list through a link", os.listdir, "folder")
    attempt("write through a link", write, "folder/@NAME@")
if try_link("/", "root"):
    attempt("read from the root", lambda: open("root/etc/passwd").read())
for detour in ("/proc/self/root", "/proc/self/cwd/../../../..", "/dev/fd/3/..", "../" * 9):
    attempt(f"read by {detour}", lambda: open(detour + "@OUTSIDE@/canary").read())
""",
        BOTH,
    ),
    escape(
        "walk-up",
        "walks up from an open folder, and looks up names from there",
        """
def up():
    folder = os.open(".", os.O_PATH | os.O_DIRECTORY)
    for _ in range(30):
        folder = os.open("..", os.O_PATH | os.O_DIRECTORY, dir_fd=folder)
        os.close(folder - 1) if folder > 60 else None
    return os.open("@OUTSIDE@/canary".lstrip("/"), os.O_RDONLY, dir_fd=folder)


attempt("a file", up)
number = {"x86_64": 303, "aarch64": 264}[os.uname().machine]
handle = ctypes.create_string_buffer(256)
mount = ctypes.byref(ctypes.c_int())
attempt("by a handle", system_call, number, -100, b"@OUTSIDE@/canary", handle, mount, 0)
""",
    ),
    escape(
        "devices",
        "makes devices, pipes and sockets in its folder",
        """
import stat

attempt("a block device", os.mknod, "disk", stat.S_IFBLK | 0o666, os.makedev(8, 0))
attempt("a character device", os.mknod, "mem", stat.S_IFCHR | 0o666, os.makedev(1, 1))
attempt("a disk", lambda: open("/dev/sda", "rb").read(1))
attempt("a disk", lambda: open("/dev/vda", "rb").read(1))
attempt("a fuse", lambda: open("/dev/fuse", "rb"))
attempt("a virtual machine", lambda: open("/dev/kvm", "rb"))
""",
    ),
    escape(
        "set-user-id",
        "makes a program that would run as another user",
        """
import shutil

try:
    shutil.copyfile(sys.executable, "copy")
    os.chmod("copy", 0o6755)
except OSError:
    pass
attempt("root", os.setuid, 0)
attempt("root again", os.setresuid, 0, 0, 0)
attempt("root's group", os.setgid, 0)
attempt("groups", os.setgroups, [0])
attempt("the user that it was", os.seteuid, 0)
""",
    ),
)
"""Files and folders to be written to, links, devices and modes."""
