"""Lesson 6: the forward pass, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

SEEN = ((0.5, -0.4), (1.0, 0.0), (0.0, 1.0))
"""Three frames of two features: the example that is worked out on paper."""
W, U, B = ((1.0, 0.5), (-0.5, 1.0)), ((0.5, 0.0), (0.25, -0.5)), (0.0, 0.1)


def check_paper(through: Through = exercise.as_they_are) -> Outcome:
    """Three steps of a network with two units, number by number, against the cell and against torch."""
    cell = _paper_cell(through)
    states = _on_paper()
    h = np.array(cell.forward(np.array(SEEN)[:, :, None]))[:, :, 0]
    apart = exercise.furthest(h, states)
    values = tuple((f"h after frame {t + 1}", f"{each[0]:+.3f}  {each[1]:+.3f}") for t, each in enumerate(states))
    values += (("the cell against paper", exercise.tiny(apart)),)
    return Outcome(apart < 1e-12, "three steps, number by number", values, f"{states[0][0]:.2f}")


def check_steps(through: Through = exercise.as_they_are) -> Outcome:
    """One call over fifty frames, fifty calls of one frame with the state handed on, and torch: all the same."""
    cell = exercise.cell("lstm")
    one = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    x = np.random.default_rng(8).standard_normal((50, 5, 2))
    whole, state, parts = np.array(cell.forward(x)), None, []
    for t in range(50):
        parts.append(np.array(one.forward(x[t : t + 1], state)))
        state = one.state
    apart = exercise.furthest(whole, np.concatenate(parts))
    torch_apart, _ = exercise.beside_torch("lstm", through, steps=50)
    values = (
        ("step by step against all at once", exercise.tiny(apart)),
        ("NumPy against torch", exercise.tiny(torch_apart)),
    )
    passed = apart == 0.0 and torch_apart < 1e-9
    return Outcome(passed, "largest difference over 50 frames", values, "nothing but the state")


def check_padding(through: Through = exercise.as_they_are) -> Outcome:
    """Clips of unlike length, padded to the longest and to twice that: loss and accuracy stay.

    They are those of a network that has learnt the task of lesson 1, on sequences that it has not learnt from.
    """
    from engine.scratch.batch import pad
    from engine.scratch.loss import accuracy, cross_entropy

    module: Any = catalog.load("tasks", "context")
    task = module.build(module.Settings())
    net = exercise.changed(exercise.taught("gru", task, 150), through)
    clips, found, padding = exercise.material(task, "test", 20), [], []
    longest = max(len(x) for x, _ in clips)
    for steps in (longest, 2 * longest):
        batch = pad(clips, steps)
        y = net.forward(batch.x, batch.lengths)
        losses, _ = cross_entropy(y, batch.targets, batch.mask)
        found.append((losses.sum() / batch.mask.sum(), accuracy(y, batch.targets, batch.mask)))
        padding.append(exercise.percent(1 - float(batch.mask.mean())))
    apart = exercise.furthest(*found)
    values = (
        ("padding, and of twice the length", " and ".join(padding)),
        ("loss a frame", f"{found[0][0]:.6f} and {found[1][0]:.6f}"),
        ("frames right", f"{exercise.percent(found[0][1])} and {exercise.percent(found[1][1])}"),
    )
    passed = apart < 1e-12 and found[0][1] > 0.9
    return Outcome(passed, "what padding changes", values, f"{apart:.2g}" if apart > 1e-12 else "0")


def check_waveform(through: Through = exercise.as_they_are) -> Outcome:
    """Two units listen to a raw waveform, a sample a step: one hears the low, one the high. Listen to both."""
    from engine.scratch.rnn import Rnn

    clip = asset.open_bundled("speech-1")
    sound = clip.read()[: 3 * clip.rate, 0].astype(np.float64)
    keep, small = 0.9, 0.01
    weights = {"W": np.full((2, 1), small), "U": np.array([[keep, 0.0], [0.0, -keep]]), "b": np.zeros((2, 1))}
    cell = Rnn({name: np.array(value) for name, value in through(weights).items()})
    h = np.array(cell.forward(sound[:, None, None]))[:, :, 0]
    high = [_share_above(each, clip.rate) for each in (sound, h[:, 0], h[:, 1])]
    values = tuple(
        (name, exercise.percent(share))
        for name, share in zip(("the sound", "unit 1", "unit 2"), high, strict=True)
    )
    sounds = tuple(
        exercise.sound(each, f"what {name} hears", clip.rate)
        for each, name in ((h[:, 0], "unit 1"), (h[:, 1], "unit 2"))
    )
    passed = high[1] < 0.5 * high[0] and high[2] > 2 * high[0]
    return Outcome(passed, "share of the power above 2 kHz", values, "the low part", sounds)


def check_forgetting(through: Through = exercise.as_they_are) -> Outcome:
    """Two runs that begin in unlike states hear the same: how many frames until they agree within 1 %."""
    network = exercise.network("phonemes-rnn-128", through)
    clip = asset.open_bundled("phonemes")
    apart = _apart(network, clip)
    agreed = np.flatnonzero(apart < 0.01 * apart[0])
    frames = int(agreed[0]) if len(agreed) else len(apart)
    wrong, count = exercise.reading(network, [clip])
    values = (
        ("frames until both agree within 1 %", str(frames)), ("phonemes read wrongly", f"{wrong} of {count}"),
    )  # fmt: skip
    text = f"the state of layer 1 has forgotten how it began after {10 * frames} ms"
    return Outcome(0 < frames < len(apart) and wrong <= 0.1 * count, text, values, str(frames), (clip,))


def numbers() -> Mapping[str, Any]:
    """The example on paper."""
    cell = _paper_cell(exercise.as_they_are)
    h = np.array(cell.forward(np.array(SEEN)[:, :, None]))[:, :, 0]
    y = h @ np.array([[1.0, -1.0, 0.5], [0.5, 1.0, -1.0]])
    p = np.exp(y) / np.exp(y).sum(1, keepdims=True)
    return {
        "x": np.array(SEEN),
        "h": h,
        "y": y,
        "p": p,
        "W_xh": np.array(W),
        "W_hh": np.array(U),
        "b_h": np.array(B),
    }


def _on_paper() -> list[tuple[float, float]]:
    """The states of the example, with nothing but the four rules of arithmetic and tanh."""
    states = [(0.0, 0.0)]
    for x in SEEN:
        h = states[-1]
        sums = [W[k][0] * x[0] + W[k][1] * x[1] + U[k][0] * h[0] + U[k][1] * h[1] + B[k] for k in (0, 1)]
        states.append((math.tanh(sums[0]), math.tanh(sums[1])))
    return states[1:]


def _paper_cell(through: Through) -> Any:
    """The same network as a cell."""
    from engine.scratch.rnn import Rnn

    weights = through({"W": np.array(W), "U": np.array(U), "b": np.array(B)[:, None]})
    return Rnn({name: np.array(value) for name, value in weights.items()})


def _share_above(sound: np.ndarray[Any, Any], rate: int, hertz: float = 2000.0) -> float:
    """The share of a sound's power above a frequency."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float(power[np.fft.rfftfreq(len(sound), 1 / rate) > hertz].sum() / power.sum())


