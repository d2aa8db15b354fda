"""Cuts the fixed samples that an export is calibrated with and judged by.

    python dev/make_samples.py > codegen/models/export/samples.json

Holes of several lines in this project's own sources, which no model has been trained on.
Calibration and parity take different files, so that the gate is not passed by heart. The result
is committed and stays as it is while the sources go on.
"""

import json
import random
from pathlib import Path

ROOT = Path(__file__).parent.parent
BEFORE, AFTER = 14, 8  # lines of context
MIDDLE = (7, 11)  # lines of the hole
HOLES = {"calibration": 20, "parity": 26}


def main() -> None:
    files = sorted(path for path in ROOT.glob("codegen/**/*.py") if path.stat().st_size > 3000)
    chance = random.Random(20261124)  # noqa: S311 - a choice of samples, not of secrets
    chance.shuffle(files)
    samples: dict[str, list[dict[str, str]]] = {name: [] for name in HOLES}
    for name, wanted in HOLES.items():
        own = files[::2] if name == "parity" else files[1::2]
        while len(samples[name]) < wanted:
            lines = chance.choice(own).read_text(encoding="utf-8").splitlines(keepends=True)
            size = chance.randint(*MIDDLE)
            start = chance.randrange(BEFORE, len(lines) - size)
            hole = {
                "prefix": "".join(lines[start - BEFORE : start]),
                "middle": "".join(lines[start : start + size]),
                "suffix": "".join(lines[start + size : start + size + AFTER]),
            }
            known = {line for other in samples[name] for line in other["middle"].splitlines()}
            if not known & {line for line in hole["middle"].splitlines() if len(line) > 30}:
                samples[name].append(hole)
    print(json.dumps(samples, indent=1))


if __name__ == "__main__":
    main()
