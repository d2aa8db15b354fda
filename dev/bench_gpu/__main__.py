"""`python -m dev.bench_gpu pieces` and `python -m dev.bench_gpu run`: see the package."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from dev.bench_gpu import machine
from dev.bench_gpu.pieces import PiecesError
from dev.bench_gpu.results import Results
from dev.bench_gpu.running import Run, Step
from dev.bench_gpu.taking import PACKAGES, RUNTIME, Store

ROOT = Path(__file__).parent.parent.parent
PIECES = ROOT / ".bench-gpu"

_FAILED, _USAGE, _MISSING = 1, 2, 3  # exit statuses

_WHAT = """\
exit status: 0 if all checks hold; 1 if one doesn't, or a step failed or had no time;
3 if pieces of the first stage are missing, each of which is named"""


def main() -> int:
    options = _options()
    if options.what == "pieces":
        # What makes the pieces needs the development set-up, which the machine doesn't have.
        from dev.bench_gpu.making import make_pieces  # noqa: PLC0415

        gpus = None if options.all_gpus else options.gpus
        make_pieces(options.pieces, options.shape, gpus, options.cache, note)
        return 0
    # Whoever ends this process ends the step that runs, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.bench_gpu")
    commands = parser.add_subparsers(dest="what", required=True)
    pieces = commands.add_parser("pieces", help="make all that a machine without network lacks")
    pieces.add_argument("--cache", type=Path, help="where what is made is kept")
    pieces.add_argument(
        "--gpus", type=int, default=90, help="the compute capability, times ten, to bring code for"
    )
    pieces.add_argument("--all-gpus", action="store_true", help="bring code for all GPUs")
    run = commands.add_parser("run", help="take in pieces, and measure", epilog=_WHAT)
    run.add_argument("--store", type=Path, default=_store(), help="what was taken in (%(default)s)")
    run.add_argument(
        "--out",
        type=Path,
        default=Path(os.environ.get("OUT") or "bench-gpu-results"),
        help="where the results go (%(default)s)",
    )
    run.add_argument("--seconds", type=float, default=480, help="for all (%(default)s)")
    run.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    run.add_argument(
        "--only",
        nargs="+",
        metavar="STEP",
        help="run these steps, and what they need; default: all",
    )
    for each in (pieces, run):
        each.add_argument("--pieces", type=Path, default=PIECES, help="their folder (%(default)s)")
        each.add_argument("--shape", choices=("true", "tiny"), default="true")
    return parser.parse_args()


def _store() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "codegen" / "bench-gpu-store"


def _run(options: argparse.Namespace) -> int:
    results = Results(options.out)
    run = Run(results, options.seconds, options.out / "log.txt", note)
    store = Store(options.store)
    for damaged in store.take(options.pieces):
        note(damaged)
    store.assemble()
    missing = store.missing()
    for piece in missing:
        note(f"missing: piece {piece.folder}, {piece.bytes / 1e6:.1f} MB, stage {piece.stage}")
    if store.index is None:
        note(f"missing: all pieces; {options.pieces} has none (make bench-gpu-pieces)")
    if store.index is None or any(piece.stage == 1 for piece in missing):
        return _MISSING
    sites = [site for name in (RUNTIME, PACKAGES) if (site := store.place(name)) is not None]
    for site in sites:
        machine.link_libraries(site)
    environment = machine.environment(sites, ROOT)
    well = True
    second = not missing and any(whole.stage == 2 for whole in store.index.wholes)
    steps = list(_steps(options, second=second))
    if options.only is not None:
        if unknown := set(options.only) - {step.name for step in steps}:
            note(f"no such step, or its pieces are missing: {', '.join(sorted(unknown))}")
            return _USAGE
        wanted = [step for step in steps if step.name in options.only]
        needed = {name for step in wanted for name in (step.name, *step.needs)}
        steps = [step for step in steps if step.name in needed]
    for step in steps:
        well &= run.step(step, environment, _report(options.store))
    for failed in results.failed:
        note(f"doesn't hold: {failed}")
    note(f"results in {options.out}")
    return 0 if well and not results.failed else _FAILED


def _steps(options: argparse.Namespace, *, second: bool) -> Iterator[Step]:
    """The steps of both stages, the second only if it is wanted; seconds on a machine with a GPU.

    What is needed most comes first.
    """

    def step(name: str, least: float, limit: float, *needs: str, required: bool = True) -> Step:
        command = [sys.executable, "-m", "dev.bench_gpu.steps", name]
        command += ["--store", str(options.store), "--report", str(_report(options.store))]
        command += ["--device", options.device, "--shape", options.shape]
        return Step(name, command, least, limit, required, needs)

    drawn = "weights"
    yield step(drawn, 20, 90)
    yield step("placement", 15, 60, drawn)
    yield step("captured-as-eager", 20, 120, drawn)
    yield step("cuda-as-cpu", 20, 120, drawn)
    yield step("speed", 20, 120, drawn)
    yield step("batch", 15, 60, drawn)
    if second:
        yield step("real-weights", 30, 90, required=False)
        yield step("real-tokens", 25, 90, "real-weights", required=False)
        yield step("real-as-cpu", 25, 90, "real-weights", required=False)
    yield step("baseline", 40, 120, drawn, required=False)


def _report(store: Path) -> Path:
    return store / "report.jsonl"


def note(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PiecesError as error:
        sys.exit(str(error))
