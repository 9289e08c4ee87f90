"""Words that mean nothing, of one to three syllables, said by a synthetic voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formant import PHONES, Part, Speaker, synthesise

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.formant import Tune

_SHAPES = ("CV", "CVC", "VC", "CVCV", "CVCVC", "VCV")


def word(names: Sequence[str], rng: np.random.Generator) -> tuple[str, ...]:
    """A random word of these phonemes in which none follows itself."""
    vowels = [name for name in names if PHONES[name].kind == "vowel"]
    consonants = [name for name in names if PHONES[name].kind != "vowel"]
    shape = _SHAPES[rng.integers(len(_SHAPES))]
    return tuple(str(rng.choice(vowels if place == "V" else consonants)) for place in shape)


def parts(words: Sequence[Sequence[str]], speaker: Speaker, rng: np.random.Generator) -> list[Part]:
    """The phonemes and pauses of words, each as long as chance and the speaker make it."""
    found = [Part("", rng.uniform(0.10, 0.20))]
    for each in words:
        for name in each:
            low, high = PHONES[name].seconds
            found.append(Part(name, rng.uniform(low, high) / speaker.rate))
        found.append(Part("", rng.uniform(0.08, 0.25)))
    return found


def say(
    words: Sequence[Sequence[str]], speaker: Speaker, rng: np.random.Generator, tune: Tune | None = None
) -> tuple[NDArray[np.float32], tuple[Label, ...]]:
    """Words, each a sequence of phonemes, as sound [n] at 16 kHz with exact labels (tier "phone")."""
    return synthesise(parts(words, speaker, rng), speaker, rng, tune)
