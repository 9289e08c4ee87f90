"""Devices: listed where there are some, and no trouble where there is not even PortAudio."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from engine.audio import device, port
from engine.audio.device import Device, DeviceError, find, inputs, outputs
from engine.audio.play import Player
from engine.audio.record import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

FOUND: list[dict[str, Any]] = [
    {
        "name": "web cam",
        "hostapi": 0,
        "max_input_channels": 1,
        "max_output_channels": 0,
        "default_samplerate": 16e3,
    },
    {"name": "card", "hostapi": 1, "max_input_channels": 2, "max_output_channels": 8, "default_samplerate": 48e3},
]


class PortAudioError(Exception):
    pass


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(
        query_devices=lambda: FOUND,
        query_hostapis=lambda: [{"name": "USB"}, {"name": "ALSA"}],
        default=SimpleNamespace(device=[1, 1]),
        PortAudioError=PortAudioError,
    )
    monkeypatch.setattr(device, "library", lambda: made)
    monkeypatch.setattr(port, "library", lambda: made)
    return made


def test_devices_are_listed_the_default_first(library: SimpleNamespace) -> None:
    card = Device("card", 1, 48_000, 2, "ALSA")
    assert inputs() == (card, Device("web cam", 0, 16_000, 1, "USB"))
    assert outputs() == (Device("card", 1, 48_000, 8, "ALSA"),)
    assert find("input") == find("input", "card") == find("input", 1) == find("input", card) == card
    assert find("input", "web cam").index == 0


def test_a_device_that_is_not_there_is_named(library: SimpleNamespace) -> None:
    with pytest.raises(DeviceError, match="'web cam' is not there"):
        find("output", "web cam")
    library.query_devices = lambda: []
    with pytest.raises(DeviceError, match="No microphone was found"):
        find("input")


def test_a_device_that_does_not_open_is_named_with_the_reason(library: SimpleNamespace) -> None:
    tried = []

    def refuse(device: Device, rate: int, channels: int) -> None:
        tried.append((rate, channels))
        raise PortAudioError("Device unavailable", -9985)

    with pytest.raises(DeviceError, match=r"card cannot be opened \(Device unavailable\).*Sound > Input"):
        port._open(refuse, find("input"), [(16_000, 1), (48_000, 1), (48_000, 1)], "Input")
    assert tried == [(16_000, 1), (48_000, 1)]


def test_without_portaudio_lists_are_empty_and_the_fix_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert inputs() == outputs() == ()
    recorder = Recorder()
    with pytest.raises(DeviceError, match="apt install libportaudio2"):
        recorder.start()
    assert "libportaudio2" in str(recorder.error)
    assert not recorder.running
    assert len(recorder.read()) == 0
    recorder.stop()


@pytest.mark.parametrize("make", [Recorder, Player])
def test_neither_imports_a_device_library_before_it_is_used(make: Callable[[], object]) -> None:
    script = (
        "import sys\n"
        f"from {make.__module__} import {make.__name__}\n"
        f"{make.__name__}()\n"
        "heavy = {'sounddevice', 'rtmixer', 'torch', 'scipy', 'librosa', 'PySide6'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
