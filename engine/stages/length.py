"""Length: the sound cut or filled to an exact duration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.audio.length import fit
from engine.blocks import Whole
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "source"
TWIN = ""
WHOLE_CLIP = True


@dataclass(frozen=True)
class Settings(Base):
    seconds: float = knob(
        5.0, 0.1, 60.0, step=0.1, unit="s", label="length", help="How long the sound becomes; the rest is cut."
    )
    policy: str = knob(
        "pad",
        choices=("pad", "loop", "trim"),
        help="What fills a sound that is too short: silence (pad), itself again (loop), or nothing (trim). "
        "Padding is hatched, not read by the network and not counted in its error; the SNR of a noise is that of "
        "the whole, padding included.",
    )


def build(settings: Settings, source: Format) -> Whole:
    frames = round(settings.seconds * source.rate)

    def fitted(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        cut = (len(sound) - frames) / source.rate
        stage.badges = (f"{cut:.2f} s at the end are cut away",) if cut > 0 else ()
        return fit(sound, frames, settings.policy)[0]  # type: ignore[arg-type]

    stage = Whole(source, source, fitted)
    return stage


def ending(settings: Settings, seconds: float) -> tuple[float, float]:
    """Of a sound so long: seconds of silence that are put behind it, and after how many it begins again, or 0."""
    missing = max(0.0, settings.seconds - seconds)
    if settings.policy == "loop" and missing:
        return 0.0, seconds
    return (missing, 0.0) if settings.policy == "pad" else (0.0, 0.0)
