"""From the choice in a menu of a brush to the new text and picture; 10 s of sound, 2 x 128 LSTM; and replay."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median, percentile

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.window import Window
    from engine.clip import Clip

NETWORK, SECONDS, TURNS = "phonemes-lstm-128", 10, 40


def measure() -> list[Figure]:
    """Edits of the lower layer, which make most work, at places all over the clip."""
    from app.shot import Shown, settle
    from engine import device

    device.limit_threads()
    with Shown(network=NETWORK) as window:
        window.session.set("clip", speech())
        settle(window)
        latencies = operated(window)
    ratios = replayed()
    return [
        Figure("brush to painted text and picture, p50", 1e3 * median(latencies)),
        Figure("brush to painted text and picture, p95", 1e3 * percentile(latencies, 0.95), target=150.0),
        Figure("replay of all gates over the fused forward", ratios["replay"], "", 0.5),
        Figure("a layer with edits, step by step, over it", ratios["steps"], ""),
        Figure("the same by torch's own loop with a hook", ratios["loop"], ""),
    ]


def speech() -> Clip:
    """Ten seconds of the bundled clip."""
    from engine import asset, default
    from engine.clip import from_array

    said = asset.open_bundled(default.CLIP)
    return from_array(np.resize(said.read().mean(1), SECONDS * said.rate), said.rate, "speech")


def operated(window: Window) -> list[float]:
    """Seconds from each choice to the end of the painting that shows what came of it."""
    from PySide6.QtCore import QEventLoop, QTimer

    from app.benches._watch import Paints
    from app.shot import settle
    from engine.surgery import Edit

    lane: Any = window.lanes.lanes["gates"]
    rng, loop, latencies, seen = np.random.default_rng(0), QEventLoop(), [], []

    def painted(now: float) -> None:
        traced = window.session.state.traced
        if traced is not None and traced.difference is not None:
            seen.append(now)
            loop.quit()

    paints, late = Paints(window.lanes, painted), QTimer()
    late.timeout.connect(loop.quit)
    for _ in range(TURNS + 3):
        start, first = float(rng.uniform(0.0, SECONDS - 1)), int(rng.integers(0, 64))
        units = tuple(range(first, first + 64))
        seen.clear()
        began = time.monotonic()
        lane.change(Edit("set", start, start + 0.5, str(rng.choice(list("fio"))), 1, units=units))
        late.start(10_000)
        loop.exec()  # as in the program: no look at the clock in between
        latencies.append(seen[0] - began if seen else float("inf"))
        window.session.set("edits", ())
        settle(window)
    paints.stop()
    late.stop()
    return latencies[3:]


def replayed() -> dict[str, float]:
    """Times of the parts over that of the fused forward pass, each the best of alternated runs in one thread."""
    import torch

    from engine import build, checkpoint
    from engine.placing import Placed
    from engine.probes.record import Recorder
    from engine.rerun import _edited
    from engine.surgery import Edit

    network = checkpoint.open_network(NETWORK)
    module = build.build(network)
    x = torch.randn(1, 100 * SECONDS, network.inputs)
    lengths, recorder = torch.tensor([x.shape[1]]), Recorder()
    with torch.inference_mode():
        module(x, lengths, probe=recorder)
        h = [torch.from_numpy(value)[None] for key, value in recorder.values.items() if key.name == "h"]
        reads = [x, h[0]]
        cells = [layer.forwards for layer in module.layers]
        values = {key.name: value for key, value in recorder.values.items() if key.layer == 1}
        placed = [Placed(Edit("set", 0, 1, "f", 1), 1, "forward", 1, 50)]

        def hooked() -> None:
            cells[0].edit = lambda t, name, value: torch.zeros_like(value) if name == "f" and t < 50 else None
            cells[0].loop(x, lengths)
            cells[0].edit = None

        parts: dict[str, Callable[[], object]] = {
            "fused": lambda: module(x, lengths),
            "replay": lambda: [cell.replay(*each) for cell, *each in zip(cells, reads, h, strict=True)],
            "steps": lambda: _edited(cells[0], x[0].numpy(), values, placed),
            "loop": hooked,
        }
        best = dict.fromkeys(parts, float("inf"))
        for _ in range(25):
            for name, part in parts.items():
                began = time.perf_counter()
                part()
                best[name] = min(best[name], time.perf_counter() - began)
    return {name: each / best["fused"] for name, each in best.items()}
