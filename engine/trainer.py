"""One network under training: a step, an evaluation, and its weights copied out."""

from __future__ import annotations

import math
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import augment, build, catalog, checkpoint, device, loader, magnitudes, optim, score
from engine.events import Changed, Evaluated, Notice, Progress, Set, Step
from engine.network import Network
from engine.recipe import LIVE
from engine.recipe import text as recipe_text

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.recipe import Recipe
    from engine.tasks.task import Batch, Task

CLIPS = {"train": "training", "valid": "held-out"}
"""The splits in words."""
READOUT = "set the readout to frames, or choose a task of whole clips, such as many2one"
UNBOUNDED = "truncated BPTT needs a network that goes forward only and answers at every frame"


class TrainingError(RuntimeError):
    """Training cannot go on; the message says why and what to change."""


class NotFinite(TrainingError):
    """The loss or a gradient was no number at a step with a rate; no weight was changed by it."""

    def __init__(self, what: str, step: int, lr: float) -> None:
        super().__init__(f"{what} is no number at step {step}; lower the learning rate ({lr:.2g})")
        self.step, self.lr = step, lr


class Exploding(NotFinite):
    """The norm of the gradients is above the alarm; no weight was changed by it."""

    def __init__(self, norm: float, alarm: float, step: int, lr: float) -> None:
        text = f"The gradient explodes: its norm is {norm:.3g} at step {step}, above the alarm of {alarm:g}"
        TrainingError.__init__(self, text)
        self.step, self.lr = step, lr


