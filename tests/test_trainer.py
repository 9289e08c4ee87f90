"""The trainer: one network under training, against plain torch, in parts, in stretches and taken up again."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import math
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from lightning_fabric.plugins.precision import MixedPrecision

from engine import bucket, build, checkpoint, recipe, score
from engine.device import DeviceMissing
from engine.events import Changed, Notice, Set
from engine.models.recurrent import Settings
from engine.passes import joined, through
from engine.tasks import phonemes
from engine.trainer import NotFinite, Trainer, TrainingError
from tests.trainers import apart, batch_of, only, small, strings, tried, uneven

if TYPE_CHECKING:
    from pathlib import Path


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.module.state_dict().items()}


def gradients(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.grad.clone() for name, value in trainer.module.named_parameters()}


def farthest(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> float:
    assert one.keys() == two.keys()
    return max(float((value - two[name]).abs().max()) for name, value in one.items())


def test_live_knobs_are_those_that_say_so() -> None:
    assert {"lr", "weight_decay", "clip", "clip_value", "momentum", "bptt", "patience"} <= set(recipe.LIVE)
    assert not {"steps", "batch", "optimiser", "schedule", "seed", "precision", "monitor"} & set(recipe.LIVE)


def test_a_turned_knob_is_told_once_and_a_wrong_one_not() -> None:
    trainer = Trainer(small(), "cpu")
    trainer.step(1, batch_of(trainer))
    wrong = (("lr", -1.0), ("lr", "fast"), ("lr", [1, 2]), ("lr", None), ("batch", 8), ("wings", 2), ("bptt", 0.5))
    for key, value in (("lr", 1e-3), ("lr", 1e-3), ("bptt", 20), *wrong):
        trainer.obey(Set(key, value))
    trainer.obey(None)
    assert trainer.changes() == (Changed(1, "lr", 2e-3, 1e-3), Changed(1, "bptt", 0, 20))
    assert trainer.changes() == ()


NEWER = ("kws_ten", "speech", "speech-bidirectional", "speech-commands")
"""Recipes that ask for patience, or for bfloat16: they came after these knobs."""


@pytest.mark.parametrize("name", [name for name in recipe.bundled() if name not in NEWER])
def test_bundled_recipes_still_ask_for_what_they_did(name: str) -> None:
    train = recipe.read(name).train
    assert (train.bptt, train.accumulate, train.patience, train.clip_value) == (0, 1, 0, 0.0)
    assert (train.packing, train.precision, train.decay_biases) == ("padding", "full", False)


def test_a_step_is_a_plain_one_of_torch() -> None:
    """Forward, loss, backward, clipping, AdamW: written out, with the same batches."""
    trainer = Trainer(small(lr=0.01, clip=0.5, weight_decay=0.1), "cpu")
    module = copy.deepcopy(trainer.module)
    groups = [[each for each in module.parameters() if (each.ndim >= 2) == which] for which in (True, False)]
    made = torch.optim.AdamW(
        [{"params": groups[0], "weight_decay": 0.1}, {"params": groups[1], "weight_decay": 0.0}], lr=0.01
    )
    for number in range(1, 4):
        batch = batch_of(trainer, number)
        step = trainer.step(number, batch)
        y, lengths, _ = module(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
        (loss,) = trainer.task.loss(y, lengths, batch).values()
        made.zero_grad()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(module.parameters(), 0.5))
        made.step()
        assert step.loss == pytest.approx(loss.item(), rel=1e-6)
        assert step.values["gradient"] == pytest.approx(norm, rel=1e-5)
        assert step.values["clipped"] == pytest.approx(min(0.5, norm), rel=1e-5)
        assert farthest(weights(trainer), dict(module.state_dict())) < 1e-6
        whole = torch.cat([each.detach().flatten() for each in module.parameters()])
        assert step.values["weights"] == pytest.approx(float(whole.norm()), rel=1e-5)


def test_a_step_tells_what_was_measured() -> None:
    trainer = Trainer(small(clip=0.0), "cpu")
    batch = batch_of(trainer)
    values = trainer.step(1, batch).values
    assert {"cross entropy", "lr", "gradient", "clipped", "weights", "seconds", "busy", "frames", "memory"} == set(
        values
    )
    assert values["gradient"] == values["clipped"] > 0
    assert values["frames"] == batch.lengths.sum() < batch.x.shape[0] * batch.x.shape[1]
    assert 0 < values["busy"] <= values["seconds"] < 60
    assert 0 < Trainer(small(clip_value=1e-4), "cpu").step(1, batch).values["angle"] < 90
    assert 1e7 < values["memory"] < 1e11
    trainer = Trainer(strings(), "cpu")
    assert trainer.step(1, batch_of(trainer)).values["frames"] > 50, "no term of a loss takes that name"


@pytest.mark.parametrize("make", [small, strings])
@pytest.mark.parametrize("parts", [2, 3, 64])
@pytest.mark.parametrize("mixup", [0.0, 0.4])
def test_parts_have_the_gradient_of_the_whole(make: Any, parts: int, mixup: float) -> None:
    """Also where the loss of the whole is not the mean of the parts', as that of digits."""
    found = []
    for accumulate in (1, parts):
        trainer = Trainer(make(accumulate=accumulate, clip=0.0, mixup=mixup), "cpu")
        step = trainer.step(1, batch_of(trainer))
        found.append((gradients(trainer), step.loss))
    assert farthest(found[0][0], found[1][0]) < 1e-6
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-6)
    assert max(float(each.abs().max()) for each in found[0][0].values()) > 1e-2


