"""One number of every step of every lesson, found in another way than its check finds it.

What a network of ours has learnt is asked by torch, frame by frame; what is written down is held against a
formula, scipy or what is heard. Each function takes the outcome and the networks that were taught for it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import jiwer
import numpy as np
import pytest
import scipy.signal
import scipy.stats
import torch

from engine import asset, build, catalog, exercise, infer, melody
from engine.device import torchaudio
from engine.events import Traced
from engine.scratch.exchange import CELLS, to_torch
from engine.trace import Key
from widgets.memory import half_life

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.clip import Clip
    from engine.lessons.lesson import Outcome
    from engine.network import Network
    from engine.scratch.net import Net

    Nets = list[tuple[Net, Any]]
    Recompute = Callable[[Outcome, Nets], None]

RECOMPUTED: dict[tuple[int, str], Recompute] = {}
_SMALL = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def step(number: int, name: str) -> Callable[[Recompute], Recompute]:
    """What recomputes a number of that step."""

    def add(function: Recompute) -> Recompute:
        RECOMPUTED[number, name] = function
        return function

    return add


# What a card says, and what stands behind it.


def figures(outcome: Outcome, what: str) -> list[float]:
    """The numbers of the value that is called so, or whose name alone begins so; 2·10⁻⁹ is read as one."""
    told = dict(outcome.values)
    (value,) = [told[what]] if what in told else [each for name, each in told.items() if name.startswith(what)]
    plain = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: f"e{match[1].translate(_SMALL)}", value.replace(",", ""))
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", plain)]


def figure(outcome: Outcome, what: str) -> float:
    return figures(outcome, what)[0]


def at_most(outcome: Outcome, limit: float) -> None:
    """Every number of the card is that small."""
    assert all(each <= limit for name, _ in outcome.values for each in figures(outcome, name))


def answers(net: Net, x: Any) -> Any:
    """Logits [T, C] for x [T, F] from torch's cells with the weights of our layer."""
    layer = net.layers[0]
    kind = next(name.partition("-")[0] for name, made in CELLS.items() if type(layer.forwards) is made)
    hidden, inputs = layer.forwards.hidden, layer.forwards.weights["W"].shape[1]
    make = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    theirs = make(inputs, hidden, bidirectional=layer.backwards is not None).double()
    theirs.load_state_dict(
        {
            f"{name}_l0{'' if way == 'forwards' else '_reverse'}": torch.tensor(np.array(value))
            for way, cell in layer.cells.items()
            for name, value in to_torch(type(cell), cell.weights).items()
        }
    )
    h = theirs(torch.as_tensor(x, dtype=torch.float64)[:, None])[0][:, 0]
    return h @ torch.tensor(net.dense.weights["V"]).T + torch.tensor(net.dense.weights["b"][:, 0])


def right(net: Net, task: Any, alone: bool = False) -> float:
    """The share of questions answered rightly, one sequence after another; `alone` each frame by itself."""
    found = []
    for number in range(100):
        symbols, classes = task.item("test", number)
        for part in np.split(np.arange(len(symbols)), len(symbols)) if alone else [np.arange(len(symbols))]:
            with torch.no_grad():
                said = 1 + answers(net, task.table[symbols[part]])[:, 1:].argmax(1).numpy()
            found += [a == b for a, b in zip(said, classes[part], strict=True) if b > 0]
    return float(np.mean(found))


def share(outcome: Outcome, what: str, wanted: float) -> None:
    """A card's per cent, to the tenth that it shows."""
    assert figure(outcome, what) == pytest.approx(100 * wanted, abs=0.051)


def wrong(network: str | Network, clips: Sequence[Clip], tier: str) -> tuple[int, int]:
    """Edit operations and labels, each clip read by itself; the edits are counted by jiwer."""
    net = exercise.network(network) if isinstance(network, str) else network
    edits, count = 0, 0
    for clip in clips:
        truth = [label.text for label in clip.labels if label.tier == tier]
        out = jiwer.process_words(" ".join(truth), " ".join(exercise.text(net, clip)))
        edits, count = edits + out.substitutions + out.insertions + out.deletions, count + len(truth)
    return edits, count


