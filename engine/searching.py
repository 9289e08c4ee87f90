"""The search behind an inspection's text: recorded posteriors decoded anew, without running the network again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from engine import catalog, contrast, decoding, lattice, trellis, units
from engine.edit import distance
from engine.events import Searched
from engine.ngram import NgramError
from engine.spacing import DIVIDERS, Spacing
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from engine.events import Traced
    from engine.network import Network

POSTERIOR = Key("posterior")


def reads(network: Network | None) -> bool:
    """Whether a network answers with the labels of CTC, blank first."""
    return network is not None and tuple(network.vocabulary[:1]) == ("",)


def run(traced: Traced, network: Network, settings: decoding.Settings) -> Generator[Searched | None, None, None]:
    """Yields None between the parts, and at last what was found in the posteriors of an inspection.

    A model that cannot be had is named in its note, and left out.
    """
    began, vocabulary = time.perf_counter(), tuple(network.vocabulary)
    series = traced.trace.series[POSTERIOR]
    logs = np.log(np.maximum(series.values, 1e-30))
    note = ""
    try:
        beam = decoding.search(logs, vocabulary, settings)
    except (NgramError, OSError) as error:
        note = str(error)
        beam = decoding.search(logs, vocabulary, settings.but(language="none"))
    yield None
    log_probs = trellis.log_softmax(logs)
    tier = str(catalog.load("tasks", network.task).TIER)
    truth = [label.text for label in contrast.said(network, traced.sound.labels)]
    if any(each in DIVIDERS for each in truth):  # labelled by characters
        truth = "".join(truth).replace(DIVIDERS[1], " ").split()
    labels = encode(truth, vocabulary)
    first = series.first - 0.5 / series.rate
    text = decoding.words(beam, vocabulary, 1.0 / series.rate, tier, first)
    found = trellis.trellis(log_probs, beam.prefixes[0].labels)
    yield None
    yield Searched(
        traced.trace.clip_id,
        traced.network_id,
        settings,
        vocabulary,
        series.first,
        series.rate,
        beam,
        found,
        trellis.trellis(log_probs, labels) if labels else None,
        lattice.lattice(beam.prefixes, vocabulary),
        text,
        distance([each.text for each in text], truth) if truth else 0,
        len(truth),
        1e3 * (time.perf_counter() - began),
        note,
    )


def encode(words: Sequence[str], vocabulary: Sequence[str]) -> tuple[int, ...]:
    """The labels that write words; none where one of them cannot be written."""
    numbers = {text: number for number, text in enumerate(vocabulary) if number}
    spacing = Spacing(vocabulary)
    if spacing.divides.any():
        divider = next(each for each in DIVIDERS if each in numbers)
        parts = list(divider.join(words))
    elif spacing.whole:
        parts = [each if each in numbers else f" {each}" for each in words]
    else:
        parts = units.parts(" ".join(words), "syllable")
    known = [
        next((numbers[way] for way in (each, each.lower(), each.upper()) if way in numbers), 0) for each in parts
    ]
    return tuple(known) if all(known) else ()
