"""`codegen doctor`: its checks, on simulated machines."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from codegen.cli import run
from codegen.doctor import checks as doctor
from codegen.doctor import examine
from codegen.document import Document
from codegen.engine.cuda import Obstacle, ObstacleKind
from codegen.engine.device import Device
from codegen.engine.scripted import ScriptedBackend
from codegen.models.catalogue import default_entry
from codegen.models.store import Store
from codegen.progress import NullProgress
from codegen.settings.config import Settings
from tests.engine.machines import GB, NO_CARD, ON_LINUX_13, Cuda, Machine, Nvml, play
from tests.scripted_model import scripted_model


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """A user without a configuration, and without a model."""
    for name in os.environ:
        if name.startswith("CODEGEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path / "cache"))


def statuses(*checks):
    for check in checks:
        # A check has advice exactly if it isn't ok.
        assert (check.advice is None) == (check.status == "ok")
    return [check.status for check in checks]


def test_python():
    versions = ((3, 10, 9), (3, 11, 0), (3, 14, 1))
    assert statuses(*map(doctor.python_version, versions)) == ["failed", "ok", "ok"]


def test_two_runtimes_in_one_folder():
    both = {"onnxruntime": "1.30.0", "onnxruntime-gpu": "1.31.1"}
    check = doctor.runtime_packages(both)
    assert statuses(check) == ["failed"]
    assert "onnxruntime 1.30.0, onnxruntime-gpu 1.31.1" in check.detail
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && " in check.advice
    assert " install --no-deps onnxruntime" in check.advice
    assert statuses(doctor.runtime_packages({})) == ["failed"]
    assert statuses(doctor.runtime_packages({"onnxruntime": "1.30.0"})) == ["ok"]


def test_installed_runtimes_are_found(monkeypatch):
    names = ["onnxruntime", "numpy", "onnxruntime-gpu"]
    found = [SimpleNamespace(metadata={"Name": name}) for name in names]
    monkeypatch.setattr(doctor.metadata, "distributions", lambda: found)
    monkeypatch.setattr(doctor.metadata, "version", lambda name: f"version of {name}")
    check = doctor.runtime_packages(doctor.installed())
    assert "version of onnxruntime, onnxruntime-gpu version" in check.detail


@pytest.mark.parametrize(
    ("device", "status", "detail", "advice"),
    [
        (Device("cuda"), "ok", "cuda", None),
        (Device("cpu"), "ok", "cpu", None),
        (Device("cpu", NO_CARD), "ok", "running on the CPU: no card", None),
        (
            Device(
                "cpu", Obstacle(ObstacleKind.LIBRARY_MISSING, "x is missing", "run: y"), card=True
            ),
            "warning",
            "running on the CPU: x is missing",
            "run: y",
        ),
        (
            Device("cpu", Obstacle(ObstacleKind.CARD_TOO_OLD, "it is old"), card=True),
            "warning",
            "running on the CPU: it is old",
            "codegen config set device cpu, to see this no more",
        ),
    ],
)
def test_device(device, status, detail, advice):
    check = doctor.device_choice(device)
    assert (*statuses(check), check.detail, check.advice) == (status, detail, advice)


def first_checks(settings):
    """The doctor's checks up to the device, by their names."""
    found = {}
    for check in examine.examine(settings, NullProgress()):
        found[check.name] = check
        if check.name == "device":
            return found
    raise AssertionError("the device was not checked")


@pytest.mark.parametrize(
    ("machine", "gpu", "device"),
    [
        (Machine(), "NVIDIA Test, 8.0 GB of 10.0 GB free, driver 580.65.06", "cuda"),
        (
            Machine(in_pip=ON_LINUX_13[1:]),
            "NVIDIA Test, 8.0 GB of 10.0 GB free, driver 580.65.06",
            "running on the CPU: libcublasLt.so.13 of CUDA 13 is missing",
        ),
        (Machine(nvml=None), None, "cuda"),
        (
            Machine(nvml=None, cuda=None),
            None,
            "running on the CPU: there is no NVIDIA GPU, or no driver for it",
        ),
    ],
)
def test_gpu(monkeypatch, tmp_path, machine, gpu, device):
    play(machine, monkeypatch, tmp_path)
    found = first_checks(Settings())
    assert (found["gpu"].detail if "gpu" in found else None) == gpu
    assert found["device"].detail == device


