"""Power in watts, where the machine tells it: the processors' energy counters, and NVIDIA's own library."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")


class Powercap:
    """The power of the processors by their own energy counters (Intel's RAPL, in AMD's too), through Linux."""

    def __init__(self, root: Path = POWERCAP) -> None:
        # Only whole packages: cores and memory are parts of them, and "intel-rapl-mmio" counts the same again.
        found = (each for each in sorted(root.glob("intel-rapl:*")) if each.name.count(":") == 1)
        self.zones = [each for each in found if _text(each / "name").startswith("package")]
        self._last: tuple[float, list[int]] | None = None

    @property
    def reason(self) -> str:
        """Why no power can be read; empty where it can."""
        if not self.zones:
            return "this machine has no energy counters that Linux shows"
        return "" if self._energies() else f"only root may read {self.zones[0]}/energy_uj"

    def watts(self, now: float | None = None) -> float | None:
        """Mean power since the last call, at the second `now`; None at the first, and where it cannot be read."""
        now = time.monotonic() if now is None else now
        energies, before = self._energies(), self._last
        self._last = (now, energies) if energies else None
        if before is None or not energies or now <= before[0]:
            return None
        used = sum(
            (after - earlier) if after >= earlier else after - earlier + _number(zone / "max_energy_range_uj")
            for zone, earlier, after in zip(self.zones, before[1], energies, strict=True)
        )
        return 1e-6 * used / (now - before[0])

    def _energies(self) -> list[int]:
        """Microjoules of each zone; none where one of them cannot be read."""
        try:
            return [int((zone / "energy_uj").read_text()) for zone in self.zones]
        except (OSError, ValueError):
            return []


class Nvml:
    """Power and memory of NVIDIA's cards, by their own library, where the package nvidia-ml-py is installed."""

    def __init__(self) -> None:
        self.cards: list[Any] = []
        self.reason = ""
        try:
            self._library: Any = importlib.import_module("pynvml")
            self._library.nvmlInit()
            count = self._library.nvmlDeviceGetCount()
            self.cards = [self._library.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        except ImportError:
            self.reason = "for NVIDIA's cards: pip install nvidia-ml-py"
        except Exception as error:  # the library's own, whose class is known only where it is installed
            self.reason = f"NVIDIA's library says: {error}"

    def watts(self) -> float | None:
        """Of all cards; None where one does not tell."""
        used = self._each("nvmlDeviceGetPowerUsage")  # milliwatts
        return 1e-3 * sum(used) if used else None

    def memory(self) -> tuple[int, int] | None:
        """Bytes in use and there, of all cards; None where one does not tell."""
        told = self._each("nvmlDeviceGetMemoryInfo")
        return (sum(each.used for each in told), sum(each.total for each in told)) if told else None

    def _each(self, function: str) -> list[Any]:
        try:
            return [getattr(self._library, function)(card) for card in self.cards]
        except Exception:  # as above: a card that does not tell is no error
            return []


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _number(path: Path) -> int:
    text = _text(path)
    return int(text) if text.isdigit() else 0
