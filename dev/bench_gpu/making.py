"""`make bench-gpu-pieces`: brings or makes all that the machine lacks, and cuts it into pieces.

What is made stays in the user's cache, so that an interrupted making is continued, and a second one
makes only what changed.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from codegen.models.catalogue import default_entry
from codegen.models.store import Store
from codegen.settings.config import Settings
from dev.bench_gpu import model, runtime
from dev.bench_gpu.pieces import Whole, cut, replace, sha256
from dev.bench_gpu.shapes import SHAPES
from dev.bench_gpu.taking import GRAPH, HOLES, PACKAGES, RUNTIME, WEIGHTS

ROOT = Path(__file__).parent.parent.parent


HOPPER = 90
"""The compute capability of H100 and H200 times ten: what the targets are for."""

# A graph is made anew when one of these changes.
_GRAPH_SOURCES = (
    "codegen/engine/manifest.py", "codegen/models/export/compose.py",
    "codegen/models/export/initializers.py", "codegen/models/export/on_device.py",
    "codegen/models/export/sizes.py", "codegen/models/export/write.py",
    "dev/bench_gpu/layout.py", "dev/bench_gpu/model.py", "dev/bench_gpu/shapes.py",
)  # fmt: skip

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A whole, and the file that it is."""

    whole: Whole
    file: Path


def make_pieces(pieces: Path, shape: str, gpus: int | None, cache: Path | None, note: Note) -> None:
    """Makes all pieces.

    Args:
        pieces: the folder for them.
        shape: of the model; a tiny one is for a rehearsal where the project is installed, and
            brings its graph alone.
        gpus: see `runtime.runtime_members`.
        cache: where what is made is kept; None: in codegen's own.
        note: told of every step.

    Raises:
        CalledProcessError: pip failed.
        PiecesError: the pieces can't be made.
    """
    home = Settings().cache_dir
    cache = cache or home / "bench-gpu"
    cache.mkdir(parents=True, exist_ok=True)
    wholes = [_graph(shape, cache, note)]
    if shape == "true":
        wholes.append(_runtime(gpus, cache, note))
        wholes.extend(_real_model(Store(home), cache, note))
    index = cut([(made.whole, made.file) for made in wholes], pieces, note)
    note(f"{len(index.pieces)} pieces in {pieces}")


def _graph(shape: str, cache: Path, note: Note) -> Made:
    key = hashlib.sha256(b"".join((ROOT / each).read_bytes() for each in _GRAPH_SOURCES))
    key.update(shape.encode())

    def make(target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            folder = Path(scratch)
            model.make(SHAPES[shape], folder, note)
            files = [path for path in folder.rglob("*") if path.is_file()]
            contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
            runtime.pack(contents, target)

    return _made(cache / f"{shape}-{GRAPH}", GRAPH, 1, make, key=key.hexdigest(), note=note)


def _runtime(gpus: int | None, cache: Path, note: Note) -> Made:
    constraints = (ROOT / "constraints" / "dev.txt").read_text(encoding="utf-8")
    wheel = runtime.download(runtime.pinned(constraints, "onnxruntime-gpu"), cache / "wheels")
    key = f"{sha256(wheel)} {gpus} {sha256(Path(runtime.__file__))}"

    def make(target: Path) -> None:
        runtime.pack(dict(runtime.runtime_members(wheel, gpus)), target)

    return _made(cache / RUNTIME, RUNTIME, 1, make, key=key, note=note)


def _real_model(store: Store, cache: Path, note: Note) -> list[Made]:
    """The second stage: what reads a GGUF file, the holes, and the file; none if it isn't here."""
    entry = default_entry()
    file = store.download(entry.file)
    if not file.is_file() or store.sha256(file) != entry.sha256:
        note(f"{entry.file} is not here: there is no second stage (codegen model pull)")
        return []
    constraints = (ROOT / "constraints" / "dev.txt").read_text(encoding="utf-8")
    wheel = runtime.download(runtime.pinned(constraints, "gguf"), cache / "wheels")

    def packages(target: Path) -> None:
        runtime.pack(dict(runtime.members(wheel)), target)

    def holes(target: Path) -> None:
        replace(target, _holes(file))

    return [
        _made(cache / PACKAGES, PACKAGES, 2, packages, key=sha256(wheel), note=note),
        _made(cache / HOLES, HOLES, 2, holes, key=entry.sha256, note=note),
        Made(Whole(WEIGHTS, 2, entry.bytes, entry.sha256), file),
    ]


def _holes(gguf_file: Path) -> bytes:
    """The holes of the parity gate, in the tokens of the real model."""
    from codegen.models.export.gguffile import read_gguf  # noqa: PLC0415 - heavy
    from codegen.models.export.pipeline import sample_holes  # noqa: PLC0415
    from codegen.prompt.families import recognise  # noqa: PLC0415
    from codegen.prompt.tokenizer import Tokenizer  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "tokenizer.json"
        read_gguf(gguf_file).tokenizer().save(str(file))
        tokenizer = Tokenizer.load(file)
    holes = sample_holes(tokenizer, recognise(tokenizer.special_ids))["parity"]
    return json.dumps([asdict(hole) for hole in holes]).encode()


def _made(
    file: Path, name: str, stage: int, make: Callable[[Path], None], *, key: str, note: Note
) -> Made:
    """A whole of the cache; made unless the one that is there was made from the same."""
    record = file.with_name(f"{file.name}.json")
    wanted = {"key": key}
    if file.is_file() and record.is_file():
        known = json.loads(record.read_text(encoding="utf-8"))
        if known["key"] == key and known["sha256"] == sha256(file):
            return Made(Whole(name, stage, file.stat().st_size, known["sha256"]), file)
    note(f"making {file.name}")
    record.unlink(missing_ok=True)
    make(file)
    digest = sha256(file)
    replace(record, json.dumps(wanted | {"sha256": digest}).encode())
    note(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    return Made(Whole(name, stage, file.stat().st_size, digest), file)
