"""What a lane of gradients says where it has nothing to show, and through what gradients are followed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import build, checkpoint, infer
from engine.clip import from_array
from engine.models import dense
from engine.session import Transport
from tests import example
from widgets import chosen


@pytest.mark.parametrize(("task", "model"), [("phonemes", "dense"), ("seq2seq_char", "seq2seq")])
def test_what_has_no_recurrent_layers_is_not_followed_and_it_is_said(task: str, model: str) -> None:
    session = example.full()
    assert chosen.is_followed(session.state)
    assert chosen.missing(session.state, "open a sound") == chosen.WAITING
    settings = dense.Settings() if model == "dense" else None
    network = checkpoint.untrained(task, settings, model=model)
    rate = round(build.task_of(network).rate)
    hiss = from_array(np.random.default_rng(0).normal(0, 0.1, rate // 2).astype(np.float32), rate, "hiss")
    traced = list(infer.run(infer.Inspection(hiss, (), None, network, 0.0, 0.5, "cpu")))[-1]
    session.set("network", network)
    session.set("traced", traced)
    assert chosen.is_followed(session.state) == (model == "seq2seq")
    wanted = chosen.WAITING if model == "seq2seq" else chosen.ABSENT
    assert chosen.missing(session.state, "open a sound") == wanted


def test_live_and_without_a_sound_something_else_is_said() -> None:
    session = example.empty()
    assert chosen.missing(session.state, "open a sound") == "open a sound"
    session.set("transport", replace(Transport(), live=True))
    assert chosen.missing(session.state, "open a sound") == chosen.LIVE
