"""Adversarial training: the losses by their formulas, who learns what, and that it goes on exactly."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from engine import adversary, catalog, losses, recipe
from engine.adversary import Adversary, Discriminator
from engine.recipe import Recipe, TrainSettings
from engine.trainer import NotFinite, Trainer, TrainingError

DENOISE = catalog.load("tasks", "denoise")
SEGAN = catalog.load("models", "segan")


def asked(*, weights: dict[str, float] | None = None, **train: Any) -> Recipe:
    """The bundled recipe in small: the bundled voices and noises, half a second each."""
    found = recipe.read("segan")
    task = found.task_settings.but(clips=10, seconds=0.5, **(weights or {}))
    settings = TrainSettings(**({"steps": 20, "batch": 2, "lr": 0.002} | train))
    return Recipe("small", "denoise", task, "segan", SEGAN.Settings(channels=8), settings)


@pytest.fixture(autouse=True)
def _bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTOSCOPE_DATA", raising=False)


def batch(trainer: Trainer, number: int = 0) -> Any:
    return trainer.task.batch("train", number, trainer.settings.batch, 0)


def test_losses_are_those_of_the_paper() -> None:
    rng = np.random.default_rng(3)
    real, made = rng.standard_normal((2, 4, 7))
    telling, fooling = (0.5 * np.mean((real - 1) ** 2) + 0.5 * np.mean(made**2)), 0.5 * np.mean((made - 1) ** 2)
    one, other = torch.from_numpy(real), torch.from_numpy(made)
    assert float(adversary.telling(one, other)) == pytest.approx(telling)
    assert float(adversary.fooling(other)) == pytest.approx(fooling)
    assert float(losses.absolute(one, other)) == pytest.approx(np.abs(real - made).mean())


def test_a_step_is_told_by_its_terms() -> None:
    """K249. 100 x L1 and the adversarial term are minimised; the discriminator has a loss of its own."""
    trainer = Trainer(asked(), "cpu")
    heard = batch(trainer)
    with torch.random.fork_rng():
        torch.manual_seed(1)  # as Passes does at the first step: z is the same
        trainer.module.train()
        y, _, _ = trainer.module(torch.from_numpy(heard.x), torch.from_numpy(heard.lengths))
        found = torch.nn.functional.pad(y.flatten(1)[:, 128:], (0, 256))[:, : heard.sounds.shape[2]].detach()
    noisy, clean = torch.from_numpy(heard.sounds).unbind(1)
    judge = trainer.opponent.module
    with torch.no_grad():
        real, made = judge(clean, noisy), judge(found, noisy)
    step = trainer.step(1, heard)
    assert step.values["absolute"] == pytest.approx(100 * float((found - clean).abs().mean()), rel=1e-5)
    assert step.values["adversarial"] == pytest.approx(0.5 * float((made - 1).square().mean()), rel=1e-4)
    told = 0.5 * float((real - 1).square().mean() + made.square().mean())
    assert step.values["discriminator"] == pytest.approx(told, rel=1e-4)
    assert step.loss == pytest.approx(step.values["absolute"] + step.values["adversarial"])


def test_each_learns_its_own() -> None:
    """The generator's gradient through the discriminator is autograd's; the discriminator's is of its own loss."""
    judge = Adversary(lambda y, kept: (y, *kept), 3.0, 0.1, 0)
    y, clean, noisy = (0.1 * torch.randn(2, 8000, generator=torch.Generator().manual_seed(k)) for k in range(3))
    y.requires_grad_()
    term, own = judge.weigh(y, (clean, noisy))
    (found,) = torch.autograd.grad(term, y)
    (wanted,) = torch.autograd.grad(1.5 * (judge.module(y, noisy) - 1).square().mean(), y)
    torch.testing.assert_close(found, wanted)
    weights = list(judge.module.parameters())
    loss = adversary.telling(judge.module(clean, noisy), judge.module(y.detach(), noisy))
    assert float(loss.detach()) == pytest.approx(float(own))
    for each, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        torch.testing.assert_close(each.grad, gradient)
    before = [each.detach().clone() for each in weights]
    judge.learn(0.0)
    assert all(torch.equal(*each) for each in zip(before, weights, strict=True)), "at no rate nothing moves"
    judge.learn(1.0)
    assert not any(torch.equal(*each) for each in zip(before, weights, strict=True))