def test_a_gpu_that_was_asked_for_and_fails(monkeypatch, tmp_path):
    play(Machine(cuda=Cuda(version=12040)), monkeypatch, tmp_path)
    found = first_checks(Settings(device="cuda"))
    assert found["gpu"].status == "ok"
    assert found["device"].status == "failed"
    assert found["device"].detail == (
        "CUDA can't be used: the NVIDIA driver supports CUDA 12.4, and this onnxruntime needs "
        "CUDA 13; update the driver to 580 or newer"
    )


@pytest.mark.parametrize(("wanted", "status"), [("auto", "warning"), ("cuda", "failed")])
def test_a_gpu_with_too_little_free_memory(monkeypatch, tmp_path, tiny, wanted, status):
    play(Machine(nvml=Nvml(free=GB)), monkeypatch, tmp_path)
    looked = []

    def model_state(settings):
        looked.append(settings.device)
        return tiny.fp32, doctor.Check("model", "ok", "here")

    monkeypatch.setattr(doctor, "model_state", model_state)
    monkeypatch.setattr(doctor, "download_state", lambda *_, **__: iter(()))
    monkeypatch.setattr(examine, "_running", lambda *_: iter(()))
    found = {
        check.name: check for check in examine.examine(Settings(device=wanted), NullProgress())
    }
    assert found["gpu memory"].status == status
    assert found["gpu memory"].detail.startswith("NVIDIA Test has 1.0 GB of memory free, and ")
    assert found["gpu memory"].advice == "run: codegen config set device cpu"
    # What `auto` would run then is checked as well.
    assert looked == (["auto", "cpu"] if wanted == "auto" else ["cuda"])


@pytest.mark.parametrize(
    ("cpuinfo", "machine", "status", "shown"),
    [
        ("flags : fpu avx2 avx512_vnni avx2x\n", "x86_64", "ok", "Some CPU, avx2 avx512_vnni"),
        ("flags : fpu sse4_2\n", "x86_64", "warning", "Some CPU"),
        ("Features : asimddp i8mm\n", "aarch64", "ok", "Some CPU, asimddp i8mm"),
        ("", "arm64", "ok", "Some CPU; its instruction sets are not known here"),
    ],
)
def test_processor(tmp_path, cpuinfo, machine, status, shown):
    file = tmp_path / "cpuinfo"
    if cpuinfo:
        file.write_text(cpuinfo)
    check = doctor.processor_features("Some CPU", file, machine)
    assert (*statuses(check), check.detail) == (status, shown)


def test_threads():
    checks = doctor.threads(None, 4), doctor.threads(2, 4), doctor.threads(8, 4)
    assert statuses(*checks) == ["ok", "ok", "warning"]


def test_memory():
    needed = 1_300_000_000
    checks = [
        doctor.memory(8_000_000_000, 4_000_000_000, needed),
        doctor.memory(8_000_000_000, 1_000_000_000, needed),
        doctor.memory(1_000_000_000, 900_000_000, needed),
    ]
    assert statuses(*checks) == ["ok", "warning", "failed"]
    assert checks[0].detail == "4.0 GB of 8.0 GB available, about 1.3 GB needed"


def test_cache_directory(tmp_path, monkeypatch):
    root = tmp_path / "not" / "there"
    assert statuses(doctor.cache_directory(root, 0)) == ["ok"]
    assert not root.parent.exists()
    assert statuses(doctor.cache_directory(root, 10**18)) == ["warning"]

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    # An exported model can be used without a writable cache.
    checks = doctor.cache_directory(root, 10), doctor.cache_directory(root, 0)
    assert statuses(*checks) == ["failed", "warning"]
    assert "Permission denied" in checks[0].detail


