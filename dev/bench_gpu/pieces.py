"""Large files, called wholes, cut into pieces that can be carried one by one.

    .bench-gpu/01/index.json            what all pieces and wholes are, the same in each piece
    .bench-gpu/01/graph.tar.xz.000000000
    .bench-gpu/01/runtime.tar.xz.000000000
    .bench-gpu/02/index.json
    .bench-gpu/02/runtime.tar.xz.041231234    a part is named by the byte at which it begins

A piece can hold parts of several wholes. Pieces of a later stage come after those of an earlier.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

LIMIT = 45_000_000
"""Bytes of a piece's folder at most."""

INDEX = "index.json"

_FOR_INDEX = 100_000  # of the limit, the index's part
_FORMAT = 1
_BLOCK = 1 << 20


class PiecesError(Exception):
    """Pieces that can't be made or used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a whole, from `offset` on."""

    whole: str
    offset: int
    bytes: int
    sha256: str

    @property
    def file(self) -> str:
        """Its name within its piece."""
        return f"{self.whole}.{self.offset:09d}"


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that was cut: its name, hash and size, and from which stage on it is needed."""

    name: str
    stage: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A folder with parts."""

    number: int
    stage: int
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """Of all its parts."""
        return sum(part.bytes for part in self.parts)

    @property
    def folder(self) -> str:
        """Its name."""
        return f"{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Index:
    """All pieces of one making."""

    wholes: tuple[Whole, ...]
    pieces: tuple[Piece, ...]

    def to_json(self) -> str:
        """The index as it is stored."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, where: Path) -> "Index":
        """Reads a stored index.

        Raises:
            PiecesError: it isn't one.
        """
        try:
            raw = json.loads(text)
            if raw["format"] != _FORMAT:
                raise PiecesError(f"{where} has format {raw['format']}: make the pieces again")
            return cls(
                wholes=tuple(Whole(**whole) for whole in raw["wholes"]),
                pieces=tuple(
                    Piece(
                        piece["number"],
                        piece["stage"],
                        tuple(Part(**part) for part in piece["parts"]),
                    )
                    for piece in raw["pieces"]
                ),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise PiecesError(f"{where} is not an index of pieces: {error}") from error


def plan(wholes: Sequence[Whole], limit: int) -> list[list[tuple[Whole, int, int]]]:
    """Cuts wholes so that each piece is filled: of each piece its wholes, offsets and sizes.

    Args:
        wholes: in the order in which they are cut; stages must not go back.
        limit: bytes of a piece; its index takes some of them.

    Raises:
        PiecesError: the limit leaves nothing beside the index.
    """
    room = limit - _FOR_INDEX
    if room <= 0:
        raise PiecesError(f"a piece of {limit:,} bytes has no room for anything but its index")
    pieces: list[list[tuple[Whole, int, int]]] = []
    for _, group in groupby(wholes, key=lambda whole: whole.stage):
        free = 0
        for whole in group:
            offset = 0
            while offset < whole.bytes:
                if not free:
                    pieces.append([])
                    free = room
                size = min(free, whole.bytes - offset)
                pieces[-1].append((whole, offset, size))
                offset, free = offset + size, free - size
    return pieces


def cut(
    wholes: Sequence[tuple[Whole, Path]],
    folder: Path,
    note: Callable[[str], None],
    limit: int = LIMIT,
) -> Index:
    """Writes the pieces of wholes into a folder. A part that is there already is kept.

    Args:
        wholes: each with the file that it is.
        folder: where to; numbered folders of an earlier making are removed from it.
        note: told of every piece.
        limit: bytes of a piece.

    Raises:
        PiecesError: the index is larger than what is reserved for it.
    """
    files = {whole.name: path for whole, path in wholes}
    planned = plan([whole for whole, _ in wholes], limit)
    pieces = []
    for number, contents in enumerate(planned, start=1):
        parts = tuple(
            Part(whole.name, offset, size, _sha256_of(files[whole.name], offset, size))
            for whole, offset, size in contents
        )
        pieces.append(Piece(number, contents[0][0].stage, parts))
    index = Index(tuple(whole for whole, _ in wholes), tuple(pieces))
    text = index.to_json().encode()
    if len(text) > _FOR_INDEX:
        raise PiecesError(f"the index of {len(pieces)} pieces has {len(text):,} bytes: too many")
    for piece in pieces:
        where = folder / piece.folder
        where.mkdir(parents=True, exist_ok=True)
        new = sum(_write(part, files[part.whole], where) for part in piece.parts)
        wanted = {INDEX, *(part.file for part in piece.parts)}
        for stale in where.iterdir():
            if stale.name not in wanted:
                stale.unlink()
        replace(where / INDEX, text)
        made = "made" if new else "there already"
        note(f"piece {piece.folder}: {piece.bytes / 1e6:.1f} MB, stage {piece.stage}, {made}")
    for other in folder.glob("[0-9][0-9]"):
        if int(other.name) > len(pieces):
            shutil.rmtree(other)
    return index


def _write(part: Part, source: Path, folder: Path) -> bool:
    """Writes a part unless it is there; whether it was written."""
    target = folder / part.file
    if target.is_file() and holds(target, part):
        return False
    partial = target.with_name("partial")
    with source.open("rb") as file, partial.open("wb") as out:
        file.seek(part.offset)
        left = part.bytes
        while left:
            block = file.read(min(_BLOCK, left))
            out.write(block)
            left -= len(block)
    partial.replace(target)
    return True


def holds(file: Path, part: Part) -> bool:
    """Whether a file has the bytes of a part."""
    return file.stat().st_size == part.bytes and sha256(file) == part.sha256


def sha256(file: Path) -> str:
    """The hash of a file, in hexadecimal digits."""
    return _sha256_of(file, 0, file.stat().st_size)


def _sha256_of(file: Path, offset: int, size: int) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as source:
        source.seek(offset)
        while size > 0:
            block = source.read(min(_BLOCK, size))
            if not block:
                raise PiecesError(f"{file} ended while it was read")
            digest.update(block)
            size -= len(block)
    return digest.hexdigest()


def replace(file: Path, data: bytes) -> None:
    """Writes a file so that nobody sees half of it."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(file)
