"""Lesson 10: making sound, a first look; the rest of the lesson is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

RATE, HERTZ = 8000, 330.0
TUNE = (0, 2, 4, 2, 0, 4, 2, 0, 5, 4, 2, 5, 4, 2, 0, 7)
"""Steps of a scale: a short tune that goes round."""
SCALE = 220.0 * 2.0 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12.0)


def check_oscillator(through: Through = exercise.as_they_are) -> Outcome:
    """Two units, no input: the state turns by an angle at each step, and is a tone. Torch makes the same."""
    import torch

    u = through({"U": _turn()})["U"]
    sound = _ring(u)
    theirs = torch.nn.RNN(1, 2, bias=False, nonlinearity="tanh").double()
    theirs.load_state_dict(
        {"weight_ih_l0": torch.zeros(2, 1, dtype=torch.float64), "weight_hh_l0": torch.tensor(_turn())}
    )
    with torch.no_grad():
        start = torch.tensor([[[0.05, 0.0]]], dtype=torch.float64)
        y = theirs(torch.zeros(len(sound), 1, 1, dtype=torch.float64), start)[0][:, 0, 0].numpy()
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    found = float(np.argmax(spectrum) * RATE / len(sound))
    apart = exercise.furthest(sound, y)
    values = (("loudest frequency", f"{found:.0f} Hz"), ("NumPy against torch", exercise.tiny(apart)))
    passed = abs(found - HERTZ) < 5 and apart < 1e-9
    tone = exercise.sound(sound, "a state that turns", RATE)
    return Outcome(passed, "two units that hear nothing make a tone", values, f"{found:.0f}", (tone,))


def check_tune(through: Through = exercise.as_they_are) -> Outcome:
    """A network learns a tune note by note, is given four notes, and goes on alone."""
    net = exercise.changed(_learnt(), through)
    made = _continued(net, list(TUNE[:4]), 28)
    truth = [TUNE[n % len(TUNE)] for n in range(len(made))]
    right = float(np.mean([a == b for a, b in zip(made[4:], truth[4:], strict=True)]))
    tune = exercise.sound(exercise.notes([SCALE[n] for n in made], 0.2), "the tune, continued")
    values = (("notes as in the tune", exercise.percent(right)), ("guessing", exercise.percent(1 / len(SCALE))))
    return Outcome(right > 0.9, "28 notes after the four that were given", values, f"{100 * right:.0f}", (tune,))


def check_temperature(through: Through = exercise.as_they_are) -> Outcome:
    """The same network, drawn from instead of asked for its best note: cool, warm and hot."""
    net, rights, sounds = exercise.changed(_learnt(), through), {}, []
    truth = [TUNE[n % len(TUNE)] for n in range(32)]
    for heat in (0.5, 1.0, 4.0):
        made = _continued(net, list(TUNE[:4]), 28, heat)
        rights[heat] = float(np.mean([a == b for a, b in zip(made[4:], truth[4:], strict=True)]))
        sounds.append(exercise.sound(exercise.notes([SCALE[n] for n in made], 0.2), f"temperature {heat:g}"))
    values = tuple(
        (f"temperature {heat:g}: notes as in the tune", exercise.percent(each)) for heat, each in rights.items()
    )
    passed = rights[0.5] > 0.9 and rights[4.0] < rights[0.5]
    return Outcome(passed, "the hotter, the more it strays", values, "it strays", tuple(sounds))


def check_answer(through: Through = exercise.as_they_are) -> Outcome:
    """Of each question, three bars are given to an RNN and to an LSTM: do they find the bar that answers it?"""
    from engine import generate, melody

    greedy, rights, sounds = generate.Settings(temperature=0.0), {}, []
    passage = melody.tune(np.random.default_rng(20), 1)[0][1 + melody.BAR :][: 2 * melody.BAR].tolist()
    for name in generate.PAIR:
        network, right = exercise.network(name, through), 0
        for number in range(melody.QUESTIONS):
            given = [*melody.question(number), *passage]
            made = generate.go_on(network, given, melody.BAR, greedy)
            right += sum(a == b for a, b in zip(made, melody.answer(number), strict=True))
        rights[name] = right / (melody.QUESTIONS * melody.BAR)
        sounds.append(exercise.sound(melody.sound([*given, *made], rate=RATE), f"{name} goes on", RATE))
    values = tuple((f"{name}: notes of the answers", exercise.percent(each)) for name, each in rights.items())
    rnn, lstm = rights.values()
    passed = lstm > 0.95 and lstm > rnn
    return Outcome(
        passed, "32 notes, each known from a question 16 notes before", values, "the LSTM", tuple(sounds)
    )


def numbers() -> Mapping[str, Any]:
    """The weights of the oscillator, and its first states."""
    return {"W_hh": _turn(), "h": _ring(_turn())[:8]}


def _turn() -> np.ndarray[Any, Any]:
    """Recurrent weights that turn a state of two units by the angle of HERTZ at each step, a little outwards.

    tanh pulls large states in, this pushes small ones out: the tone keeps its loudness.
    """
    angle = 2 * np.pi * HERTZ / RATE
    return 1.01 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _ring(u: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """One second of the first unit's state, struck once and left alone."""
    from engine.scratch.rnn import Rnn

    cell = Rnn({"W": np.zeros((2, 1)), "U": np.array(u), "b": np.zeros((2, 1))})
    h = cell.forward(np.zeros((RATE, 1, 1)), (np.array([[0.05], [0.0]]),))
    return np.array(h[:, 0, 0])


