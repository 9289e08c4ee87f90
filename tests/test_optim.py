"""Optimisers, schedules and clipping: against torch's own, and against their formulas written out."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from engine import build, optim
from engine.models.recurrent import Settings
from engine.recipe import TrainSettings

OPTIMISERS = ("adamw", "adam", "sgd", "rmsprop")


class Two(torch.nn.Module):
    """A matrix and a bias, in double precision."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.matrix = torch.nn.Parameter(torch.randn(3, 4, generator=generator, dtype=torch.float64))
        self.bias = torch.nn.Parameter(torch.randn(4, generator=generator, dtype=torch.float64))


def gradients(number: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(number)
    return tuple(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((3, 4), (4,)))  # type: ignore[return-value]


def run(settings: TrainSettings, steps: int = 3) -> Two:
    module = Two()
    made = optim.optimiser(module, settings)
    for number in range(1, steps + 1):
        optim.tune(made, settings, settings.lr * optim.schedule(settings, number))
        module.matrix.grad, module.bias.grad = gradients(number)
        made.step()
    return module


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("biases", [False, True])
def test_steps_are_those_of_torch(name: str, biases: bool) -> None:
    settings = TrainSettings(optimiser=name, lr=0.03, weight_decay=0.2, momentum=0.8, decay_biases=biases)
    other = Two()
    kind: Any = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}.get(
        name, torch.optim.SGD
    )
    more: dict[str, Any] = {"momentum": 0.8} if name == "sgd" else {}
    each = [kind([other.matrix], lr=0.03, weight_decay=0.2, **more)]
    each += [kind([other.bias], lr=0.03, weight_decay=0.2 * biases, **more)]
    for number in (1, 2, 3):
        other.matrix.grad, other.bias.grad = gradients(number)
        for one in each:
            one.step()
    found = run(settings)
    torch.testing.assert_close(found.matrix, other.matrix, rtol=0, atol=0)
    torch.testing.assert_close(found.bias, other.bias, rtol=0, atol=0)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_steps_are_those_of_the_formula(name: str) -> None:
    """Kingma and Ba 2015 (Adam), Loshchilov and Hutter 2019 (AdamW), Tieleman and Hinton 2012 (RMSprop)."""
    lr, decay, momentum = 0.03, 0.2, 0.8
    w = Two().matrix.detach().numpy().copy()
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in (1, 2, 3):
        g = gradients(t)[0].numpy()
        if name == "adamw":
            w = w * (1 - lr * decay)
        else:
            g = g + decay * w
        if name == "sgd":
            m = momentum * m + g
            w = w - lr * m
        elif name == "rmsprop":
            v = 0.99 * v + 0.01 * g**2
            w = w - lr * g / (np.sqrt(v) + 1e-8)
        else:
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            w = w - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    found = run(TrainSettings(optimiser=name, lr=lr, weight_decay=decay, momentum=momentum))
    np.testing.assert_allclose(found.matrix.detach().numpy(), w, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_only_matrices_decay_unless_asked(name: str) -> None:
    module = build.fresh("recurrent", Settings(hidden=32, layers=1), 4, 3, 0)
    settings = TrainSettings(optimiser=name, weight_decay=0.5)
    made = optim.optimiser(module, settings)
    assert [group["weight_decay"] for group in made.param_groups] == [0.5, 0.0]
    assert all(each.ndim >= 2 for each in made.param_groups[0]["params"])
    assert sum(len(group["params"]) for group in made.param_groups) == len(list(module.parameters()))
    optim.tune(made, settings.but(decay_biases=True), 0.1)
    assert [(group["weight_decay"], group["lr"]) for group in made.param_groups] == [(0.5, 0.1), (0.5, 0.1)]


def by_torch(settings: TrainSettings, total: int) -> list[float]:
    """The rates of torch's scheduler for the same words."""
    one = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=settings.lr)
    every = settings.decay_every
    made: Any = {
        "constant": lambda: lr_scheduler.ConstantLR(one, 1.0),
        "step": lambda: lr_scheduler.StepLR(one, every, settings.decay),
        "exponential": lambda: lr_scheduler.ExponentialLR(one, settings.decay ** (1 / every)),
    }[settings.schedule]()
    rates = []
    for _ in range(total):
        rates.append(one.param_groups[0]["lr"])
        one.step()
        made.step()
    return rates


