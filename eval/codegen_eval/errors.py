"""The exceptions of the evaluation suite, which are kinds of codegen's own.

CodegenError                   exit code 4
├── UsageError             2
│   ├── DataMissingError       a suite's file is not here; the message says which command gets it
│   └── DataError              a file of data, samples or a run that can't be used
└── SandboxError           4   a box could not be started
    └── SandboxMissingError    this machine has no way to run untrusted code; says what to install
"""

from codegen.errors import CodegenError, UsageError


class DataMissingError(UsageError):
    """A suite's file is not on this machine."""


class DataError(UsageError):
    """A file of data, samples or a run that can't be used."""


class SandboxError(CodegenError):
    """A box could not be started."""


class SandboxMissingError(SandboxError):
    """This machine has no way to run untrusted code, so none is run."""
