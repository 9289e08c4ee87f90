"""The third way to use a network: it goes on by itself, and the unrolled graph shows what it was fed with."""

from __future__ import annotations

import numpy as np

from engine import checkpoint, generate, infer
from engine.session import Session, Span
from engine.trace import Key
from widgets.views import unrolled


def test_what_is_generated_is_drawn_as_fed_back(qtbot):
    """(N): so many symbols, each but those given the next input; without them the graph is another."""
    network = checkpoint.open_network("melody-rnn-64")
    given = (1, 3, 5)
    *_, made = generate.compose(network, given, generate.Settings(bars=2))
    *_, traced = infer.run(infer.Inspection(made.clip, (), None, network, 0.0, made.clip.seconds, "cpu"))
    session = Session(clip=made.clip, network=network, traced=traced, view=Span(0.0, made.clip.seconds))
    view = unrolled.View(session)
    qtbot.addWidget(view)
    view.resize(1000, 260)
    view.show()
    view.tick()
    plain = view.canvas.grab().toImage()
    assert view._fed_back(view.net, view.groups()) == []
    session.set("melodies", (made,))
    view.tick()
    groups, net = view.groups(), view.net
    fed = [groups.begin + place for place in view._fed_back(net, groups)]
    assert np.asarray(made.notes).shape == (16,)
    assert len(fed) == 16 - len(given)
    assert fed == list(range(fed[0], fed[0] + len(fed)))
    for place, frame in zip(range(made.given, 16), fed, strict=True):
        assert abs(net.time(frame) - (made.start(place) + made.beat / 2)) < made.beat / 2
    answers = traced.trace.series[Key("posterior")].values.argmax(1)
    assert len(answers) == net.count
    assert view.canvas.grab().toImage() != plain
    assert not view.broken