def test_a_batch_in_parts_is_one_with_dropout_too() -> None:
    """Each part draws its own masks, and the same ones both times it runs: the loss falls as it should."""
    model = Settings(hidden=32, layers=1, output_dropout=0.3)
    trainer = Trainer(small(model, accumulate=4, lr=1e-3, clip=0.0), "cpu")
    batch = batch_of(trainer)
    before = weights(trainer)
    trainer.step(1, batch)
    drawn = gradients(trainer)
    trainer.module.load_state_dict(before)
    trainer.step(1, batch)
    assert farthest(drawn, gradients(trainer)) == 0.0


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("stack", [1, 3])
def test_truncated_bptt_is_the_plain_loop(cell: str, stack: int) -> None:
    """Stretch by stretch, the state detached in between, one loss over all outputs, in double precision."""
    model = Settings(cell=cell, hidden=32, layers=1, stack=stack)
    trainer = Trainer(small(model, bptt=20, clip=0.0), "cpu")
    module = copy.deepcopy(trainer.module)
    batch = uneven(trainer)
    stretch = 20 if stack == 1 else 21
    core, head = module.layers[0].forwards.core, module.head
    x = torch.from_numpy(batch.x)
    whole = -(-x.shape[1] // stack)
    x = torch.nn.functional.pad(x, (0, 0, 0, whole * stack - x.shape[1])).reshape(len(x), whole, -1)
    state: Any = None
    ys = []
    for start in range(0, whole, stretch // stack):
        h, state = core(x[:, start : start + stretch // stack], state)
        state = tuple(each.detach() for each in state) if cell == "lstm" else state.detach()
        ys.append(head(h))
    steps = torch.from_numpy(-(-batch.lengths // stack))
    (loss,) = trainer.task.loss(torch.cat(ys, 1), steps, batch).values()
    loss.backward()
    assert trainer.step(1, batch).loss == pytest.approx(loss.item(), rel=1e-6)
    wanted = {name: each.grad for name, each in module.named_parameters()}
    assert farthest(gradients(trainer), wanted) < 1e-6
    other = Trainer(small(model, clip=0.0), "cpu")
    other.step(1, batch)
    assert farthest(gradients(other), wanted) > 1e-4, "without truncation it is another gradient"


def test_no_error_is_felt_further_back_than_the_stretch() -> None:
    trainer = Trainer(small(), "cpu")
    x = torch.randn(2, 50, trainer.inputs, requires_grad=True)
    run, lengths = (trainer.module, trainer.module.stride, x), torch.tensor([50, 33])
    y, steps = joined(through(*run, lengths, 10))
    assert steps.tolist() == [50, 33]
    (gradient,) = torch.autograd.grad(y[:, 37].sum(), x)
    felt = gradient.abs().sum((0, 2)).nonzero().flatten().tolist()
    assert felt == list(range(30, 38))
    whole, _ = joined(through(*run, lengths))
    torch.testing.assert_close(y, whole, rtol=0, atol=1e-6)  # no output is changed, where there is no dropout


def test_truncation_holds_the_graph_of_one_stretch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stretch runs twice, with the same dropout, and gives back its graph before the next begins."""
    trainer = Trainer(small(Settings(hidden=32, layers=1, output_dropout=0.5), bptt=20), "cpu")
    seen: list[str] = []
    made: dict[str, list[torch.Tensor]] = {"trial": [], "forward": []}
    forward, backward = trainer.module.forward, trainer.fabric.backward

    def run(*arguments: Any, **more: Any) -> Any:
        found = forward(*arguments, **more)
        seen.append("forward" if torch.is_grad_enabled() else "trial")
        made[seen[-1]].append(found[0].detach())
        return found

    def back(*arguments: Any, **more: Any) -> None:
        seen.append("backward")
        backward(*arguments, **more)

    monkeypatch.setattr(trainer.module, "forward", run)
    monkeypatch.setattr(trainer.fabric, "backward", back)
    batch = batch_of(trainer)
    trainer.step(1, batch)
    stretches = -(-batch.x.shape[1] // 20)
    assert seen == ["trial"] * stretches + ["forward", "backward"] * stretches
    for one, other in zip(made["trial"], made["forward"], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_truncation_may_be_turned_in_mid_run() -> None:
    trainer = Trainer(small(), "cpu")
    for number, stretch in enumerate((0, 15, 1, 10_000, 0), 1):
        trainer.obey(Set("bptt", stretch))
        assert math.isfinite(trainer.step(number, batch_of(trainer, number)).loss)
    assert [(each.before, each.after) for each in trainer.changes() if isinstance(each, Changed)] == [
        (0, 15), (15, 1), (1, 10_000), (10_000, 0),
    ]  # fmt: skip


def test_a_network_that_answers_once_is_not_asked_at_every_frame() -> None:
    with pytest.raises(TrainingError, match=r"phonemes asks at every frame.*set the readout to frames"):
        Trainer(small(Settings(hidden=32, readout="mean")), "cpu")


@pytest.mark.parametrize("model", [Settings(hidden=32, bidirectional=True), Settings(hidden=32, readout="mean")])
def test_a_network_that_needs_the_whole_clip_is_not_truncated(model: Settings) -> None:
    with pytest.raises(TrainingError, match=r"goes forward only .* set bptt to 0"):
        Trainer(small(model, bptt=20), "cpu")
    if not model.bidirectional:
        return
    trainer = Trainer(small(model), "cpu")
    trainer.obey(Set("bptt", 20))
    (notice,) = trainer.changes()
    assert isinstance(notice, Notice)
    assert "it stays off" in notice.text
    assert trainer.settings.bptt == 0


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("packing", ["padding", "packed"])
@pytest.mark.parametrize("both", [False, True])
def test_clips_of_any_length_are_as_one_by_one(cell: str, packing: str, both: bool) -> None:
    """7, 50 and 193 frames in one batch: outputs, loss and gradient are those of each alone."""
    model = Settings(cell=cell, hidden=32, layers=2, bidirectional=both)
    trainer = Trainer(small(model, packing=packing, clip=0.0), "cpu")
    module = copy.deepcopy(trainer.module).eval()
    batch = uneven(trainer)
    wrong: list[int] = []
    total, frames = torch.zeros(()), int(batch.lengths.sum())
    for item, length in enumerate(batch.lengths):
        one = only(batch, slice(item, item + 1))
        one = dataclasses.replace(one, x=one.x[:, :length], targets=one.targets[:, :length])
        y, steps, _ = module(torch.from_numpy(one.x), torch.from_numpy(one.lengths))
        (loss,) = trainer.task.loss(y, steps, one).values()
        total = total + loss * int(length) / frames
        wrong.append(score.errors(trainer.task, y.detach().numpy(), steps.tolist(), one, 0.01)[0])
        with torch.no_grad():
            together = trainer.module.eval()(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))[0]
        torch.testing.assert_close(together[item, :length], y[0], rtol=0, atol=1e-6)
    total.backward()
    loss, edits, length = trainer.tried(batch)
    assert loss == pytest.approx(total.item(), abs=1e-6)
    assert edits == sum(wrong) > 0
    step = trainer.step(1, batch)
    assert step.loss == pytest.approx(total.item(), abs=1e-6)
    assert farthest(gradients(trainer), {name: each.grad for name, each in module.named_parameters()}) < 1e-6


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_no_weight_moves_by_what_is_no_number(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(small(lr=0.25), "cpu")
    trainer.step(1, batch_of(trainer))
    before, moments = weights(trainer), trainer.state()
    loss = type(trainer.task).loss

    def broken(self: Any, y: Any, lengths: Any, batch: Any) -> dict[str, Any]:
        (good,) = loss(self, y, lengths, batch).values()
        # The root has no slope at zero, where its own value is fine.
        return {"x": good * math.nan if what == "loss" else good + (y.sum() * 0).abs().sqrt() * 0}

    monkeypatch.setattr(type(trainer.task), "loss", broken)
    with pytest.raises(NotFinite, match=f"{what} is no number at step 2; lower the learning rate") as caught:
        trainer.step(2, batch_of(trainer))
    assert (caught.value.step, caught.value.lr) == (2, 0.25)
    assert farthest(before, weights(trainer)) == 0.0
    monkeypatch.undo()
    for name, value in trainer.state()[0].items():
        np.testing.assert_array_equal(value, moments[0][name], err_msg=name)
    assert trainer.done == 1
    trainer.step(2, batch_of(trainer))


@pytest.mark.parametrize("optimiser", ["adamw", "adam", "sgd", "rmsprop"])
def test_taken_up_again_it_goes_on_exactly(optimiser: str) -> None:
    model = Settings(hidden=32, layers=1, output_dropout=0.2, recurrent_dropout=0.1)
    chosen = small(model, optimiser=optimiser, schedule="plateau", plateau=1, warmup=2, lr=0.01)
    through_, first = Trainer(chosen, "cpu"), Trainer(chosen, "cpu")
    for trainer in (through_, first):
        for number in (1, 2, 3):
            trainer.step(number, batch_of(trainer, number))
        trainer.obey(Set("lr", 0.02))
        trainer.obey(Set("momentum", 0.5))
        for value in (2.0, 3.0):
            trainer.heard(value)
    arrays, plain = first.state()
    first.step(4, batch_of(first))  # what comes after it is no part of a state
    again = Trainer(chosen, "cpu")
    again.restore(arrays, json.loads(json.dumps(plain)))
    assert (again.done, again.settings.lr, again.plateau.factor) == (3, 0.02, 0.5)
    for trainer in (through_, again):
        for number in (4, 5, 6):
            step = trainer.step(number, batch_of(trainer, number))
            assert step.values["lr"] == pytest.approx(0.01)
    for name, each in weights(through_).items():
        assert each.numpy().tobytes() == weights(again)[name].numpy().tobytes(), name


def test_a_state_of_another_recipe_is_refused() -> None:
    arrays, plain = Trainer(small(), "cpu").state()
    other = Trainer(small(Settings(hidden=64, layers=1)), "cpu")
    with pytest.raises(TrainingError, match="does not belong to its recipe"):
        other.restore(arrays, plain)
    with pytest.raises(TrainingError, match="does not belong to its recipe"):
        Trainer(small(), "cpu").restore(arrays, {})


@pytest.mark.parametrize("precision", ["mixed", "bfloat16"])
def test_a_precision_that_the_device_lacks_is_said(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.device._bfloat16", lambda name: False)
    with pytest.raises(DeviceMissing, match=rf"CPU.* has no {precision} precision; set precision to full"):
        Trainer(small(precision=precision), "cpu")


class Scaled(MixedPrecision):
    """The scaled loss of 16-bit training, with 32 bits, so that a CPU can do it."""

    def __init__(self, scale: float) -> None:
        super().__init__("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=scale))

    def forward_context(self) -> Any:
        return contextlib.nullcontext()


@pytest.mark.parametrize("scale", [1024.0, 2.0**40])
def test_a_scaled_loss_gives_the_same_step_also_after_an_overflow(scale: float) -> None:
    plain, scaled = Trainer(small(), "cpu"), Trainer(small(), "cpu")
    scaled.fabric.strategy.precision = Scaled(scale)
    for each in scaled.module.parameters():  # as in 16 bits, where nothing larger than 65504 can be written
        each.register_hook(lambda gradient: torch.where(gradient.abs() > 65504, math.inf, gradient))
    for number in (1, 2):
        one, two = (each.step(number, batch_of(each, number)) for each in (plain, scaled))
        assert two.values["gradient"] == pytest.approx(one.values["gradient"], rel=1e-5)
        assert farthest(weights(plain), weights(scaled)) < 1e-6
    state = scaled.state()
    assert (state[1]["scaler"]["scale"] < scale) == (scale > 1024)
    again = Trainer(small(), "cpu")
    again.fabric.strategy.precision = Scaled(7.0)
    again.restore(state[0], json.loads(json.dumps(state[1])))
    assert again.state()[1]["scaler"] == state[1]["scaler"]


def test_a_gradient_that_no_scale_makes_finite_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(small(), "cpu")
    trainer.fabric.strategy.precision = Scaled(8.0)
    before = weights(trainer)
    monkeypatch.setattr(
        type(trainer.task), "loss", lambda self, y, lengths, batch: {"x": (y.sum() * 0).abs().sqrt() * 0}
    )
    with pytest.raises(NotFinite, match="gradient is no number at step 1"):
        trainer.step(1, batch_of(trainer))
    assert farthest(before, weights(trainer)) == 0.0
    monkeypatch.undo()
    trainer.step(1, batch_of(trainer))
    assert farthest(before, weights(trainer)) > 0.0


def test_bfloat16_is_near_to_full_precision() -> None:
    full = Trainer(small(lr=0.01), "cpu")
    try:
        half = Trainer(small(lr=0.01, precision="bfloat16"), "cpu")
    except DeviceMissing as missing:
        pytest.skip(str(missing))
    for number in range(1, 11):
        losses = [trainer.step(number, batch_of(trainer, number)).loss for trainer in (full, half)]
        assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert losses[0] != losses[1]
    assert all(value.dtype == torch.float32 for value in weights(half).values())
    assert math.isfinite(tried(half).loss)


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    """Batches that do not halve, and one that leaves a process without a clip; also in parts."""
    command = [sys.executable, "-W", "error", "-m", "tests.trainers", "2", str(tmp_path / "two")]
    found = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert found.returncode == 0, found.stderr
    apart(1, tmp_path / "one")
    for name in ("small", "strings"):
        for rank in (0, 1):
            one, two = tmp_path / "one" / f"{name}-0", tmp_path / "two" / f"{name}-{rank}"
            told = [json.loads(each.with_suffix(".json").read_text()) for each in (one, two)]
            assert told[0]["losses"] == pytest.approx(told[1]["losses"], rel=1e-5)
            assert told[1]["first"] == (rank == 0)
            networks = [build.build(checkpoint.load(each.with_suffix(".safetensors"))) for each in (one, two)]
            assert farthest(*(dict(network.state_dict()) for network in networks)) < 1e-5


def test_batches_of_like_lengths_hold_half_the_padding() -> None:
    """Over clips as long as the bundled phoneme task's, with 1 to 8 words; random batches of 16 for comparison."""
    lengths: list[int] = []
    for words in (1, 2, 4, 8):
        clips: Any = phonemes.build(phonemes.Settings(clips=200, words=words)).corpus.split("train")
        lengths += [clips.frames(number) // 160 for number in range(len(clips))]
    assert len(lengths) == 800
    shuffled = np.random.default_rng(0).permutation(len(lengths))
    random = [shuffled[start : start + 16] for start in range(0, len(lengths), 16)]
    sorted_ = bucket.buckets(lengths, 16)

    def padded(batches: list[Any]) -> int:
        return sum(
            max(lengths[i] for i in batch) * len(batch) - sum(lengths[i] for i in batch) for batch in batches
        )

    assert sorted(int(each) for batch in sorted_ for each in batch) == list(range(len(lengths)))
    assert padded(random) >= 1.5 * padded(sorted_)
