"""Where each node of a graph runs, by ONNX Runtime's own profile, and which attention computes."""

import contextlib
import ctypes
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import onnxruntime as ort

from codegen.cancel import CancelToken
from codegen.engine.types import GenerateRequest
from dev.bench_gpu.comparing import drawing, ids
from dev.bench_gpu.context import Context

KERNELS = "ORT_ENABLE_ATTENTION_KERNEL_DEBUG_INFO"
"""Set to 1, it makes ONNX Runtime print which kernel computes an attention; read at its start."""

_KERNEL = re.compile(r"SdpaKernel=(\S+)")


def placement(context: Context) -> None:
    """Reports the nodes of a prompt and of some steps by provider; none may copy memory."""
    os.environ[KERNELS] = "1"
    vocabulary = context.shape.vocabulary
    with tempfile.TemporaryDirectory() as folder:
        with _profiled(Path(folder)) as sessions, _printed() as printed:
            # A captured graph is replayed as one, so its nodes wouldn't be seen.
            backend = context.backend(capture=False, capacity=context.scale.short)
            for _ in backend.generate(
                GenerateRequest(ids(drawing(), vocabulary, context.scale.prompts[0]), 8),
                CancelToken(),
            ):
                pass
            profiles = [Path(session.end_profiling()) for session in sessions]
        nodes = [node for profile in profiles for node in _nodes(profile)]
    kernels = Counter(_KERNEL.findall("".join(printed)))
    placed = Counter((provider, operator) for _, provider, operator in set(nodes))
    memcpy = {name for name, _, operator in nodes if operator.startswith("Memcpy")}
    foreign = sorted(
        f"{number} {operator} on {provider}"
        for (provider, operator), number in placed.items()
        if context.device == "cuda" and not provider.startswith("CUDA")
    )
    context.tell(
        "profile",
        {
            "sessions": len(profiles),
            "nodes": [
                {"provider": provider, "operator": operator, "nodes": number}
                for (provider, operator), number in sorted(placed.items())
            ],
            "memcpy": sorted(memcpy),
            "attention kernels": dict(kernels),
        },
    )
    context.tell(
        "about",
        {
            "nodes by provider": ", ".join(
                f"{number} on {provider}"
                for provider, number in Counter(p for _, p, _ in set(nodes)).items()
            ),
            "attention": ", ".join(kernels) or "no kernel was named",
        },
    )
    context.check(
        "no node copies between the CPU and the device",
        bool(nodes) and not memcpy,
        f"{len(set(nodes))} nodes ran, {len(memcpy)} of them copy"
        + (f"; not on the device: {', '.join(foreign)}" if foreign else ""),
    )


@contextlib.contextmanager
def _profiled(folder: Path) -> Iterator[list[ort.InferenceSession]]:
    """Lets every session that is made in the block write a profile; gives the sessions."""
    sessions: list[ort.InferenceSession] = []
    original = ort.InferenceSession

    class Profiled(original):  # type: ignore[misc, valid-type]
        """A session that writes a profile."""

        def __init__(self, path: str, options: ort.SessionOptions, **more: Any) -> None:
            options.enable_profiling = True
            options.profile_file_prefix = str(folder / f"profile{len(sessions)}")
            super().__init__(path, options, **more)
            sessions.append(self)

    ort.InferenceSession = Profiled
    try:
        yield sessions
    finally:
        ort.InferenceSession = original


@contextlib.contextmanager
def _printed() -> Iterator[Sequence[str]]:
    """Gives what is printed in the block, by C++ too; it is printed afterwards."""
    text: list[str] = []
    libc = ctypes.CDLL(None)
    with tempfile.TemporaryFile() as file:
        before = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            yield text
        finally:
            libc.fflush(None)
            os.dup2(before, 1)
            os.close(before)
            file.seek(0)
            text.append(file.read().decode(errors="replace"))
            print(text[0])


def _nodes(profile: Path) -> Iterator[tuple[str, str, str]]:
    """Of each node that ran: name, provider and operator."""
    for event in json.loads(profile.read_text(encoding="utf-8")):
        arguments = event.get("args", {})
        if event.get("cat") == "Node" and "provider" in arguments:
            name = event["name"].removesuffix("_kernel_time")
            yield name, arguments["provider"], arguments.get("op_name", "")
