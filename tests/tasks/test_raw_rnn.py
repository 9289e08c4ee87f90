"""The network on the raw waveform: its states lie under the samples that they are of, within one block."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine import asset, catalog, checkpoint, infer
from engine.clip import from_array
from engine.events import Seam, Traced
from engine.probes import seam, states
from engine.session import Session, Span
from engine.trace import Key

NAME = "raw_rnn"


def traced(samples: np.ndarray) -> Traced:
    clip = from_array(samples, 16000, "raw")
    network = checkpoint.open_network(NAME)
    found = list(infer.run(infer.Inspection(clip, (), None, network, 0.0, clip.seconds)))[-1]
    assert isinstance(found, Traced)
    return found


@pytest.fixture(scope="module")
def hop() -> int:
    return int(checkpoint.open_network(NAME).frontend[0].settings.to_dict()["hop"])


def test_it_is_given_nothing_but_samples() -> None:
    network = checkpoint.open_network(NAME)
    assert [link.stage for link in network.frontend] == ["raw", "normalise_running"]
    assert network.inputs == network.frontend[0].settings.to_dict()["win"]
    assert network.live


@pytest.mark.parametrize("at", [4000, 7777, 12345])
def test_a_sample_is_felt_first_in_the_state_of_its_block(hop: int, at: int) -> None:
    samples = asset.open_bundled("phonemes").read()[:16000, 0].copy()
    before = traced(samples)
    samples[at] += 0.5
    after = traced(samples)
    one, other = (each.trace.series[Key("h", 1)] for each in (before, after))
    moved = np.flatnonzero(np.abs(one.values - other.values).max(1) > 1e-6)
    assert one.rate == 16000 / hop
    # The first block that holds it is centred half a block before or after it.
    assert abs(one.time(int(moved[0])) - at / 16000) <= hop / 16000


def test_the_cursor_of_waveform_and_state_is_one(qtbot, hop: int) -> None:
    """What both read at a pixel, and what they show after a click, is the same sample within one hop."""
    found = traced(asset.open_bundled("phonemes").read()[:16000, 0])
    session = Session(clip=found.sound, traced=found, network=checkpoint.open_network(NAME))
    session.set("view", Span(0.4, 0.5))
    lanes = {}
    for name in ("waveform", "hidden"):
        lane = lanes[name] = catalog.load("widgets.views", name).View(session)
        qtbot.addWidget(lane)
        lane.resize(1000, 160)
        lane.show()
        lane.tick()
    series = found.trace.series[Key("h", 1)]
    for time in (0.41, 0.4567, 0.49):
        x = lanes["waveform"].axis().x(time)
        sound, state = (lanes[name].read(QPointF(x, 60)) for name in ("waveform", "hidden"))
        assert sound.time == pytest.approx(state.time, abs=1e-9)
        frame = series.frame(time)
        assert state.value == pytest.approx(float(series.values[frame, state.unit]))
        assert abs(series.time(frame) * 16000 - sound.time * 16000) <= hop
    lanes["hidden"].clicked(QPointF(lanes["hidden"].axis().x(0.45), 60))
    cursor = session.state.cursor.time
    assert abs(cursor - 0.45) * 16000 <= hop
    assert lanes["waveform"].axis().x(cursor) == pytest.approx(lanes["hidden"].axis().x(cursor))


def test_it_streams_as_it_runs_over_a_clip() -> None:
    network, clip = checkpoint.open_network(NAME), asset.open_bundled("phonemes")
    found = list(seam.find(network, (), states.traced(network, clip), clip))[-1]
    assert isinstance(found, Seam)
    assert not found.spans
    assert found.greatest < 1e-4


def test_samples_are_drawn_around_nought(qtbot) -> None:
    found = traced(asset.open_bundled("phonemes").read()[:16000, 0])
    session = Session(clip=found.sound, traced=found, network=checkpoint.open_network(NAME))
    lane = catalog.load("widgets.views", "features").View(session)
    qtbot.addWidget(lane)
    lane.resize(800, 160)
    lane.show()
    lane.tick()
    (strip,) = lane.strips
    assert (strip.kind, strip.how) == ("signed", "peak")
    assert strip.low == -strip.high
    assert lane.badge() == f"{strip.rows} samples"