@pytest.mark.parametrize("name", ["constant", "step", "exponential"])
def test_schedules_are_those_of_torch(name: str) -> None:
    settings = TrainSettings(lr=0.37, schedule=name, decay=0.3, decay_every=7)
    assert optim.preview(settings, 40) == pytest.approx(by_torch(settings, 40), abs=1e-12)


def test_the_cosine_is_its_formula() -> None:
    settings = TrainSettings(lr=0.5, steps=100, warmup=10, schedule="cosine")
    wanted = [0.5 * (0.01 + 0.495 * (1 + math.cos(math.pi * (n - 10) / 90))) for n in range(11, 101)]
    assert optim.preview(settings, 100)[10:] == pytest.approx(wanted, abs=1e-12)
    assert optim.preview(settings, 100)[-1] == pytest.approx(0.005)


@pytest.mark.parametrize("name", ["constant", "step", "exponential", "cosine", "plateau"])
def test_warming_up_is_a_line(name: str) -> None:
    settings = TrainSettings(lr=0.037, steps=200, warmup=70, schedule=name, decay=0.5, decay_every=9)
    rates = optim.preview(settings, 200)
    assert all(abs(rates[s - 1] - 0.037 * s / 70) <= 1e-12 for s in range(1, 71))
    assert rates[70] <= rates[69] + 1e-12
    later = optim.preview(settings.but(warmup=0, steps=130), 130)
    assert rates[70:] == pytest.approx(later, abs=1e-12), "the schedule begins when the rate is up"


def test_a_plateau_is_torchs() -> None:
    """torch waits for one more than its `patience`."""
    values = [5, 4, 4, 4.5, 3, 3, 3, 3, 3, 2.9, math.nan, 3, 3, 3, 1, 1, 1, 1, 1, 1]
    settings = TrainSettings(lr=0.1, schedule="plateau", plateau=2, decay=0.3)
    one = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    other = lr_scheduler.ReduceLROnPlateau(one, factor=0.3, patience=1, threshold=0.0, eps=0.0)
    plateau = optim.Plateau()
    for value in values:
        one.step()
        other.step(value)
        plateau.heard(value, settings)
        assert settings.lr * plateau.factor == pytest.approx(one.param_groups[0]["lr"], rel=1e-12)
        again = optim.Plateau()
        again.restore(json.loads(json.dumps(plateau.state())))
        plateau = again  # saved and restored between any two
    assert plateau.factor < 0.3**4 * 1.001


def test_other_schedules_know_no_plateau() -> None:
    plateau = optim.Plateau()
    for _ in range(10):
        plateau.heard(1.0, TrainSettings(schedule="step", plateau=1))
    assert plateau.factor == 1.0


@pytest.mark.parametrize("most", [0.0, 0.7, 100.0])
@pytest.mark.parametrize("value", [0.0, 0.4])
def test_clipping_is_torchs(most: float, value: float) -> None:
    one, other = Two(), Two()
    for module in (one, other):
        module.matrix.grad, module.bias.grad = gradients(3)
    whole = torch.cat([each.flatten() for each in gradients(3)])
    before, after, angle = optim.clip(list(one.parameters()), TrainSettings(clip=most, clip_value=value))
    if value:
        torch.nn.utils.clip_grad_value_(other.parameters(), value)
    if most:
        torch.nn.utils.clip_grad_norm_(other.parameters(), most)
    wanted = [each.grad for each in other.parameters()]
    for each, grad in zip(one.parameters(), wanted, strict=True):
        assert each.grad is not None
        torch.testing.assert_close(each.grad, grad, rtol=0, atol=0)
    assert before == pytest.approx(float(whole.norm()), rel=1e-12)
    left = torch.cat([grad.flatten() for grad in wanted if grad is not None])
    assert after == pytest.approx(float(left.norm()), rel=1e-12)
    assert not value or float(left.abs().max()) <= value
    cosine = float(torch.nn.functional.cosine_similarity(whole.double(), left.double(), dim=0))
    if not value:
        assert angle is None
        return
    assert angle is not None
    assert angle == pytest.approx(math.degrees(math.acos(cosine)), abs=1e-5)
    assert angle > 1.0


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_broken_gradient_is_told_by_its_norm(broken: float) -> None:
    module = Two()
    module.matrix.grad, module.bias.grad = gradients(3)
    module.matrix.grad[1, 2] = broken
    assert not math.isfinite(optim.clip(list(module.parameters()), TrainSettings(clip_value=1.0))[0])
