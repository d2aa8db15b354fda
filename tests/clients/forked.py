"""Servers that begin at once: forked from a process that has imported everything already."""

import multiprocessing
import os
import subprocess
import sys

from tests.lsp import scripted_server

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["pytest", "codegen_lsp.server", "codegen.session.session", scripted_server.__name__]
)


class Forked:
    """What a client needs of subprocess.Popen."""

    def __init__(self, command, env, stderr):
        python, script, *arguments = command
        assert (python, script) == (sys.executable, scripted_server.__file__)
        stdin, ours = _CONTEXT.Pipe(duplex=False)
        theirs, stdout = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_serve, args=(stdin, stdout, str(stderr), dict(env), arguments), daemon=True
        )
        self._process.start()
        for end in (stdin, stdout):
            end.close()
        self.stdin, self.stdout = (
            os.fdopen(os.dup(end.fileno()), mode) for end, mode in ((ours, "wb"), (theirs, "rb"))
        )
        for end in (ours, theirs):
            end.close()

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a forked server", timeout)
        return self._process.exitcode

    def kill(self):
        self._process.kill()


def _serve(stdin, stdout, stderr, env, arguments):
    """Is the scripted server, with what stands for its standard streams."""
    os.environ.clear()
    os.environ.update(env)
    os.dup2(stdin.fileno(), 0)
    os.dup2(stdout.fileno(), 1)
    for end in (stdin, stdout):
        end.close()
    said = os.open(stderr, os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 2)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.argv = [scripted_server.__file__, *arguments]
    scripted_server.main()
