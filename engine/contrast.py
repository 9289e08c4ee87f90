"""What was said beside what was read: two rows of labels, aligned by the words that count in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine import catalog, edit, joined, normaliser
from engine.clip import Label
from engine.events import Contrasted, Pair
from engine.session import CAPTIONS
from engine.wer import Rate, rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.network import Network

WORDS = ("word", "text")
"""The tiers whose labels are words of a language; those of others are compared as they are."""


def contrast(
    clip_id: str, network: Network, tier: str, truth: Sequence[Label], found: Sequence[Label], language: str = ""
) -> Contrasted:
    """What a network has read beside labels of one tier."""
    return compare(clip_id, network.id, tier, truth, found, language)


def compare(
    clip_id: str, reader: str, tier: str, truth: Sequence[Label], found: Sequence[Label], language: str = ""
) -> Contrasted:
    """Labels of one tier, aligned by their words after the normaliser that suits the tier and the language.

    A label that is several words stands behind each of them.
    """
    name = normaliser.usual(language) if tier in WORDS else "none"
    said, read = _words(truth, name), _words(found, name)
    aligned = edit.align([word for word, _ in read], [word for word, _ in said])
    pairs = []
    for kind, i, j in aligned.steps:
        mine = said[i] if kind != "insert" else ("", None)
        theirs = read[j] if kind != "delete" else ("", None)
        pairs.append(Pair(kind, mine[0], theirs[0], mine[1], theirs[1]))
    return Contrasted(
        clip_id,
        reader,
        tier,
        name,
        tuple(pairs),
        rate(aligned),
        _spelt(aligned) if tier in WORDS else None,
        language,
    )


def captioned(
    clip_id: str, truth: Sequence[Label], words: Sequence[Label], script: Sequence[str] = (), language: str = ""
) -> Contrasted:
    """What captions have read beside what was said: the words of a script as far as it was read, which have no
    times, or the labels of what was captioned. Without a clip whose times they are on, no word has any.
    """
    said = [Label(float(place), float(place), word, "word") for place, word in enumerate(script)] or truth
    made = compare(clip_id, CAPTIONS, "word", said, words, language)
    timeless = {"truth": None} if script else {}
    timeless |= {} if clip_id else {"truth": None, "found": None}
    return replace(made, pairs=tuple(replace(pair, **timeless) for pair in made.pairs))  # type: ignore[arg-type]


def _words(labels: Sequence[Label], name: str) -> list[tuple[str, Label]]:
    """The words that count of all labels together, in the order of time, each with the label that it is from."""
    ordered = sorted(labels, key=lambda each: each.start)
    return [(word, ordered[place]) for word, place in joined.owned([each.text for each in ordered], name)]


def _each(labels: Sequence[Label], name: str) -> list[tuple[str, Label]]:
    """The words of each label by itself."""
    return [
        (word, label)
        for label in sorted(labels, key=lambda each: each.start)
        for word in normaliser.words(label.text, name)
    ]


def _spelt(aligned: edit.Alignment) -> Rate:
    """The errors of the characters; a space between two words is one."""
    return rate(edit.align(tuple(" ".join(aligned.found)), tuple(" ".join(aligned.truth))))


def tier_of(network: Network, labels: Sequence[Label]) -> str:
    """The tier of labels that says what the network should read: its task's, or one of words where it has none."""
    own = str(getattr(catalog.load("tasks", network.task), "TIER", "text"))
    there = {each.tier for each in labels}
    return own if own in there or own not in WORDS else next((each for each in WORDS if each in there), own)


def said(network: Network, labels: Sequence[Label]) -> list[Label]:
    """What the network should have read of a clip with these labels: those of its task's tier; where a task of
    words has none, the words of its sentences, each with its sentence's times.
    """
    own, tier = str(getattr(catalog.load("tasks", network.task), "TIER", "text")), tier_of(network, labels)
    found = [label for label in labels if label.tier == tier]
    if tier == own:
        return found
    return [replace(label, text=word, tier=own) for word, label in _each(found, normaliser.LEARNT)]