def _apart(network: Any, clip: Any) -> np.ndarray[Any, Any]:
    """How far apart layer 1 of two runs is at each frame, one begun at 0 and one far from it."""
    from engine import evaluate
    from engine.scratch.exchange import from_torch
    from engine.scratch.rnn import Rnn

    prefix = "layers.0.forwards.core."
    arrays = {
        name.removeprefix(prefix).removesuffix("_l0"): np.asarray(value, np.float64)
        for name, value in network.weights.items()
        if name.startswith(prefix)
    }
    cell = Rnn(from_torch(Rnn, arrays))
    x = evaluate.features(network, clip.read()[:, 0]).astype(np.float64)[:, :, None]
    begun = [np.array(cell.forward(x, (np.full((cell.hidden, 1), start),))) for start in (0.0, 0.9)]
    return np.linalg.norm(begun[0] - begun[1], axis=(1, 2))


LESSON = Lesson(
    number=6,
    file="6_RNN_Forward_Propagation_Detailed",
    about="The forward pass step by step, and what a state holds",
    needs=(5,),
    numbers=numbers,
    steps=(
        Step(
            "paper",
            "On paper",
            check_paper,
            Setup(network="digits-rnn-128", clip="digits", shown=("hidden", "diagram"), cursor=0.5),
            Guess("What is the first number of the state after the first frame?", near=0.05),
        ),
        Step(
            "steps",
            "Step by step, or all at once",
            check_steps,
            Setup(network="digits-lstm-128", clip="digits", shown=("cell", "gates", "diagram"), cursor=0.3),
            Guess(
                "What has to be handed on from one frame to the next?",
                ("nothing but the state", "the state and the last frame", "all frames so far"),
            ),
        ),
        Step(
            "padding",
            "Clips of unlike length",
            check_padding,
            Setup(network="phonemes-gru-128", clip="cat", shown=("posteriors", "hidden")),
            Guess("By how much does the loss change if a batch is padded to twice its length?", near=0.01),
        ),
        Step(
            "waveform",
            "What a unit hears",
            check_waveform,
            Setup(clip="speech-1", shown=("waveform", "spectrogram")),
            Guess("What does a unit keep that adds 0.9 of its last state?", ("the low part", "the high part")),
        ),
        Step(
            "forgetting",
            "How long it remembers its beginning",
            check_forgetting,
            Setup(network="phonemes-rnn-128", clip="phonemes", shown=("hidden", "posteriors")),
            Guess("After how many frames do two runs agree that began unlike?", unit="frames", near=0.5),
        ),
    ),
)
