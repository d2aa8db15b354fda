"""The command line: this module starts and ends it; every command has a file of its own.

The exit code is one of these: 0 done, 1 nothing to suggest, 2 wrong use or bad input, 3 no model,
4 a failure at run time, 130 interrupted. This module imports almost nothing at its top, so that
Ctrl-C already works while the other modules are imported.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

_DONE = 0
_FAILED = 4
_INTERRUPTED = 130


def main() -> None:
    """Runs the command that the process was started with, and exits."""
    from codegen.cli.pages import restart_with_huge_pages  # noqa: PLC0415 - see above

    restart_with_huge_pages(sys.argv[1:])
    from codegen.cli.streams import mend_streams  # noqa: PLC0415 - see above

    mend_streams()
    code = run(sys.argv[1:])
    if code == _INTERRUPTED:
        from codegen.cli.interrupt import is_abandoned  # noqa: PLC0415 - see above

        if is_abandoned():
            # If the interpreter shut down while a library still computes, that could crash.
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs a command and returns its exit code; errors are told on stderr."""
    with _interruptions() as heard:
        try:
            return _run(arguments)
        except KeyboardInterrupt:
            pass
        except Exception as error:  # noqa: BLE001 - the last place where an error can be told
            # A library may turn Ctrl-C into another error: numpy, during its import, ImportError.
            if not heard:
                return _explain(error)
    print("\ninterrupted", file=sys.stderr)
    return _INTERRUPTED


@contextmanager
def _interruptions() -> Iterator[list[int]]:
    """Lets Ctrl-C raise KeyboardInterrupt as usual; the list gets an item for every Ctrl-C."""
    heard: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    # A shell may have SIGINT ignored, as for background jobs: that is left as it is.
    listening = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if listening:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield heard
    finally:
        if listening:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _run(arguments: Sequence[str]) -> int:
    try:
        from codegen.cli.group import invoke  # noqa: PLC0415 - see the module's docstring
        from codegen.cli.limits import require_memory_to_start  # noqa: PLC0415

        require_memory_to_start(arguments)
        code = invoke(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The program that reads our output has closed it, as `head` does.
        _drop_output()
        return _DONE
    return code


def _explain(error: Exception) -> int:
    """Tells an error on stderr, and returns the exit code."""
    import click  # noqa: PLC0415

    from codegen.errors import CodegenError  # noqa: PLC0415

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    debugging = bool(os.environ.get("CODEGEN_DEBUG"))
    if debugging:
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    if isinstance(error, CodegenError):
        _say(f"codegen: {error}")
        return error.exit_code
    hint = "" if debugging else " (CODEGEN_DEBUG=1 shows where)"
    if isinstance(error, OSError):
        # Probably a full disk behind stdout: errors of files are told where they are opened.
        _drop_output()
        _say(f"codegen: {error.filename or 'standard output'}: {error.strerror}{hint}")
    elif isinstance(error, MemoryError):
        _say(f"codegen: there is not enough memory for this process{hint}")
    else:
        _say(f"codegen: internal error, {type(error).__name__}: {error}{hint}")
    return _FAILED


def _say(message: str) -> None:
    from codegen.cli.terminal import visible  # noqa: PLC0415

    print(visible(message.replace("\n", " ")), file=sys.stderr)


def _drop_output() -> None:
    """Drops the output that can't be written to stdout."""
    try:
        sys.stdout.flush()
    except OSError:
        # Python would try to write it again at exit, and print a traceback.
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), sys.stdout.fileno())