def traced(network: str, clip: Clip) -> Any:
    """What the workbench shows of a clip, without a chain."""
    asked = infer.Inspection(clip, (), None, exercise.network(network), 0.0, clip.seconds)
    return next(event.trace for event in infer.run(asked) if isinstance(event, Traced))


def torch_like(kind: str, weights: dict[str, Any], name: str = "") -> Any:
    """A layer of torch with the weights of our cell."""
    hidden, inputs = weights["U"].shape[1], weights["W"].shape[1]
    make = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    theirs = make(inputs, hidden).double()
    arrays = to_torch(CELLS[name or kind], weights)
    theirs.load_state_dict({f"{each}_l0": torch.tensor(np.array(value)) for each, value in arrays.items()})
    return theirs


def notes_heard(sound: Clip, pitches: Sequence[float], seconds: float) -> list[int]:
    """Which of these pitches sounds loudest in each stretch of a sound."""
    samples = sound.read()[:, 0]
    size, found = round(seconds * sound.rate), []
    for start in range(0, len(samples) - size + 1, size):
        power = np.abs(np.fft.rfft(samples[start : start + size] * np.hanning(size), 8 * size))
        loudest = float(np.argmax(power)) * sound.rate / (8 * size)
        found.append(int(np.argmin([abs(math.log(loudest / each)) for each in pitches])))
    return found


# Lesson 1.


@step(1, "cat")
def _(outcome: Outcome, nets: Nets) -> None:
    lines = asset.path("clips", "cat.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    told = [(f"/{text}/", f"{float(a):.2f} to {float(b):.2f} s") for a, b, text, tier in rows if tier == "phone"]
    assert list(outcome.values) == told
    assert outcome.answer == str(len(told))
    assert [label.text for label in traced("phonemes-rnn-128", asset.open_bundled("cat")).text] == ["k", "æ", "t"]


@step(1, "ceiling")
def _(outcome: Outcome, nets: Nets) -> None:
    (net, task), counts = nets[0], Counter[tuple[int, int]]()
    for number in range(100):
        symbols, classes = task.item("test", number)
        counts.update(zip(symbols[1:].tolist(), classes[1:].tolist(), strict=True))
    best = sum(max(n for (symbol, _), n in counts.items() if symbol == each) for each in (1, 2, 3))
    share(outcome, "the ceiling", best / counts.total())
    share(outcome, "a dense network", right(net, task, alone=True))


@step(1, "equal")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 8 * 5 + 8 * 8 + 8
    assert figure(outcome, "hidden state") < 1e-12


@step(1, "rule")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "before", right(*nets[0]))
    share(outcome, "after", right(*nets[1]))


@step(1, "context")
def _(outcome: Outcome, nets: Nets) -> None:
    alone, together = right(*nets[0], alone=True), right(*nets[1])
    assert float(outcome.answer) == pytest.approx(100 * (together - alone), abs=0.51)


# Lesson 2.


@step(2, "vanishing")
def _(outcome: Outcome, nets: Nets) -> None:
    theirs = torch_like("rnn", exercise.cell("rnn", hidden=16).weights)
    x = torch.tensor(np.random.default_rng(2).standard_normal((60, 5, 1)).transpose(0, 2, 1))
    first = torch.zeros(1, 1, 16, dtype=torch.float64, requires_grad=True)
    (0.25 * theirs(x, first)[1]).sum().backward()  # an error of length 1 at the end
    left = float(first.grad.norm())  # type: ignore[union-attr]
    assert float(outcome.answer) == pytest.approx(left ** (1 / 60), abs=0.0051)
    assert figure(outcome, "what is left") == pytest.approx(left, rel=0.5)


@step(2, "equal")
def _(outcome: Outcome, nets: Nets) -> None:
    lstm, rnn = (sum(each.numel() for each in make(5, 8).parameters()) for make in (torch.nn.LSTM, torch.nn.RNN))
    assert float(outcome.answer) == lstm / rnn


