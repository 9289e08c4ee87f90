"""A model: a network that runs over frames, all at once or step by step with its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from engine.trace import Key

if TYPE_CHECKING:
    from torch import Tensor

    from engine.knob import Settings

Probe = Callable[[Key, Any], None]
"""Called by a model with every array [B, T, N] it computes, when a probe is given."""


class Model(Protocol):
    """A torch.nn.Module with a state that can be carried from one stretch of frames to the next.

    One that writes its outputs one after another may be `taught`: its forward then takes `taught` [B, U] too, the
    right answers while it learns, on which each of its outputs follows instead of on its own.

    One whose stretches have to be a multiple of more frames than `stride` has `block`. One that `waits` holds
    back, when it is given a state, what it cannot tell before more has come; `finish(state, probe) -> (y, lengths
    of y)` are the last answers. One that tells series at several paces, or not just one answer for every stride,
    has `pace(key)` (engine/pacing.py). One with layers that read something else than frames has `entered`, which
    makes it, and tells it as Key("input", layer). `kept` names what its state holds beside the layers' states,
    `parts` what each of these is made of, where that is not h and c.
    """

    stride: int
    """Input frames per output frame."""
    lookahead: int | None
    """How many input frames after t the output for t depends on; None for the whole future."""

    def init_state(self, batch: int) -> Any: ...

    def forward(
        self, x: Tensor, lengths: Tensor, state: Any = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """x [B, T, F], lengths [B] -> y [B, T', C] (logits), lengths of y [B], the state after the last frame."""


class ModelModule(Protocol):
    """A leaf of engine/models. It imports torch inside `build` only, so that the window can make its knobs.

    Knobs with effect="rebuild" decide the form of the weights; the others leave a trained network as it is.
    Those that several networks have are in engine/netknobs.py. One that can never run live says why in WAITS. If
    STEPS is "torch" it is stepped in torch (engine/torched.py). One whose stride is not its setting `stack` has
    STRIDE. Its Settings may tell its `convolutions()`, a kernel and stride over frames and one over bands each,
    what these weigh, `counted(inputs)`, and how many values the first layer reads, `entering(inputs)`.
    """

    Settings: type[Settings]

    def build(self, settings: Any, inputs: int, outputs: int) -> Any: ...

    def lookahead(self, settings: Any) -> int | None:
        """What a network with these settings will declare, known without building it."""
