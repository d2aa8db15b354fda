"""Everything that codegen raises on purpose.

    CodegenError                 exit code 4: a failure at run time
    ├── UsageError           2   wrong use or bad input
    │   ├── ConfigError          the user's configuration or an environment variable
    │   ├── SourceError          a file that can't be read as text
    │   └── PositionError        a position that the document doesn't have
    ├── ModelError           3   there is no model to work with
    │   ├── ModelMissingError    not here, and not to be fetched (offline, extra missing)
    │   ├── FetchError           no source gave the file whose hash we know
    │   ├── CorruptModelError    truncated, changed, or not a model at all
    │   ├── UnknownFamilyError   a tokenizer whose fill-in-the-middle format we don't know
    │   ├── ExportError          the builder failed, or had no room
    │   └── ParityError          exported, but not the same model any more
    ├── EngineError          4   ONNX Runtime failed
    │   ├── CancelledError       the request was cancelled; nobody waits for its result
    │   └── OutOfMemoryError     the model, or what it computes, doesn't fit into memory
    └── WriteError           4   the completion could not be spliced into the file

Messages are one sentence for the person at the terminal: what happened, to what, and what to do.
"""

from typing import ClassVar


class CodegenError(Exception):
    """A failure that codegen explains in one sentence; `exit_code` is the command line's."""

    exit_code: ClassVar[int] = 4


class UsageError(CodegenError):
    """Wrong use or bad input."""

    exit_code = 2


class ConfigError(UsageError):
    """The user's configuration, or an environment variable, can't be used."""


class SourceError(UsageError):
    """A file that can't be read as text."""


class PositionError(UsageError):
    """A position that the document doesn't have."""


class ModelError(CodegenError):
    """There is no model to work with."""

    exit_code = 3


class ModelMissingError(ModelError):
    """The model is not on this machine, and may not or can't be brought here."""


class FetchError(ModelError):
    """No source gave the file whose hash the catalogue knows."""


class CorruptModelError(ModelError):
    """A model file that is truncated, changed, or not a model at all."""


class UnknownFamilyError(ModelError):
    """A tokenizer whose fill-in-the-middle format is not in the table of families."""


class ExportError(ModelError):
    """A model could not be turned into ONNX."""


class ParityError(ModelError):
    """The exported model does not compute what the original does."""


class EngineError(CodegenError):
    """ONNX Runtime failed."""


class CancelledError(EngineError):
    """The request was cancelled."""


class OutOfMemoryError(EngineError):
    """There is not enough memory to load the model, or to run it."""


class WriteError(CodegenError):
    """The completion could not be spliced into the file."""
