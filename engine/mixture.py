"""The private path of the SNR slider: speech and noise are transformed once, and only added again.

With X the speech, N the noise and a the noise's amplitude, |X + aN|^2 = |X|^2 + 2a Re(X conj N) + a^2 |N|^2: three
images give the spectrogram at any SNR. It holds as long as only linear filters stand between noise and transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import ModuleType

    from numpy.typing import NDArray

    from engine.blocks import Spectral
    from engine.memo import Memo
    from engine.stages.stage import Format, Link


@dataclass(frozen=True, eq=False)
class Mixture:
    """A sound as gain * (speech + amplitude * noise), each float32 [n], the same arrays at every SNR.

    `key` names the pair.
    """

    speech: NDArray[np.float32]
    noise: NDArray[np.float32]
    amplitude: float
    gain: float
    key: Hashable

    def sum(self) -> NDArray[np.float32]:
        """The sound [n]."""
        mix = self.noise * np.float32(self.amplitude)
        mix += self.speech
        if self.gain != 1.0:
            mix *= np.float32(self.gain)
        return mix


def mix(
    module: ModuleType, link: Link, sound: NDArray[np.float32], form: Format, key: Hashable, memo: Memo
) -> tuple[NDArray[np.float32], Mixture | None, tuple[str, ...]]:
    """The noise stage's output [n, 1], as `module.build` would give it, and what it is made of.

    The mixture is None where there is no noise.
    """
    pair = (key, link.stage, link.settings.but(snr=0.0), "mixture")
    parts = memo.get(pair)
    if parts is None:
        memo.count(link.stage)
        parts = module.ingredients(link.settings, sound, form)
        memo.put(pair, parts, parts.noise.nbytes)
    factor = module.amplitude(link.settings, parts)
    if not factor:
        gain, badge = module.headroom(sound)
        return (sound if gain == 1.0 else sound * np.float32(gain)), None, parts.badges + badge
    found = Mixture(sound[:, 0], parts.noise[:, 0], factor, 1.0, pair)
    total = found.sum()
    gain, badge = module.headroom(total)
    if gain != 1.0:
        total *= np.float32(gain)
        found = Mixture(found.speech, found.noise, factor, gain, pair)
    return total[:, None], found, parts.badges + badge


def filtered(mixture: Mixture, link: Link, run: Any, memo: Memo) -> Mixture:
    """The mixture behind a linear filter; `run` maps sound [n, 1] to [n, 1]."""
    key = (mixture.key, link)
    pair = memo.get(key)
    if pair is None:
        pair = run(mixture.speech[:, None])[:, 0], run(mixture.noise[:, None])[:, 0]
        memo.put(key, pair, pair[0].nbytes * 2)
    return Mixture(pair[0], pair[1], mixture.amplitude, mixture.gain, key)


def transformed(mixture: Mixture, link: Link, stage: Spectral, memo: Memo) -> NDArray[np.float32]:
    """What `stage` makes of the mixture's sum, [T, F]."""
    key = (mixture.key, link, "images")
    images = memo.get(key)
    if images is None:
        memo.count(link.stage)
        images = stage.images(mixture.speech, mixture.noise)
        memo.put(key, images, sum(each.nbytes for each in images))
    speech, cross, noise = images
    a = mixture.amplitude
    power = noise * np.float32(a * a)
    power += speech
    power += cross * np.float32(2 * a)
    if mixture.gain != 1.0:
        power *= np.float32(mixture.gain**2)
    # Where speech and noise cancel, rounding may leave less than nothing.
    return stage.finish(np.maximum(power, 0.0, out=power))
