"""Training: a generator that knows no task. It yields steps, evaluations and snapshots, and takes commands."""

from __future__ import annotations

import math
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import augment, build, catalog, checkpoint, device, loader
from engine.events import Evaluated, Notice, Progress, Set, Snapshot, Step
from engine.network import Network
from engine.recipe import Recipe, TrainSettings
from engine.recipe import text as recipe_text
from engine.run import Run

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.tasks.task import Batch, Task

    Events = Generator[Any, Set | None, None]

__all__ = ["TrainSettings", "Trainer", "TrainingError", "train"]

PAUSE = 0.5
"""Seconds between two snapshots at the least: nobody sees more, and copying weights takes time."""
LIVE = ("lr", "weight_decay", "clip")


class TrainingError(RuntimeError):
    """Training cannot go on; the message says why and what to change."""


def train(recipe: Recipe, device_name: str = "auto", run: str | Path | None = None) -> Events:
    """Train by a recipe; `run` is a folder for the record. Yields Step, Snapshot, Evaluated, Progress, Notice.

    Yields None too, while a batch is made: so that a stop need not wait for it.

    `Set("lr", value)`, and likewise weight_decay and clip, act from the next step on. The last events are an
    Evaluated and a Snapshot. Raises TrainingError, DeviceMissing, CorpusMissing.
    """
    early: list[Set | None] = []
    trainer = yield from loader.aside(Trainer, recipe, device_name, told=early.append)
    for command in early:
        trainer.obey(command)
    settings = recipe.train
    record = Run(run, recipe) if run is not None else None
    batches = loader.training(
        trainer.task, recipe.task, recipe.task_settings, settings.batch, settings.seed, settings.workers
    )
    try:
        shown, done = -math.inf, 0
        for number in range(1, settings.steps + 1):
            while (batch := next(batches)) is None:
                trainer.obey((yield None))
            step = trainer.step(number, batch)
            done = number
            if record:
                record.add(step)
            trainer.obey((yield step))
            last = number == settings.steps
            if last or (settings.evaluate_every and number % settings.evaluate_every == 0):
                evaluated = yield from trainer.evaluate("valid", number, settings.evaluate_batches)
                if record:
                    record.evaluated(evaluated, trainer.network(number, evaluated))
                trainer.obey((yield evaluated))
            # The first step shows at once that another network is on the screen than the one before.
            due = number == 1 or number % settings.snapshot_every == 0
            if last or (due and time.monotonic() - shown >= PAUSE):
                shown = time.monotonic()
                trainer.obey((yield Snapshot(number, trainer.network(number))))
        if record:
            yield Notice(f"trained: the best network is {record.best}")
    except (GeneratorExit, KeyboardInterrupt):  # stopped: what was learnt since the last evaluation is kept too
        if record and done:
            record.keep(trainer.network(done))
        raise
    finally:
        batches.close()
        if record:
            record.close()


