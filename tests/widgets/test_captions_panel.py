"""The panels of captions and of a script: what they show of the session, and what they ask for (K282, K331)."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit

from app.aloud import Aloud
from engine.captioning import Settings
from engine.captions import Captions
from engine.correction import put
from engine.follower import Follower
from engine.recognisers.recogniser import Word
from engine.recognising import Choice
from engine.script import parse
from engine.session import DENOISED, Session, Transport
from tests.captioned import hour, said, words
from widgets import presentlook
from widgets.panels.captions import CaptionsPanel
from widgets.panels.script import ScriptPanel
from widgets.present import Presentation

CHOICES = Choice("moonshine", "Moonshine"), Choice("whisper", "Whisper", "pip install it")
ACTIONS = ("captions", "captions_clip", "present", "script", "save_captions", "copy_captions")
SCRIPT = """The ear turns pressure into sound.

Nobody reads this paragraph aloud today.

Then the network hears it, frame by frame, and writes it down."""


@pytest.fixture
def panel(qtbot):
    session = Session(recognisers=CHOICES)
    session.set("captioning", Settings())
    made = CaptionsPanel(session, {name: QAction(name.replace("_", " ")) for name in ACTIONS})
    qtbot.addWidget(made)
    made.resize(300, 700)
    made.show()
    made.tick()
    return made


def turn(panel, **values):
    for key, value in values.items():
        panel.session.set(key, value)
    panel.tick()


def test_empty_it_says_what_would_fill_it_with_the_button_that_does(panel, qtbot):
    buttons = [each for each in panel.empty.findChildren(type(panel.empty._buttons[0])) if each.isVisible()]
    assert [each.text() for each in buttons] == ["Captions", "Captions clip"]
    with qtbot.waitSignal(panel._actions["captions"].triggered, timeout=1000):
        buttons[0].click()
    turn(panel, captions=said("hello"))
    assert not panel.empty.isVisible()
    assert panel.reader.text() == "hello"


def test_absent_recognisers_are_grey_and_say_how_to_get_them(panel, qtbot):
    model = panel.choice.model()
    texts = [panel.choice.itemText(k) for k in range(panel.choice.count())]
    assert texts[:3] == ["The best that is here", "Moonshine", "Whisper: pip install it"]
    assert [model.item(k).isEnabled() for k in range(4)] == [True, True, False, True]
    panel.choice.setCurrentIndex(1)
    panel.choice.activated.emit(1)
    assert panel.session.state.captioning.recogniser == "moonshine"
    with qtbot.waitSignal(panel.browsed, timeout=1000):
        panel.choice.activated.emit(3)
    panel.tick()
    assert panel.choice.currentText() == "Moonshine"
    turn(panel, captioning=Settings(recogniser="/somewhere/whisper-base"))
    assert panel.choice.currentText() == "whisper-base"


def test_gauges_tell_queue_and_latencies_and_what_was_stepped_down(panel):
    assert not panel.queue.isVisible()
    captions = said("hello", waiting=2.5, late=(0.61, 0.93), settled=(1.2, 2.25), note="Read less often")
    turn(panel, captions=captions, transport=Transport(captioning=True))
    assert panel.queue.isVisible()
    assert panel.queue.value() == 50
    for word in ("2.5 s", "0.61", "0.93", "1.20", "2.25", "Read less often"):
        assert word in panel.told.text()
    turn(panel, captions=said("hello"))
    assert "0.61" not in panel.told.text()  # what nobody measured is not told


def test_words_are_shown_by_how_sure_they_are(panel):
    words = [
        Word(float(n), n + 0.5, text, sure) for n, (text, sure) in enumerate((("a", 0.9), ("b", 0.2), ("c", None)))
    ]
    turn(panel, captions=Captions((), tuple(words), (Word(3.0, 3.5, "d", 0.1),)))
    assert [piece.kind for piece in panel.reader.flow.words(0)] == ["said", "doubtful", "said", "tentative"]


def test_its_knobs_are_those_of_the_settings(panel):
    panel.knobs.open()
    editors = {name: editor for form in panel._forms for name, editor in form.editors.items()}
    assert set(editors) == {"denoise", "interval", "pause", "longest"}
    editors["denoise"].box.click()
    assert panel.session.state.captioning.denoise
    turn(panel, captioning=Settings(interval=1.5))
    assert all(form.settings == Settings(interval=1.5) for form in panel._forms)


def edit(panel, qtbot, paragraph, piece, text):
    spots = dict(panel.reader.spots())
    box = panel.reader.flow.box(paragraph, piece)
    at = QPoint(round(panel.reader.column().left() + box.center().x()), round(spots[paragraph] + box.center().y()))
    qtbot.mouseDClick(panel.reader, Qt.MouseButton.LeftButton, pos=at)
    line = panel.reader.findChild(QLineEdit)
    assert line is not None
    line.setText(text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_a_word_is_corrected_where_it_stands_while_its_line_is_heard(panel, qtbot):
    captions = said("one two", "the wether is fine")
    turn(panel, captions=captions)
    heard, fixed, hushed = [], [], []
    panel.looped.connect(lambda start, stop: heard.append((start, stop)))
    panel.corrected.connect(lambda word, text: fixed.append((word, text)))
    panel.hushed.connect(lambda: hushed.append(True))
    edit(panel, qtbot, 1, 1, "weather")
    line = captions.lines[1]
    assert heard == [(line.words[0].start, line.words[-1].stop)]
    assert fixed == [(line.words[1], "weather")]
    qtbot.waitUntil(lambda: bool(hushed), timeout=2000)
    turn(panel, corrections=put((), *fixed[0]))
    assert panel.reader.text() == "one two\nthe weather is fine"
    assert panel.reader.flow.words(1)[1].kind == "corrected"
    panel.session.undo()
    panel.tick()
    assert panel.reader.text() == "one two\nthe wether is fine"


def test_what_may_still_change_is_not_corrected(panel, qtbot):
    turn(panel, captions=said(now="settled", tentative="maybe"))
    spots, box = dict(panel.reader.spots()), panel.reader.flow.box(0, 1)
    at = QPoint(round(panel.reader.column().left() + box.center().x()), round(spots[0] + box.center().y()))
    qtbot.mouseDClick(panel.reader, Qt.MouseButton.LeftButton, pos=at)
    assert panel.reader.findChild(QLineEdit) is None


@pytest.fixture
def script(qtbot):
    made = ScriptPanel(Session(recognisers=CHOICES))
    qtbot.addWidget(made)
    made.resize(300, 700)
    made.show()
    made.tick()
    return made


def readings(*said_by):
    script = parse(SCRIPT)
    found = []
    for text in said_by:
        follower = Follower(script)
        follower.add(text.split())
        found.append(follower.reading())
    return script, tuple(found)


def test_without_a_script_a_text_can_be_pasted_or_opened(script, qtbot):
    assert script.text.isVisible()
    script.text.setPlainText(SCRIPT)
    with qtbot.waitSignal(script.taken, timeout=1000) as told:
        script.take.click()
    assert told.args == [SCRIPT]
    with qtbot.waitSignal(script.opened, timeout=1000):
        script.open.click()


def test_errors_are_marked_by_a_sign_and_a_line_as_well_as_a_colour(script):
    made, found = readings("the ear turns leisure into a sound then the network it frame by frame and")
    turn(script, script=made, readings=found)
    text = script.readers[0].text()
    assert text.splitlines()[0] == "The ear turns ≠\xa0pressure (leisure) into +\xa0a sound."
    assert text.splitlines()[2] == "Then the network −\xa0hears it, frame by frame, and ▸\xa0writes it down."
    kinds = [piece.kind for piece in script.readers[0].flow.words(1)]
    assert set(kinds) == {"left"}
    look = script.readers[0]._dressed
    assert {"wrong", "added", "missing"} <= set(look.lines)
    assert len(set(look.lines[kind] for kind in ("wrong", "added", "missing"))) == 3
    assert "20.0 %" in script.told[0].text()  # 3 errors in the 15 words that were passed
    assert "english" in script.told[0].text()
    assert not script.told[1].isVisible()


def test_the_place_stays_in_sight_however_long_a_paragraph_is(script):
    text = " ".join(f"{one}{other}" for one in "abcdefghijklmnop" for other in "abcdefghijklmnop")
    made = parse(text)
    follower = Follower(made)
    for word in text.split():
        follower.add([word])
        turn(script, script=made, readings=(follower.reading(),))
        paragraph, piece = script.stretches[0].current
        if follower.place < len(made.words):
            assert script.readers[0].flow.words(paragraph)[piece].text == made.words[follower.place]
        reader = script.readers[0]
        top = dict(reader.spots())[paragraph] + reader.flow.box(paragraph, piece).top()
        assert -1 <= top <= reader.height() - reader.flow.row


def test_two_recognisers_stand_side_by_side_with_their_difference(script, qtbot):
    made, found = readings("the ear turns leisure into sound", "the ear turns pressure into sound")
    turn(script, script=made, readings=found, beside=DENOISED)
    assert all(each.isVisible() for each in script.readers)
    assert "The same, denoised" in script.told[1].text()
    assert script.difference.text() == "The same, denoised: 16.7 points fewer"
    with qtbot.waitSignal(script.beside, timeout=1000) as told:
        script.choice.setCurrentIndex(0)
        script.choice.activated.emit(0)
    assert told.args == [None]


def calls(do) -> int:
    """Functions that are called while something is done."""
    count = [0]

    def seen(frame, event, argument):
        count[0] += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        do()
    finally:
        sys.setprofile(None)
    return count[0]


def in_panel(qtbot, session):
    made = CaptionsPanel(session, {name: QAction(name) for name in ACTIONS})
    qtbot.addWidget(made)
    made.resize(300, 700)
    made.show()
    return lambda: (made.tick(), made.reader.grab())


def in_room(qtbot, session):
    made = Presentation(session, presentlook.Settings())
    qtbot.addWidget(made)
    made.resize(1280, 720)
    made.show()
    return lambda: (made.tick(), made.grab())


@pytest.mark.parametrize("shown", [in_panel, in_room])
def test_after_an_hour_a_tick_does_what_it_does_at_the_start(qtbot, shown):
    """Ten thousand words cost no more than three hundred: what was said before is not gone through again."""
    counted = []
    for many in (300, 10_000):
        captions, session = hour(many), Session(captioning=Settings())
        tick = shown(qtbot, session)
        told = []
        for at in range(6):
            session.set("captions", replace(captions, tentative=words(f"and now {at}", 9999.0)))
            told.append(calls(tick))
        counted.append(min(told[3:]))
    early, late = counted
    assert late < 1.3 * early + 5


def test_after_an_hour_a_script_is_followed_by_the_new_words_alone():
    looked = []

    class Looked:
        def __init__(self, line):
            self.line = line

        @property
        def words(self):
            looked.append(self.line)
            return self.line.words

    captions, session = hour(10_000), Session()
    lines = tuple(Looked(each) for each in captions.lines)
    text = [word.text for line in captions.lines for word in line.words]
    aloud = Aloud(session, None)
    aloud.take(parse(" ".join(text[-40:])))
    aloud.follow(0, replace(captions, lines=lines[:-2], words=captions.lines[-2].words[:1]))
    looked.clear()
    aloud.follow(0, replace(captions, lines=lines[:-2], words=captions.lines[-2].words[:2]))
    assert not looked
    aloud.follow(0, replace(captions, lines=lines))
    assert looked == list(captions.lines[-2:])
    assert session.state.readings[0].position == 40
