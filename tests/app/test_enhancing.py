"""Denoisers at work behind the window: while somebody looks, on the sound that is shown; stopped, taken back."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.audible import lanes
from app.compared import known
from app.enhancing import SHOWN, Enhancing, job
from app.playing import Playing
from app.wiring import Wiring
from engine import catalog, checkpoint, denoising, document, infer
from engine.clip import from_array
from engine.events import Restored
from engine.links import default_link, default_picture
from engine.session import Session
from engine.surgery import Edit
from engine.trace import Key
from tests import example

pytestmark = pytest.mark.alone
RATE = 16_000


class Slow:
    """A denoiser that halves what it hears, and takes its time."""

    rate, latency, parameters = RATE, 0, 7
    calls = 0

    def push(self, block):
        Slow.calls += 1
        time.sleep(0.05)
        return 0.5 * block

    def flush(self):
        return np.zeros(0, np.float32)

    def reset(self): ...

    def mask(self):
        return None


class Desk:
    """A session that is wired, without a window; `seen` names the views that can be seen."""

    def __init__(self):
        self.session = Session(picture=default_picture(), denoising=denoising.Options())
        self.wiring = Wiring(self.session)
        self.seen: set[str] = set()
        self.enhancing = Enhancing(self.session, self.wiring, lambda view: view in self.seen)
        self.wiring.ready = True
        self.show(1)

    def show(self, seed, seconds=1.0, added=-20.0):
        """A clip of its own for every seed, with noise or without."""
        time_ = np.arange(int(seconds * RATE)) / RATE
        tone = 0.2 * np.sin(2 * np.pi * (200 + 50 * seed) * time_)
        chain = (default_link("noise", snr=-added),) if added else ()
        self.session.set("chain", chain)
        self.session.set("clip", from_array(tone.astype(np.float32), RATE, f"clip {seed}"))

    def pump(self, ready, seconds=60.0):
        end = time.monotonic() + seconds
        while not ready(self.session.state):
            assert time.monotonic() < end, "it never happened"
            self.step()

    def step(self):
        self.wiring.tick()
        self.wiring.painted()
        self.enhancing.tick()
        time.sleep(0.002)

    def there(self, state):
        """Whether everything that was asked for is made of the sound that is shown."""
        made = [each.name for each in state.enhanced if each.sound_id == state.traced.sound.id]
        return state.traced.trace.clip_id == state.clip.id and made == list(state.denoisers)


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.wiring.close()


@pytest.fixture
def slow(monkeypatch):
    """Every denoiser is slow."""
    Slow.calls = 0
    monkeypatch.setattr(denoising, "build", lambda _name: Slow())
    return Slow


def test_nothing_is_computed_until_somebody_looks(desk):
    desk.pump(lambda state: state.traced is not None)
    for _ in range(50):
        desk.step()
    assert desk.session.state.denoisers is None
    assert desk.session.state.offers == ()
    desk.seen = {"denoise"}
    desk.pump(lambda state: state.denoisers is not None and desk.there(state))
    state = desk.session.state
    assert [each.name for each in state.enhanced] == list(state.denoisers)
    assert state.pictured is None, "no lane is looked at"
    desk.seen = {"enhanced", "mask"}
    name = state.denoisers[0]
    desk.pump(lambda state: state.pictured is not None and len(state.pictured.series) == 2)
    assert set(desk.session.state.pictured.series) == {f"enhanced:{name}", f"mask:{name}"}


def test_what_was_made_is_aligned_and_taken_up_again_when_a_knob_is_turned_back(desk):
    desk.seen = {"denoise"}
    desk.session.set("denoisers", ("wiener",))
    desk.pump(lambda state: state.traced is not None and desk.there(state))
    first, sound = desk.session.state.enhanced[0], desk.session.state.traced.sound
    np.testing.assert_allclose(first.sound.read() + first.residual.read(), sound.read(), atol=1e-6)
    desk.session.set("chain", (default_link("noise", snr=0.0),))
    desk.pump(lambda state: state.traced.sound.id != sound.id and desk.there(state))
    assert desk.session.state.enhanced[0].made is not first.made
    desk.session.undo()
    desk.pump(lambda state: state.traced.sound.id == sound.id and desk.there(state))
    assert desk.session.state.enhanced[0].made is first.made, "it heard the same sound before"


def test_the_knobs_of_the_mix_act_without_the_denoiser(desk, slow):
    desk.seen = {"denoise"}
    desk.session.set("denoisers", ("wiener",))
    desk.pump(lambda state: state.traced is not None and desk.there(state))
    calls, before = slow.calls, desk.session.state.enhanced[0]
    for wet in (0.9, 0.5, 0.25):
        desk.session.set("denoising", denoising.Options(wet=wet), "drag")
    desk.pump(lambda state: state.enhanced[0].sound.id != before.sound.id)
    noisy, now = desk.session.state.traced.sound.read(), desk.session.state.enhanced[0]
    np.testing.assert_allclose(now.sound.read(), 0.25 * 0.5 * noisy + 0.75 * noisy, atol=1e-6)
    assert slow.calls == calls
    desk.session.undo()
    desk.pump(lambda state: state.enhanced[0].sound.id == before.sound.id)


def test_a_new_clip_ends_what_runs_on_the_one_before(desk, slow):
    desk.show(2, seconds=30.0)
    desk.seen = {"denoise"}
    desk.session.set("denoisers", ("wiener",))
    desk.pump(lambda state: slow.calls > 2)
    desk.show(3)
    desk.pump(lambda state: state.enhanced and desk.there(state))
    assert slow.calls < 25, "the rest of the long one was not heard"
    assert desk.session.state.enhanced[0].clip_id == desk.session.state.clip.id
    desk.pump(lambda state: not state.jobs)


def test_a_denoiser_that_is_no_longer_asked_for_stops_and_the_others_go_on(desk, slow):
    desk.show(2, seconds=20.0)
    desk.seen = {"denoise"}
    desk.session.set("denoisers", ("wiener",))
    desk.pump(lambda state: state.jobs.get(job("wiener")) is not None and state.jobs[job("wiener")].share > 0)
    desk.enhancing.choose("gate", True)
    desk.enhancing.choose("wiener", False)
    desk.pump(lambda state: desk.there(state))
    state = desk.session.state
    assert [each.name for each in state.enhanced] == ["gate"]
    desk.pump(lambda state: not state.jobs)
    assert slow.calls < 35


def test_what_was_stopped_rests_until_it_is_asked_for_again(desk, slow):
    desk.show(2, seconds=20.0)
    desk.seen = {"denoise"}
    desk.session.set("denoisers", ("wiener",))
    desk.pump(lambda state: slow.calls > 2)
    desk.wiring.stop()
    desk.pump(lambda state: not state.jobs)
    calls = slow.calls
    for _ in range(50):
        desk.step()
    assert slow.calls == calls
    desk.enhancing.retry("wiener")
    desk.pump(lambda state: desk.there(state))


def test_a_broken_file_is_told_and_harms_no_other(desk, tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no network")
    desk.seen = {"denoise"}
    desk.session.set("denoisers", ("wiener",))
    desk.enhancing.switch(True)
    desk.enhancing.add(path)
    desk.session.set("transport", replace(desk.session.state.transport, heard=f"enhanced:{path}"))
    desk.pump(lambda state: any(each.trouble and each.name == str(path) for each in state.offers))
    desk.pump(lambda state: state.enhanced != ())
    state = desk.session.state
    trouble = next(each.trouble for each in state.offers if each.name == str(path))
    assert trouble.count("broken.onnx") == 1
    assert "ONNXRuntimeError" not in trouble
    assert [each.name for each in state.enhanced] == ["wiener"]
    # No key is for what made nothing: it would let the noisy sound be heard as what it makes.
    assert {each.name for each in state.audible} == {"processed", "clean", "enhanced:wiener", "residual:wiener"}
    assert state.transport.heard == "processed"


def test_choices_and_knobs_are_taken_back(desk):
    session = desk.session
    session.set("denoisers", ("wiener",))
    desk.enhancing.choose("gate", True)
    session.set("denoising", denoising.Options(limit=12.0), "a")
    session.set("denoising", denoising.Options(limit=6.0), "a")
    session.undo()
    assert session.state.denoising == denoising.Options()
    session.undo()
    assert session.state.denoisers == ("wiener",)
    session.redo()
    assert session.state.denoisers == ("wiener", "gate")


def test_keys_are_for_noisy_clean_and_then_each_denoiser(desk):
    desk.seen = {"denoise"}
    desk.session.set("denoisers", ("wiener", "gate"))
    desk.pump(lambda state: state.traced is not None and desk.there(state))
    assert desk.session.state.audible == ()
    desk.enhancing.switch(True)
    keys = {each.key: each.name for each in desk.session.state.audible}
    assert keys == {
        "1": "processed", "2": "clean", "3": "enhanced:wiener", "4": "enhanced:gate",
        "5": "residual:wiener", "6": "residual:gate",
    }  # fmt: skip
    # Of a recording to which nothing is added no clean sound is known; its key waits for one.
    desk.show(4, added=0.0)
    desk.pump(lambda state: state.traced.trace.clip_id == state.clip.id)
    assert not known(desk.session.state.traced)
    assert [each.key for each in desk.session.state.audible] == ["1", "3", "4", "5", "6"]


def test_what_can_no_longer_be_heard_gives_way_to_the_noisy_sound(desk):
    session = desk.session
    session.set("denoisers", ("wiener",))
    desk.enhancing.switch(True)
    heard = "residual:wiener"
    session.set("transport", replace(session.state.transport, heard=heard))
    desk.enhancing.choose("wiener", False)
    assert session.state.transport.heard == "processed"
    session.undo()
    session.set("transport", replace(session.state.transport, heard=heard))
    desk.enhancing.switch(False)
    assert session.state.transport.heard == "processed"


def test_the_player_has_every_sound_and_leaves_what_was_removed_as_loud_as_it_is(monkeypatch):
    session, given = example.full(), {}
    playing = Playing(session, type("Told", (), {"relabelled": False})())
    playing._traced = session.state.traced
    try:
        monkeypatch.setattr(
            playing._ready(), "load", lambda clips, starts, left=(): given.update(clips=clips, left=set(left))
        )
        monkeypatch.setattr(playing._player, "choose", lambda name: given.update(heard=name))
        session.set("enhanced", session.state.enhanced[:1])
        made = session.state.enhanced[0]
        assert given["clips"]["enhanced:wiener"] is made.sound
        assert given["clips"]["residual:wiener"] is made.residual
        assert given["clips"]["enhanced:gate"] is session.state.traced.sound, "it is still at work"
        assert given["clips"]["residual:gate"].frames == 0
        assert given["left"] == {"residual:wiener", "residual:gate"}
        session.set("transport", replace(session.state.transport, matched=False, heard="enhanced:wiener"))
        assert given["left"] == set(given["clips"])
        assert given["heard"] == "enhanced:wiener"
        assert list(lanes(session.state, session.state.traced)) == [each for each in given["clips"] if ":" in each]
    finally:
        playing.close()


def test_a_session_file_holds_the_denoisers_their_files_and_the_mix(tmp_path):
    own = tmp_path / "mine.onnx"
    own.write_bytes(b"weights")
    options = denoising.Options(wet=0.5, limit=18.0, keep=0.25)
    state = replace(Session().state, denoisers=("wiener", str(own)), denoising=options)
    for _ in document.save(state, tmp_path / "kept.oto"):
        pass
    own.unlink()
    found = next(each for each in document.load(tmp_path / "kept.oto") if isinstance(each, Restored)).values
    name, path = found["denoisers"]
    assert name == "wiener"
    assert path.endswith("mine.onnx")
    assert Path(path).read_bytes() == b"weights"
    assert found["denoising"] == options


def test_inspections_tell_whether_a_clean_sound_is_known():
    clip = from_array(0.1 * np.random.default_rng(0).normal(size=RATE).astype(np.float32), RATE, "noise")

    def traced(*chain):
        asked = infer.Inspection(clip, chain, default_picture(), None, 0.0, 1.0)
        return [each for each in infer.run(asked) if each is not None][-1]

    assert not known(traced())
    assert known(traced(default_link("noise", snr=10.0)))


def test_the_network_shown_is_heard_with_its_edits(desk):
    """A network that has learnt to denoise is one of the denoisers; an edit of its states is heard."""
    settings = catalog.load("models", "recurrent").Settings(hidden=8, layers=1)
    desk.seen = {"denoise"}
    desk.session.set("network", checkpoint.untrained("denoise", settings))
    assert SHOWN in [each.name for each in desk.session.state.offers]
    desk.session.set("denoisers", (SHOWN,))
    desk.pump(lambda state: state.traced is not None and state.traced.cleaned is not None and desk.there(state))
    (before,) = desk.session.state.enhanced
    traced = desk.session.state.traced
    np.testing.assert_array_equal(before.sound.read(), traced.cleaned.read())
    assert before.mask.values.shape == traced.trace.series[Key("mask")].values.shape
    desk.session.set("edits", (Edit("set", 0.2, 0.6, "h", value=1.0),))
    desk.pump(lambda state: state.enhanced and state.enhanced[0].made.id != before.made.id)
    (after,) = desk.session.state.enhanced
    apart = np.abs(after.sound.read() - before.sound.read())[:, 0]
    assert apart[: int(0.15 * RATE)].max() < 1e-6 < 1e-3 < apart[int(0.3 * RATE) : int(0.5 * RATE)].max()
    # Another network takes it from the list.
    desk.session.set("network", None)
    assert desk.session.state.denoisers == ()
    assert SHOWN not in [each.name for each in desk.session.state.offers]