@step(2, "highway")
def _(outcome: Outcome, nets: Nets) -> None:
    assert figure(outcome, "forget gate open") == pytest.approx((1 / (1 + math.exp(-12.0))) ** 60, abs=6e-4)
    assert figure(outcome, "forget gate half open") == pytest.approx(0.5**60, rel=0.5)


@step(2, "gates")
def _(outcome: Outcome, nets: Nets) -> None:
    gate = traced("digits-lstm-128", asset.open_bundled("digits")).series[Key("gate.f", 1)]
    seconds = half_life(gate.values) / gate.rate
    assert float(outcome.answer) == pytest.approx(seconds.max(), abs=0.051)
    assert figure(outcome, "median") == pytest.approx(1000 * np.median(seconds), abs=0.51)
    assert figure(outcome, "one step") == 30.0


@step(2, "recall")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "simple RNN", right(*nets[0]))
    share(outcome, "LSTM", right(*nets[1]))


# Lesson 3.


@step(3, "plan")
def _(outcome: Outcome, nets: Nets) -> None:
    assert float(outcome.answer) == 100 * (1 - 0.5) ** 3


@step(3, "torch")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 2 * 3 * 8, "two biases, each of three blocks of 8"


@step(3, "conventions")
def _(outcome: Outcome, nets: Nets) -> None:
    weights = exercise.cell("gru-seed").weights
    u, w, x = weights["U"], weights["W"], np.random.default_rng(4).standard_normal((30, 5, 1))
    none = {"b": np.zeros((24, 1)), "d": np.zeros((8, 1))}
    with torch.no_grad():
        theirs = torch_like("gru", dict(weights) | none)(torch.tensor(x.transpose(0, 2, 1)))[0].numpy()[:, 0]
    h, apart = np.zeros(8), 0.0
    for t, now in enumerate(x[:, :, 0]):
        r, z = (1 / (1 + np.exp(-(u[k : k + 8] @ h + w[k : k + 8] @ now))) for k in (0, 8))
        h = (1 - z) * h + z * np.tanh(u[16:] @ (r * h) + w[16:] @ now)
        apart = max(apart, float(np.abs(h - theirs[t]).max()))
    assert figure(outcome, "the same weights") == pytest.approx(apart, abs=0.0051)


@step(3, "size")
def _(outcome: Outcome, nets: Nets) -> None:
    gru, lstm = 3 * 128 * (128 + 161), 4 * 128 * (128 + 161 + 1)
    assert [figure(outcome, "GRU"), figure(outcome, "LSTM")] == [gru, lstm]
    assert float(outcome.answer) == round(100 * gru / lstm)
    edits, count = wrong("phonemes-gru-128", exercise.unheard("phonemes", 8), "phone")
    share(outcome, "phonemes wrong, a trained GRU", edits / count)


@step(3, "phonemes")
def _(outcome: Outcome, nets: Nets) -> None:
    edits, count = wrong("phonemes-gru-32", exercise.unheard("phonemes", 16), "phone")
    assert float(outcome.answer) == pytest.approx(100 * edits / count, abs=0.051)


# Lesson 4.


@step(4, "count")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 4 * 128, "the second bias of four blocks"
    assert figures(outcome, "phonemes") == list(
        wrong("phonemes-lstm-128", exercise.unheard("phonemes", 8), "phone")
    )


@step(4, "equal")
def _(outcome: Outcome, nets: Nets) -> None:
    assert outcome.answer == "neither"
    at_most(outcome, 1e-12)


@step(4, "time")
def _(outcome: Outcome, nets: Nets) -> None:
    told = figure(outcome, "LSTM") / figure(outcome, "GRU")
    assert float(outcome.answer) == pytest.approx(told, rel=0.2)  # both rounded to milliseconds


