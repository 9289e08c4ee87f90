"""Power: a made-up tree of counters, and a made-up library of a card."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from engine.power import Nvml, Powercap

MOST = 262_143_328_850


def zone(root, name, called, energy, most=MOST):
    folder = root / name
    folder.mkdir(exist_ok=True)
    (folder / "name").write_text(f"{called}\n")
    (folder / "energy_uj").write_text(f"{energy}\n")
    (folder / "max_energy_range_uj").write_text(f"{most}\n")
    return folder


@pytest.fixture
def tree(tmp_path):
    """Two processors; a part of one, the same one by another way, and the whole machine do not count."""
    zone(tmp_path, "intel-rapl:0", "package-0", 5_000_000)
    zone(tmp_path, "intel-rapl:1", "package-1", 7_000_000)
    zone(tmp_path, "intel-rapl:0:0", "core", 4_000_000)
    zone(tmp_path, "intel-rapl:2", "psys", 9_000_000)
    zone(tmp_path, "intel-rapl-mmio:0", "package-0", 5_000_000)
    return tmp_path


def test_power_is_energy_over_time(tree):
    power = Powercap(tree)
    assert power.reason == ""
    assert power.watts(10.0) is None, "one reading is no power yet"
    zone(tree, "intel-rapl:0", "package-0", 5_000_000 + 20_000_000)
    zone(tree, "intel-rapl:1", "package-1", 7_000_000 + 10_000_000)
    zone(tree, "intel-rapl:0:0", "core", 19_000_000)
    assert power.watts(12.0) == pytest.approx(15.0)
    assert power.watts(12.0) is None, "no time has passed"


def test_a_counter_that_began_anew(tree):
    zone(tree, "intel-rapl:0", "package-0", MOST - 1_000_000)
    power = Powercap(tree)
    power.watts(0.0)
    zone(tree, "intel-rapl:0", "package-0", 2_000_000)
    assert power.watts(1.0) == pytest.approx(3.0)


def test_counters_that_nobody_may_read(tree):
    (tree / "intel-rapl:1" / "energy_uj").unlink()
    (tree / "intel-rapl:1" / "energy_uj").mkdir()  # an error even for root, as EACCES is for others
    power = Powercap(tree)
    assert power.watts(0.0) is None
    assert power.watts(1.0) is None
    assert "root" in power.reason


def test_a_machine_without_counters(tmp_path):
    power = Powercap(tmp_path / "missing")
    assert power.watts(0.0) is None
    assert "no energy counters" in power.reason


def library(**broken):
    """NVIDIA's library as far as we use it, with two cards."""
    working = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetPowerUsage": lambda card: 70_500 + 1000 * card,
        "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(used=card + 1, total=80),
    }
    return SimpleNamespace(**working | broken)


def fails(*_):
    raise RuntimeError("Not Supported")


def test_all_cards_together(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", library())
    cards = Nvml()
    assert cards.watts() == pytest.approx(142.0)
    assert cards.memory() == (3, 160)
    assert cards.reason == ""


def test_a_card_that_does_not_tell_its_power(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", library(nvmlDeviceGetPowerUsage=fails))
    cards = Nvml()
    assert cards.watts() is None
    assert cards.memory() == (3, 160)


def test_a_machine_without_a_card(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", library(nvmlInit=fails))
    cards = Nvml()
    assert cards.watts() is None
    assert cards.memory() is None
    assert "Not Supported" in cards.reason


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Nvml().watts() is None
    assert "nvidia-ml-py" in Nvml().reason
