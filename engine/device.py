"""Where torch computes, how many threads it may take, and the one place that makes torchaudio importable."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lightning_fabric import Fabric

CHOICES = ("auto", "cuda", "mps", "cpu")


class LibraryMissing(RuntimeError):
    """A library that some networks are made of is not installed; the message says how to get it."""


class DeviceMissing(RuntimeError):
    """The device asked for is not on this machine; the message names those that are."""


def available() -> tuple[str, ...]:
    """The devices of this machine, the best first; `cpu` is always the last."""
    import torch

    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def choose(name: str = "auto") -> str:
    """The torch device for a choice: auto is the best there is. Raises DeviceMissing."""
    if name not in CHOICES:
        raise DeviceMissing(f"there is no device {name!r}; choose one of: {', '.join(CHOICES)}")
    found = available()
    if name == "auto":
        return found[0]
    if name not in found:
        raise DeviceMissing(f"this machine has no {name} device; choose auto or one of: {', '.join(found)}")
    return name


def describe(device: str) -> str:
    """A device in words for the badge: `CPU, 2 cores` or the card's own name."""
    import torch

    if device == "cuda":
        return f"CUDA: {torch.cuda.get_device_name()}"
    if device == "mps":
        return "MPS: Apple GPU"
    return f"CPU, {counted()}"


def counted() -> str:
    """How many cores, in words."""
    return "1 core" if cores() == 1 else f"{cores()} cores"


def count(device: str) -> int:
    """How many processes of a training this machine can take: one a GPU, or one a core."""
    if device == "cuda":
        import torch

        return torch.cuda.device_count()
    return _here() if device == "cpu" else 1


def memory(device: str) -> int:
    """Bytes: what this process holds at the moment, or of a CUDA device, the most that it has held."""
    if device == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated())
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak(process: int | None = None) -> int:
    """The most bytes that a process, or this one, has held; now, where the system does not tell. 0 of one gone."""
    import psutil

    try:
        with open(f"/proc/{process or 'self'}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return 1024 * int(line.split()[1])
    except (OSError, ValueError):
        pass
    try:
        held = psutil.Process(process).memory_info()
        return int(getattr(held, "peak_wset", held.rss))
    except psutil.Error:
        return 0


def told(size: float) -> str:
    """So many bytes in words, with a warning where that is more than half of the memory that is free now."""
    import psutil

    free = psutil.virtual_memory().available
    said = f"{size / 1e6:,.0f} MB in training"
    return said if size < free / 2 else f"{said}, and only {free / 1e6:,.0f} MB of memory are free"


def fabric(name: str, devices: int = 1, nodes: int = 1, precision: str = "full") -> Fabric:
    """Fabric on a device, launched. Raises DeviceMissing for a precision that the device does not have."""
    from lightning_fabric import Fabric

    if (precision == "mixed" and name != "cuda") or (precision == "bfloat16" and not _bfloat16(name)):
        raise DeviceMissing(f"{describe(name)} has no {precision} precision; set precision to full")
    kinds: Any = {"full": "32-true", "mixed": "16-mixed", "bfloat16": "bf16-mixed"}
    strategy = "ddp" if devices * nodes > 1 else "auto"
    made = Fabric(
        accelerator=name, devices=devices, num_nodes=nodes, strategy=strategy, precision=kinds[precision]
    )
    made.launch()
    return made


def _bfloat16(name: str) -> bool:
    """Whether an LSTM learns in bfloat16. A CPU only tells by trying."""
    import torch

    if name == "cuda":
        return torch.cuda.is_bf16_supported()
    try:
        with torch.autocast(name, torch.bfloat16):
            torch.nn.LSTM(8, 8)(torch.zeros(2, 1, 8))[0].float().sum().backward()
    except RuntimeError:
        return False
    return name == "cpu"


def cores() -> int:
    """The cores that this process may use; OMP_NUM_THREADS may say fewer, where others work on the machine."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(_here(), int(asked)) if asked.isdecimal() and int(asked) else _here()


def _here() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit_threads(live: bool = True) -> int:
    """Give torch all cores but one while views are live, else all; NumPy's BLAS gets one. Returns torch's.

    OMP_NUM_THREADS, where set, is the most. Two pools of more than one thread fight: a step of 41 ms took 106.
    """
    import threadpoolctl
    import torch

    count = max(1, cores() - 1) if live else cores()
    torch.set_num_threads(count)
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")
    return count


def torchaudio() -> ModuleType:
    """Import torchaudio, also where its wheel was linked against a CUDA that is not there.

    Its Python parts need no compiled code, so beside a torch without CUDA a stand-in takes the place of the
    extension. forced_align and rnnt_loss are then missing. Raises LibraryMissing where there is none: all but
    Emformer, Conv-TasNet, wav2vec 2.0 and lesson 11 works without.
    """
    import torch

    if torch.version.cuda is None and "torchaudio" not in sys.modules:
        sys.modules.setdefault("torchaudio._extension", _stand_in())
    try:
        return importlib.import_module("torchaudio")
    except ModuleNotFoundError as error:
        if error.name != "torchaudio":
            raise
        told = (
            'torchaudio, which this is made of, is not installed: `pip install "otoscope[audio]"`, then try again'
        )
        raise LibraryMissing(told) from error


def _stand_in() -> ModuleType:
    module: Any = ModuleType("torchaudio._extension")
    module._IS_TORCHAUDIO_EXT_AVAILABLE = False
    module._IS_ALIGN_AVAILABLE = False
    module.fail_if_no_align = lambda function: function
    module._check_cuda_version = lambda: None
    stand_in: ModuleType = module
    return stand_in
