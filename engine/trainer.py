"""One network under training: a step, an evaluation, and its weights copied out."""

from __future__ import annotations

import math
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import augment, build, catalog, checkpoint, device, loader, optim
from engine.events import Changed, Evaluated, Progress, Set, Step
from engine.network import Network
from engine.recipe import LIVE
from engine.recipe import text as recipe_text

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.recipe import Recipe
    from engine.tasks.task import Batch, Task


class TrainingError(RuntimeError):
    """Training cannot go on; the message says why and what to change."""


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
        self.module, self.optimiser = self.fabric.setup(module, optim.optimiser(module, self.settings))
        self.size = max(1, self.task.batches("train", self.settings.batch))
        self.done = 0
        self._changes: list[Changed] = []

    def step(self, number: int, batch: Batch) -> Step:
        """Learn from one batch. Raises TrainingError where the loss is no number any more."""
        import torch

        rate = self.settings.lr * optim.schedule(self.settings, number)
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
        self.done = number
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
        """Turn a live knob, which `changes` tells; a wrong value or another knob changes nothing."""
        if command is None or command.key not in LIVE:
            return
        try:
            settings = self.settings.but(**{command.key: command.value})
        except (ValueError, TypeError):  # KnobError, or no value of a knob at all
            return
        if settings != self.settings:
            values = (getattr(each, command.key) for each in (self.settings, settings))
            self._changes.append(Changed(self.done, command.key, *values))
            self.settings = settings

    def changes(self) -> tuple[Changed, ...]:
        """The knobs turned since this was last asked."""
        told, self._changes = tuple(self._changes), []
        return told

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
