"""Live captions: speech as it comes into words, some of which are settled and will never change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Knobs
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


@dataclass(frozen=True)
class Settings(Knobs):
    """What can be turned while captions run. `recogniser`, `denoiser`: names or paths; empty: the usual one."""

    recogniser: str = knob("", hidden=True)
    interval: float = knob(
        0.4, 0.2, 3.0, step=0.1, unit="s", help="How often what is being said is read again; it is longer where "
        "the machine is too slow"
    )  # fmt: skip
    pause: float = knob(0.6, 0.3, 2.0, step=0.1, unit="s", help="Silence that ends a line")
    longest: float = knob(
        12.0,
        5.0,
        25.0,
        step=1.0,
        unit="s",
        help="Sound of a line that is read again and again; older words are left in peace",
    )
    denoise: bool = knob(False, help="Take noise out of the sound before it is recognised")
    denoiser: str = knob("", hidden=True)


@dataclass(frozen=True, eq=False)
class Speech:
    """Live sound that is to be captioned: `read()` gives the mono samples [n] at `rate` since the last call, None
    at its end. `stopping()`, where given, says that the user has pressed Stop: what was spoken is then drained.
    """

    read: Callable[[], Array | None]
    rate: int
    settings: Settings = Settings()
    stopping: Callable[[], bool] | None = None
