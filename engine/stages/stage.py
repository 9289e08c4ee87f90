"""A stage: one step on sound or features, which gives the same answer in blocks as in one piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.knob import Settings

Role = Literal["source", "sound", "transform", "mask", "feature"]
"""What a stage does in the chain, in the order in which roles may follow each other.

source: sound -> sound, and part of the clean reference too (mix, resample, shift, speed, tempo, length);
sound: sound -> sound that the clean reference does not get (mixup, gain, pitch, noise, reverb, pre-emphasis);
transform: sound -> frames; mask: frames -> frames with holes; feature: frames -> frames (normalise, stack).
"""


@dataclass(frozen=True)
class Format:
    """What flows between two stages: items [n, width], `rate` items a second.

    Sound is float32 [n, channels] at the sample rate. Frames are float32 [T, width], and frame t is centred
    `first + t / rate` seconds after the first sample. `rows` names the columns: hertz for frequencies.
    `floor` is the value that silence has, in `unit`.
    """

    rate: float
    width: int = 1
    axis: Literal["channel", "frequency", "mel", "mfcc", "cqt", "sample", "feature"] = "channel"
    rows: tuple[float, ...] = ()
    first: float = 0.0
    unit: str = ""
    floor: float = 0.0

    @property
    def is_sound(self) -> bool:
        return self.axis == "channel"


class Stage(Protocol):
    """Law: pushing any blocks, then flush, equals pushing them as one, then flush.

    With a finite `lookahead` (in items of the input) the output never lags further:
    after n items, at least floor((n - lookahead) * output.rate / source.rate) have come out. `lookahead`
    None needs the whole clip: `push` gives nothing, `flush` everything.
    """

    lookahead: int | None
    output: Format

    def push(self, block: NDArray[Any]) -> NDArray[Any]:
        """Items [n, source.width] in, items [m, output.width] out; m may be 0. Never changes its argument."""

    def flush(self) -> NDArray[Any]:
        """What is still inside, as if the sound ended here."""

    def reset(self) -> None:
        """As newly built."""

    @property
    def badges(self) -> tuple[str, ...]:
        """What the user should know: found when it was built, or in the run."""


class StageModule(Protocol):
    """A leaf of engine/stages: one file, whose docstring's first line is its help."""

    ROLE: Role
    TWIN: str
    """The stage to use live where `lookahead` is None; empty where there is none or none is needed."""
    Settings: type[Settings]

    def build(self, settings: Any, source: Format) -> Stage:
        """A stage for what flows in. Raises StageError (engine/blocks.py) where settings and source do not fit.

        A leaf may also have `clock(settings) -> (scale, offset)`, where it moves time: t becomes
        scale * t + offset seconds; `moved(settings, start)`, its settings for a range that begins at `start`
        seconds of the clip; and `linear(settings) -> bool`, whether it is a linear filter of sound now. A mask
        has `keep(settings, frames, source) -> bool [frames, width]`, the cells that it leaves. Where it makes
        a sound longer, `ending(settings, seconds)` is the silence that it adds to one so long, and after how many
        seconds it begins again (0: never). WHOLE_CLIP is true where it makes no sense on a part of a clip.
        A transform may have `note(settings, sound, source)`, what the lane of its frames says of sound [n, 1].
        """


@dataclass(frozen=True)
class Link:
    """One stage of a chain as a frozen value: which leaf, its settings, and whether it acts."""

    stage: str
    settings: Settings
    on: bool = True
