"""Captions of a speech that is known for certain: nothing is lost, said twice, or taken back."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine import recognising
from engine.activity import HOP, RATE
from engine.agreement import agreed, beyond
from engine.captioner import Captioner
from engine.captioning import Inlet, Settings, Speech, caption, whole
from engine.events import Captioned, Set
from engine.pace import Pace
from engine.recognisers.recogniser import RecogniserError, Word
from engine.transcribing import replay, transcribe
from tests.coded import GAP, LAST, Ear, Reader, say, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.captions import Captions, Line


def texts(words: Iterable[Word]) -> list[str]:
    return [word.text for word in words]


def distinct(count: int, seed: int = 0) -> list[int]:
    """Words of which no two neighbours are equal."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(1, 200, count)
    return [int(each) for each in np.cumsum(steps) % 499]


def unsteady(seed: int) -> Any:
    """Changes its mind about the last two words while a line is not done."""
    rng, other = np.random.default_rng(seed), itertools.count()

    def slip(words: list[Word], cut: bool) -> list[Word]:
        changed = list(words)
        for place in range(max(0, len(words) - 2), len(words)):
            if cut and rng.random() < 0.5:
                changed[place] = Word(words[place].start, words[place].stop, f"slip{next(other)}")
        return changed

    return slip


def never_taken_back(shown: Iterable[Captions]) -> list[Word]:
    """All settled words, each event's being those of the one before and perhaps more."""
    before: list[Word] = []
    for captions in shown:
        now = list(whole(captions))
        assert now[: len(before)] == before
        times = [time for word in now for time in (word.start, word.stop)]
        assert times == sorted(times)
        before = now
    return before


@pytest.mark.parametrize("pauses", [0.0, 0.9], ids=["without a pause", "with pauses"])
def test_ten_minutes_are_settled_word_by_word_and_none_is_taken_back(pauses: float) -> None:
    words = distinct(2000)
    rests = [pauses if n % 9 == 8 else 0.0 for n in range(len(words))]
    reader = Reader(slip=unsteady(1))
    shown = replay([say(words, rests)], RATE, reader, activity=Ear())
    assert texts(never_taken_back(shown)) == [text(word) for word in words]
    assert max(reader.read_) < 11.6  # what is read at once stays as long as it is, for an hour too
    assert len(words) * 0.3 > 599


RESTS = [0.0, 0.0, 0.2, 0.7, 2.0]


@settings(max_examples=25, deadline=None)
@given(
    some.lists(
        some.tuples(some.integers(0, 498), some.sampled_from([0.0, 0.0, 0.2, 0.7, 2.0])), min_size=1, max_size=60
    ),
    some.integers(0, 9),
    some.sampled_from([0.2, 0.4, 1.0]),
)
def test_what_is_said_is_what_is_settled_at_any_pace(
    said: list[tuple[int, float]], seed: int, interval: float
) -> None:
    words = [word for word, _ in said]
    sound = say(words, [rest for _, rest in said])
    asked = Settings(interval=interval, longest=5.0)
    shown = list(
        replay([sound], RATE, Reader(slip=unsteady(seed)), asked, lambda f, s: (f(), 0.1 * s), activity=Ear())
    )
    assert texts(never_taken_back(shown)) == [text(word) for word in words]
    last = shown[-1]
    assert last.words == last.tentative == ()
    lines: list[Line] = [x for x in transcribe([sound], RATE, Reader(), asked, Ear()) if not isinstance(x, float)]
    assert texts(word for line in lines for word in line.words) == [text(word) for word in words]


