"""What to say when ONNX Runtime fails, which raises errors of no class that tells why."""

import contextlib
from collections.abc import Iterator

from codegen.cancel import CancelToken
from codegen.engine.memory import is_out_of_memory
from codegen.errors import (
    CancelledError,
    CodegenError,
    EngineError,
    OutOfMemoryError,
)


@contextlib.contextmanager
def explaining(cancel: CancelToken) -> Iterator[None]:
    """Turns errors of a call into ours.

    Raises:
        CancelledError: the call failed because it was cancelled.
        OutOfMemoryError: there was no memory for what the call computes.
        EngineError: it failed for another reason.
    """
    try:
        yield
    except CodegenError:
        raise
    except Exception as error:
        if cancel.cancelled:
            raise CancelledError("cancelled") from None
        if is_out_of_memory(error):
            raise OutOfMemoryError("there is not enough memory to run the model") from error
        raise EngineError(f"the model failed: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What an error says, without the lines that follow it."""
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