def test_download(tmp_path):
    settings = Settings(cache_dir=tmp_path)
    (missing,) = doctor.download_state(settings, exported=False)
    (spare,) = doctor.download_state(settings, exported=True)
    path = Store(tmp_path).download(default_entry().file)
    path.parent.mkdir()
    path.write_bytes(b"something else")
    (damaged,) = doctor.download_state(settings, exported=True)
    assert statuses(missing, spare, damaged) == ["warning", "ok", "warning"]
    assert missing.advice.startswith(f"codegen model pull {default_entry().name} (")


def test_model_that_is_missing(tmp_path):
    model, check = doctor.model_state(Settings(cache_dir=tmp_path, device="cpu"))
    assert (model, *statuses(check)) == (None, "failed")
    assert f"codegen model export {default_entry().name}" in check.advice


def test_model_that_is_damaged(tmp_path):
    entry = default_entry()
    directory = Store(tmp_path).export(entry.name, entry.sha256, "int4", "cpu")
    directory.mkdir(parents=True)
    (directory / "codegen.json").write_text('{"format": 0}')
    settings = Settings(cache_dir=tmp_path, device="cpu")
    model, check = doctor.model_state(settings)
    assert (model, *statuses(check)) == (None, "failed")
    assert check.advice == f"codegen model export {entry.name} --force"


def test_parity():
    figures = {"tokens": 2104, "mean_kl": 0.013149}
    check = doctor.parity(figures, "cpu")
    assert (*statuses(check), check.detail) == ("ok", "tokens 2104, mean kl 0.01315")
    assert statuses(doctor.parity(None, "cpu"), doctor.parity(None, "cuda")) == ["warning", "ok"]


def test_speed():
    checks = [doctor.speed(now, (120.0, 30.0)) for now in ((100, 29), (30, 29), (100, 9))]
    assert statuses(*checks) == ["ok", "warning", "warning"]


def test_speed_is_measured():
    backend = ScriptedBackend([list(range(100))])
    doctor.measure_speed(backend, [1, 2, 3])
    (request,) = backend.requests
    assert (request.prompt, request.max_tokens) == ([1, 2, 3], 16)


@pytest.mark.parametrize(("answer", "status"), [("a + b\n", "ok"), ("0\n", "failed")])
def test_self_test(tokenizer, vocabulary, answer, status):
    document = Document(examine._BEFORE + examine._AFTER, len(examine._BEFORE))
    model = scripted_model(tokenizer, vocabulary, document, answer)
    assert statuses(examine.self_test(model)) == [status]


def test_without_a_model_the_exit_code_is_3(capsys, tmp_path):
    assert run(["doctor", "--device", "cpu"]) == 3
    out, err = capsys.readouterr()
    assert "model            FAILED   " in out
    assert not err
    assert not (tmp_path / "cache").exists()


def test_json(capsys):
    assert run(["doctor", "--device", "cpu", "--json"]) == 3
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["exit_code"]) == (1, 3)
    checks = {check["name"]: check["status"] for check in shown["checks"]}
    assert checks["model"] == "failed"
    assert "self-test" not in checks


def test_a_device_that_does_not_work(capsys, monkeypatch):
    monkeypatch.setattr("codegen.engine.device.find_obstacle", lambda: NO_CARD)
    assert run(["doctor", "--device", "cuda"]) == 4
    assert "CUDA can't be used: no card" in capsys.readouterr().out


def test_a_broken_onnxruntime_is_told(tmp_path):
    """After one of two packages is uninstalled, their folder lacks most of its files."""
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime" / "__init__.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "doctor"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (4, "")
    assert "onnxruntime      FAILED   can't be imported" in done.stdout
    assert "pip uninstall -y onnxruntime onnxruntime-gpu" in done.stdout


def test_a_model_that_means_nothing(capsys):
    assert run(["doctor", "--model", "qwen"]) == 2
