"""Lesson 5: what can be built from cells: one answer or many, deep nets, and both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

VOICES, TONES, BARS = 32, 40, 32
"""Clips of a voice, sequences of tones, and bars of melody that are measured."""


def check_shapes(through: Through = exercise.as_they_are) -> Outcome:
    """One cell in three shapes: what an encoder hands to its decoder is all that the decoder knows."""
    cell = exercise.cell("gru", inputs=4, hidden=6)
    other = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    x, silence = np.random.default_rng(5).standard_normal((12, 4, 1)), np.zeros((5, 4, 1))
    every = np.array(cell.forward(x))
    last = cell.state
    answers = np.array(other.forward(silence, last))
    at_once = np.array(cell.forward(np.concatenate([x, silence])))[12:]
    apart = exercise.furthest(answers, at_once)
    values = (
        ("many to many: 12 frames in", f"{every.shape[0]} answers out"),
        ("many to one: the state after the last", f"{last[0].shape[0]} numbers"),
        ("encoder and decoder: 12 in", f"{answers.shape[0]} out"),
        ("decoder apart against both in one run", exercise.tiny(apart)),
    )
    return Outcome(apart < 1e-12, "the same cell, read in three ways", values, f"{last[0].shape[0]}")


def check_voice(through: Through = exercise.as_they_are) -> Outcome:
    """Many to one: a network that says of a whole clip, with words that it has not learnt from, who speaks."""
    clips = exercise.unheard("many2one", VOICES)
    network = exercise.network("many2one", through)
    wrong, count = exercise.reading(network, clips)
    values = (
        ("frames of the first clip", str(len(_frames(network, clips[0])))),
        ("answers to it", str(len(exercise.text(network, clips[0])))),
        ("clips told wrongly", f"{wrong} of {count}"),
        ("guessing", exercise.percent(1 / len(network.vocabulary))),
    )
    text = f"{len(network.vocabulary)} voices, {VOICES} clips, one answer each"
    return Outcome(wrong <= 0.1 * count, text, values, f"{wrong}", (clips[0],))


def check_writing(through: Through = exercise.as_they_are) -> Outcome:
    """Encoder and decoder: tones are heard to their end, then letters written, in their order or in reverse."""
    clips = exercise.unheard("seq2seq_char", TONES)
    network = exercise.network("seq2seq_char", through)
    wrong, count = exercise.reading(network, clips)
    turned = next(each for each in clips if _cue(each) == "reverse")
    heard = [label.text for label in turned.labels if label.tier == "tone"][1:]
    values = (
        ("heard after the cue to reverse", " ".join(heard)),
        ("written", " ".join(exercise.text(network, turned))),
        ("letters wrong", f"{wrong} of {count}"),
    )
    text = f"what is written of {TONES} sequences that it has not learnt from"
    return Outcome(wrong <= 0.05 * count, text, values, "after the last tone", (turned,))


def check_melody(through: Through = exercise.as_they_are) -> Outcome:
    """One to many: one note is given, and each that comes is the next input. Does it answer its own questions?"""
    from engine import generate, melody

    network = exercise.network("melody-lstm-64", through)
    notes = [1, *generate.go_on(network, [1], BARS * melody.BAR - 1, generate.Settings(seed=5))]
    known = {place: note for place, note in melody.answers(notes).items() if place < len(notes)}
    right = sum(notes[place] == note for place, note in known.items())
    values = (
        ("notes given, and made", f"1 and {len(notes) - 1}"),
        ("questions among them", str(len(known) // melody.BAR)),
        ("notes of the answers as they should be", f"{right} of {len(known)}"),
    )
    sound = exercise.sound(melody.sound(notes[: 8 * melody.BAR]), "from one note", 44100)
    text = "a melody from one note, which asks its own questions and, two bars in between, answers them"
    passed = len(known) >= 2 * melody.BAR and right >= 0.9 * len(known)
    return Outcome(passed, text, values, "the note that it made last", (sound,))


def check_both_ways(through: Through = exercise.as_they_are) -> Outcome:
    """Two directions: twice the width, the halves swap when time is turned round, and torch says the same."""
    import torch

    from engine.scratch.exchange import to_torch
    from engine.scratch.layer import Layer

    cell = exercise.cell("lstm")
    twin = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    x, lengths = np.random.default_rng(6).standard_normal((20, 5, 1)), np.array([20])
    h = np.array(Layer(cell, twin).forward(x, lengths))
    turned = np.array(Layer(twin, cell).forward(x[::-1].copy(), lengths))[::-1]
    swapped = exercise.furthest(h, np.concatenate([turned[:, 8:], turned[:, :8]], 1))
    theirs = torch.nn.LSTM(5, 8, bidirectional=True).double()
    arrays = to_torch(type(cell), cell.weights)
    both = {
        f"{name}_l0{way}": torch.from_numpy(value) for name, value in arrays.items() for way in ("", "_reverse")
    }
    theirs.load_state_dict(both)
    with torch.no_grad():
        y = theirs(torch.from_numpy(x.transpose(0, 2, 1)))[0].numpy().transpose(0, 2, 1)
    values = (
        ("width of 8 units in two directions", str(h.shape[1])),
        ("halves swapped and time turned round", exercise.tiny(swapped)),
        ("NumPy against torch", exercise.tiny(exercise.furthest(h, y))),
    )
    passed = h.shape[1] == 16 and max(swapped, exercise.furthest(h, y)) < 1e-9
    return Outcome(passed, "forward and backward side by side", values, str(h.shape[1]))


def check_garden(through: Through = exercise.as_they_are) -> Outcome:
    """A tone whose meaning comes later: one direction can only guess, two know."""
    module: Any = catalog.load("tasks", "garden")
    task = module.build(module.Settings())
    found = {}
    for both in (False, True):
        net = exercise.changed(exercise.taught("rnn", task, 250, both=both), through)
        found[both] = exercise.score(net, task)
    values = (
        ("one direction", exercise.percent(found[False])),
        ("both directions", exercise.percent(found[True])),
        ("guessing", exercise.percent(1 - module.chance(module.Settings()))),
    )
    text = "meanings found on sequences that neither has learnt from"
    passed = found[True] > 0.9 and abs(found[False] - 0.5) < 0.12
    return Outcome(passed, text, values, f"{100 * found[False]:.0f}", (task.pinned(),))


def check_deep(through: Through = exercise.as_they_are) -> Outcome:
    """How much of an error reaches the sound through six layers, with and without a way around each.

    Any weights show this, so the way around is also written out in NumPy, and has to answer as the network does.
    """
    x = np.random.default_rng(7).standard_normal((20, 32))
    plain, _ = _reached(False, x, through)
    around, answers = _reached(True, x, through)
    apart = exercise.furthest(answers, _around(x))
    values = (
        ("six layers", exercise.tiny(plain)),
        ("six layers, each with a way around it", exercise.tiny(around)),
        ("the way around: NumPy against torch", exercise.tiny(apart)),
    )
    text = "length of the gradient that reaches the features"
    return Outcome(around > 3 * plain and apart < 1e-9, text, values, "more")


def check_live(through: Through = exercise.as_they_are) -> Outcome:
    """A network that runs backwards cannot run live, and says why; it reads a whole clip all the same."""
    from engine.stepper import NotLive, Stepper

    network, clip = exercise.network("phonemes-lstm-128-bidirectional", through), asset.open_bundled("cat")
    try:
        Stepper(network)
        why = ""
    except NotLive as error:
        why = str(error)
    found = exercise.text(network, clip)
    values = (("a whole clip", f"/{' '.join(found)}/"), ("live", why.partition("; ")[0] or "it runs"))
    passed = "whole future" in why and found == ("k", "æ", "t")
    return Outcome(passed, "the network that reads in both directions", values, "only a whole clip", (clip,))


def numbers() -> Mapping[str, Any]:
    """A layer of two units in two directions over four frames, for the page."""
    from engine.scratch.layer import Layer

    layer = Layer(exercise.cell("rnn", 3, 2), exercise.cell("rnn", 3, 2, seed=1))
    x = np.random.default_rng(0).standard_normal((4, 3, 1))
    h = layer.forward(x, np.array([4]))[:, :, 0]
    return {"x": x[:, :, 0], "h": h, "forward": h[:, :2], "backward": h[:, 2:]}


def _frames(network: Any, clip: Any) -> np.ndarray[Any, Any]:
    """What a network hears of a clip, [T, F]."""
    from engine import evaluate

    return evaluate.features(network, clip.read()[:, 0])


def _cue(clip: Any) -> str:
    """What a sequence of tones begins with: it says in which order they are to be written."""
    return next(str(label.text) for label in clip.labels if label.tier == "tone")


def _six(residual: bool) -> Any:
    """A fresh network of six layers that reads 32 features; always the same."""
    from engine import build

    module: Any = catalog.load("models", "recurrent")
    return build.fresh("recurrent", module.Settings(cell="rnn", hidden=32, layers=6, residual=residual), 32, 4, 0)


def _reached(residual: bool, x: np.ndarray[Any, Any], through: Through) -> tuple[float, np.ndarray[Any, Any]]:
    """The gradient of a loss at the last layer by the features x [T, 32], its length, and the answers [T, 4]."""
    import torch

    from engine import build

    net = _six(residual)
    net.load_state_dict({name: torch.tensor(value) for name, value in through(build.weights(net)).items()})
    frames = torch.tensor(x)[None].requires_grad_()
    y = net.double()(frames, torch.tensor([len(x)]))[0]
    y.square().sum().backward()
    assert frames.grad is not None
    return float(frames.grad.norm()), y[0].detach().numpy()


def _around(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Six cells of NumPy, what each hears added to what it says: features x [T, 32] -> answers [T, 4]."""
    from engine import build
    from engine.scratch.exchange import from_torch
    from engine.scratch.rnn import Rnn

    weights = {name: np.asarray(value, np.float64) for name, value in build.weights(_six(True)).items()}
    h = x[:, :, None]
    for layer in range(6):
        start = f"layers.{layer}.forwards.core."
        own = {name[len(start) :].removesuffix("_l0"): each for name, each in weights.items() if start in name}
        h = h + Rnn(from_torch(Rnn, own)).forward(h)
    return h[:, :, 0] @ weights["head.weight"].T + weights["head.bias"]