@step(4, "error")
def _(outcome: Outcome, nets: Nets) -> None:
    module: Any = catalog.load("lessons", "comparison")
    clips = [module._noisy(clip, number) for number, clip in enumerate(exercise.unheard("phonemes", module.CLIPS))]
    for kind in ("lstm", "gru"):
        edits, count = wrong(f"phonemes-{kind}-128", clips, "phone")
        span = scipy.stats.binomtest(edits, count).proportion_ci(method="wilson")
        wanted = [100 * each for each in (edits / count, span.low, span.high)]
        assert figures(outcome, kind.upper()) == pytest.approx(wanted, abs=0.06)


@step(4, "length")
def _(outcome: Outcome, nets: Nets) -> None:
    names = [f"{kind}, a pause of {delay}" for delay in (5, 20) for kind in ("LSTM", "GRU")]
    for name, net in zip(names, nets, strict=True):
        share(outcome, name, right(*net))


# Lesson 5.


@step(5, "shapes")
def _(outcome: Outcome, nets: Nets) -> None:
    assert [figure(outcome, each) for each in ("many to many", "many to one", "encoder")] == [12, 6, 5]


@step(5, "voice")
def _(outcome: Outcome, nets: Nets) -> None:
    network, clips = exercise.network("many2one"), exercise.unheard("many2one", 32)
    told = [exercise.text(network, clip) for clip in clips]
    missed = sum(said != (clip.name.rpartition(", ")[2],) for said, clip in zip(told, clips, strict=True))
    assert int(outcome.answer) == missed
    assert figure(outcome, "guessing") == 12.5
    assert figure(outcome, "frames of the first") == pytest.approx(100 * clips[0].seconds, abs=4)


@step(5, "writing")
def _(outcome: Outcome, nets: Nets) -> None:
    network, missed, count = exercise.network("seq2seq_char"), 0, 0
    for clip in exercise.unheard("seq2seq_char", 40):
        cue, *letters = [label.text for label in clip.labels if label.tier == "tone"]
        truth = letters if cue == "copy" else letters[::-1]
        out = jiwer.process_words(" ".join(truth), " ".join(exercise.text(network, clip)))
        missed, count = missed + out.substitutions + out.insertions + out.deletions, count + len(truth)
    assert figures(outcome, "letters wrong") == [missed, count]
    told = dict(outcome.values)
    assert told["written"].split() == told["heard after the cue to reverse"].split()[::-1]


@step(5, "melody")
def _(outcome: Outcome, nets: Nets) -> None:
    heard = notes_heard(outcome.sounds[0], [melody.hertz(each) for each in melody.SCALE], 60 / 240)
    bars = [tuple(1 + note for note in heard[n : n + 8]) for n in range(0, len(heard), 8)]
    asked = {melody.question(number): number for number in range(melody.QUESTIONS)}
    assert bars[0] in asked, "the tune begins with a question"
    for first in range(0, len(bars), 4):
        assert bars[first + 3] == melody.answer(asked[bars[first]])
    kept, count = figures(outcome, "notes of the answers")
    assert count == 8 * figure(outcome, "questions") == 8 * 8
    assert kept >= 0.9 * count


@step(5, "deep")
def _(outcome: Outcome, nets: Nets) -> None:
    module: Any = catalog.load("lessons", "architecture")
    x = np.random.default_rng(7).standard_normal((20, 32))
    for name, residual in (("six layers", False), ("six layers, each", True)):
        net = module._six(residual).double()
        moves = 1e-5 * torch.eye(x.size, dtype=torch.float64).reshape(-1, 20, 32)
        with torch.no_grad():  # central differences, all at once
            above, below = (
                net(torch.tensor(x) + sign * moves, torch.full((x.size,), 20))[0].square().sum((1, 2))
                for sign in (1, -1)
            )
        assert figure(outcome, name) == pytest.approx(float(((above - below) / 2e-5).norm()), rel=0.5)


@step(5, "both")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 2 * 8


@step(5, "garden")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "one direction", right(*nets[0]))
    share(outcome, "both directions", right(*nets[1]))


