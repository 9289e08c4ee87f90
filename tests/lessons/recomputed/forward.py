"""Lesson 6: numbers of its steps, found in another way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.signal
import torch

from engine import asset, catalog, exercise
from engine.trace import Key
from tests.lessons.recomputed.step import answers, at_most, figure, figures, step, torch_like, traced

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(6, "paper")
def _(outcome: Outcome, nets: Nets) -> None:
    module: Any = catalog.load("lessons", "forward")
    weights = {"W": np.array(module.W), "U": np.array(module.U), "b": np.array(module.B)[:, None]}
    with torch.no_grad():
        h = torch_like("rnn", weights)(torch.tensor(module.SEEN)[:, None].double())[0][:, 0].numpy()
    for t, each in enumerate(h):
        assert figures(outcome, f"h after frame {t + 1}") == pytest.approx(each, abs=6e-4)
    assert float(outcome.answer) == pytest.approx(math.tanh(1.0 * 0.5 + 0.5 * -0.4), abs=0.0051)


@step(6, "steps")
def _(outcome: Outcome, nets: Nets) -> None:
    assert figure(outcome, "step by step") == 0.0
    at_most(outcome, 1e-12)


@step(6, "padding")
def _(outcome: Outcome, nets: Nets) -> None:
    ((net, task),) = nets
    drawn = [task.item("test", number) for number in range(20)]
    with torch.no_grad():
        said = [answers(net, task.table[symbols]) for symbols, _ in drawn]
    truth = torch.tensor(np.concatenate([classes for _, classes in drawn]))
    every, longest = torch.cat(said), max(len(symbols) for symbols, _ in drawn)
    loss = float(torch.nn.functional.cross_entropy(every, truth))
    told = 100 * float((every.argmax(1) == truth).double().mean())
    assert figures(outcome, "loss") == pytest.approx([loss, loss], abs=1e-6)
    assert figures(outcome, "frames right") == pytest.approx([told, told], abs=0.051)
    padding = [100 * (1 - len(truth) / (20 * steps)) for steps in (longest, 2 * longest)]
    assert figures(outcome, "padding") == pytest.approx(padding, abs=0.051)


@step(6, "waveform")
def _(outcome: Outcome, nets: Nets) -> None:
    clip = asset.open_bundled("speech-1")
    sound = clip.read()[: 3 * clip.rate, 0].astype(np.float64)
    for name, last in (("the sound", None), ("unit 1", -0.9), ("unit 2", 0.9)):
        heard = sound if last is None else scipy.signal.lfilter([0.01], [1.0, last], sound)
        hertz, power = scipy.signal.periodogram(heard, clip.rate, detrend=False)
        assert figure(outcome, name) == pytest.approx(100 * power[hertz > 2000].sum() / power.sum(), abs=0.5)


@step(6, "forgetting")
def _(outcome: Outcome, nets: Nets) -> None:
    network, clip = exercise.network("phonemes-rnn-128"), asset.open_bundled("phonemes")
    heard = torch.tensor(traced("phonemes-rnn-128", clip).series[Key("features")].values)[:, None].double()
    core, prefix = torch.nn.RNN(heard.shape[2], 128).double(), "layers.0.forwards.core."
    assert network.weights is not None
    names = [name for name in network.weights if name.startswith(prefix)]
    core.load_state_dict({name.removeprefix(prefix): torch.tensor(network.weights[name]) for name in names})
    with torch.no_grad():
        one, other = (core(heard, torch.full((1, 1, 128), first).double())[0][:, 0] for first in (0.0, 0.9))
    apart = (one - other).norm(dim=1)
    assert int(outcome.answer) == pytest.approx(int(torch.nonzero(apart < 0.01 * apart[0])[0]), abs=1)
