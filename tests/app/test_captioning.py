"""Captions from the window's side: what is heard reaches the recogniser whole, and what it says the session."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from app import captioned, jobs
from app import captioning as captioning_module
from app.captioned import Inlet, Transcribed
from app.captioning import TRANSCRIBE, Captioning
from app.handlers.run import Run
from app.hearing import Listens, hear
from app.labelled import READ, WORD, labels_of, lines_of
from app.listening import Listening
from app.monitor import Heard
from app.said import AROUND
from app.saving import Saving
from app.wiring import Wiring
from app.worker import Report
from engine import asset, catalog, document, recognising, wer
from engine.audio.feed import Feed
from engine.captioning import Settings
from engine.captions import Captions, Line
from engine.clip import Label, from_array
from engine.events import Progress, Restored
from engine.recognisers.recogniser import Word
from engine.session import DENOISED, Cursor, Session
from tests.captioned import said, words
from tests.waiting import pump

pytestmark = pytest.mark.alone
RATE = 16_000
TEXT = "It was the best of times, it was the worst of times."


class Player:
    """What is heard as a sample."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, bool]] = []

    def sample(self, sound, loop=False) -> None:
        self.heard.append((sound, loop))

    def hush(self) -> None:
        self.heard.append((None, False))


@pytest.fixture
def program(qapp, monkeypatch):
    """Captioning with everything around it but a window. Its recogniser says a word of TEXT for each 0.1 s heard,
    the last two of which are tentative; `sounds` is what it was given, `asked` its settings.
    """
    session = Session()
    wiring = Wiring(session)
    wiring.ready = True
    player = Player()
    listening = Listening(session, wiring, lambda: None)
    sounds, asked = {}, {}

    def caption(which, inlet, settings):
        parts = sounds[which] = []
        asked[which] = settings
        while (block := inlet.read()) is not None:
            parts.append(block)
            done = list(words(" ".join(TEXT.split()[: sum(map(len, parts)) * 10 // inlet.rate])))
            told = Captions((), tuple(done[:-2]), tuple(done[-2:]), sum(map(len, parts)) / inlet.rate)
            yield captioned.Told(which, told)
        yield captioned.Told(which, Captions((Line(tuple(done)),), heard=sum(map(len, parts)) / inlet.rate))

    monkeypatch.setattr("app.captioning.caption", caption)
    made = Captioning(session, wiring, listening, player)
    yield SimpleNamespace(
        session=session, wiring=wiring, captioning=made, listening=listening, player=player, sounds=sounds,
        asked=asked, until=lambda ready: pump(qapp, lambda: wiring.tick() or ready()),
    )  # fmt: skip
    made.close()
    listening.close()
    wiring.close()


def sound(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def test_an_inlet_loses_nothing_whenever_it_is_read():
    inlet, rng = Inlet(RATE), np.random.default_rng(1)
    blocks = [rng.normal(size=rng.integers(1, 400)).astype(np.float32) for _ in range(400)]

    def feed():
        for block in blocks:
            inlet.add(block)
        inlet.ended = True

    thread = threading.Thread(target=feed)
    thread.start()
    heard = []
    while (block := inlet.read()) is not None:
        heard.append(block)
    thread.join()
    np.testing.assert_array_equal(np.concatenate(heard), np.concatenate(blocks))


def test_captions_whose_live_view_is_stopped_before_it_hears_are_over(program):
    program.session.set("clip", from_array(sound(1.5), RATE, "clip"))
    program.captioning.toggle_clip()
    assert program.captioning.running
    program.listening.stop()
    program.wiring.stop()
    program.captioning.tick()
    assert not program.captioning.running
    assert not program.session.state.transport.live
    program.captioning.toggle_clip()  # and they begin again
    program.until(lambda: program.session.state.captions is not None)
    program.until(lambda: not program.captioning.running)
    assert len(program.sounds) == 1


def test_captions_that_are_asked_for_before_the_program_is_ready_begin_when_it_is(program):
    program.session.set("clip", from_array(sound(1.5), RATE, "clip"))
    program.wiring.ready = False
    program.captioning.toggle_clip()
    program.captioning.toggle_clip()  # taken back
    program.wiring.ready = True
    program.captioning.tick()
    assert not program.captioning.running
    program.wiring.ready = False
    program.captioning.toggle_clip()
    program.captioning.tick()
    assert not program.captioning.running
    assert "as soon as" in program.session.state.notice.text
    program.wiring.ready = True
    program.captioning.tick()
    assert program.captioning.running
    program.until(lambda: program.session.state.captions is not None)
    program.until(lambda: not program.captioning.running)


def test_stop_everything_ends_captions_that_wait_for_the_program_too(program):
    window = SimpleNamespace(
        playing=SimpleNamespace(pause=lambda: None), session=program.session, listening=program.listening,
        captioning=program.captioning, wiring=program.wiring,
    )  # fmt: skip
    stop_all = Run(window, None).stop_all
    program.session.set("clip", from_array(sound(1.5), RATE, "clip"))
    program.wiring.ready = False
    program.captioning.toggle_clip()
    stop_all()
    assert "No captions" in program.session.state.notice.text
    program.session.set("notice", None)
    stop_all()
    assert program.session.state.notice is None, "nothing waits any more"
    program.wiring.ready = True
    program.captioning.tick()
    assert not program.captioning.running
    program.captioning.toggle_clip()
    assert program.captioning.running


def test_a_clip_is_captioned_as_if_it_were_live_and_all_of_it(program):
    clip = from_array(sound(1.5), RATE, "clip")
    program.session.set("clip", clip)
    program.captioning.toggle_clip()
    assert program.session.state.transport.live
    program.until(lambda: program.session.state.captions is not None)
    program.until(lambda: not program.captioning.running)
    assert not program.session.state.transport.live
    heard = np.concatenate(program.sounds[0])
    # A tick of the wiring may pass before the recogniser is told of the recorder.
    assert len(clip.read()) - 0.3 * RATE <= len(heard) <= clip.frames
    np.testing.assert_array_equal(heard, clip.read()[-len(heard) :, 0])
    assert program.session.state.captions.lines[0].text in TEXT

    # Its sound is there to be heard while a word is corrected: the line and a little around it.
    program.captioning.said.loop(0.5, 0.9)
    part, loop = program.player.heard[0]
    assert loop
    assert part.seconds == pytest.approx(0.4 + 2 * AROUND, abs=1e-3)
    first = clip.frames - len(heard)
    at = first + round((0.5 - AROUND) * RATE)
    np.testing.assert_allclose(part.read()[:, 0], clip.read()[at : at + part.frames, 0], atol=1e-6)


def test_stop_drains_what_was_spoken_and_captions_begin_anew(program):
    program.session.set("clip", from_array(sound(30), RATE, "clip"))
    program.captioning.toggle_clip()
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
    program.captioning.stop()
    given = sum(map(len, program.sounds[0]))
    program.until(lambda: not program.captioning.running)
    captions = program.session.state.captions
    assert captions.lines
    assert not captions.tentative
    assert sum(map(len, program.sounds[0])) >= given
    program.captioning.said.correct(captions.lines[0].words[0], "That")
    assert program.captioning.said.corrected().lines[0].words[0].text == "That"
    assert program.session.state.captions.lines[0].words[0].text == "It", "what was heard stays"
    program.session.undo()
    assert program.captioning.said.corrected().lines[0].words[0].text == "It"
    program.session.redo()
    program.captioning.toggle_clip()
    assert program.session.state.captions is None
    assert program.session.state.corrections == ()
    program.captioning.stop()
    program.until(lambda: not program.captioning.running)


def test_a_microphone_goes_on_below_what_it_heard_before(program, monkeypatch):
    """After a break, or where it was unplugged: words, corrections, the place in the script and the sound stay."""
    program.session.set("clip", from_array(sound(60), RATE, "clip"))
    program.listening.live(program.session.state.clip, alone=True)
    monkeypatch.setattr(Listening, "source", property(lambda self: ("device", None, RATE)))
    assert program.captioning.aloud.load(TEXT)
    program.until(lambda: program.listening.tap is not None)
    kept, heard, places = [], [], []
    for _ in range(2):
        program.sounds.clear()
        places.append(program.session.state.readings[0].position)
        program.captioning.start()
        assert program.session.state.readings[0].position == places[-1], "it goes on where it was"
        program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
        program.captioning.stop()
        program.until(lambda: not program.captioning.running)
        kept.append(program.session.state.captions)
        heard.append(np.concatenate(program.sounds[0]))
        if len(kept) == 1:
            program.captioning.said.correct(kept[0].lines[0].words[0], "That")
    before, now = kept
    assert now.lines[: len(before.lines)] == before.lines
    assert program.captioning.said.corrected().lines[0].words[0].text == "That"
    fresh = [word for line in now.lines[len(before.lines) :] for word in line.words]
    assert [word.text for word in fresh] == TEXT.split()[: len(fresh)]
    assert fresh[0].start == pytest.approx(before.heard)
    for start, sounds in ((0.2, heard[0]), (before.heard + 0.2, heard[1])):
        program.captioning.said.loop(start, start + 0.1)
        part = program.player.heard[-1][0].read()[:, 0]
        at = round((start - AROUND) * RATE) - (0 if start < before.heard else round(before.heard * RATE))
        np.testing.assert_allclose(part, sounds[at : at + len(part)], atol=1e-6)

    assert places[0] == 0 < places[1]
    assert program.captioning.aloud.load(f"Of another day. {TEXT}")
    assert program.session.state.readings[0].errors, "what was captioned before may be what was read"
    program.captioning.start()
    assert not program.session.state.readings[0].errors, "but more is to come: it is what is read"
    program.captioning.stop()
    program.captioning.stop()
    now = program.session.state.captions

    program.captioning.may_clear = lambda again: False
    program.captioning.clear()
    program.captioning.toggle_clip()
    program.captioning.transcribe()
    program.listening.stop()
    clip = program.session.state.clip
    monkeypatch.setattr(Listening, "source", property(lambda self: ("clip", clip, RATE)))
    program.listening.live(clip, alone=True)
    program.captioning.toggle()
    assert not program.captioning.running
    assert program.session.state.captions is now, "what lies in no file is not lost without a word"
    program.captioning.may_clear = lambda again: True
    program.captioning.clear()
    assert program.session.state.captions is None
    assert program.session.state.corrections == ()


def test_captions_that_are_ended_at_once_can_be_heard_again_also_after_others_that_heard_nothing(
    program, monkeypatch
):
    program.session.set("clip", from_array(sound(60), RATE, "clip"))
    program.listening.live(program.session.state.clip, alone=True)
    monkeypatch.setattr(Listening, "source", property(lambda self: ("device", None, RATE)))
    program.until(lambda: program.listening.tap is not None)
    program.captioning.start()
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
    given = np.concatenate(program.sounds[0])
    for _ in range(2):
        program.captioning.stop()
        program.captioning.stop()  # at once
        assert not program.captioning.running
        program.captioning.said.loop(0.2, 0.3)
        part = program.player.heard.pop()[0].read()[:, 0]
        at = round((0.2 - AROUND) * RATE)
        np.testing.assert_allclose(part, given[at : at + len(part)], atol=1e-6)
        assert program.player.heard == []
        monkeypatch.setattr(program.listening, "_tap", None)  # the next ones begin where nothing comes yet
        program.captioning.start()
        program.captioning.said.loop(0.2, 0.3)
        assert program.player.heard == [], "a microphone would hear it"


def test_what_is_live_already_goes_on_and_is_captioned(program):
    program.session.set("clip", from_array(sound(30), RATE, "clip"))
    program.listening.live(program.session.state.clip, alone=True)
    program.until(lambda: program.listening.tap is not None)
    program.captioning.toggle()
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
    program.captioning.toggle()
    program.until(lambda: not program.captioning.running)
    assert program.session.state.transport.live, "it was live before the captions"
    program.captioning.start()
    program.until(lambda: program.session.state.captions is not None)
    program.listening.stop()
    program.until(lambda: not program.captioning.running)


def test_captions_go_on_at_their_own_rate_where_what_is_heard_comes_at_another(program):
    """As when the microphone is heard through a denoiser of 48 kHz meanwhile."""
    tone = np.sin(2 * np.pi * 440 * np.arange(60 * RATE) / RATE).astype(np.float32)
    clip = from_array(tone, RATE, "clip")
    program.session.set("clip", clip)
    program.listening.live(clip, alone=True)
    program.until(lambda: program.listening.tap is not None)
    program.captioning.start()
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.3 * RATE)
    before = program.listening.tap
    program.listening.start(hear, lambda: (None,), ("clip", clip, 3 * RATE))
    program.until(lambda: program.listening.tap is not before)
    heard = sum(map(len, program.sounds[0]))
    program.until(lambda: sum(map(len, program.sounds[0])) > heard + 0.6 * RATE)
    last = np.concatenate(program.sounds[0])[-RATE // 2 :]
    strongest = np.argmax(np.abs(np.fft.rfft(last * np.hanning(len(last))))) * RATE / len(last)
    assert strongest == pytest.approx(440, abs=4)


def test_captions_of_a_clip_that_is_heard_through_a_denoiser_lie_where_they_began(program):
    clip = from_array(sound(30), RATE, "clip")

    def denoised(source, *asked):
        feed, monitor = Feed(clip, RATE), SimpleNamespace(rate=RATE, told=None)
        feed.start()
        yield Listens(Heard(feed, monitor))
        while True:
            monitor.told(feed.read())
            yield None

    program.listening.start(denoised, tuple, ("clip", clip, RATE))
    program.until(lambda: program.listening.tap is not None and program.listening.tap.seconds > 0.4)
    program.captioning.start()
    program.until(lambda: program.session.state.captions is not None)
    assert 0.4 < program.captioning.said.sound[1] <= program.listening.tap.seconds


def test_captions_that_begin_again_hear_nothing_twice_and_those_before_hear_no_more(program):
    clip = from_array(sound(60), RATE, "clip")
    program.session.set("clip", clip)
    program.listening.live(clip, alone=True)
    program.until(lambda: program.listening.tap is not None)
    program.captioning.start()
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.3 * RATE)
    program.captioning.stop()
    program.until(lambda: not program.captioning.running)
    over = program.captioning._inlets[0]
    program.sounds.clear()
    program.captioning.start()
    assert over.read() is None, "captions that are over keep nothing of what is heard"
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
    program.captioning.stop()
    program.until(lambda: not program.captioning.running)
    heard = np.concatenate(program.sounds[0])
    whole = clip.read()[:, 0]
    first = int(np.flatnonzero(whole == heard[0])[0])
    np.testing.assert_array_equal(heard, whole[first : first + len(heard)])


def test_captions_that_are_stopped_for_good_do_not_end_the_next_ones(program, monkeypatch):
    """A recogniser may take seconds to be built: what is stopped meanwhile ends late."""
    built = threading.Event()

    def slow(which, inlet, settings):
        built.wait(10)
        yield captioned.Told(which, said("of the ones before"))
        while inlet.read() is not None:
            yield None

    begun = captioning_module.caption
    monkeypatch.setattr("app.captioning.caption", slow)
    program.session.set("clip", from_array(sound(60), RATE, "clip"))
    program.listening.live(program.session.state.clip, alone=True)
    program.until(lambda: program.listening.tap is not None)
    program.captioning.start()
    program.until(lambda: program.wiring.workers["captions"].job is not None)
    program.captioning.stop()
    program.captioning.stop()  # a second time: at once
    assert not program.captioning.running
    monkeypatch.setattr("app.captioning.caption", begun)
    program.captioning.start()
    built.set()
    program.until(lambda: program.session.state.captions is not None)
    assert not program.session.state.captions.lines, "words of the captions before"
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
    assert program.captioning.running
    program.captioning.stop()
    program.until(lambda: not program.captioning.running)


def test_a_second_recogniser_that_fails_keeps_no_sound(program, monkeypatch):
    begun, looked = captioning_module.caption, threading.Event()

    def one_fails(which, inlet, settings):
        if which:
            looked.wait(10)
            raise ValueError("it is broken")
        yield from begun(which, inlet, settings)

    monkeypatch.setattr("app.captioning.caption", one_fails)
    assert program.captioning.aloud.load(TEXT)
    program.captioning.aloud.choose(DENOISED)
    program.session.set("clip", from_array(sound(60), RATE, "clip"))
    program.captioning.toggle_clip()
    program.until(lambda: program.captioning._inlets)
    inlet = program.captioning._inlets[1]
    looked.set()
    program.until(lambda: len(program.captioning._inlets) == 1)
    inlet.read()
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
    assert inlet.read() is None
    assert program.captioning.running, "the first one goes on"
    program.captioning.stop()
    program.until(lambda: not program.captioning.running)


def test_a_second_recogniser_hears_the_same_and_both_are_followed_through_the_script(program):
    assert program.captioning.aloud.load(TEXT)
    program.captioning.aloud.choose(DENOISED)
    assert len(program.session.state.readings) == 2
    program.session.set("clip", from_array(sound(1.6), RATE, "clip"))
    program.captioning.toggle_clip()
    program.until(lambda: not program.captioning.running and not program.wiring.workers["beside"].busy)
    assert not program.asked[0].denoise
    assert program.asked[1].denoise
    one, other = (np.concatenate(program.sounds[which]) for which in (0, 1))
    np.testing.assert_array_equal(one, other)
    for reading in program.session.state.readings:
        assert reading.wer == 0
        assert reading.position >= 8
    program.captioning.aloud.take(None)
    assert program.session.state.readings == ()


def test_what_is_no_script_is_told_by_name(program, tmp_path):
    for name, content in (("empty.txt", b""), ("latin.txt", b"\xff\xfe\xe4"), ("zero.txt", b"a\0b")):
        (tmp_path / name).write_bytes(content)
        assert not program.captioning.aloud.open(tmp_path / name)
        assert program.session.state.notice.level == "warning"
    assert not program.captioning.aloud.open(tmp_path / "absent.txt")
    assert "absent.txt" in program.session.state.notice.text
    (tmp_path / "good.txt").write_text("\ufeffHello world", encoding="utf-8")
    assert program.captioning.aloud.open(tmp_path / "good.txt")
    assert program.session.state.script.words == ("Hello", "world")


def test_a_recogniser_that_is_not_there_ends_it_with_the_reason(program, monkeypatch):
    from engine.recognisers.recogniser import RecogniserError

    def absent(which, inlet, settings):
        raise RecogniserError("whisper is not here: pip install it")
        yield

    monkeypatch.setattr("app.captioning.caption", absent)
    program.session.set("clip", from_array(sound(30), RATE, "clip"))
    program.captioning.toggle_clip()
    program.until(lambda: not program.captioning.running)
    assert program.session.state.notice.text == "whisper is not here: pip install it"
    assert not program.session.state.transport.live


def test_a_recogniser_is_taken_from_a_file_that_holds_one(program, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    assert not program.captioning.choosing.open(tmp_path / "notes.txt")
    assert "notes.txt" in program.session.state.notice.text
    assert program.captioning.choosing.settings.recogniser == ""
    bundled = asset.path("checkpoints") / "digits-lstm-32.safetensors"
    assert program.captioning.choosing.open(bundled)
    assert program.captioning.choosing.settings.recogniser == str(bundled)


def transcribed(program, clip, lines):
    program.session.set("clip", clip)
    program.wiring.workers[TRANSCRIBE].events.append(Report(TRANSCRIBE, Transcribed(clip.id, lines)))
    program.wiring.tick()


def test_the_words_of_a_clip_take_no_captions_away_that_came_meanwhile(program, monkeypatch):
    """A long clip takes minutes, in which somebody may speak; what was there before was asked for."""
    clip, read, go = from_array(sound(20), RATE, "clip"), said("the weather is fine").lines, threading.Event()

    def job(given, settings):
        while not go.wait(0.01):
            yield None
        yield Transcribed(given.id, read)

    monkeypatch.setattr("app.captioning.transcribe", job)
    program.session.set("clip", clip)
    program.captioning.transcribe()
    spoken = said("hello everybody")
    program.session.set("captions", spoken)
    go.set()
    program.until(lambda: program.session.state.clip.text(WORD) == ("the", "weather", "is", "fine"))
    assert program.session.state.captions is spoken
    assert "4 words were understood: they are labels of clip" in program.session.state.notice.text
    program.until(lambda: not program.wiring.workers[TRANSCRIBE].busy)
    program.captioning.transcribe()
    program.until(lambda: program.session.state.captions is not spoken)
    assert [line.text for line in program.session.state.captions.lines] == ["the weather is fine"]


def test_a_file_is_opened_while_another_one_is_transcribed(program, monkeypatch):
    """That takes minutes; whose words they were is told when they come."""
    clip, go = from_array(sound(20), RATE, "talk"), threading.Event()

    def job(given, settings):
        while not go.wait(0.01):
            yield None
        yield Transcribed(given.id, said("the weather is fine").lines)

    monkeypatch.setattr("app.captioning.transcribe", job)
    program.session.set("clip", clip)
    program.captioning.transcribe()
    program.wiring.submit("background", "open", jobs.open_example, "digits", doing="opening digits")
    program.until(lambda: program.session.state.clip.name == "digits")
    go.set()
    program.until(lambda: program.session.state.notice is not None)
    assert "another one is open by now" in program.session.state.notice.text
    assert program.session.state.captions is None
    assert not program.session.state.clip.text(WORD)


def test_the_words_of_a_clip_become_labels_that_are_corrected_in_either_place(program):
    clip = from_array(sound(20), RATE, "clip", (Label(0, 1, "a", "phone"),))
    lines = said("the wether is fine", "today").lines
    transcribed(program, clip, lines)
    now = program.session.state.clip
    assert now.text(WORD) == ("the", "wether", "is", "fine", "today")
    assert now.text("phone") == ("a",)
    assert [line.text for line in program.session.state.captions.lines] == ["the wether is fine", "today"]

    # In the panel: the label follows; as a label: the captions follow; each is one step back.
    program.captioning.said.correct(lines[0].words[1], "weather")
    assert program.session.state.clip.text(WORD)[1] == "weather"
    assert program.captioning.said.corrected().lines[0].text == "the weather is fine"
    assert program.captioning.said.corrected().lines[0].words[0].confidence == 0.9
    assert program.captioning.said.corrected().lines[0].words[1].confidence is None
    program.session.undo()
    assert program.captioning.said.corrected().lines[0].text == "the wether is fine"
    labels = program.session.state.clip.labels
    other = tuple(
        each if each.text != "today" else Label(each.start, each.end, "tonight", WORD) for each in labels
    )
    program.session.set("clip", replace(clip, labels=other))
    assert program.captioning.said.corrected().lines[1].text == "tonight"
    program.captioning.said.loop(10.0, 10.3)
    np.testing.assert_allclose(
        program.player.heard[0][0].read(), clip.read(round((10 - AROUND) * RATE), round((10.3 + AROUND) * RATE))
    )


def test_a_whole_clip_is_transcribed_with_its_progress_told():
    if "moonshine" not in recognising.names():
        pytest.skip("the recogniser of any word is not installed")
    clip = asset.open_bundled("speech-3")
    events = list(captioned.transcribe(clip, Settings()))
    shares = [event.share for event in events if isinstance(event, Progress)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.05)
    done = events[-1]
    assert isinstance(done, Transcribed)
    assert done.clip_id == clip.id
    said = " ".join(line.text for line in done.lines)
    assert wer.rate(wer.align(" ".join(clip.text("text")), said)).error <= 0.25
    starts = [word.start for line in done.lines for word in line.words]
    assert starts == sorted(starts)
    assert 0 <= starts[0] <= starts[-1] < clip.seconds
    steps = captioned.transcribe(clip, Settings())
    next(steps)
    steps.close()  # as Stop does


def test_the_language_of_a_clip_goes_to_the_recogniser_and_into_json(program, tmp_path, monkeypatch):
    """As it is told of the clip by now, not as it was when it was captioned."""
    clip, heard = (
        replace(asset.open_bundled("digits"), language="he"),
        SimpleNamespace(language="", name="one", rate=RATE),
    )
    heard.read = lambda sound: words(f"in {heard.language}")
    monkeypatch.setattr(recognising, "build", lambda name: heard)
    program.session.set("clip", clip)
    done = [*captioned.transcribe(clip, Settings(recogniser="one"))][-1]
    assert done.lines[0].text == "in he"
    program.wiring.workers[TRANSCRIBE].events.append(Report(TRANSCRIBE, done))
    program.wiring.tick()
    for spoken in ("he", "pt-br", ""):
        program.session.set("clip", replace(program.session.state.clip, language=spoken))
        captions = program.captioning.said.corrected()
        for _ in captioned.save(captions, captions, program.captioning.said.language, tmp_path / "said.json"):
            pass
        told = json.loads((tmp_path / "said.json").read_text(encoding="utf-8"))
        assert told.get("language", "") == spoken
        assert told["lines"][0]["text"] == "in he"
    program.captioning.start()  # of the microphone nobody tells
    assert program.captioning.said.language == ""


def test_live_captions_tell_the_recogniser_the_language_of_the_clip_and_none_of_a_microphone(program, monkeypatch):
    spoken = []

    def caption(speech):
        spoken.append(speech.language)
        while speech.read() is not None:
            yield Progress(-1.0, "hearing")

    monkeypatch.setattr("engine.captioning.caption", caption)
    monkeypatch.setattr("app.captioning.caption", captioned.caption)
    clip = replace(from_array(sound(0.5), RATE, "clip"), language="he")
    program.session.set("clip", clip)
    program.captioning.start(clip)
    program.until(lambda: spoken and not program.captioning.running)
    program.listening.live(clip, alone=True)
    monkeypatch.setattr(Listening, "source", property(lambda self: ("device", None, RATE)))
    program.captioning.start()
    program.until(lambda: len(spoken) == 2)
    assert spoken == ["he", ""]


def test_captions_that_no_file_holds_are_asked_for(program, tmp_path, qapp, monkeypatch):
    kept = Saving(program.session, program.wiring, lambda: None)
    program.captioning.kept = kept.keep
    assert not kept.changed
    program.session.set("captions", said("one two", now="three", tentative="four"))
    assert kept.changed
    captions = program.session.state.captions
    for event in captioned.save(captions, captions, "", tmp_path / "said.srt"):
        program.wiring.workers["background"].events.append(Report("write", event))
    program.wiring.tick()
    assert not kept.changed
    assert "one two" in (tmp_path / "said.srt").read_text()
    program.session.set("captions", said("one two", "three four"))
    assert kept.changed

    # In a session file they come back, with what was corrected.
    program.captioning.said.correct(program.session.state.captions.lines[0].words[0], "won")
    for _ in document.save(program.session.state, tmp_path / "talk.oto"):
        pass
    restored = next(event for event in document.load(tmp_path / "talk.oto") if isinstance(event, Restored))
    program.wiring.workers["background"].events.append(Report("open", restored))
    program.wiring.tick()
    assert not kept.changed
    assert [line.text for line in program.captioning.said.corrected().lines] == ["won two", "three four"]

    # Those that came back after a crash are in no file either.
    program.wiring.workers["background"].events.append(
        Report("restore", Restored(None, {"captions": said("from before"), "heard": ""}, unsaved=True))
    )
    program.wiring.tick()
    asked = []
    monkeypatch.setattr("app.saving.QMessageBox.question", lambda *given: asked.append(given[2]))
    assert not kept.may_clear(None, lambda: None)
    assert "in no file" in asked[0]


def test_words_in_no_file_are_there_when_the_program_ends_so_that_they_come_back(program):
    kept = Saving(program.session, program.wiring, lambda: None)
    captions = said("one two", now="three")
    program.session.set("captions", captions)
    program.captioning.said.correct(captions.lines[0].words[0], "won")
    program.captioning.close()
    assert kept.changed, "so they are kept for the next start"
    assert program.captioning.said.corrected().lines[0].text == "won two"


def test_another_session_has_its_own_words_whatever_is_still_read(program):
    kept = Saving(program.session, program.wiring, lambda: None)
    program.session.set("clip", from_array(sound(30), RATE, "clip"))
    program.captioning.toggle_clip()
    program.until(lambda: program.session.state.captions is not None)
    program.captioning.stop()
    other = said("of another day")
    program.wiring.workers["background"].events.append(
        Report("open", Restored(None, {"captions": other, "heard": ""}))
    )
    program.until(lambda: not program.captioning.running)
    program.until(lambda: not program.wiring.workers["captions"].busy)
    program.wiring.tick()
    assert program.session.state.captions is other
    assert not kept.changed
    program.captioning.said.loop(0.0, 0.3)
    assert program.player.heard == [], "the sound is that of other words"


def test_a_script_goes_on_from_where_another_session_was_opened(program, monkeypatch):
    """Its captions are shorter than those that were read aloud before, and no part of the script."""
    Saving(program.session, program.wiring, lambda: None)
    assert program.captioning.aloud.load(TEXT)
    program.captioning.aloud.go_on()
    read = Captions(tuple(Line((word,)) for word in words(TEXT)[:6]), heard=2.0)
    program.session.set("captions", read)
    program.captioning.aloud.follow(0, read)
    assert program.session.state.readings[0].position == 6
    program.wiring.workers["background"].events.append(
        Report("open", Restored(None, {"captions": said("of another day"), "heard": ""}))
    )
    program.wiring.tick()
    assert program.session.state.readings[0].position == 0
    program.session.set("clip", from_array(sound(30), RATE, "clip"))
    program.listening.live(program.session.state.clip, alone=True)
    monkeypatch.setattr(Listening, "source", property(lambda self: ("device", None, RATE)))
    program.until(lambda: program.listening.tap is not None)
    program.captioning.start()
    program.until(lambda: sum(map(len, program.sounds.get(0, ()))) > 0.5 * RATE)
    program.captioning.stop()
    program.until(lambda: not program.captioning.running)
    (reading,) = program.session.state.readings
    lines = program.session.state.captions.lines
    assert reading.position == len(lines[-1].words) > 3
    assert not reading.errors


def test_a_word_of_another_clip_than_that_which_is_open_is_corrected_too(program):
    transcribed(program, from_array(sound(2), RATE, "clip"), said("the wether is fine").lines)
    program.session.set("clip", from_array(sound(1), RATE, "another"))
    word = program.session.state.captions.lines[0].words[1]
    program.captioning.said.correct(word, "weather")
    assert program.captioning.said.corrected().lines[0].text == "the weather is fine"


def test_a_word_is_heard_while_its_label_is_typed(program, qtbot):
    clip = from_array(sound(20), RATE, "clip", (Label(15, 16, "a", "phone"),))
    transcribed(program, clip, said("the wether is fine").lines)
    lane = catalog.load("widgets.views", "ruler").View(program.session)
    qtbot.addWidget(lane)
    lane.resize(900, 100)
    lane.show()
    lane.written.connect(program.captioning.said.hear)
    lane.left.connect(program.captioning.said.hush)
    label = next(each for each in program.session.state.clip.labels if each.text == "wether")
    program.session.set("cursor", Cursor((label.start + label.end) / 2))
    lane.labelling.choose(WORD)
    assert lane.labelling.name() == ""
    part, loop = program.player.heard[0]
    assert loop
    first = round((label.start - AROUND) * RATE)
    np.testing.assert_allclose(part.read(), clip.read(first, first + part.frames))
    line = lane.canvas.findChild(QLineEdit)
    line.setText("weather")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: (None, False) in program.player.heard, timeout=2000)
    assert program.captioning.said.corrected().lines[0].text == "the weather is fine"


def test_words_that_somebody_wrote_down_stay_beside_those_that_were_read(program):
    clip = from_array(sound(2), RATE, "clip", (Label(0, 1, "truth", WORD),))
    transcribed(program, clip, said("trough").lines)
    assert program.session.state.clip.text(WORD) == ("truth",)
    assert program.session.state.clip.text(READ) == ("trough",)


def test_labels_and_lines_are_each_others_way_back():
    lines = said("one two", "three", "four five six").lines
    assert lines_of(labels_of(lines, WORD), lines) == lines
    less = labels_of(lines, WORD)[1:]
    assert [line.text for line in lines_of(less, lines)] == ["two", "three", "four five six"]
    assert lines_of((), lines) == ()
    assert lines_of((Label(0.0, 1.0, "alone", WORD),), ()) == (Line((Word(0.0, 1.0, "alone"),)),)
