"""What every job may send, and what may be sent to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Set:
    """A command to a running job: turn a live-safe knob."""

    key: str
    value: Any


@dataclass(frozen=True)
class Progress:
    """How far a job is, 0 to 1, and what it is doing."""

    share: float
    doing: str = ""


@dataclass(frozen=True)
class Notice:
    """Something the user should know: what happened, to which file or device, and what to do.

    `actions` name those of the window that do it: a button each.
    """

    text: str
    level: str = "info"  # info, warning, error
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Failed:
    """A job ended by an exception. `text` is for people; `error` is for the log."""

    job: str
    text: str
    error: BaseException


@dataclass(frozen=True)
class Ended:
    """A job is over: finished, or stopped before its end."""

    job: str
    stopped: bool = False
