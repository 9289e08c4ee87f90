"""What the live chain made of a block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.trace import Key, Series


@dataclass(frozen=True, eq=False)
class Frames:
    """What the live chain made of one block: new samples [n], new columns of every series, the text so far.

    `start` is the time of the first sample in seconds of the stream; `Series.first` counts from the stream's
    beginning too. `rate` is that of the samples. `behind`: seconds of sound that has come and is in no Frames yet.
    """

    start: float
    samples: NDArray[np.float32]
    series: Mapping[Key, Series]
    text: tuple[Label, ...] = ()
    took: float = 0.0
    dropped: int = 0
    rate: float = 16000.0
    behind: float = 0.0