class Trainer:
    """One network under training: its module, its optimiser, and lightning-fabric between them and the device."""

    def __init__(self, recipe: Recipe, device_name: str = "auto") -> None:
        from lightning_fabric import Fabric

        self.recipe, self.settings = recipe, recipe.train
        self.task: Task = catalog.load("tasks", recipe.task).build(recipe.task_settings)
        self.inputs, self.device = checkpoint.width(self.task), device.choose(device_name)
        self.seconds = 1.0 / checkpoint.output(self.task).rate
        module: Any = build.fresh(
            recipe.model, recipe.model_settings, self.inputs, len(self.task.vocabulary), self.settings.seed
        )
        self.stride = module.stride
        self.fabric = Fabric(accelerator=self.device, devices=1)
        self.module, self.optimiser = self.fabric.setup(module, optimiser(module, self.settings))
        self.size = max(1, self.task.batches("train", self.settings.batch))

    def step(self, number: int, batch: Batch) -> Step:
        """Learn from one batch. Raises TrainingError where the loss is no number any more."""
        import torch

        rate = self.settings.lr * schedule(self.settings, number)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
            group["weight_decay"] = self.settings.weight_decay if group["decays"] else 0.0
        mixed = self.mixed(number, batch)
        self.module.train()
        devices = [torch.cuda.current_device()] if self.device == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            # Dropout draws from its own beginning at each step, whatever else draws in this process.
            torch.manual_seed(self.settings.seed * 1_000_003 + number)
            y, lengths, _ = self.module(*self._inputs(batch if mixed is None else mixed))
        terms = self._loss(y, lengths, batch, mixed)
        total = sum(terms.values(), torch.zeros((), device=y.device))
        loss = float(total.detach())
        if not math.isfinite(loss):
            raise TrainingError(f"the loss is no number at step {number}; lower the learning rate ({rate:.2g})")
        self.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(total)
        values = {name: float(term.detach()) for name, term in terms.items()} | {"lr": rate}
        if self.settings.clip > 0:
            norm = self.fabric.clip_gradients(self.module, self.optimiser, max_norm=self.settings.clip)
            values["gradient"] = float(norm) if norm is not None else 0.0
        self.optimiser.step()
        return Step(number, (number - 1) // self.size, loss, MappingProxyType(values))

    def mixed(self, number: int, batch: Batch) -> augment.Mixed | None:
        """The batch with every example mixed with another one of it, by the knob `mixup`; None where that is 0."""
        from numpy.random import default_rng

        if self.settings.mixup <= 0.0:
            return None
        rng = default_rng((self.settings.seed, number))
        return augment.mixup(batch.x, batch.lengths, rng, self.settings.mixup)

    def _loss(self, y: Any, lengths: Any, batch: Batch, mixed: augment.Mixed | None) -> Mapping[str, Any]:
        """The terms of the task's loss; of a mix, those against both examples' targets at their shares."""
        if mixed is None:
            return self.task.loss(y, lengths, batch)
        partners = mixed.partners(batch)
        own, other = (self.task.loss(y, self._until(lengths, each.lengths), each) for each in (batch, partners))
        return {name: mixed.loss(term, other[name]) for name, term in own.items()}

    def _until(self, steps: Any, lengths: NDArray[np.int64]) -> Any:
        """Where one of two examples ends, the mix may go on: each is compared up to its own end."""
        import torch

        return torch.minimum(steps, torch.from_numpy(-(-lengths // self.stride)).to(steps))

    def evaluate(self, split: str, number: int, most: int = 0) -> Generator[Any, Set | None, Evaluated]:
        """Loss and errors over the batches of a split (at most `most` where that is not 0)."""
        import torch

        count = self.task.batches(split, self.settings.batch)
        count = min(count, most) if most else count
        loss, edits, length = 0.0, 0, 0
        self.module.eval()
        for index in range(count):
            asked = (split, index, self.settings.batch, self.settings.seed)
            batch = yield from loader.aside(self.task.batch, *asked, told=self.obey)
            with torch.no_grad():
                y, lengths, _ = self.module(*self._inputs(batch))
                loss += sum(float(term) for term in self.task.loss(y, lengths, batch).values()) / count
            logits, steps = y.cpu().numpy(), lengths.tolist()
            for item in range(len(batch.x)):
                found = self._decode(logits[item, : steps[item]])
                wrong, among = self.task.errors(found, truth(self.task, batch, item, self._decode))
                edits, length = edits + wrong, length + among
            self.obey((yield Progress((index + 1) / count, f"trying {split} clips")))
        return Evaluated(number, split, loss, edits, length)

    def obey(self, command: Set | None) -> None:
        """Turn a live knob; a value out of range or another knob is left alone."""
        if command is not None and command.key in LIVE:
            self.settings = self.settings.but(**{command.key: command.value})

    def network(self, number: int, evaluated: Evaluated | None = None) -> Network:
        """The weights as they are now, copied out."""
        recipe, weights = self.recipe, build.weights(self.module.module)
        metrics: dict[str, Any] = {"step": number}
        if evaluated is not None:
            metrics |= {f"{evaluated.split} error": evaluated.error, f"{evaluated.split} loss": evaluated.loss}
        card = {"recipe": recipe_text(recipe), "date": time.strftime("%Y-%m-%d"), "seed": recipe.train.seed}
        return Network(
            name=recipe.name,
            id=build.identity({"name": recipe.name, "settings": recipe.model_settings}, weights),
            task=recipe.task,
            model=recipe.model,
            settings=recipe.model_settings,
            task_settings=recipe.task_settings,
            frontend=tuple(self.task.frontend),
            vocabulary=tuple(self.task.vocabulary),
            inputs=self.inputs,
            weights=weights,
            seed=recipe.train.seed,
            live=build.is_live(recipe.model, recipe.model_settings),
            metrics=MappingProxyType(metrics),
            card=MappingProxyType(card),
        )

    def _inputs(self, batch: Batch | augment.Mixed) -> tuple[Any, Any]:
        import torch

        where = self.fabric.device
        return torch.from_numpy(batch.x).to(where), torch.from_numpy(batch.lengths).to(where)

    def _decode(self, logits: NDArray[np.float32]) -> tuple[str, ...]:
        return tuple(label.text for label in self.task.decode(logits, self.seconds * self.stride))


def truth(task: Task, batch: Batch, item: int, decode: Any) -> tuple[str, ...]:
    """What was said in one item. CTC targets are the text itself; frame targets are decoded as sure outputs."""
    import numpy as np

    own = getattr(task, "truth", None)
    if own is not None:
        return tuple(own(batch, item))
    targets = batch.targets[item, : batch.target_lengths[item]]
    if task.vocabulary[0] == "":
        return tuple(task.vocabulary[index] for index in targets)
    sure = np.full((len(targets), len(task.vocabulary)), -30.0, np.float32)
    sure[np.arange(len(targets)), targets] = 30.0
    return tuple(decode(sure))


def schedule(settings: TrainSettings, number: int) -> float:
    """The share of the learning rate at a step: up in a line while warming up, then flat or along a cosine."""
    if number <= settings.warmup:
        return number / settings.warmup
    if settings.schedule == "constant":
        return 1.0
    done = (number - settings.warmup) / max(1, settings.steps - settings.warmup)
    return 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))


def optimiser(module: Any, settings: TrainSettings) -> Any:
    """The optimiser over two groups: matrices, which decay, and biases, which do not."""
    import torch

    matrices = [each for each in module.parameters() if each.ndim >= 2]
    biases = [each for each in module.parameters() if each.ndim < 2]
    groups = [{"params": matrices, "decays": True}, {"params": biases, "decays": False, "weight_decay": 0.0}]
    if settings.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=settings.lr, momentum=0.9, weight_decay=settings.weight_decay)
    kinds = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
    return kinds[settings.optimiser](groups, lr=settings.lr, weight_decay=settings.weight_decay)
