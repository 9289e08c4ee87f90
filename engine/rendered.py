"""What the chain made of a range of a clip: sounds, frames, what masks leave, and the clock they lie on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.resynth import MaskedSound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.mixture import Mixture
    from engine.stages.stage import Format, Link


@dataclass(frozen=True, eq=False)
class Rendered:
    """A range of a clip after the chain. Arrays are read-only.

    sound, clean [n] at `rate`: after the sound links, and after the source links alone. frames [T, F] in `format`,
    after the last link, or None without a transform; unmasked [T, F] before the mask links, keep [T, F] which of
    its cells remain. The first sample and labels lie on a clock that begins at `start`, the range's begin in the
    clip; `scale` seconds of it are one second of the clip. The last `padding` seconds of the sound are
    silence that was added, no part of the clip. `mixture` lets `picture` follow the SNR faster; `transform` made
    the frames.
    """

    sound: NDArray[np.float32]
    clean: NDArray[np.float32]
    rate: int
    frames: NDArray[np.float32] | None
    format: Format
    unmasked: NDArray[np.float32] | None
    keep: NDArray[np.bool_] | None
    scale: float
    labels: tuple[Label, ...]
    badges: tuple[str, ...]
    start: float = 0.0
    mixture: Mixture | None = None
    transform: Link | None = None
    padding: float = 0.0

    def real(self) -> NDArray[np.float32]:
        """The frames [T', F] that are no padding: what the network reads."""
        assert self.frames is not None
        if not self.padding:
            return self.frames
        end = len(self.sound) / self.rate - self.padding - self.format.first
        return self.frames[: int(end * self.format.rate + 1e-6) + 1]

    def masked(self) -> MaskedSound | None:
        """The source of the sound as the masks leave it, made when it is first read; None where none acts."""
        if self.transform is None or self.keep is None or self.keep.all():
            return None
        return MaskedSound(self.sound, self.rate, self.transform, self.keep)
