"""Training beside a window: what is trained, the window that shows it, and the same steps without one."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from app import commands
from app.bench import environment
from app.benches import _scratch
from app.collector import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.window import Window
    from engine.clip import Clip
    from engine.events import Step
    from engine.network import Network

SHAPES = {"small": (32, 1, 4), "large": (256, 2, 16)}
"""Units, layers and clips in a batch. The NumPy network has one layer."""
STEPS = 1_000_000
CLIPS = 64  # so few that all are made in the first seconds; from then on only their features are
SETTLED = 1.0  # seconds after which what was switched on or off is so
LONGEST = 120.0


def network(size: str) -> Network:
    """A causal network for the task phonemes, with weights of its own."""
    from engine import build, catalog, checkpoint

    hidden, layers, _ = SHAPES[size]
    model = catalog.load("models", "recurrent").Settings(hidden=hidden, layers=layers)
    made = checkpoint.untrained("phonemes", model, catalog.load("tasks", "phonemes").Settings(clips=CLIPS))
    return dataclasses.replace(made, weights=build.weights(build.build(made)))


class Training:
    """A training that the program hosts, in a window with live views of it; `steps` are those that came."""

    def __init__(self, window: Window, kind: str, size: str, runs: Path) -> None:
        from engine.events import Step

        self.window, self.kind, self.size = window, kind, size
        self.steps: list[Step] = []
        self._worker = window.wiring.workers["train"]
        window.wiring.on(Step, self.steps.append)
        window.runs.folder, window.runs.asks = runs, False
        self._collector = Collector()
        self._collector.spare()  # as the program does when torch is there

    def start(self, evaluate: bool = True) -> None:
        """Begin, in the workspace for training, and wait for the first steps. Raises Unfinished."""
        from app import host
        from app.shot import settle

        window, shown = self.window, network(self.size)
        window.docks.arrange("Train")
        window.session.set("network", shown)
        settle(window)
        if self.kind == "torch":
            every = window.runs.settings.evaluate_every if evaluate else 0
            window.runs.settings = window.runs.settings.but(
                steps=STEPS, batch=SHAPES[self.size][2], evaluate_every=every
            )
            window.runs.toggle()
        else:
            asked = (shown, *SHAPES[self.size][::2]) if self.kind == "numpy" else (shown,)
            function = {"numpy": _scratch.numpy_net, "python": _scratch.spinner}[self.kind]
            window.wiring.submit("train", "train", host.hosted, function, *asked, doing="training")
        self._await()

    def pause(self) -> None:
        """Hold the training; its process waits at its next event."""
        from app.shot import pump

        self._worker.pause()
        pump(SETTLED)

    def go_on(self) -> None:
        self._worker.resume()
        self._await()

    def stop(self) -> None:
        from app.shot import settle

        self._worker.stop()
        settle(self.window)
        self._collector.close()

    def _await(self) -> None:
        from app.shot import Unfinished, pump

        enough, until = len(self.steps) + 3, time.monotonic() + LONGEST
        while len(self.steps) < enough:
            if time.monotonic() > until or not self._worker.busy:
                notice = self.window.session.state.notice
                raise Unfinished(
                    f"the training gave no step; the window says: {notice.text if notice else 'nothing'}"
                )
            pump(0.05)
        pump(SETTLED)


def live(window: Window, clip: Clip) -> None:
    """Begin the live views, fed by the clock. Raises Unfinished."""
    from app.shot import Unfinished, pump

    if not window.listening.live(clip):
        raise Unfinished("the live views did not start")
    pump(SETTLED)


def speech(seconds: float) -> Clip:
    """The bundled clip, again and again."""
    import numpy as np

    from engine import asset, default
    from engine.clip import from_array

    said = asset.open_bundled(default.CLIP)
    return from_array(np.resize(said.read().mean(1), int(seconds * said.rate)), said.rate, "speech")


class Bare:
    """The same steps in a process without a window, which works only while it is asked."""

    def __init__(self, kind: str, size: str) -> None:
        pipe = subprocess.PIPE
        command = commands.python("app.benches._training", kind, size)
        self._process = subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, text=True)

    def measure(self, seconds: float) -> tuple[float, float]:
        """Seconds a step, all in all and without making its batch: means over so long. Raises RuntimeError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline().split()
        if len(told) != 2:
            raise RuntimeError("the bare loop has ended")
        return float(told[0]), float(told[1])

    def __enter__(self) -> Bare:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()  # the end of its input is its own


def bare_steps(kind: str, size: str) -> Iterator[tuple[float, float]]:
    """Steps without end; each gives its seconds without making the batch, and its loss."""
    from engine import device

    device.limit_threads()
    if kind == "torch":
        yield from _torch_steps(size)
        return
    step = _scratch.numpy_step(*SHAPES[size][::2])
    while True:
        began = time.perf_counter()
        loss = step()
        yield time.perf_counter() - began, loss


def _torch_steps(size: str) -> Iterator[tuple[float, float]]:
    """As a script would train it: the same network, batches, loss, optimiser and clipping."""
    import torch

    from engine import build
    from engine.recipe import TrainSettings

    made = network(size)
    task: Any = build.task_of(made)
    module, settings = build.build(made).train(), TrainSettings()
    optimiser = torch.optim.AdamW(module.parameters(), settings.lr, weight_decay=settings.weight_decay)
    clips = SHAPES[size][2]
    count, number = task.batches("train", clips), 0
    while True:
        batch = task.batch("train", number % count, clips, number // count)
        number += 1
        began = time.perf_counter()
        y, lengths, _ = module(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
        loss = sum(task.loss(y, lengths, batch).values())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), settings.clip)
        optimiser.step()
        found = loss.item()
        yield time.perf_counter() - began, found


def _serve(kind: str, size: str) -> None:
    """For every line, a number of seconds, work for so long and say how long a step took."""
    steps = bare_steps(kind, size)
    for _ in range(2 * CLIPS // SHAPES[size][2]):
        next(steps)
    for line in sys.stdin:
        began, taken = time.perf_counter(), []
        while time.perf_counter() - began < float(line):
            taken.append(next(steps)[0])
        sys.stdout.write(f"{(time.perf_counter() - began) / len(taken)} {sum(taken) / len(taken)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2])