@step(5, "live")
def _(outcome: Outcome, nets: Nets) -> None:
    name = "phonemes-lstm-128-bidirectional"
    assert not exercise.network(name).live
    read = " ".join(label.text for label in traced(name, asset.open_bundled("cat")).text)
    assert dict(outcome.values)["a whole clip"] == f"/{read}/"


# Lesson 6.


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


# Lesson 7.


@step(7, "gradients")
def _(outcome: Outcome, nets: Nets) -> None:
    at_most(outcome, 1e-6)
    assert outcome.answer == "by a millionth at most"


@step(7, "torch")
def _(outcome: Outcome, nets: Nets) -> None:
    at_most(outcome, 1e-10)


@step(7, "radius")
def _(outcome: Outcome, nets: Nets) -> None:
    for radius in (0.5, 0.9, 1.0, 1.1, 1.5):
        assert figure(outcome, f"spectral radius {radius:g}") == pytest.approx(radius**50, rel=0.5)
    assert int(outcome.answer) == round(1.1**50)


@step(7, "clipping")
def _(outcome: Outcome, nets: Nets) -> None:
    theirs = torch_like("lstm", exercise.cell("lstm").weights)
    x = np.random.default_rng(11).standard_normal((40, 5, 4))
    theirs(torch.tensor(x.transpose(0, 2, 1)))[0].sum().backward()
    grads = [each.grad.numpy() for name, each in theirs.named_parameters() if name != "bias_hh_l0"]
    before = np.concatenate([each.ravel() for each in grads])
    cut = np.clip(before, -0.05, 0.05)
    turned = math.degrees(math.acos(before @ cut / np.linalg.norm(before) / np.linalg.norm(cut)))
    assert figures(outcome, "length before") == pytest.approx([np.linalg.norm(before), 1.0], abs=0.051)
    assert figure(outcome, "turned") == pytest.approx(turned, abs=0.51)


@step(7, "truncation")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "the error goes back", right(*nets[0]))
    share(outcome, "it stops", right(*nets[1]))


@step(7, "echo")
def _(outcome: Outcome, nets: Nets) -> None:
    ((net, task),) = nets
    share(outcome, "right answers", right(net, task))
    symbols, classes = task.item("test", 0)
    x = torch.tensor(task.table[symbols], dtype=torch.float64, requires_grad=True)
    asked = torch.tensor(classes > 0)
    torch.nn.functional.cross_entropy(answers(net, x)[asked], torch.tensor(classes)[asked]).backward()
    assert x.grad is not None
    echo = x.grad.norm(dim=1).numpy()
    place = next(n for n, symbol in enumerate(symbols) if symbol in (1, 2))
    times = echo[place] / np.median(np.delete(echo[:-1], place))
    assert figure(outcome, "the tone") == pytest.approx(times, abs=0.51)


# Lesson 8.


@step(8, "rate")
def _(outcome: Outcome, nets: Nets) -> None:
    shares = {rate: right(*net) for rate, net in zip(("0.0003", "0.01", "0.5"), nets, strict=True)}
    for rate, found in shares.items():
        share(outcome, f"rate {rate}", found)
    assert outcome.answer == max(shares, key=lambda rate: shares[rate])


@step(8, "packing")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == round(100 * ((20 - 14) + (20 - 9)) / (3 * 20))


@step(8, "masked")
def _(outcome: Outcome, nets: Nets) -> None:
    clip, module = asset.open_bundled("digits"), catalog.load("stages", "specaugment")
    frames, bins = traced("digits-lstm-128", clip).series[Key("features")].values.shape
    drawn: Any = module.masks(module.Settings(policy="LD", preview=True, seed=3), frames, bins, 100.0)
    gone = {(t, f) for each in drawn for t in range(each.start, each.stop) for f in range(each.low, each.high)}
    share(outcome, "of the features", len(gone) / (frames * bins))
    assert figures(outcome, "digits read wrongly") == list(wrong("digits-lstm-128", [clip], "digit"))


# Lesson 9.


