"""The garbage collector looks through what is new, and no more through what has stayed."""

from __future__ import annotations

import gc
import weakref

import pytest

from app import collector


class Ring:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def spared():
    gc.collect()
    made = collector.Collector()
    yield made
    made.close()
    assert gc.get_freeze_count() == 0


def test_what_there_is_is_set_aside_and_new_rings_are_still_freed(spared):
    before = len(gc.get_objects())
    spared.spare()
    assert len(gc.get_objects()) < before / 100
    new = weakref.ref(Ring())
    gc.collect()
    assert new() is None


def test_a_collection_that_took_long_is_the_last_one_that_does(spared, monkeypatch):
    held = [Ring() for _ in range(1000)]
    monkeypatch.setattr(collector, "LONG", 60.0)
    gc.collect()
    assert gc.get_freeze_count() == 0
    monkeypatch.setattr(collector, "LONG", 0.0)
    gc.collect(1)
    assert gc.get_freeze_count() == 0, "only the whole of it is slow"
    gc.collect()
    assert gc.get_freeze_count() > len(held)
