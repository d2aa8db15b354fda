"""The store: what the machine has taken in of the pieces, and what is made of them there.

parts/            parts of wholes that aren't complete yet, each named by its hash and its file
wholes/SHA256/    a whole: an archive's contents, or the file itself
index.json        of the making that these are from
"""

import hashlib
import shutil
import tarfile
from pathlib import Path

from dev.bench_gpu.pieces import INDEX, Index, Part, Piece, PiecesError, Whole, holds, replace

GRAPH, RUNTIME = "graph.tar.xz", "runtime.tar.xz"
"""Of the first stage: the model without weights, and onnxruntime-gpu."""

PACKAGES, HOLES, WEIGHTS = "packages.tar.xz", "holes.json", "model.gguf"
"""Of the second: what reads the weights, the prompts, and the real model's weights."""

_BLOCK = 1 << 20


class Store:
    """A folder that outlasts the checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._parts = root / "parts"
        self._wholes = root / "wholes"
        for folder in (self._parts, self._wholes):
            folder.mkdir(parents=True, exist_ok=True)
        self.index: Index | None = None
        if (stored := root / INDEX).is_file():
            self.index = Index.from_json(stored.read_text(encoding="utf-8"), stored)

    def take(self, carried: Path) -> list[str]:
        """Takes in what a folder of pieces holds; says which parts are damaged.

        Raises:
            PiecesError: it holds pieces of different makings.
        """
        indexes = sorted(carried.glob(f"[0-9][0-9]/{INDEX}"))
        texts = {path.read_text(encoding="utf-8") for path in indexes}
        if len(texts) > 1:
            raise PiecesError(f"{carried} holds pieces of different makings: make them again")
        damaged: list[str] = []
        if not texts:
            return damaged
        (text,) = texts
        index = Index.from_json(text, indexes[0])
        if self.index != index:
            self._change(index, text)
        for piece in index.pieces:
            for part in piece.parts:
                file = carried / piece.folder / part.file
                if not file.is_file() or self._has(part):
                    continue
                if holds(file, part):
                    partial = self._parts / "partial"
                    shutil.copyfile(file, partial)
                    partial.replace(self._stored(part))
                else:
                    damaged.append(f"{file} is damaged: its hash is not the index's")
        return damaged

    def _change(self, index: Index, text: str) -> None:
        """Goes over to another making: what it shares with the last one stays."""
        replace(self.root / INDEX, text.encode())
        self.index = index
        parts = {self._stored(part) for piece in index.pieces for part in piece.parts}
        for file in self._parts.iterdir():
            if file not in parts:
                file.unlink()
        wholes = {self._home(whole) for whole in index.wholes}
        for folder in self._wholes.iterdir():
            if folder not in wholes:
                shutil.rmtree(folder)

    def missing(self) -> list[Piece]:
        """The pieces that are still to be brought."""
        pieces = self.index.pieces if self.index is not None else ()
        return [piece for piece in pieces if not all(map(self._has, piece.parts))]

    def assemble(self) -> None:
        """Puts together and unpacks the wholes of which all parts are there.

        Raises:
            PiecesError: the parts don't make the whole that the index says.
        """
        if self.index is None:
            return
        for whole in self.index.wholes:
            parts = [
                part
                for piece in self.index.pieces
                for part in piece.parts
                if part.whole == whole.name
            ]
            if not self.has(whole) and all(map(self._has, parts)):
                self._join(whole, parts)
                for part in parts:
                    self._stored(part).unlink()

    def _join(self, whole: Whole, parts: list[Part]) -> None:
        making = self._wholes / "partial"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        file = making / whole.name
        digest = hashlib.sha256()
        with file.open("wb") as out:
            for part in sorted(parts, key=lambda part: part.offset):
                with self._stored(part).open("rb") as source:
                    while block := source.read(_BLOCK):
                        digest.update(block)
                        out.write(block)
        if digest.hexdigest() != whole.sha256:
            raise PiecesError(f"{whole.name} has another hash than the index says")
        if ".tar" in file.suffixes:
            with tarfile.open(file) as archive:
                archive.extractall(making, filter="data")
            file.unlink()
        making.replace(self._home(whole))

    def has(self, whole: Whole) -> bool:
        """Whether a whole is complete."""
        return self._home(whole).is_dir()

    def place(self, name: str) -> Path | None:
        """The folder of a complete whole; None if it isn't, or if this making has none."""
        for whole in self.index.wholes if self.index is not None else ():
            if whole.name == name and self.has(whole):
                return self._home(whole)
        return None

    def _home(self, whole: Whole) -> Path:
        return self._wholes / f"{whole.sha256[:16]}.{whole.name}"

    def _stored(self, part: Part) -> Path:
        return self._parts / f"{part.sha256}.{part.file}"

    def _has(self, part: Part) -> bool:
        """Whether a part is there, or the whole that it is of."""
        if self._stored(part).is_file():
            return True
        wholes = self.index.wholes if self.index is not None else ()
        return any(whole.name == part.whole and self.has(whole) for whole in wholes)