@step(9, "attention")
def _(outcome: Outcome, nets: Nets) -> None:
    at_most(outcome, 1e-12)
    assert float(outcome.answer) == 1.0


@step(9, "reach")
def _(outcome: Outcome, nets: Nets) -> None:
    heard = np.random.default_rng(16).standard_normal((60, 8, 1))
    x = torch.tensor(heard.transpose(0, 2, 1), requires_grad=True)
    torch_like("rnn", exercise.cell("rnn", 8, 8).weights)(x)[0][-1].sum().backward()
    assert x.grad is not None
    norms = x.grad[:, 0].norm(dim=1)
    assert figure(outcome, "RNN") == pytest.approx(float(norms[0] / norms[-1]), rel=0.5)
    parts = exercise.draw({name: (8, 8) for name in ("W_q", "W_k", "W_v")}, 14, 0.1)
    frames = torch.tensor(heard[:, :, 0])
    fits = (frames[-1] @ torch.tensor(parts["W_q"]).T) @ (frames @ torch.tensor(parts["W_k"]).T).T / math.sqrt(8)
    shares = fits.softmax(0)
    assert figure(outcome, "attention") == pytest.approx(float(shares[0] / shares[-1]), abs=0.0051)


@step(9, "field")
def _(outcome: Outcome, nets: Nets) -> None:
    clip = asset.open_bundled("phonemes")
    assert figure(outcome, "RNN, trained: the most from later frames") == 0.0
    assert figures(outcome, "phonemes that the RNN") == list(wrong("phonemes-rnn-128", [clip], "phone"))
    module = build.build(exercise.network("phonemes-rnn-128")).double()
    x = torch.tensor(traced("phonemes-rnn-128", clip).series[Key("features")].values)[:120].double()
    reached = []
    with torch.no_grad():
        base = module(x[None], torch.tensor([120]))[0][0]
        for t in range(0, 120, 4):  # what moves when a moment of the sound is left out?
            less = x.clone()
            less[t] = 0.0
            moved = (module(less[None], torch.tensor([120]))[0][0] - base).abs().max(1).values
            assert float(max(moved[:t], default=0.0)) < 1e-9, "an answer before it"
            reached.append(float(moved[t:].max()))
    assert max(reached) > 0.1


@step(9, "reading")
def _(outcome: Outcome, nets: Nets) -> None:
    edits, count = wrong("digits-lstm-128", [asset.open_bundled("digits")], "digit")
    assert (int(outcome.answer), count) == (edits, 8)


# Lesson 10.


@step(10, "oscillator")
def _(outcome: Outcome, nets: Nets) -> None:
    tone = outcome.sounds[0].read()[:, 0]
    rising = np.count_nonzero((tone[:-1] < 0) & (tone[1:] >= 0)) / outcome.sounds[0].seconds
    assert float(outcome.answer) == pytest.approx(rising, abs=2)


@step(10, "tune")
def _(outcome: Outcome, nets: Nets) -> None:
    assert float(outcome.answer) == pytest.approx(100 * kept(outcome.sounds[0]), abs=0.51)


@step(10, "temperature")
def _(outcome: Outcome, nets: Nets) -> None:
    for heat, sound in zip(("0.5", "1", "4"), outcome.sounds, strict=True):
        share(outcome, f"temperature {heat}:", kept(sound))


@step(10, "answer")
def _(outcome: Outcome, nets: Nets) -> None:
    passage = melody.tune(np.random.default_rng(20), 1)[0][1 + melody.BAR :][: 2 * melody.BAR].tolist()
    for name in ("melody-rnn-64", "melody-lstm-64"):
        network = exercise.network(name)
        module, task, found = build.build(network), build.task_of(network), []
        for number in range(melody.QUESTIONS):
            notes = [0, *melody.question(number), *passage]
            for wanted in melody.answer(number):
                with torch.no_grad():  # all from the beginning, each time: no state is handed on
                    y = module(torch.tensor(task.table[notes])[None], torch.tensor([len(notes)]))[0][0, -1]  # type: ignore[attr-defined]
                notes.append(1 + int(y[1:].argmax()))
                found.append(notes[-1] == wanted)
        share(outcome, name, float(np.mean(found)))


