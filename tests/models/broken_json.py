"""What may lie in place of a JSON file of the cache."""

from pathlib import Path

BROKEN_JSON: tuple[str | bytes, ...] = (
    "",
    "[]",
    "{",
    "7",
    "null",
    '"text"',
    b"\xff\xfe\x00",
    b"\x00" * 100,
    "[" * 100_000,
    '{"a":' * 100_000,
    '{"a": ' + "[" * 900 + "]" * 900 + "}",
    "1" * 10_000,
    " " * 4_000_001 + "{}",
)


def write(path: Path, content: str | bytes) -> None:
    """Writes it, as bytes or as UTF-8."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
