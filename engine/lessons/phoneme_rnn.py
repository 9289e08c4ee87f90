"""Lesson 1: what a phoneme recogniser needs a memory for."""

from __future__ import annotations

from engine import asset, exercise
from engine.lessons.lesson import Lesson, Outcome, Setup, Step, Through


def check_cat(through: Through = exercise.as_they_are) -> Outcome:
    """The bundled network reads the word cat, said by a voice that it was never trained on."""
    clip, truth = asset.open_bundled("cat"), ("k", "æ", "t")
    found = exercise.text(exercise.network("phonemes-rnn-128", through), clip)
    times = tuple(
        (f"/{label.text}/", f"{label.start:.2f} to {label.end:.2f} s")
        for label in clip.labels
        if label.tier == "phone"
    )
    return Outcome(
        found == truth, f"it reads /{' '.join(found)}/; said was /{' '.join(truth)}/", times, sounds=(clip,)
    )


LESSON = Lesson(
    number=1,
    file="1_Phoneme_Sequence_Recognition_RNN",
    about="Why sound needs a model with a memory, and the smallest one that has it",
    needs=(),
    steps=(
        Step(
            "cat",
            "Hear a word, and see its sounds",
            check_cat,
            Setup(clip="cat", network="phonemes-rnn-128", shown=("spectrogram", "hidden", "posteriors")),
        ),
    ),
)
