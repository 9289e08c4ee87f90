"""What went wrong, in words that say what to do."""

from __future__ import annotations

import errno

_FULL = (errno.ENOSPC, errno.EDQUOT)
_OUT_OF_MEMORY = ("OutOfMemoryError", "_ArrayMemoryError", "MemoryError")


def explain(error: BaseException, doing: str) -> str:
    """One or two sentences for people. `doing` names the work: "opening café.wav".

    The engine's own exceptions are written to be read and are passed on as they are; everything else gets
    a sentence about what the user can do, and its name for those who report it.
    """
    text = str(error).strip()
    name = type(error).__name__
    if type(error).__module__.startswith("engine.") and text:
        return text
    if is_memory(error):
        return (
            f"Not enough memory while {doing}. "
            "Choose a smaller network or batch, a shorter range, or the CPU as device."
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"{doing.capitalize()} failed: the disk is full. Make room there, or choose another place."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror or name}. Check that the file is there and may be used."
    if isinstance(error, ImportError):
        missing = f"{doing.capitalize()} needs a part that is missing: {text}."
        return f"{missing} Run `otoscope doctor` to see what to install."
    return f"{doing.capitalize()} failed: {text or name} ({name}). The log file has the details."


def is_memory(error: BaseException) -> bool:
    """Whether memory has run out: of the machine, of the device, or of a process that was killed for it."""
    found: BaseException | None = error
    while found is not None:
        if type(found).__name__ in _OUT_OF_MEMORY or "out of memory" in str(found).lower():
            return True
        found = found.__cause__
    return False
