"""Weights that are drawn, while another thread draws as well: as in the window, where several build networks."""

from __future__ import annotations

import threading
from typing import Any

import torch

from engine import build, catalog


def network() -> Any:
    kind = catalog.load("models", "recurrent").Settings
    return build.fresh("recurrent", kind(hidden=16), 8, 4, 1)


def test_another_thread_waits_and_changes_nothing() -> None:
    with build.drawn(0):
        wanted = torch.rand(6)
    alone, beside = network(), []
    thread = threading.Thread(target=lambda: beside.append(network()))
    with build.drawn(0):
        found = [torch.rand(3)]
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        found.append(torch.rand(3))
    thread.join()
    assert torch.equal(torch.cat(found), wanted)
    assert all(torch.equal(a, b) for a, b in zip(alone.parameters(), beside[0].parameters(), strict=True))


def test_a_network_is_built_inside_and_the_state_outside_stays() -> None:
    before = torch.get_rng_state()
    with build.drawn(5):
        network()
        torch.rand(1)
    assert torch.equal(torch.get_rng_state(), before)
