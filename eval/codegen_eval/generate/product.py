"""Which code of codegen can change a completion, and its hash."""

import hashlib
from pathlib import Path
from typing import Final

import codegen

HASHED: Final = frozenset(
    {
        "completion",
        "context",
        "document",
        "engine",
        "local",
        "postprocess",
        "prompt",
        "syntax",
        "text",
    }
)
"""The packages and modules of codegen between a document and its suggestions."""

NOT_HASHED: Final = frozenset(
    {
        # The commands, and what they alone use.
        *("__init__", "__main__", "bench", "cli", "doctor", "installing", "settings", "source"),
        # Typing in an editor: a run asks for each completion by itself.
        "session",
        # Where models come from: a model's files have a hash of their own in each batch's key.
        "models",
        # How work is stopped, reported, and written to files.
        *("cancel", "errors", "files", "progress", "reasons"),
    }
)
"""The packages and modules of codegen that can't change a completion of a run."""


def product_hash() -> str:
    """The first 16 hex digits of the SHA-256 of the files that HASHED names, and of their paths."""
    root = Path(codegen.__file__).parent
    digest = hashlib.sha256()
    for path in hashed_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def hashed_files(root: Path) -> list[Path]:
    """The sources and tree-sitter queries that HASHED names below `root`, sorted."""
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix in {".py", ".scm"} and path.relative_to(root).parts[0] in _entries()
    )


def _entries() -> set[str]:
    return {entry for name in HASHED for entry in (name, f"{name}.py")}
