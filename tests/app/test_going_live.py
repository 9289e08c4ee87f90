"""Going live in the window: with a network that can, and with what else there is for one that cannot."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QPushButton

from engine import checkpoint, latency
from engine.trace import Key
from tests.waiting import analysed, pump

pytestmark = pytest.mark.alone


@pytest.fixture
def refused(qapp, home):
    """The window with a network that runs backwards too, which was asked to go live on the clip; the way back."""
    before, clip = home.session.state.network, home.session.state.clip
    home.models.open("digits-lstm-64-bidirectional")
    pump(qapp, lambda: home.session.state.network.name == "digits-lstm-64-bidirectional")
    home.actions_by_name["live_clip"].trigger()
    pump(qapp, lambda: home.session.state.notice is not None)
    yield home
    home.listening.stop()
    home.session.set("clip", clip)
    home.session.set("network", before)
    pump(qapp, lambda: analysed(home) and home.session.state.traced.network_id == before.id)


@pytest.mark.parametrize(
    ("odd", "why", "ways"),
    [
        ({"bidirectional": True}, "backwards", ("live_twin", "live_windows")),
        ({"readout": "last"}, "one answer", ("live_twin",)),
    ],
)
def test_live_refuses_a_network_that_needs_the_future_says_why_and_what_else_can(qapp, home, odd, why, ways):
    before = home.session.state.network
    home.models.change(before.settings.but(**odd, layers=1, hidden=32), "test")
    pump(qapp, lambda: home.session.state.network is not before)
    pump(qapp, lambda: "∞" in home.docks.model.future.text())
    home.actions_by_name["live_clip"].trigger()
    assert not home.session.state.transport.live
    pump(qapp, lambda: home.session.state.notice is not None)
    assert why in home.session.state.notice.text
    assert home.session.state.notice.actions == ways
    home.session.undo()
    pump(qapp, lambda: home.session.state.traced.network_id == before.id)


def test_the_button_goes_live_with_the_causal_network_that_was_named(qapp, refused):
    said = refused.session.state.notice.text
    name = next(each for each in checkpoint.causal() if f"{each} answers from the past alone, " in said)
    twin = checkpoint.open_network(name)
    late = latency.of(twin.task, twin.task_settings, twin.model, twin.settings).total
    assert f"{1000 * late:.0f} ms after" in said
    button = next(each for each in refused.message.findChildren(QPushButton) if "causal" in each.text())
    button.click()
    pump(qapp, lambda: refused.session.state.transport.live and refused.session.state.live)
    assert refused.session.state.network.name == name
    pump(qapp, lambda: any(key.name == "h" for frames in refused.session.state.live for key in frames.series))


def test_the_other_button_hears_it_in_windows(qapp, refused):
    button = next(each for each in refused.message.findChildren(QPushButton) if "windows" in each.text())
    button.click()
    assert refused.session.state.transport.live
    assert refused.session.state.network.name == "digits-lstm-64-bidirectional"
    seen = set()
    end = refused.session.on("live", lambda: seen.update(*(each.series for each in refused.session.state.live)))
    pump(qapp, lambda: Key("h", 1, "backward") in seen)
    end()


def test_live_from_a_clip_scrolls_freezes_and_is_kept(qapp, home):
    seen = []
    end = home.session.on("live", lambda: seen.extend(home.session.state.live))
    clip = home.session.state.clip
    both = "digits-lstm-64-bidirectional"
    assert both in offered(home)
    home.actions_by_name["live_clip"].trigger()
    assert home.session.state.transport.live
    pump(qapp, lambda: both not in offered(home) and not home.actions_by_name[f"network:{both}"].isVisible())
    assert set(offered(home)) == {name for name in checkpoint.causal() if name.startswith("digits")}
    pump(qapp, lambda: len(seen) > 5 and any(frames.series for frames in seen))
    assert not home.docks.model._forms[0].editors["bidirectional"].isEnabled()
    home.actions_by_name["freeze"].trigger()
    assert home.session.state.transport.frozen
    home.actions_by_name["keep"].trigger()
    end()
    kept = home.session.state.clip
    assert kept is not clip
    heard = kept.read()[:, 0]
    assert len(heard) > 1000
    np.testing.assert_allclose(heard, clip.read(0, len(heard))[:, 0], atol=2e-4)
    assert not home.session.state.transport.live
    pump(qapp, lambda: both in offered(home))
    home.session.set("clip", clip)


def offered(window):
    """The names of the networks in the Model panel."""
    box = window.docks.model.network
    return [box.itemText(index) for index in range(box.count())]


def test_without_a_microphone_recording_says_what_to_do(qapp, home, monkeypatch):
    from engine.audio import device

    monkeypatch.setattr(device, "_listed", lambda kind: ())
    home.actions_by_name["record"].trigger()
    pump(qapp, lambda: home.session.state.notice is not None and "microphone" in home.session.state.notice.text)
    assert "Live from the clip" in home.message.label.text()
    pump(qapp, lambda: not home.session.state.transport.live)
    assert not home.session.state.transport.recording
    assert not home.actions_by_name["record"].isChecked()