def test_it_learns_to_tell_a_sound_from_what_is_left_of_noise() -> None:
    """Tones, half of whose noise is left or none: chance is 1/4, and the scores of other tones end apart."""
    rng, seconds = np.random.default_rng(0), np.arange(8192) / 16000

    def drawn() -> tuple[torch.Tensor, ...]:
        tones = 0.1 * np.sin(2 * np.pi * rng.uniform(200, 800, (4, 1)) * seconds)
        noise = 0.05 * rng.standard_normal(tones.shape)
        return tuple(
            torch.from_numpy(each.astype(np.float32)) for each in (tones, tones + noise, tones + noise / 2)
        )

    judge = Adversary(lambda y, kept: (y, *kept), 1.0, 5e-4, 0)
    for _ in range(60):
        clean, noisy, made = drawn()
        _, own = judge.weigh(made.requires_grad_(), (clean, noisy))
        judge.learn(1.0)
    assert float(own) < 0.1
    clean, noisy, made = drawn()
    with torch.no_grad():
        real, left = judge.module(clean, noisy), judge.module(made, noisy)
    assert real.mean() > left.mean() + 0.5


def test_what_it_scores_does_not_depend_on_its_neighbours() -> None:
    judge, sounds = Discriminator(), torch.randn(2, 3, 8000)
    with torch.no_grad():
        torch.testing.assert_close(judge(*sounds)[1:2], judge(*sounds[:, 1:2]), rtol=0, atol=1e-5)


def test_the_generator_learns_and_the_count_is_its_own() -> None:
    """K249: its terms fall in a short training; no weight of the discriminator is in the network or its count."""
    trainer = Trainer(asked(), "cpu")
    told = [trainer.step(number, batch(trainer)).values for number in range(1, 31)]
    assert told[-1]["absolute"] < 0.75 * told[0]["absolute"]
    assert told[-1]["discriminator"] < 0.8 * told[0]["discriminator"]
    network = trainer.network(30)
    assert network.weights is not None
    assert set(network.weights) == set(trainer.module.state_dict())
    assert not {id(each) for each in trainer.opponent.module.parameters()} & {
        id(each) for each in trainer.module.parameters()
    }


def test_taken_up_again_it_goes_on_exactly() -> None:
    """Both networks and both optimisers, by what a state holds; z is drawn as it would have been."""
    chosen = asked(warmup=2)
    through, first, again = (Trainer(chosen, "cpu") for _ in range(3))
    for trainer in (through, first):
        for number in (1, 2):
            trainer.step(number, batch(trainer, number))
    arrays, plain = first.state()
    first.step(3, batch(first))  # what comes after it is no part of a state
    again.restore(arrays, json.loads(json.dumps(plain)))
    told = [
        [trainer.step(number, batch(trainer, number)).values for number in (3, 4)] for trainer in (through, again)
    ]
    for name in ("absolute", "adversarial", "discriminator"):
        assert [each[name] for each in told[0]] == [each[name] for each in told[1]]
    one, other = (trainer.state()[0] for trainer in (through, again))
    assert any(name.startswith("opponent.optimiser.") for name in one)
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


def test_a_state_without_its_discriminator_is_refused() -> None:
    arrays, plain = Trainer(asked(weights={"adversarial": 0.0}), "cpu").state()
    with pytest.raises(TrainingError, match="does not belong to its recipe"):
        Trainer(asked(), "cpu").restore(arrays, plain)


def test_none_moves_where_the_discriminator_is_no_number() -> None:
    trainer = Trainer(asked(), "cpu")
    with torch.no_grad():
        trainer.opponent.module.layers[0].bias[0] = torch.nan
    before = {name: value.clone() for name, value in trainer.module.state_dict().items()}
    judged = trainer.opponent.module.layers[0].weight.detach().clone()
    with pytest.raises(NotFinite):
        trainer.step(1, batch(trainer))
    assert all(torch.equal(value, before[name]) for name, value in trainer.module.state_dict().items())
    assert torch.equal(judged, trainer.opponent.module.layers[0].weight)


def test_a_batch_in_parts_is_judged_whole() -> None:
    """Accumulation changes what is in memory, not what either learns."""
    found = []
    for parts in (1, 2):
        chosen = asked(accumulate=parts, clip=0.0)
        settings = SEGAN.Settings(channels=8, noise=False)  # z is drawn for each part anew
        trainer = Trainer(Recipe("parts", "denoise", chosen.task_settings, "segan", settings, chosen.train), "cpu")
        step = trainer.step(1, batch(trainer))
        found.append((step.values["discriminator"], step.values["gradient"]))
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_mixed_sounds_are_refused() -> None:
    with pytest.raises(TrainingError, match="set mixup to 0"):
        Trainer(asked(mixup=0.4), "cpu")


def test_any_domain_may_have_one() -> None:
    """A network that makes masks is judged by the sound that they leave."""
    task = DENOISE.Settings(clips=10, seconds=0.5, adversarial=0.5)
    model = catalog.load("models", "recurrent").Settings(hidden=32, layers=1)
    trainer = Trainer(Recipe("mask", "denoise", task, "recurrent", model, TrainSettings(batch=2)), "cpu")
    values = trainer.step(1, batch(trainer)).values
    assert {"distortion", "spectral", "adversarial", "discriminator", "mask"} <= set(values)
