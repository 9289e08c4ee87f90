"""torchaudio's Conv-TasNet over frames of samples; its knobs are in engine/models/convtasnet.py.

(Luo and Mesgarani, Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking, 2019)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

from engine import wavewise
from engine.device import torchaudio
from engine.inputs import checked
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.convtasnet import Settings
    from engine.models.model import Probe

KERNEL = 16
"""Samples of a filter: 1 ms at 16 kHz, every half of that."""


class ConvTasNet(nn.Module):
    """Frames of samples [B, T, S] -> wave -> filters, masks, filters -> as many waves as are asked for, in frames.

    A probe is told the mask of each wave over the filters, as h of a layer each, averaged over a frame.
    """

    stride = 1

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs, self.outputs = settings, inputs, outputs
        self.lookahead: int | None = None
        count, self.head = wavewise.sources(inputs, outputs)
        models: Any = torchaudio().models
        self.net: Any = models.ConvTasNet(
            num_sources=count,
            enc_kernel_size=KERNEL,
            enc_num_feats=settings.filters,
            msk_num_feats=settings.hidden,
            msk_num_hidden_feats=2 * settings.hidden,
            msk_num_layers=settings.layers,
            msk_num_stacks=settings.stacks,
        )

    def init_state(self, batch: int) -> None:
        """Nothing is carried over: it hears all of the sound at once."""

    def forward(
        self, x: Tensor, lengths: Tensor, state: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """x [B, T, S], lengths [B] -> samples [B, T, K S], the lengths, no state.

        Raises ValueError where the axes are not (batch, time, sample).
        """
        checked(x, lengths, self.inputs)
        if bool((lengths == x.shape[1]).all()):
            return self._heard(x, probe), lengths, None
        # Each layer takes means over all of its time: sounds of other lengths must not lie beside padding.
        y = x.new_zeros(len(x), x.shape[1], self.outputs)
        for item, length in enumerate(lengths.tolist()):
            if length:
                y[item, :length] = self._heard(x[item : item + 1, :length], probe if item == 0 else None)[0]
        return y, lengths, None

    def _heard(self, x: Tensor, probe: Probe | None) -> Tensor:
        wave = wavewise.wave(x)
        samples = wave.shape[2]
        wave = functional.pad(wave, (0, -samples % (KERNEL // 2)))
        heard = self.net.encoder(wave)
        masks = self.net.mask_generator(heard)
        if probe is not None:
            for source in range(masks.shape[1]):
                shown = functional.adaptive_avg_pool1d(masks[:, source], x.shape[1])
                probe(Key("h", source + 1), shown.transpose(1, 2))
        y = self.net.decoder((masks * heard[:, None]).flatten(0, 1))
        y = y.reshape(len(x), -1, y.shape[-1])[..., :samples]
        out: Tensor = self.head(wavewise.framed(y, self.inputs))
        return out