LESSON = Lesson(
    number=5,
    file="5_RNN_Complete_Architecture",
    about="One answer or many, deep networks, and reading in both directions",
    needs=(4,),
    numbers=numbers,
    steps=(
        Step(
            "shapes",
            "One cell, read in three ways",
            check_shapes,
            Setup(network="phonemes-gru-128", clip="cat", shown=("hidden", "posteriors")),
            Guess("How many numbers does an encoder of 6 units hand to its decoder?", unit="numbers", near=1.0),
        ),
        Step(
            "voice",
            "Many to one: who speaks?",
            check_voice,
            Setup(network="many2one", shown=("hidden", "attention", "posteriors")),
            Guess(f"Of {VOICES} clips by eight voices, of how many does it name the wrong one?", near=2.0),
        ),
        Step(
            "writing",
            "Encoder and decoder: write what you heard",
            check_writing,
            Setup(network="seq2seq_char", shown=("hidden", "attention", "posteriors")),
            Guess(
                "It may have to write the tones in reverse. When can it write the first letter?",
                ("with the first tone", "after the cue", "after the last tone"),
            ),
        ),
        Step(
            "melody",
            "One to many: a tune from one note",
            check_melody,
            Setup(network="melody-lstm-64", shown=("melody", "hidden", "chances")),
            Guess(
                "It is given one note. What does it hear when it makes the hundredth?",
                ("that note again", "the note that it made last", "silence"),
            ),
        ),
        Step(
            "deep",
            "Six layers deep",
            check_deep,
            Setup(network="digits-lstm-128", clip="digits", shown=("hidden", "gradient"), cursor=2.5),
            Guess(
                "With a way around each layer, does more or less of an error arrive?", ("more", "less", "as much")
            ),
        ),
        Step(
            "both",
            "Both directions",
            check_both_ways,
            Setup(network="phonemes-lstm-128-bidirectional", clip="phonemes", shown=("hidden",)),
            Guess(
                "A layer of 8 units reads in both directions. How wide is its output?", unit="numbers", near=1.0
            ),
        ),
        Step(
            "garden",
            "What the future tells",
            check_garden,
            Setup(
                task="garden",
                shown=("posteriors", "hidden", "curves"),
                train=(("steps", 600), ("evaluate_every", 50)),
            ),
            Guess("How many meanings of 100 does one direction find?", unit="%", near=10.0),
        ),
        Step(
            "live",
            "And live?",
            check_live,
            Setup(network="phonemes-lstm-128-bidirectional", clip="cat", shown=("posteriors",)),
            Guess("What can this network be used for?", ("only a whole clip", "live too")),
        ),
    ),
)