def _learnt() -> Any:
    """A GRU that has learnt to say the next note."""
    from engine.scratch.adaptive import Adam
    from engine.scratch.batch import pad
    from engine.scratch.clip import clip_norm
    from engine.scratch.exchange import CELLS
    from engine.scratch.net import draw

    rng, optimiser = np.random.default_rng(18), Adam(0.01)
    net = draw(CELLS["gru"], (len(SCALE), 24, len(SCALE)), rng, dtype=np.float64)
    notes, code = np.array(TUNE * 4), np.eye(len(SCALE))
    clips = [(code[notes[s : s + 32]], notes[s + 1 : s + 33]) for s in range(16)]
    for _ in range(150):
        net.learn(pad(clips))
        clip_norm(net.grads.values(), 1.0)
        optimiser.step(net.weights, net.grads)
    return net


def _continued(net: Any, notes: list[int], count: int, heat: float = 0.0) -> list[int]:
    """The notes, and `count` more, each fed back as the next input; the likeliest, or drawn at a temperature."""
    from engine.scratch.output import softmax

    rng, code, states, one = np.random.default_rng(19), np.eye(len(SCALE)), None, np.array([1])
    made = list(notes)
    for n in range(len(notes) + count - 1):
        y = net.forward(code[made[n]][None, :, None], one, states)
        states = net.states
        if n + 1 >= len(made):
            shares = softmax(y / max(heat, 1e-3))[0, :, 0]
            made.append(
                int(shares.argmax()) if heat == 0 else int(rng.choice(len(shares), p=shares / shares.sum()))
            )
    return made


LESSON = Lesson(
    number=10,
    file="10_Audio_Generation_with_RNN",
    about="First look: a state that sings, a tune that goes on",
    needs=(5, 6),
    numbers=numbers,
    steps=(
        Step(
            "oscillator",
            "A state that sings",
            check_oscillator,
            Setup(clip="chirp", shown=("waveform", "spectrogram")),
            Guess(
                "The state turns by 14.85 degrees a step, 8000 steps a second. Which tone is it?",
                unit="Hz",
                near=10.0,
            ),
        ),
        Step(
            "tune",
            "Going on alone",
            check_tune,
            Setup(shown=("waveform", "spectrogram")),
            Guess("How many of the next 28 notes will be those of the tune?", unit="%", near=10.0),
        ),
        Step(
            "temperature",
            "Warmer",
            check_temperature,
            Setup(shown=("waveform", "spectrogram")),
            Guess("What does a higher temperature do?", ("it strays", "it gets safer", "nothing")),
        ),
        Step(
            "answer",
            "Question and answer",
            check_answer,
            Setup(network="melody-lstm-64", shown=("melody", "hidden", "chances")),
            Guess("Which of the two still knows the question?", ("the RNN", "the LSTM", "both")),
        ),
    ),
)
