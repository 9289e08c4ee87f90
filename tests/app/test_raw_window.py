"""Raw samples from the menu: the network without a spectrum, its states right under the waveform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.window import Window
from engine import catalog
from tests.waiting import analysed, pump

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.alone


@pytest.fixture
def home(qapp) -> Iterator[Window]:
    made = Window(fresh=True)
    made.show()
    pump(qapp, lambda: analysed(made))
    yield made
    made.close()


def test_the_menu_leads_to_states_of_samples(qapp, home: Window) -> None:
    assert tuple(home.models.networks) == catalog.names("tasks"), "no task is offered that there is not"
    home.actions_by_name["raw"].trigger()
    state: Any = lambda: home.session.state  # noqa: E731 - read anew at each look
    pump(qapp, lambda: getattr(state().network, "name", "") == "raw_rnn")
    pump(qapp, lambda: getattr(state().traced, "network_id", "") == getattr(state().network, "id", None))
    lanes, traced = home.lanes, home.session.state.traced
    assert [lanes.is_shown(name) for name in ("waveform", "spectrogram", "features", "hidden")] == [
        True, False, False, True,
    ]  # fmt: skip
    assert traced is not None
    (features,) = traced.trace.find("features")
    assert traced.trace.series[features].axis == "sample"
    pump(qapp, lambda: home.docks.model.future.text() == "look-ahead 82 ms")
    home.models.reset()
    worker = home.wiring.workers["background"]
    pump(qapp, lambda: not worker.busy and not worker.events and analysed(home))
    assert state().network.name == "raw_rnn", "it is a network of its task, and stays"
