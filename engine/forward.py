"""One run of a network over frames: the fused pass, kept, and what edits of its states make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import placing, surgery
from engine.probes.record import Recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.memo import Memo
    from engine.placing import Clock
    from engine.surgery import Edit
    from engine.trace import Key

    Values = dict[Key, NDArray[np.float32]]


NETWORK = "network"
"""What a pass through the network is called among the parts of the work that are timed."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a network, `asked` for by id and device, made of frames [T, F]: all values [T', N] and the logits.

    `note` says what was left out, as there was too much.
    """

    frames: NDArray[np.float32]
    asked: tuple[str, str]
    values: Values
    logits: NDArray[np.floating]
    note: str


def fused(module: Any, asked: tuple[str, str], frames: NDArray[np.float32], memo: Memo) -> Run:
    """The run without edits. The last one is kept: after an edit, only what it changes has to run again."""
    import torch

    ran: Run | None = memo.get("ran")
    if ran is None or ran.asked != asked or not np.array_equal(ran.frames, frames):
        recorder = Recorder()
        with memo.timed(NETWORK), torch.inference_mode():
            x = torch.tensor(frames[None], device=asked[1])
            y, lengths, _ = module(x, torch.tensor([x.shape[1]], device=asked[1]), probe=recorder)
        ran = Run(frames, asked, recorder.values, y[0, : int(lengths[0])].cpu().numpy(), recorder.note)
        memo.put("ran", ran, sum(each.nbytes for each in ran.values.values()))
    return ran


def edited(
    edits: Sequence[Edit], settings: Any, module: Any, ran: Run, clock: Clock
) -> tuple[Values, NDArray[np.floating], dict[int, str]]:
    """Values and logits with the edits that are on and fit the network; why others do not act, by their place.

    `settings` are those of the network.
    """
    from engine import rerun

    placed, idle = placing.fitting(edits, settings, clock, -(-len(ran.frames) // module.stride))
    if not placed:
        return ran.values, ran.logits, idle
    try:
        return *rerun.rerun(module, ran.frames, ran.values, placed), idle
    except surgery.EditError as error:
        return ran.values, ran.logits, dict.fromkeys(range(len(edits)), str(error))
