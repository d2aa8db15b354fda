"""Runs an export on the pretended GPU; prints a JSON object of what each request was counted.

python play.py EXPORT LIBRARY captured|eager
"""

import ctypes
import json
import sys
from pathlib import Path

import onnxruntime as ort

from codegen.cancel import CancelToken
from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device
from codegen.engine.manifest import open_export
from codegen.engine.paths import ComputePaths
from codegen.engine.types import GenerateRequest, Sampling
from tests.engine.pretended_gpu.machine import COUNTS

GREEDY = (Sampling(),)
SAMPLES = tuple(Sampling(0.8, top_p=0.95, seed=seed) for seed in range(3))
ONE, OTHER = list(range(40)), list(range(100, 140))

# name, prompt, tokens, samples
REQUESTS = [
    ("first", ONE, 9, GREEDY),
    ("again", ONE, 9, GREEDY),
    ("longer", ONE, 41, GREEDY),
    ("other slot", OTHER, 9, GREEDY),
    ("first slot again", ONE, 9, GREEDY),
    ("samples", ONE, 9, SAMPLES),
    ("samples again", OTHER, 9, SAMPLES),
    ("more samples", ONE, 17, SAMPLES),
]


def profiled(prefix):
    """Has all sessions that are made from now on write profiles; gives the sessions."""
    sessions = []
    make, create = ort.SessionOptions, ort.InferenceSession.__init__

    def options():
        made = make()
        made.enable_profiling = True
        made.profile_file_prefix = prefix
        return made

    def remember(session, *arguments, **named):
        create(session, *arguments, **named)
        sessions.append(session)

    ort.SessionOptions = options
    ort.InferenceSession.__init__ = remember
    return sessions


def main(export, library, how):
    count = ctypes.CDLL(library).pretended_count
    count.restype = ctypes.c_long

    def counts():
        return {name: count(number) for number, name in enumerate(COUNTS)}

    model = open_export(Path(export))
    sessions = profiled(f"{library}-profile")
    backend = OnnxBackend(
        model,
        device=Device("cuda"),
        threads=1,
        paths=ComputePaths("full", "full"),
        capacity=256,
        capture=how == "captured",
    )
    said = {}
    for name, prompt, tokens, samples in REQUESTS:
        before = counts()
        steps = list(
            backend.generate(GenerateRequest(prompt, tokens, samples=samples), CancelToken())
        )
        said[name] = {key: value - before[key] for key, value in counts().items()}
        said[name]["steps"] = len(steps)
    events = [
        event["args"]
        for session in sessions
        for event in json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        if event.get("cat") == "Node" and "provider" in event.get("args", {})
    ]
    said["nodes"] = sorted({(one["provider"], one["op_name"]) for one in events})
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
