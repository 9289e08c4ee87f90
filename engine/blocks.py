"""The ways in which a stage takes its blocks: as they come, with a tail kept, frame by frame, or all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Stage

Function = Callable[["NDArray[np.float32]"], "NDArray[np.float32]"]


class StageError(ValueError):
    """A stage cannot be built or cannot run; the message says why and what to change."""


class Pointwise:
    """A stage in which every item depends on that item alone: `function` maps [n, width] to [n, width']."""

    def __init__(self, output: Format, function: Function | None = None) -> None:
        self.lookahead: int | None = 0
        self.output = output
        self.badges: tuple[str, ...] = ()
        self.function = function

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        return block if self.function is None else self.function(block)

    def flush(self) -> NDArray[np.float32]:
        return np.zeros((0, self.output.width), np.float32)

    def reset(self) -> None:
        """Nothing is kept."""


class Whole:
    """A stage that needs the whole sound: it collects blocks and gives `function` of them all at the end."""

    def __init__(self, source: Format, output: Format, function: Function) -> None:
        self.lookahead: int | None = None
        self.output = output
        self.badges: tuple[str, ...] = ()
        self.function = function
        self._width = source.width
        self._blocks: list[NDArray[np.float32]] = []

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(block):
            self._blocks.append(block)
        return np.zeros((0, self.output.width), np.float32)

    def flush(self) -> NDArray[np.float32]:
        blocks, self._blocks = self._blocks, []
        if not blocks:
            return np.zeros((0, self.output.width), np.float32)
        whole = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        return self.function(whole)

    def reset(self) -> None:
        self._blocks = []


class Framed:
    """Sound to frames: frame t is centred on sample t * hop, with silence around the sound.

    `analyse` maps framed sound [T, win] to [T, width]. A sound of n samples gives 1 + n // hop frames, one of
    no samples none; this is librosa's `center=True, pad_mode="constant"`.
    """

    badges: tuple[str, ...] = ()

    def __init__(self, source: Format, output: Format, win: int, hop: int, analyse: Function) -> None:
        if source.width != 1 or not source.is_sound:
            raise StageError(
                f"frames are made of one channel of sound, not {source.width}; put the stage 'mix' first"
            )
        self.output = output
        self.win, self.hop, self.analyse = win, hop, analyse
        self._left = win // 2
        self.lookahead: int | None = win - self._left
        self.reset()

    def reset(self) -> None:
        self._kept = np.zeros(self._left, np.float32)
        self._skip = 0  # samples between two frames that no frame needs, where hop > win
        self._any = False

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(block):
            return np.zeros((0, self.output.width), np.float32)
        self._any = True
        sound = np.concatenate([self._kept, block[self._skip :, 0]])
        self._skip = max(0, self._skip - len(block))
        count = max(0, (len(sound) - self.win) // self.hop + 1)
        self._kept = sound[count * self.hop :]
        self._skip += max(0, count * self.hop - len(sound))
        return self.analyse(dsp.frames(sound, self.win, self.hop))

    def flush(self) -> NDArray[np.float32]:
        if not self._any:
            return np.zeros((0, self.output.width), np.float32)
        silence = np.zeros(max(0, self.win - self._left - self._skip), np.float32)
        last = self.analyse(dsp.frames(np.concatenate([self._kept, silence]), self.win, self.hop))
        self.reset()
        return last


class Spectral:
    """A framed power spectrum through a filter bank, then `finish`: the stages whose pictures add up linearly.

    `bank` is [n_fft // 2 + 1, N] or None; `finish` maps power [T, N] to what comes out and may not change it.
    With speech X and noise N, |X + aN|^2 = |X|^2 + 2a Re(X conj N) + a^2 |N|^2: `images` gives the three terms.
    """

    def __init__(
        self,
        source: Format,
        output: Format,
        shape: NDArray[np.float32],
        n_fft: int,
        hop: int,
        bank: NDArray[np.float32] | None,
        finish: Function,
    ) -> None:
        self.shape, self.n_fft, self.hop, self.bank, self.finish = shape, n_fft, hop, bank, finish
        self._framed = Framed(source, output, len(shape), hop, self._analyse)
        self.lookahead = self._framed.lookahead
        self.output = output
        self.badges: tuple[str, ...] = ()

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._framed.push(block)

    def flush(self) -> NDArray[np.float32]:
        return self._framed.flush()

    def reset(self) -> None:
        self._framed.reset()

    def images(
        self, speech: NDArray[np.float32], noise: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """|X|^2, Re(X conj N), |N|^2, each [T, N] behind the bank, of two whole sounds [n]."""
        x, y = self._centred(speech), self._centred(noise)
        each = [dsp.power(framed, self.shape, self.n_fft, self.bank) for framed in (x, y)]
        return each[0], dsp.cross_power(x, y, self.shape, self.n_fft, self.bank), each[1]

    def _centred(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        win = len(self.shape)
        padded = np.pad(sound, (win // 2, win - win // 2)) if len(sound) else sound
        return dsp.frames(padded, win, self.hop)

    def _analyse(self, framed: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.finish(dsp.power(framed, self.shape, self.n_fft, self.bank))


def span(stage: Stage) -> tuple[float | None, float | None]:
    """The values of silence and of a sine of full scale; None where the stage is no spectrum."""
    if stage.output.axis == "cqt":
        return stage.output.floor, 0.0
    if not isinstance(stage, Spectral) or stage.output.axis not in ("mel", "frequency"):
        return None, None
    peak = (float(stage.shape.sum()) / 2) ** 2
    bank = stage.bank
    top = np.full((1, stage.output.width), peak * (1.0 if bank is None else float(bank.max())), np.float32)
    return stage.output.floor, float(stage.finish(top).max())