class Trainer:
    """One network under training: its module, its optimiser, and lightning-fabric between them and the device.

    With several `devices` (on the CPU: processes) or `nodes` the constructor launches the others: Fabric runs the
    program's own command line again for each, unless a cluster or torchrun has done so (MASTER_ADDR, WORLD_SIZE,
    ...). Each comes to this point and has its own Trainer; all must call the same methods in the same order with
    the same arguments. `first` says whether this process is the one that writes and tells.
    """

    def __init__(self, recipe: Recipe, device_name: str = "auto", devices: int = 1, nodes: int = 1) -> None:
        from engine.probes import gradient

        self.recipe, self.settings = recipe, recipe.train
        self.device = device.choose(device_name)
        self.fabric = device.fabric(self.device, devices, nodes, self.settings.precision)
        self.first: bool = self.fabric.is_global_zero
        self.task: Task = catalog.load("tasks", recipe.task).build(recipe.task_settings)
        self.inputs = checkpoint.width(self.task)
        self.seconds = 1.0 / checkpoint.output(self.task).rate
        outputs = len(self.task.vocabulary)
        once = getattr(recipe.model_settings, "readout", "frames") != "frames"
        if once and not getattr(self.task, "clipwise", False) and not self.settings.bptt:
            raise TrainingError(f"{recipe.task} asks at every frame, this network answers once a clip: {READOUT}")
        module: Any = build.fresh(recipe.model, recipe.model_settings, self.inputs, outputs, self.settings.seed)
        if self.settings.radius:
            gradient.rescale(module, self.settings.radius)
        self.stride, self.lookahead = module.stride, module.lookahead
        for each in module.modules():
            if hasattr(each, "packed"):
                each.packed = self.settings.packing == "packed"
        self.module = self.fabric.to_device(module)
        self.optimiser: Any = self.fabric.setup_optimizers(optim.optimiser(module, self.settings))
        self.opponent: Any = None
        if hasattr(self.task, "opponent"):
            self.opponent = self.task.opponent(self.settings.seed, self.fabric.device)
        if self.opponent is not None and self.settings.mixup:
            raise TrainingError("a discriminator hears sounds as they are, not two in one: set mixup to 0")
        self.plateau = optim.Plateau()
        self.size = max(1, self.task.batches("train", self.settings.batch))
        self.done = 0
        said = self.task.notice() if hasattr(self.task, "notice") else ""
        self._told: list[Changed | Notice] = [Notice(said, "warning")] if said else []
        self._seen: dict[str, float] = {}
        self._alarmed = False
        if self.settings.bptt and (self.lookahead is None or getattr(module, "waits", False)):
            raise TrainingError(f"{UNBOUNDED}; set bptt to 0")

    def step(self, number: int, batch: Batch) -> Step:
        """Learn from one batch. Raises NotFinite, Exploding too, before any weight moves."""
        from torch.nn import utils

        began, ran = time.perf_counter(), time.thread_time()
        rate = self.settings.lr * optim.schedule(self.settings, number) * self.plateau.factor
        optim.tune(self.optimiser, self.settings, rate)
        self.module.train()
        norm, tries, sizes = math.inf, 0, None
        while not math.isfinite(norm):
            terms = self._backward(number, batch, rate)
            self.fabric.strategy.precision.unscale_gradients(self.optimiser.optimizer)
            if magnitudes.due(number, self.size):
                sizes = magnitudes.count(self.module)
            norm, clipped, angle = optim.clip(list(self.module.parameters()), self.settings)
            tries += 1
            if not math.isfinite(norm) and not self._lower_scale():
                raise NotFinite("a gradient", number, rate)
        if 0.0 < self.settings.alarm < clipped:
            raise Exploding(clipped, self.settings.alarm, number, rate)
        self.optimiser.step()
        if self.opponent is not None:
            self.opponent.learn(rate / self.settings.lr)
        self.done = number
        values = terms | self._seen | {"lr": rate, "gradient": norm, "clipped": clipped}
        if angle is not None:
            values["angle"] = angle
        values["weights"] = float(utils.get_total_norm(list(self.module.parameters())))
        values |= {"frames": float(batch.lengths.sum()), "memory": float(device.memory(self.device))}
        values["seconds"] = time.perf_counter() - began
        if self.device == "cpu":
            values["busy"] = min(time.thread_time() - ran, values["seconds"])
        return Step(number, (number - 1) // self.size, sum(terms.values()), MappingProxyType(values), sizes)

    def _backward(self, number: int, batch: Batch, rate: float) -> dict[str, float]:
        """The gradients of the whole batch, in every process; the terms of the loss."""
        import torch

        from engine.passes import Passes

        mixed = self.mixed(number, batch)
        x, lengths = self._inputs(batch if mixed is None else mixed)
        # Dropout draws from its own beginning at each step, whatever else draws in this process.
        seed = self.settings.seed * 1_000_003 + number
        settings = self.settings
        taught = None
        if mixed is None and getattr(self.module, "taught", False):
            taught = torch.from_numpy(batch.targets).to(self.fabric.device)
        passes = Passes(self.fabric, self.module, x, lengths, settings.accumulate, settings.bptt, seed, taught)
        y, steps = passes.forward()
        terms = self._loss(y, steps, batch, mixed)
        self._watch(y.detach(), steps, batch)
        judged = 0.0
        if self.opponent is not None:
            term, own = self.opponent.weigh(y, batch)
            terms, judged = {**terms, "adversarial": term}, float(own)
            self._seen["discriminator"] = judged
        total = sum(terms.values(), torch.zeros((), device=y.device))
        if not math.isfinite(float(total.detach()) + judged):
            raise NotFinite("the loss", number, rate)
        (gradient,) = torch.autograd.grad(total, y)
        self.optimiser.zero_grad(set_to_none=True)
        passes.backward(gradient)
        return {name: float(term.detach()) for name, term in terms.items()}

    def _watch(self, y: Any, lengths: Any, batch: Batch) -> None:
        """What the task looks at in every step; its first alarm is told by `changes`."""
        if not hasattr(self.task, "watch"):
            return
        self._seen = self.task.watch(y, lengths, batch)
        said = self.task.alarm(self._seen)  # type: ignore[attr-defined]
        if said and not self._alarmed:
            self._told.append(Notice(said, "warning"))
            self._alarmed = True

    def _lower_scale(self) -> bool:
        """Halve the scale of the loss, if there is one: whether 16-bit gradients may be finite with that."""
        scaler = getattr(self.fabric.strategy.precision, "scaler", None)
        if scaler is None:
            return False
        scaler.update()
        return bool(scaler.get_scale() >= 1.0)

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
        found = torch.zeros(3, dtype=torch.float64)  # loss, edits, length
        size, ranked = self.settings.batch, hasattr(self.task, "figures")
        # A row a clip: 1 where there is one, its scores, its targets.
        rows = torch.zeros(count * size if ranked else 0, 1 + 2 * len(self.task.vocabulary))
        measured: dict[str, Any] = {}
        for index in range(self.fabric.global_rank, count, self.fabric.world_size):
            asked = (split, index, size, self.settings.seed)
            batch = yield from loader.aside(self.task.batch, *asked, told=self.obey)
            y, steps = self._heard(batch)
            found += torch.tensor(self._tried(batch, y, steps), dtype=torch.float64)
            for name, each in self._measured(y, steps, batch).items():
                measured[name] = measured.get(name, 0.0) + each
            if ranked:
                each = torch.cat([self.task.scores(y, steps), torch.as_tensor(batch.targets)], 1)  # type: ignore[attr-defined]
                rows[index * size : index * size + len(each)] = torch.nn.functional.pad(each, (1, 0), value=1.0)
            self.obey((yield Progress((index + 1) / count, f"trying {CLIPS[split]} clips")))
        if self.fabric.world_size > 1:
            found, rows = self._summed(found), self._summed(rows) if ranked else rows
            measured = {name: self._summed(each) for name, each in measured.items()}
        loss, edits, length = found.tolist()
        scores, targets = rows[rows[:, 0] > 0, 1:].numpy().reshape(-1, 2, len(self.task.vocabulary)).swapaxes(0, 1)
        values = self.task.figures(scores, targets) if ranked else {}  # type: ignore[attr-defined]
        values |= {name: float(total / among) for name, (total, among) in measured.items()}
        return Evaluated(number, split, loss / max(1, count), int(edits), int(length), MappingProxyType(values))

    def _measured(self, y: Any, lengths: Any, batch: Batch) -> dict[str, Any]:
        """Of what the task measures in each clip: its sum and how many there are, [2]."""
        import torch

        own = getattr(self.task, "measure", None)
        found = own(y, lengths, batch) if own is not None else {}
        return {name: torch.tensor([sum(each), len(each)], dtype=torch.float64) for name, each in found.items()}

    def tried(self, batch: Batch) -> tuple[float, int, int]:
        """The loss of a batch, edit operations, and the length of the truth."""
        return self._tried(batch, *self._heard(batch))

    def _heard(self, batch: Batch) -> tuple[Any, Any]:
        """The outputs [B, T', C] for a batch and their lengths, on the CPU."""
        import torch

        self.module.eval()
        with torch.no_grad(), self.fabric.autocast():
            y, lengths, _ = self.module(*self._inputs(batch))
        return y.float().cpu(), lengths.cpu()

    def _tried(self, batch: Batch, y: Any, lengths: Any) -> tuple[float, int, int]:
        loss = sum(float(term) for term in self.task.loss(y, lengths, batch).values())
        found = score.errors(self.task, y.numpy(), lengths.tolist(), batch, self.seconds * self.stride)
        return loss, *found

    def _summed(self, values: Any) -> Any:
        """The sum of a vector over all processes, on their devices, which may have no float64."""
        whole: Any = self.fabric.all_reduce(values.to(self.fabric.device), reduce_op="sum")
        return whole.cpu()

    def obey(self, command: Set | None) -> None:
        """Turn a live knob, which `changes` tells; a wrong value or another knob changes nothing."""
        if command is None or command.key not in LIVE:
            return
        try:
            settings = self.settings.but(**{command.key: command.value})
        except (ValueError, TypeError):  # KnobError, or no value of a knob at all
            return
        if command.key == "bptt" and settings.bptt and self.lookahead is None:
            self._told.append(Notice(f"{UNBOUNDED}: it stays off", "warning"))
        elif settings != self.settings:
            values = (getattr(each, command.key) for each in (self.settings, settings))
            self._told.append(Changed(self.done, command.key, *values))
            self.settings = settings

    def changes(self) -> tuple[Changed | Notice, ...]:
        """The knobs turned since this was last asked, and those that this network does not have."""
        told, self._told = tuple(self._told), []
        return told

    def heard(self, value: float) -> None:
        """What an evaluation found of what is monitored: the schedule plateau waits for it. Less is better."""
        self.plateau.heard(value, self.settings)

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """All that `restore` needs to go on exactly: copies of arrays by name, and plain values."""
        arrays = {f"weights.{name}": each for name, each in self.module.state_dict().items()}
        plain: dict[str, Any] = {"done": self.done, "plateau": self.plateau.state()}
        plain["live"] = {name: getattr(self.settings, name) for name in LIVE}
        plain["scaler"] = self.fabric.strategy.precision.state_dict()
        arrays |= {f"optimiser.{name}": each for name, each in optim.memory(self.optimiser).items()}
        if self.opponent is not None:
            arrays |= {f"opponent.{name}": each for name, each in self.opponent.state().items()}
        return {name: each.detach().cpu().numpy().copy() for name, each in arrays.items()}, plain

    def restore(self, arrays: Mapping[str, NDArray[Any]], plain: Mapping[str, Any]) -> None:
        """Go on from what `state` told. Raises TrainingError if that was of another recipe."""
        import torch

        try:
            tensors = {name: torch.from_numpy(value.copy()) for name, value in arrays.items()}
            self.module.load_state_dict(optim.under("weights.", tensors))
            optim.remember(self.optimiser, optim.under("optimiser.", tensors))
            if self.opponent is not None:
                self.opponent.restore(optim.under("opponent.", tensors))
            self.fabric.strategy.precision.load_state_dict(plain["scaler"])
            self.plateau.restore(plain["plateau"])
            self.settings, self.done = self.settings.but(**plain["live"]), int(plain["done"])
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise TrainingError(
                f"the state of {self.recipe.name} does not belong to its recipe: {error}"
            ) from error

    def network(self, number: int, evaluated: Evaluated | None = None) -> Network:
        """The weights as they are now, copied out."""
        recipe, weights = self.recipe, build.weights(self.module)
        metrics: dict[str, Any] = {"step": number}
        if evaluated is not None:
            told = {"error": evaluated.error, "loss": evaluated.loss, **evaluated.values}
            metrics |= {f"{evaluated.split} {name}": value for name, value in told.items()}
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
