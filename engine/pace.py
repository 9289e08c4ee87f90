"""Pace: how often speech is read again, and what is given up where the machine is too slow for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A way to work: the interval is so many times as long; what is False is done without."""

    interval: float = 1.0
    denoise: bool = True
    dear: bool = True
    """Whether the recogniser is the one that was asked for, not its cheaper setting."""
    partial: bool = True
    """Whether a line is read before it ends."""
    text: str = ""


_FULL = Step()
_STEPS = (
    _FULL,
    Step(2.0, text="words are shown later"),
    Step(4.0, text="words are shown much later"),
    Step(4.0, denoise=False, text="noise is no longer taken out"),
    Step(4.0, denoise=False, dear=False, text="the recogniser takes its cheaper setting"),
    Step(4.0, denoise=False, dear=False, partial=False, text="a line is shown when it has been said"),
)
_NOISY, _CHEAP = 3, 4
HIGH, LOW = 0.85, 0.4
"""Shares of the time that recognising takes above which it is too much, and below which there is room."""
BEHIND = 3.0
"""Seconds of finished speech that wait, from which on it is too slow."""
_SOON, _LATER, _MOST = 6.0, 15.0, 240.0
"""Seconds over which it is too slow before anything is given up; those with room before it is taken back, first
and at the most."""


class Pace:
    """Told of every reading, it says how to go on. Times are seconds of the stream."""

    def __init__(self, denoise: bool = False, cheaper: bool = False) -> None:
        """`denoise`: noise is taken out, which may change; `cheaper`: the recogniser has a cheaper setting."""
        self.denoise, self._cheaper = denoise, cheaper
        self._at = 0
        self._since = 0.0
        self._busy = 0.0
        self._patience = _LATER
        self._eased = -_MOST

    @property
    def step(self) -> Step:
        return _STEPS[self._at]

    @property
    def note(self) -> str:
        """What is given up, in words; empty while nothing is."""
        said = _STEPS[max(at for at in range(self._at + 1) if self._gives(at))].text
        return f"This machine is too slow for all of it: {said}." if said else ""

    def add(self, took: float, now: float, backlog: float) -> None:
        """A reading took so many seconds and ended `now`; so many seconds of finished speech wait still."""
        self._busy += took
        span = now - self._since
        share = self._busy / span if span > 0 else 0.0
        if backlog > BEHIND or (span >= _SOON and share > HIGH):
            if self._at < len(_STEPS) - 1 and span >= 1.0:
                if now - self._eased < _SOON * 3:  # taken back too early: be slower the next time
                    self._patience = min(_MOST, 2 * self._patience)
                self._move(next(at for at in range(self._at + 1, len(_STEPS)) if self._gives(at)), now)
        elif span >= self._patience and self._at and share < LOW:
            self._eased = now
            self._move(next(at for at in range(self._at - 1, -1, -1) if self._gives(at)), now)
        elif span >= self._patience:
            self._move(self._at, now)

    def _gives(self, at: int) -> bool:
        """Whether a step gives up anything that the one before it has."""
        return (at != _NOISY or self.denoise) and (at != _CHEAP or self._cheaper)

    def _move(self, at: int, now: float) -> None:
        self._at, self._since, self._busy = at, now, 0.0
