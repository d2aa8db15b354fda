"""NVIDIA's driver and cards, on simulated machines."""

import pytest

from codegen.engine.nvidia import Card, Driver, cuda_driver, first_card, nvidia_cards
from tests.engine.machines import GB, Cuda, Machine, Nvml, play

CARD = Card("NVIDIA Test", 10 * GB, 8 * GB, "580.65.06")


@pytest.mark.parametrize(
    ("nvml", "cuda", "cards"),
    [
        (None, None, 0),
        (Nvml(), Cuda(), 1),
        (Nvml(cards=2), None, 2),
        (Nvml(cards=0), Cuda(devices=3), 0),
        (None, Cuda(devices=2), 2),
        (Nvml(init=9), Cuda(), 1),
        (Nvml(init=9), Cuda(init=100), 0),
        (Nvml(counts=999, cards=5), None, 0),
        (Nvml(init=9), None, 0),
        (object(), Cuda(), 1),  # a library of that name without its functions
        (object(), object(), 0),
    ],
)
@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("in_wsl", [False, True])
def test_cards_are_counted_by_the_drivers_libraries(
    monkeypatch, tmp_path, nvml, cuda, cards, windows, in_wsl
):
    play(Machine(nvml=nvml, cuda=cuda, windows=windows, in_wsl=in_wsl), monkeypatch, tmp_path)
    assert nvidia_cards() == cards
    assert not getattr(nvml, "running", 0)


@pytest.mark.parametrize(
    ("cuda", "driver"),
    [
        (None, None),
        (Cuda(version=12040), Driver((12, 4), None, 1, "NVIDIA Test", (9, 0))),
        (Cuda(devices=3), Driver((13, 0), None, 3, "NVIDIA Test", (9, 0))),
        (Cuda(devices=0), Driver((13, 0))),
        (Cuda(init=100), Driver((13, 0))),
        (Cuda(init=802), Driver((13, 0), "CUDA error 802")),
        (object(), Driver(None, "libcuda lacks its functions")),
    ],
)
def test_what_the_driver_answers(monkeypatch, tmp_path, cuda, driver):
    play(Machine(cuda=cuda), monkeypatch, tmp_path)
    assert cuda_driver() == driver


@pytest.mark.parametrize(
    ("nvml", "cuda", "card"),
    [
        (Nvml(), Cuda(), CARD),
        # CUDA counts first what NVML counts second; the first of NVML's has no memory free.
        (Nvml(cards=2), Cuda(devices=2), CARD),
        (Nvml(), None, CARD),
        (Nvml(), Cuda(init=999), CARD),
        (Nvml(), Cuda(devices=0), CARD),
        # Of two cards, nobody says which one is meant.
        (Nvml(cards=2), None, None),
        (Nvml(by_place=6), Cuda(), None),
        (Nvml(memory=3), Cuda(), None),
        (Nvml(init=9), Cuda(), None),
        (None, Cuda(), None),
        (object(), Cuda(), None),
    ],
)
def test_the_card_that_models_run_on(monkeypatch, tmp_path, nvml, cuda, card):
    play(Machine(nvml=nvml, cuda=cuda), monkeypatch, tmp_path)
    assert first_card() == card
    assert not getattr(nvml, "running", 0)
