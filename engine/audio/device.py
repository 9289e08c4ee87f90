"""Devices: the microphones and loudspeakers that PortAudio finds, and why there are none."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.audio.error import DeviceError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Device", "DeviceError", "find", "inputs", "outputs", "refresh"]

Kind = Literal["input", "output"]

OPEN: weakref.WeakSet[Any] = weakref.WeakSet()
"""The open streams of the program. PortAudio is one for the whole process, and so is this."""


@dataclass(frozen=True)
class Device:
    """An input or an output: `rate` in hertz is its own, `channels` the most it has, `host` the sound system."""

    name: str
    index: int
    rate: int
    channels: int
    host: str = ""


def library() -> ModuleType:
    """The module sounddevice. Raises DeviceError where it or PortAudio is missing."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        text = "Sound devices cannot be used, for PortAudio is missing; install it"
        raise DeviceError(f"{text} (Debian: apt install libportaudio2) and start again.") from error
    return sounddevice


def inputs() -> tuple[Device, ...]:
    """Every microphone, the default one first; empty where there is none."""
    return _listed("input")


def outputs() -> tuple[Device, ...]:
    """Every loudspeaker, the default one first; empty where there is none."""
    return _listed("output")


def refresh() -> bool:
    """Look for devices again, for PortAudio looks only once. False, and nothing done, while one is in use."""
    if len(OPEN):
        return False
    sounddevice = library()
    sounddevice._terminate()
    sounddevice._initialize()
    return True


def find(kind: Kind, wanted: Device | str | int | None = None) -> Device:
    """The device of this name, index or description; the default one for None. Raises DeviceError."""
    library()
    devices = _listed(kind)
    noun, key = ("microphone", "Input") if kind == "input" else ("loudspeaker", "Output")
    if not devices:
        raise DeviceError(f"No {noun} was found; plug one in and try again.")
    if wanted is None:
        return devices[0]
    name = wanted.name if isinstance(wanted, Device) else wanted
    for device in devices:
        if name in (device.name, device.index):
            return device
    raise DeviceError(f"The {noun} {name!r} is not there; plug it in, or choose another under Sound > {key}.")


def _listed(kind: Kind) -> tuple[Device, ...]:
    try:
        sounddevice = library()
        found, hosts = sounddevice.query_devices(), sounddevice.query_hostapis()
        default = sounddevice.default.device[kind == "output"]
    except DeviceError:
        return ()
    except sounddevice.PortAudioError:
        return ()
    devices = [
        Device(each["name"], index, round(each["default_samplerate"]), channels, hosts[each["hostapi"]]["name"])
        for index, each in enumerate(found)
        if (channels := each[f"max_{kind}_channels"]) > 0
    ]
    return tuple(sorted(devices, key=lambda device: device.index != default))
