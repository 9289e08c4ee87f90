"""Raw samples from the menu: the network without a spectrum, its states right under the waveform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.window import Window
from tests.waiting import analysed, pump

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home(qapp) -> Iterator[Window]:
    made = Window(fresh=True)
    made.show()
    pump(qapp, lambda: analysed(made))
    yield made
    made.close()


def test_the_menu_leads_to_states_of_samples(qapp, home: Window) -> None:
    home.actions_by_name["raw"].trigger()
    pump(qapp, lambda: home.session.state.network is not None and home.session.state.network.name == "raw_rnn")
    pump(qapp, lambda: analysed(home) and home.session.state.traced.network_id == home.session.state.network.id)
    lanes = home.lanes
    assert [lanes.is_shown(name) for name in ("waveform", "spectrogram", "features", "hidden")] == [
        True, False, False, True,
    ]  # fmt: skip
    (features,) = home.session.state.traced.trace.find("features")
    assert home.session.state.traced.trace.series[features].axis == "sample"
    pump(qapp, lambda: home.docks.model.future.text() == "look-ahead 82 ms")
