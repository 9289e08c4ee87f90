"""Settled words have times: each of some length, in order, none over another, whatever a recogniser tells."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from engine import asset, recognising
from engine.activity import RATE
from engine.agreement import beyond
from engine.captioner import placed
from engine.captioning import Settings, whole
from engine.recognisers.recogniser import Word
from engine.transcribing import replay, transcribe
from tests.coded import Ear, Reader, say, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engine.captions import Captions

    Array = NDArray[np.float32]

BRIEF = 0.01


def lawful(words: Sequence[Word]) -> None:
    for word in words:
        assert word.stop - word.start >= BRIEF - 1e-9
    for before, word in itertools.pairwise(words):
        assert word.start >= before.stop


def settled(shown: Iterable[Captions]) -> tuple[Word, ...]:
    """The words at the end; on the way they keep the law, none is taken back, and tentative ones come after."""
    now: tuple[Word, ...] = ()
    for captions in shown:
        before, now = now, whole(captions)
        assert now[: len(before)] == before
        lawful((*now, *captions.tentative))
    return now


@dataclass
class Anything:
    """Reads what was drawn, in turn, with any times."""

    readings: list[list[tuple[str, float, float]]]
    rate: int = RATE
    name: str = "anything"
    count: int = 0

    def read(self, sound: Array) -> tuple[Word, ...]:
        self.count += 1
        said = self.readings[(self.count - 1) % len(self.readings)]
        return tuple(Word(start, stop, each) for each, start, stop in said)


TIMES = some.floats(-1.0, 12.0).map(lambda time: round(time, 2))


@settings(max_examples=15, deadline=None)
@given(
    some.lists(
        some.lists(some.tuples(some.sampled_from(["a", "b", "two"]), TIMES, TIMES), max_size=9),
        min_size=1,
        max_size=12,
    ),
    some.lists(some.sampled_from([0.0, 0.0, 0.7, 2.0]), max_size=20),
    some.sampled_from([0.2, 0.4, 1.0]),
)
def test_whatever_times_are_told_every_word_has_a_length_and_lies_after_the_last(
    readings: list[list[tuple[str, float, float]]], rests: list[float], interval: float
) -> None:
    sound = say(list(range(20)), rests)
    asked = Settings(interval=interval, longest=5.0)
    words = settled(replay([sound], RATE, Anything(readings), asked, activity=Ear()))
    if words:
        assert 0.0 <= words[0].start
        assert words[-1].stop <= len(sound) / RATE + BRIEF * len(words)
    lines = [
        line for line in transcribe([sound], RATE, Anything(readings), asked, Ear()) if not isinstance(line, float)
    ]
    lawful([word for line in lines for word in line.words])


@settings(max_examples=25, deadline=None)
@given(
    some.lists(some.tuples(some.integers(0, 498), some.sampled_from([0.0, 0.0, 0.7])), min_size=1, max_size=60),
    some.integers(0, 99),
)
def test_times_that_shake_by_as_much_as_a_word_lose_none_and_say_none_twice(
    said: list[tuple[int, float]], seed: int
) -> None:
    """Words may be equal to their neighbours, too: times alone tell how many there are."""
    rng = np.random.default_rng(seed)

    def shaken(words: list[Word], cut: bool) -> list[Word]:
        return [replace(word, start=word.start + off, stop=word.stop + off) for word in words for off in [shake()]]

    def shake() -> float:
        return float(rng.uniform(-0.25, 0.25))

    sound = say([word for word, _ in said], [rest for _, rest in said])
    asked = Settings(longest=5.0)
    words = settled(replay([sound], RATE, Reader(slip=shaken), asked, activity=Ear()))
    assert [word.text for word in words] == [text(word) for word, _ in said]


words_at = some.lists(some.tuples(TIMES, TIMES), max_size=12)


@given(words_at, some.floats(0.0, 5.0), some.floats(0.2, 5.0))
def test_words_with_room_are_placed_within_it_and_lawful_ones_stay(
    times: list[tuple[float, float]], start: float, room: float
) -> None:
    found = placed([Word(*each, "x") for each in times], start, start + room)
    lawful(found)
    assert not found or (found[0].start >= start and found[-1].stop <= start + room + 1e-9)
    assert placed(found, start, start + room) == found


def test_a_word_is_not_said_twice_where_others_before_it_are_heard_otherwise() -> None:
    """As digits were heard: an 8 is no longer read, a 9 now is, and the 0 that follows was settled long since."""
    known, found = ["5", "8", "4", "7", "0"], ["5", "4", "7", "9", "0", "3"]
    ends = [5.0, 5.3, 5.6, 6.1, 7.7, 8.0, 8.3]
    assert beyond(known, found, away=[abs(end - 8.0) for end in ends]) == 5
    assert beyond(["very", "very"], ["very", "very", "very"], away=[0.6, 0.3, 0.0, 0.3]) == 2


def quick(gap: float) -> tuple[Array, int]:
    """Digits of the bundled clips, so many seconds after each other (before it where negative), and their rate."""
    pieces = []
    for name in ("digits", "digits-2"):
        clip = asset.open_bundled(name)
        sound, rate = clip.read()[:, 0], clip.rate
        digits = [each for each in clip.labels if each.tier == "digit"]
        pieces += [sound[round(each.start * rate) : round(each.end * rate)] for each in digits]
    order = np.random.default_rng(0).permutation(2 * len(pieces)) % len(pieces)
    mixed, at = np.zeros(sum(len(pieces[n]) for n in order) + rate, np.float32), rate // 4
    for n in order:
        mixed[at : at + len(pieces[n])] += pieces[n]
        at += len(pieces[n]) + round(gap * rate)
    return mixed[: at + rate // 4], rate


def test_quick_digits_have_lengths_and_none_is_said_twice() -> None:
    reader = recognising.build("digits")
    sound, rate = quick(-0.05)
    words = settled(replay([sound], rate, reader, Settings(interval=0.2)))
    alone = [line for line in transcribe([sound], rate, reader, Settings()) if not isinstance(line, float)]
    assert 20 < len(words) <= sum(len(line.words) for line in alone)
    assert min(word.stop - word.start for word in words) > 2 * BRIEF, "one had to be given a length"
