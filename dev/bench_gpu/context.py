"""What a step knows: the device, the models, how long it has; and where it reports."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from codegen.bench.decoding import Spread
from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device, choose_device, physical_cores
from codegen.engine.manifest import ExportedModel
from codegen.engine.measuring import likeliest_first
from codegen.engine.paths import parse_paths
from dev.bench_gpu.layout import opened
from dev.bench_gpu.shapes import SCALES, SHAPES, Scale, Shape
from dev.bench_gpu.taking import GRAPH, Store

Which = Literal["random", "real"]
"""The weights: drawn, or those of the default model."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every step is given. `report` is a file, `end` a time of `time.monotonic`."""

    store: Store
    device: Literal["cpu", "cuda"]
    shape: Shape
    scale: Scale
    report: Path
    end: float

    @classmethod
    def of(cls, store: Path, device: Literal["cpu", "cuda"], shape: str, report: Path) -> "Context":
        """The context of this process, whose time begins now."""
        end = time.monotonic() + float(os.environ.get("CODEGEN_BENCH_LIMIT", "inf"))
        return cls(Store(store), device, SHAPES[shape], SCALES[shape], report, end)

    @property
    def left(self) -> float:
        """Seconds until this process is ended."""
        return self.end - time.monotonic()

    def tell(self, key: str, value: Mapping[str, Any]) -> None:
        """Reports something; see `results`."""
        with self.report.open("a", encoding="utf-8") as file:
            file.write(json.dumps({key: value}) + "\n")

    def figure(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        floor: float | None = None,
        expected: float | None = None,
        note: str = "",
    ) -> None:
        """Reports a measure."""
        raw = {"name": name, "value": value, "unit": unit, "note": note}
        self.tell("figure", raw | _given(floor=floor, expected=expected))

    def milliseconds(
        self,
        name: str,
        spread: Spread,
        *,
        floor: float | None = None,
        expected: float | None = None,
        note: str = "",
    ) -> None:
        """Reports times, by their median; `floor` is in seconds, `expected` in milliseconds.

        What is expected is said of the default model's shape on a GPU, and of nothing else.
        """
        if self.device == "cpu" or self.shape.name != "true":
            expected = None
        raw = {
            "name": name,
            "value": spread.median * 1000,
            "low": spread.low * 1000,
            "high": spread.high * 1000,
            "count": spread.count,
            "unit": "ms",
            "note": note,
        }
        given = _given(floor=None if floor is None else floor * 1000, expected=expected)
        self.tell("figure", raw | given)

    def check(self, name: str, passed: bool, detail: str) -> None:
        """Reports something that must hold."""
        self.tell("check", {"name": name, "passed": passed, "detail": detail})

    def without_weights(self) -> Path:
        """The folder of the models without weights.

        Raises:
            FileNotFoundError: the store has none.
        """
        place = self.store.place(GRAPH)
        if place is None:
            raise FileNotFoundError(f"{self.store.root} has no {GRAPH}")
        return place

    def folders(self, which: Which) -> tuple[Path, Path]:
        """The folders of the model in fp16 and in fp32."""
        home = (
            self.store.root / "models" / f"{which}-{self.without_weights().name.partition('.')[0]}"
        )
        return home / "fp16", home / "fp32"

    def model(self, which: Which) -> ExportedModel:
        """The model as the device runs it: in fp32 on the CPU, which has no attention in fp16."""
        half, full = self.folders(which)
        return opened(half if self.device == "cuda" else full)

    def backend(
        self, which: Which = "random", *, capture: bool = True, capacity: int = 1024
    ) -> OnnxBackend:
        """The engine on the device that is measured."""
        return _backend(self.model(which), choose_device(self.device), capture, capacity)

    def twin(self, which: Which = "random", *, capacity: int = 1024) -> OnnxBackend:
        """The engine on the CPU, which computes with the same weights in fp32."""
        model = opened(self.folders(which)[1])
        return _backend(model, Device("cpu"), capture=False, capacity=capacity)


def _backend(model: ExportedModel, device: Device, capture: bool, capacity: int) -> OnnxBackend:
    paths = parse_paths(likeliest_first(model)[0], model.manifest.graphs)
    return OnnxBackend(
        model,
        device=device,
        threads=physical_cores(),
        paths=paths,
        capacity=capacity,
        capture=capture,
    )


def _given(**values: float | None) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}