def test_an_hour_is_read_whole_and_no_more_is_held_at_its_end_than_at_its_start() -> None:
    """Sentences of nine words, and such of forty-five without a pause; read again every two seconds."""
    captioner, reader = Captioner(2.0, longest=5.0, activity=Ear()), Reader()
    said, heard = distinct(54 * 172), 0
    held: list[int] = []
    counts: list[int] = []
    before: tuple[Line, ...] = ()
    for place in range(0, len(said), 54):
        for part in (said[place : place + 9], said[place + 9 : place + 54]):
            sound = say(part, [0.06] * len(part))
            for start in range(0, len(sound), RATE // 2):
                captioner.hear(sound[start : start + RATE // 2])
                heard += len(sound[start : start + RATE // 2])
                while (found := captioner.next()) is not None:
                    captioner.take(found, reader.read(found.sound))
                held.append(sum(len(each.sound()) for each in captioner._segmenter.segments))
        counts.append(len(reader.read_))
        now = captioner.captions().lines
        assert now[: len(before)] == before
        before = now
    captioner.flush()
    while (found := captioner.next()) is not None:
        captioner.take(found, reader.read(found.sound))
    assert heard > 3595 * RATE
    assert texts(whole(captioner.captions())) == [text(word) for word in said]
    quarter = len(held) // 4
    assert max(held[3 * quarter :]) <= 1.1 * max(held[:quarter])
    steps = np.diff(counts)
    assert steps[-40:].mean() <= 1.1 * steps[:40].mean()
    assert max(reader.read_) < 5.0 + 3.0 + 0.6


@pytest.mark.parametrize(("interval", "took"), [(3.0, 0.0), (0.4, 2.0), (0.4, 6.0)])
def test_a_line_that_is_split_while_it_is_read_says_no_word_twice(interval: float, took: float) -> None:
    """Readings are so rare or so slow that a line grows too long between two of them."""
    words = distinct(60)
    sound, asked = say(words, [0.06] * len(words)), Settings(interval=interval, longest=5.0)
    reader = Reader(slip=unsteady(2))
    shown = list(replay([sound], RATE, reader, asked, lambda f, seconds: (f(), took), activity=Ear()))
    assert texts(never_taken_back(shown)) == [text(word) for word in words]
    assert max(reader.read_) < 5.0 + 3.0 + 0.6


def test_a_line_is_never_split_before_what_is_settled_of_it() -> None:
    """The longest line becomes a shorter one in the midst of it: more than that is settled already."""
    words = distinct(60)
    sound, reader = say(words, [0.06] * len(words)), Reader()
    captioner = Captioner(0.4, activity=Ear())
    shown = []
    for start in range(0, len(sound), RATE // 50):
        captioner.hear(sound[start : start + RATE // 50])
        captioner.longest = 25.0 if start < 18 * RATE else 5.0
        while (found := captioner.next()) is not None:
            captioner.take(found, reader.read(found.sound))
        shown.append(captioner.captions())
    captioner.flush()
    while (found := captioner.next()) is not None:
        captioner.take(found, reader.read(found.sound))
    shown.append(captioner.captions())
    assert texts(never_taken_back(shown)) == [text(word) for word in words]


def brute(readings: Sequence[Sequence[str]]) -> list[int]:
    """How many words are settled after each reading, by looking at all of them: those that two in a row had, but
    for the last of the later one."""
    counts, settled = [], 0
    for place, now in enumerate(readings):
        before = readings[place - 1] if place else []
        same = 0
        while same < min(len(before), len(now)) and before[same] == now[same]:
            same += 1
        settled = max(settled, min(same, len(now) - 1))
        counts.append(settled)
    return counts


@settings(max_examples=60, deadline=None)
@given(some.lists(some.lists(some.sampled_from("abc"), max_size=3), min_size=2, max_size=8), some.integers(0, 99))
def test_local_agreement_is_that_of_its_definition(tails: list[list[str]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    readings: list[list[str]] = []
    kept: list[str] = []
    for tail in tails:  # what is settled is read again as it was; the rest is anything
        readings.append([*kept, *(f"{each}{len(kept) + n}" for n, each in enumerate(tail))])
        kept = readings[-1][: brute(readings)[-1]]
        assert kept == readings[-1][: len(kept)]
    captioner = Captioner(0.3, activity=Ear())
    captioner.hear(say(distinct(1)))
    for reading, wanted in zip(readings, brute(readings), strict=True):
        captioner.hear(np.full(round(0.4 * RATE), 0.1 + 0.001 * rng.integers(9), np.float32))
        found = captioner.next()
        assert found is not None
        assert not found.last
        captioner.take(found, [Word(0.1 * n, 0.1 * n + 0.1, each) for n, each in enumerate(reading)])
        assert texts(captioner.captions().words) == reading[:wanted]
        assert texts(captioner.captions().tentative) == reading[wanted:]


def test_settled_words_are_found_again_in_a_reading_that_hears_them_otherwise() -> None:
    assert agreed(["It", "was,", "the"], ["it", "was", "a"]) == 2
    assert beyond(["it", "was", "the"], ["It", "was,", "the", "best"]) == 3
    assert beyond(["recognise", "speech"], ["wreck", "a", "nice", "beach", "today"]) == 4
    assert beyond(["the", "worst", "of"], ["worst", "of", "times"], loose=1) == 2
    assert beyond(["the", "worst", "of"], ["of", "times"], loose=2) == 1
    assert beyond(["very", "very"], ["very", "very", "very"]) == 2
    assert beyond(["nine,", "0,"], ["nine", "zero", "four"]) == 2  # a number is the same in digits and in words
    assert beyond(["I", "saw", "21"], ["I", "saw", "twenty", "one", "cats"]) == 4
    assert agreed(["at", "5."], ["at", "five", "sharp"]) == 2
    assert beyond(["paid", "$5"], ["paid", "five", "dollars", "today"]) == 3
    assert beyond(["paid", "five", "dollars"], ["paid", "$5", "today"]) == 2
    assert beyond(["about", "£3.5"], ["about", "three", "point", "five", "pounds", "today"]) == 5
    assert beyond(["it's", "5%"], ["its", "five", "percent", "well-known"]) == 3
    assert beyond([], ["a"]) == 0
    assert beyond(["a"], []) == 0


def end_of(place: int) -> float:
    """Where the word of that place ends in what `say` makes of words without pauses."""
    return (RATE // 2 + place * (LAST + GAP) + LAST) / RATE


def test_words_lie_where_they_were_said() -> None:
    said = list(range(60))
    for asked in (Settings(), Settings(longest=5.0, interval=1.5)):
        (*_, last) = replay([say(said)], RATE, Reader(slip=unsteady(4)), asked, activity=Ear())
        assert texts(whole(last)) == [text(word) for word in said]
        for place, word in enumerate(whole(last)):
            assert word.start == pytest.approx(end_of(place) - LAST / RATE, abs=0.04)
            assert word.stop == pytest.approx(end_of(place), abs=0.04)


def test_what_is_settled_stays_though_it_is_heard_otherwise_later() -> None:
    """A recogniser that knows better once more than eight words follow: its second thoughts come too late."""

    def better(words: list[Word], cut: bool) -> list[Word]:
        sure = max(0, len(words) - 8)
        return [replace(word, text=word.text.upper() + "x") for word in words[:sure]] + words[sure:]

    words = distinct(80)
    shown = replay([say(words)], RATE, Reader(slip=better), Settings(longest=25.0), activity=Ear())
    assert texts(never_taken_back(shown)) == [text(word) for word in words]


def test_the_queue_is_what_was_spoken_since_it_was_last_read() -> None:
    captioner, reader, sound = Captioner(activity=Ear()), Reader(), say(distinct(40))
    assert captioner.captions().waiting == 0.0
    captioner.hear(sound[: RATE // 4])
    assert captioner.captions().waiting == 0.0, "nobody has spoken yet"
    at = RATE // 4
    for seconds in (1.5, 0.6, 2.0, 3.1):
        heard, at = at, at + round(seconds * RATE)
        captioner.hear(sound[heard:at])
        spoken = seconds if heard > RATE // 4 else at / RATE
        assert captioner.captions().waiting == pytest.approx(spoken, abs=0.3)  # as words, and frames, end
        found = captioner.next()
        assert found is not None
        captioner.take(found, reader.read(found.sound))
        assert captioner.captions().waiting == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("took", [0.0, 0.3])
def test_delays_are_those_that_are_seen_from_outside(took: float) -> None:
    """From where each word truly ends to the captions in which it stands first, and is settled first."""
    said = list(range(60))
    shown = list(replay([say(said)], RATE, Reader(), cost=lambda f, s: (f(), took), activity=Ear()))
    seen: dict[str, float] = {}
    settled: dict[str, float] = {}
    for captions in shown:
        for word in whole(captions):
            settled.setdefault(word.text, captions.heard)
        for word in (*whole(captions), *captions.tentative):
            seen.setdefault(word.text, captions.heard)
    late = [each.late for each in shown]
    assert any(one is other for one, other in itertools.pairwise(late) if one), "counted anew with new words alone"
    for times, told in ((seen, shown[-1].late), (settled, shown[-1].settled)):
        delays = [times[text(word)] - end_of(place) for place, word in enumerate(said)]
        assert told == pytest.approx(np.percentile(delays, [50, 95]).tolist(), abs=0.03)


def test_delays_are_counted_on_the_clock_of_the_sound() -> None:
    """With readings that take 0.3 s, no word is there before that."""
    words = distinct(60)
    quick = list(replay([say(words)], RATE, Reader(), activity=Ear()))[-1]
    slow = list(replay([say(words)], RATE, Reader(), cost=lambda f, s: (f(), 0.3), activity=Ear()))[-1]
    assert quick.late is not None
    assert slow.late is not None
    assert quick.settled is not None
    assert 0 < quick.late[0] < quick.late[1] <= 0.45
    assert slow.late[0] >= quick.late[0] + 0.25
    assert quick.settled[0] >= quick.late[0] + 0.2
    assert quick.computed == (0.0, 0.0)
    assert slow.computed == pytest.approx((0.3, 0.3))


def test_too_slow_a_machine_gives_up_what_it_must_says_so_and_loses_no_word() -> None:
    words, reader = distinct(400), Reader()
    rests = [0.8 if n % 8 == 7 else 0.0 for n in range(len(words))]
    sound, notes = say(words, rests), []
    slow = len(sound) // RATE // 2  # for the first half, it takes 0.9 s to read a second

    def cost(read_it: Any, seconds: float) -> tuple[tuple[Word, ...], float]:
        return read_it(), (0.9 if sum(notes_at) < slow else 0.02) * seconds

    notes_at = [0.0]
    shown = []
    for captions in replay([sound], RATE, reader, cost=cost, pace=Pace(), activity=Ear()):
        notes_at[0] = captions.heard
        shown.append(captions)
        notes.append((captions.heard, captions.note))
    assert texts(never_taken_back(shown)) == [text(word) for word in words]
    during = {note for at, note in notes if at < slow}
    assert any("too slow" in note for note in during)
    assert notes[-1][1] == ""  # and takes it up again
    assert max(each.waiting for each in shown) < 12


def test_pace_gives_up_in_order_and_does_not_dither() -> None:
    pace, now = Pace(denoise=True, cheaper=True), 0.0
    told: list[Any] = []
    for _ in range(200):
        now += 1.0
        pace.add(1.2, now, 0.0)
        if not told or told[-1] != pace.step:
            told.append(pace.step)
    assert [step.interval for step in told] == [1.0, 2.0, 4.0, 4.0, 4.0, 4.0]
    assert [step.denoise for step in told] == [True, True, True, False, False, False]
    assert [step.dear for step in told] == [True] * 4 + [False] * 2
    assert [step.partial for step in told] == [True] * 5 + [False]
    changes, before = 0, pace.step
    for _ in range(1000):  # at the last step there is room, at the one before there is none
        now += 1.0
        pace.add(0.1 if not pace.step.partial else 1.0, now, 0.0)
        changes += pace.step is not before
        before = pace.step
    assert changes < 20


def test_pace_gives_up_nothing_that_nobody_asked_for() -> None:
    pace, told = Pace(), set()
    for now in range(1, 200):
        pace.add(1.2, float(now), 0.0)
        told.add(pace.note)
    assert pace.step.interval == 4.0
    assert not pace.step.partial
    assert len(told) == 4  # nothing, later, much later, whole lines
    assert not any("noise" in note or "cheaper" in note for note in told)
    pace = Pace(denoise=True)
    for now in range(1, 200):
        pace.add(1.2 if "noise" not in pace.note else 0.6, float(now), 0.0)
    assert "noise" in pace.note
    pace.denoise = False  # it is switched off by hand
    assert "much later" in pace.note


# Live: the recogniser in its own thread.


def feed(sound: Any, stop: threading.Event | None = None, block: int = 320) -> Iterator[Any]:
    for start in range(0, len(sound), block):
        if stop is not None and stop.is_set():
            break
        yield sound[start : start + block]


def run(speech: Speech, commands: dict[int, Any] | None = None) -> list[Captions]:
    shown, job, place = [], caption(speech), 0
    event = next(job)
    while True:
        if isinstance(event, Captioned):
            shown.append(event.captions)
        place += 1
        try:
            event = job.send((commands or {}).get(place))
        except StopIteration:
            return shown


def source(sound: Any) -> Any:
    blocks = feed(sound)
    return lambda: next(blocks, None)


def test_live_the_end_drains_what_was_spoken() -> None:
    words = distinct(80)
    shown = run(Speech(source(say(words)), RATE, recogniser=Reader(slip=unsteady(3)), activity=Ear()))
    assert texts(never_taken_back(shown)) == [text(word) for word in words]
    assert shown[-1].computed is not None
    assert shown[-1].computed[0] > 0.0, "what reading takes is measured"
    assert not [each for each in threading.enumerate() if "recogniser" in each.name]


def test_live_stop_drains_what_was_spoken_until_then() -> None:
    words, asked = distinct(80), [False]
    sound = say(words)
    blocks, given = feed(sound), [0]

    def read() -> Any:
        if given[0] >= 6 * RATE:
            asked[0] = True
            return np.zeros(0, np.float32)
        block = next(blocks)
        given[0] += len(block)
        return block

    shown = run(Speech(read, RATE, recogniser=Reader(), activity=Ear(), stopping=lambda: asked[0]))
    heard = [text(word) for word in words[: int((6.0 - 0.5) / 0.3)]]
    assert texts(never_taken_back(shown))[: len(heard)] == heard
    assert shown[-1].heard == pytest.approx(6.0, abs=0.03)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_an_inlet_gives_all_of_a_sound_at_the_rate_that_is_captioned(rate: int) -> None:
    inlet, sound = Inlet(rate), 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    parts = [inlet.push(sound[start : start + 333]) for start in range(0, rate, 333)]
    found = np.concatenate([*parts, inlet.flush()])
    assert abs(len(found) - RATE) <= 1
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(found)) / RATE)
    np.testing.assert_allclose(found[400:-400], wanted[400:-400], atol=2e-3)


def test_live_another_rate_and_turned_knobs() -> None:
    words = distinct(40)
    sound = np.repeat(say(words), 3)  # at 48 kHz
    found = run(
        Speech(source(sound), 3 * RATE, recogniser=Reader(), activity=Ear(4)),
        {5: Set("captions", Settings(interval=1.0, pause=1.5)), 9: Set("other", 3)},
    )
    assert texts(whole(found[-1])) == [text(word) for word in words]


@dataclass
class Listener:
    """Reads nothing, and knows how loud it was."""

    rate: int = RATE
    name: str = "listener"
    heard: list[float] = field(default_factory=list)
    building: float = 0.0
    """Seconds that it takes until it is there; sound is taken in before."""

    def cheaper(self) -> None:
        time.sleep(self.building)

    def read(self, sound: Any) -> tuple[Word, ...]:
        self.heard.append(float(np.sqrt(np.mean(np.square(sound[-RATE:])))))
        return ()


def loudness(way: str, begun: bool, turned: bool | None = None) -> float:
    """Of noise with an effective value of 0.05, the last second as a recogniser hears it."""
    noise = np.random.default_rng(0).normal(0, 0.05, 9 * RATE).astype(np.float32)
    reader, asked = Listener(building=0.3 if way == "late" else 0.0), Settings(denoise=begun, denoiser="gate")

    def always(sound: Any) -> Any:
        return np.ones(len(sound) // HOP)

    if way == "file":
        list(transcribe([noise], RATE, reader, asked, always))
    elif way == "stream":
        list(replay([noise], RATE, reader, asked, activity=always))
    else:
        commands = {} if turned is None else {2: Set("captions", asked.but(denoise=turned))}
        run(Speech(source(noise), RATE, asked, recogniser=reader, activity=always), commands)
    return reader.heard[-1]


@pytest.mark.parametrize("way", ["file", "stream", "live", "late"])
def test_noise_is_taken_out_before_it_is_recognised_where_that_is_asked_for(way: str) -> None:
    assert loudness(way, False) == pytest.approx(0.05, rel=0.05)
    assert loudness(way, True) < 0.025


def test_taking_noise_out_is_switched_while_captions_run() -> None:
    assert loudness("live", False, True) < 0.025
    assert loudness("live", True, False) == pytest.approx(0.05, rel=0.05)


def test_live_what_falls_behind_says_so_and_takes_the_cheaper_setting() -> None:
    """A reading lasts until 8 s of sound have come, whatever the machine: of what was said nothing is lost."""
    words = distinct(200)
    rests = [0.8 if n % 8 == 7 else 0.0 for n in range(len(words))]
    cheap, blocks, given = Reader(name="cheap"), feed(say(words, rests)), [0]

    class Dear(Reader):
        def cheaper(self) -> Reader:
            return cheap

        def read(self, sound: Any) -> tuple[Word, ...]:
            found = super().read(sound)
            while given[0] < 8 * RATE * len(self.read_):
                time.sleep(0.001)
            return found

    def read() -> Any:
        if given[0] > 8 * RATE * (1 + len(dear.read_) + len(cheap.read_)):
            return np.zeros(0, np.float32)
        block = next(blocks, None)
        given[0] += 10**9 if block is None else len(block)
        return block

    dear = Dear()
    shown = run(Speech(read, RATE, recogniser=dear, activity=Ear()))
    assert texts(never_taken_back(shown)) == [text(word) for word in words]
    assert any("too slow" in each.note for each in shown)
    assert dear.read_
    assert cheap.read_


def test_live_a_recogniser_is_told_what_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is built for it, before its cheaper setting is taken from it."""
    told = []

    class Polyglot(Reader):
        language = ""

        def cheaper(self) -> None:
            told.append(self.language)

    monkeypatch.setattr(recognising, "build", lambda name: Polyglot())
    for spoken in ("he", ""):
        run(Speech(source(say(distinct(3))), RATE, activity=Ear(), language=spoken))
    run(Speech(source(say(distinct(3))), RATE, recogniser=Polyglot(), activity=Ear(), language="he"))
    assert told == ["he", "", ""]


def test_live_closing_ends_its_thread() -> None:
    def slow(words: list[Word], cut: bool) -> list[Word]:
        time.sleep(0.05)
        return words

    job = caption(Speech(source(say(distinct(80))), RATE, recogniser=Reader(slip=slow), activity=Ear()))
    for _ in range(200):
        next(job)
    job.close()
    assert not [each for each in threading.enumerate() if "recogniser" in each.name]


def test_live_a_recogniser_that_fails_is_told() -> None:
    def broken(words: list[Word], cut: bool) -> list[Word]:
        raise RecogniserError("it is broken")

    with pytest.raises(RecogniserError, match="it is broken"):
        run(Speech(source(say(distinct(9))), RATE, recogniser=Reader(slip=broken), activity=Ear()))
    with pytest.raises(RecogniserError, match="there is no recogniser 'nothing'"):
        run(Speech(source(say(distinct(9))), RATE, Settings(recogniser="nothing"), activity=Ear()))


def test_sound_that_is_none() -> None:
    for sound in (np.zeros(0), np.zeros(10), np.full(3 * RATE, np.nan), np.zeros(3 * RATE)):
        shown = run(Speech(source(sound.astype(np.float32)), RATE, recogniser=Reader(), activity=Ear()))
        assert whole(shown[-1]) == ()
        assert shown[-1].late is None
