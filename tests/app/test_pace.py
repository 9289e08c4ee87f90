"""The timer of the window: seldom at rest, and quick as soon as something happens."""

from __future__ import annotations

import threading
from dataclasses import replace

from app.pace import REST, TICK
from tests.waiting import pump


def test_a_window_at_rest_ticks_seldom_until_something_happens(qapp, home):
    pump(qapp, lambda: home.timer.interval() == REST)
    state = home.session.state
    home.session.set("cursor", replace(state.cursor, time=state.cursor.time + 0.1))
    assert home.timer.interval() == TICK, "the picture of it comes soon"
    home.session.set("cursor", state.cursor)
    pump(qapp, lambda: home.timer.interval() == REST)


def test_while_a_job_is_at_work_its_news_are_looked_for_often(qapp, home):
    done = threading.Event()

    def job():
        while not done.wait(0.005):
            yield None

    pump(qapp, lambda: home.timer.interval() == REST)
    home.wiring.submit("keep", "wait", job)
    pump(qapp, lambda: home.timer.interval() == TICK)
    done.set()
    pump(qapp, lambda: home.timer.interval() == REST)
