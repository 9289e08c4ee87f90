"""What a lane of gradients says where it has nothing to show, and through what gradients are followed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import checkpoint
from engine.models import dense
from engine.session import Transport
from tests import example
from widgets import chosen


@pytest.mark.parametrize(("task", "model"), [("phonemes", "dense"), ("seq2seq_char", "seq2seq")])
def test_what_is_no_stack_of_recurrent_layers_is_not_followed_and_it_is_said(task: str, model: str) -> None:
    session = example.full()
    assert chosen.is_followed(session.state)
    assert chosen.missing(session.state, "open a sound") == chosen.WAITING
    settings = dense.Settings() if model == "dense" else None
    session.set("network", checkpoint.untrained(task, settings, model=model))
    assert not chosen.is_followed(session.state)
    assert chosen.missing(session.state, "open a sound") == chosen.ABSENT


def test_live_and_without_a_sound_something_else_is_said() -> None:
    session = example.empty()
    assert chosen.missing(session.state, "open a sound") == "open a sound"
    session.set("transport", replace(Transport(), live=True))
    assert chosen.missing(session.state, "open a sound") == chosen.LIVE
