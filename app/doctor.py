"""`otoscope doctor`: what is on this machine, what is missing, and what to do about it."""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "scipy", "soundfile", "soxr", "python-stretch",
    "sounddevice", "rtmixer", "librosa", "torch", "torchaudio", "lightning-fabric", "safetensors", "psutil",
    "pystoi", "speechmos",
)  # fmt: skip
SHARED = (
    ("libEGL.so.1", "libegl1"),
    ("libGL.so.1", "libgl1"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-image.so.0", "libxcb-image0"),
    ("libxcb-render-util.so.0", "libxcb-render-util0"),
    ("libportaudio.so.2", "libportaudio2"),
)
RECORDINGS = (
    "digits_fsdd", "read_arctic_kathleen", "phones_timit_nltk", "prompts_asterisk_en", "keywords_picovoice",
    "commands_barista", "emotion_ravdess", "noise_real", "melodies_symbolic", "music",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for. `needed` says whether the program cannot work without it."""

    part: str
    name: str
    ok: bool
    found: str
    remedy: str = ""
    needed: bool = False


def main(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 where something that is needed is missing."""
    findings = list(examine())
    if arguments.json:
        shown = [asdict(each) | ({"remedy": ""} if each.ok else {}) for each in findings]
        sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    else:
        show(findings)
    return int(any(each.needed and not each.ok for each in findings))


def examine() -> Iterator[Finding]:
    """Every finding. A look that fails by itself becomes a finding too."""
    looks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("program", _program),
        ("computing", _computing),
        ("sound", _sound),
        ("screen", _screen),
        ("bundled", _bundled),
        ("recordings", _recordings),
    )
    for part, look in looks:
        try:
            yield from look()
        except Exception as error:  # the doctor reports what it meets, whatever that is
            yield Finding(part, "look", False, f"{type(error).__name__}: {error}", needed=True)


def show(findings: list[Finding]) -> None:
    """A table for people: a mark, what was found, and under it what to do."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    part = ""
    for each in findings:
        if each.part != part:
            part = each.part
            console.print(f"\n[bold]{part}[/bold]")
        bad = "[red]missing[/red]" if each.needed else "[yellow]absent [/yellow]"
        mark = "[green]ok     [/green]" if each.ok else bad
        console.print(f"  {mark}  {each.name:<22} {escape(each.found)}")
        if each.remedy and not each.ok:
            console.print(f"           {'':<22} {escape(each.remedy)}")


def _program() -> Iterator[Finding]:
    from app.cli import VERSION

    yield Finding("program", "otoscope", True, VERSION)
    right = sys.version_info >= (3, 11)
    yield Finding("program", "Python", right, platform.python_version(), "use Python 3.11 or newer", True)
    yield Finding("program", "system", True, f"{platform.system()} {platform.release()} {platform.machine()}")
    for name in LIBRARIES:
        try:
            yield Finding("program", name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding("program", name, False, "not installed", f"pip install {name}", True)


def _computing() -> Iterator[Finding]:
    from engine import device

    found = device.available()
    yield Finding("computing", "CPU", True, f"{device.counted()} for this process{_memory()}")
    for name, remedy in (
        ("cuda", "no NVIDIA GPU that this build of torch can use; the CPU does all the work"),
        ("mps", "only on Macs with Apple's own processors"),
    ):
        seen = device.describe(name) if name in found else "not here"
        yield Finding("computing", f"GPU ({name})", name in found, seen, remedy)
    yield from _power()
    try:
        audio = device.torchaudio()
    except device.LibraryMissing:
        return  # what is not installed is told above
    extension = sys.modules.get("torchaudio._extension")
    native = bool(getattr(extension, "_IS_TORCHAUDIO_EXT_AVAILABLE", False))
    yield Finding(
        "computing", "torchaudio's extension", native, str(audio.__version__),
        "its Python parts are used alone; nothing bundled needs more",
    )  # fmt: skip


def _power() -> Iterator[Finding]:
    """Whether the status bar can tell watts, and where they come from."""
    from engine.power import Nvml, Powercap

    counters, cards = Powercap(), Nvml()
    named = ", ".join((each / "name").read_text().strip() for each in counters.zones)
    found = ([] if counters.reason else [f"RAPL: {named}"]) + (["NVML"] if cards.watts() is not None else [])
    remedy = f"shown as n/a: {'; '.join(filter(None, (counters.reason, cards.reason)))}"
    yield Finding("computing", "power", bool(found), ", ".join(found) or "n/a", remedy)


def _memory() -> str:
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, AttributeError, OSError):  # not a system with sysconf
        return ""
    return f", {total / 2**30:.0f} GB of memory"


def _sound() -> Iterator[Finding]:
    from engine.audio import device

    for name, look in (("input", device.inputs), ("output", device.outputs)):
        devices = look()
        listed = "; ".join(f"{each.name} ({each.channels} ch, {each.rate:g} Hz)" for each in devices)
        remedy = (
            "plug one in, or start the sound server; on Debian also: sudo apt-get install libportaudio2. "
            "Files can be opened and seen without it."
        )
        yield Finding("sound", name, bool(devices), listed or "no device", remedy)


def _screen() -> Iterator[Finding]:
    shown = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or ""
    if sys.platform != "linux":
        yield Finding("screen", "display", True, platform.system())
        return
    yield Finding(
        "screen", "display", bool(shown), shown or "none", "without a screen, `otoscope demo` does the same work"
    )
    missing = [package for library, package in SHARED if not _loads(library)]
    yield Finding(
        "screen", "shared libraries", not missing, f"{len(SHARED) - len(missing)} of {len(SHARED)}",
        f"sudo apt-get install {' '.join(missing)}",
    )  # fmt: skip


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _bundled() -> Iterator[Finding]:
    from engine import asset, checkpoint

    again = "install Otoscope again"
    for name, names in (
        ("networks", checkpoint.bundled()), ("clips", asset.clips()), ("noises", asset.noises()),
    ):  # fmt: skip
        yield Finding("bundled", name, bool(names), ", ".join(names) or "none", again, True)


def _recordings() -> Iterator[Finding]:
    folder = os.environ.get("OTOSCOPE_DATA", "")
    there = bool(folder) and Path(folder).is_dir()
    yield Finding(
        "recordings", "OTOSCOPE_DATA", there, folder or "not set",
        "set it to a folder of recordings to train on them; bundled and synthetic sounds work without",
    )  # fmt: skip
    if there:
        for name in RECORDINGS:
            yield Finding(
                "recordings", name, (Path(folder) / name).is_dir(), "", "this data set is not in the folder"
            )