def kept(sound: Clip) -> float:
    """The share of the notes heard after the first four that are those of the tune, which goes round."""
    module: Any = catalog.load("lessons", "generation")
    heard = notes_heard(sound, module.SCALE.tolist(), 0.2)
    tune = [module.TUNE[n % len(module.TUNE)] for n in range(len(heard))]
    return float(np.mean([a == b for a, b in zip(heard[4:], tune[4:], strict=True)]))


# Lesson 11.


@step(11, "argument")
def _(outcome: Outcome, nets: Nets) -> None:
    import inspect

    asked = inspect.signature(torchaudio().transforms.MelSpectrogram).parameters
    assert "sr" not in asked
    assert "sample_rate" in asked
    assert figure(outcome, "its filters") < 1e-5
    assert outcome.answer == "TypeError"


@step(11, "masks")
def _(outcome: Outcome, nets: Nets) -> None:
    import inspect

    asked = inspect.signature(torchaudio().transforms.SpecAugment).parameters
    missing = [name for name, each in asked.items() if each.default is inspect.Parameter.empty]
    assert {"n_time_masks", "n_freq_masks"} <= set(missing)
    assert all(name in dict(outcome.values)["as in the notes"] for name in ("n_time_masks", "n_freq_masks"))
    assert max(figures(outcome, "bands and frames")) < 20


@step(11, "shape")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 501 // 2
    assert f"{8 * (80 // 2)}x{32 * (501 // 2)}" in dict(outcome.values)["as in the notes"]
    assert figure(outcome, "two items swapped") < 1e-4


@step(11, "split")
def _(outcome: Outcome, nets: Nets) -> None:
    from engine import checkpoint, written

    clips = list(hello_task().corpus.split("test"))[::6]
    read = written.texts(checkpoint.open_network("hello"), clips)
    wrong = jiwer.process_characters([clip.text("word")[0] for clip in clips], read)
    edits = wrong.substitutions + wrong.deletions + wrong.insertions
    assert figures(outcome, "held-out characters") == [edits, 5 * len(clips)]
    assert "40 of the 40" in dict(outcome.values)["a test on the training clips"]


@step(11, "pairing")
def _(outcome: Outcome, nets: Nets) -> None:
    """By torch's module on what the task gives it, and torch's own loss."""
    from engine import checkpoint

    task = hello_task()
    batch, network = task.collate([task.item(task.pinned())]), checkpoint.open_network("hello")
    with torch.no_grad():
        y, lengths, _ = build.build(network)(torch.tensor(batch.x), torch.tensor(batch.lengths))
    letters = torch.tensor(batch.targets)
    loss = torch.nn.functional.ctc_loss(y.log_softmax(2).transpose(0, 1), letters, lengths, torch.tensor([5]))
    assert figure(outcome, "CTC") == pytest.approx(float(loss), abs=0.0015)
    assert figures(outcome, "frames, and letters")[1] == 5


@step(11, "absent")
def _(outcome: Outcome, nets: Nets) -> None:
    """All 4^7 ways through seven frames are listed; those that write 1, 2, 2 are added up."""
    import itertools

    x = np.random.default_rng(11).standard_normal((7, 4))
    y = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    total = 0.0
    for way in itertools.product(range(4), repeat=7):
        said = [each for each, before in zip(way, (0, *way), strict=False) if each not in (0, before)]
        total += float(y[range(7), way].prod()) if said == [1, 2, 2] else 0.0
    assert figure(outcome, "the sum over all") == pytest.approx(-math.log(total), abs=1e-6)
    assert figure(outcome, "torch.nn.functional") == pytest.approx(-math.log(total), abs=1e-6)


def hello_task() -> Any:
    module: Any = catalog.load("tasks", "hello")
    return module.build(module.Settings())
