"""The torch module of the encoder and decoder with attention; its knobs are in engine/models/seq2seq.py.

h_1 .. h_T: the encoder's states, forwards and backwards;  s_0 = tanh(W [its last states]).
At each output u (additive attention, Bahdanau et al. 2015):
    e_ut = v tanh(Q s_(u-1) + K h_t + b),  a_u = softmax of e_u over t,  c_u = sum_t a_ut h_t,
    s_u = GRU([embedding of output u - 1, c_u], s_(u-1)),  logits_u = O [s_u, c_u] + b.
Class 0 ends what is written, which has as many outputs as there are frames at the most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine.attention import HIDDEN
from engine.cells import at_end
from engine.layer import Layer
from engine.models.seq2seq import lookahead
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe
    from engine.models.seq2seq import Settings

END = 0


class Seq2Seq(nn.Module):
    """Frames -> states -> outputs, one after another, each the likeliest after those before it."""

    stride = 1
    taught = True

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs, self.outputs = settings, inputs, outputs
        self.lookahead: int | None = lookahead(settings)
        hidden, width = settings.hidden, 2 * settings.hidden
        widths = [inputs, *[width] * (settings.layers - 1)]
        self.layers: Any = nn.ModuleList(Layer("gru", each, hidden, bidirectional=True) for each in widths)
        self.begin = nn.Linear(width, hidden)
        self.embed = nn.Embedding(outputs + 1, hidden)  # the last one: nothing is written yet
        self.key, self.query = nn.Linear(width, hidden), nn.Linear(hidden, hidden, bias=False)
        self.energy = nn.Linear(hidden, 1, bias=False)
        self.cell = nn.GRUCell(hidden + width, hidden)
        self.head = nn.Linear(hidden + width, outputs)

    def init_state(self, batch: int) -> None:
        """Nothing goes on from one sound to the next."""

    def forward(
        self,
        x: Tensor,
        lengths: Tensor,
        state: None = None,
        probe: Probe | None = None,
        taught: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, None]:
        """x [B, T, F], lengths [B] -> logits [B, U, C], how many of them count [B], no state.

        With `taught` [B, U], the right answers, each output follows on those; else on what was written, and what
        all have ended is left off, unless it trains. Raises ValueError where the axes are not these.
        """
        if x.ndim != 3 or x.shape[2] != self.inputs or lengths.shape != (len(x),):
            wanted = f"x must be (batch, time, feature) = (B, T, {self.inputs}) with lengths (B,)"
            raise ValueError(f"{wanted}; got x {tuple(x.shape)} and lengths {tuple(lengths.shape)}")
        h = x
        for number, layer in enumerate(self.layers, 1):
            h, _ = layer(h, lengths, None, probe, number)
        return self.read(h, lengths, taught, probe)

    def read(
        self, h: Tensor, lengths: Tensor, taught: Tensor | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """What stands above the encoder: its states h [B, T, 2 H] -> what `forward` gives."""
        logits, weights, steps = self._write(h, lengths, taught)
        if probe is not None:
            probe(Key("alignment"), weights)
        return logits, steps, None

    def _write(self, h: Tensor, lengths: Tensor, taught: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """States [B, T, 2 H] -> logits [B, U, C], attention [B, T, U], how many outputs count [B]."""
        exists = torch.arange(h.shape[1], device=h.device)[None] < lengths[:, None]
        most = h.shape[1] if taught is None else taught.shape[1]
        steps = lengths if taught is None else torch.full_like(lengths, most)
        keys, s, written = self.key(h), self._first(h, lengths), lengths.new_full((len(h),), self.outputs)
        logits, weights = [h.new_zeros(len(h), 0, self.outputs)], [h.new_zeros(len(h), h.shape[1], 0)]
        for u in range(most):
            scores = self.energy((self.query(s)[:, None] + keys).tanh())[..., 0]
            a = scores.masked_fill(~exists, HIDDEN).softmax(-1) * exists
            context = (a[:, None] @ h)[:, 0]
            s = self.cell(torch.cat([self.embed(written), context], -1), s)
            y = self.head(torch.cat([s, context], -1))
            logits.append(y[:, None])
            weights.append(a[..., None])
            if taught is not None:
                written = taught[:, u]
                continue
            written = y.argmax(-1)
            steps = torch.where(written == END, steps.clamp(max=u + 1), steps)
            if not self.training and bool((steps <= u + 1).all()):
                break
        return torch.cat(logits, 1), torch.cat(weights, 2), steps

    def _first(self, h: Tensor, lengths: Tensor) -> Tensor:
        """Where the decoder begins [B, H]: from the states of both directions that have heard everything."""
        half = h.shape[2] // 2
        if not h.shape[1]:
            return torch.tanh(self.begin(h.new_zeros(len(h), 2 * half)))
        last = at_end(h[..., :half], lengths, h.new_zeros(len(h), half))
        return torch.tanh(self.begin(torch.cat([last, h[:, 0, half:]], -1)))
