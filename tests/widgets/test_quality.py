"""The panel of quality: what is better is marked by a sign, what is absent says why; and the gauge of latency."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from engine.clip import from_array
from engine.events import Cell, Column, Judged, LocalSnr, Offer, Progress, Traced
from engine.limits import Options
from engine.session import Session
from engine.trace import Series, Trace
from widgets.budget import Budget, verdict
from widgets.views import quality, snr

PESQ = Column("pesq_wb", "PESQ", "", 2, True, "Range: 1.04 to 4.64, more is better. It needs the clean sound.")
WRONG = Column("errors", "digits wrong", "%", 0, False, "less is better")


def judged(**rows: tuple[float | None, float | None]) -> Judged:
    def cell(value: float | None) -> Cell:
        return Cell(value, "" if value is not None else "it is silent")

    cells = {name: tuple(cell(each) for each in row) for name, row in rows.items()}
    ids = {name: name for name in rows}
    return Judged("s", 0.0, 2.0, (PESQ, WRONG), MappingProxyType(cells), MappingProxyType(ids))


TABLE = judged(noisy=(1.5, 40.0), clean=(None, 0.0), one=(2.0, 20.0), two=(1.2, 20.0), three=(1.502, 60.0))


@pytest.mark.parametrize(
    ("name", "place", "sign"),
    [
        ("one", 0, "▲"), ("two", 0, "▽"), ("three", 0, ""),  # less than half of what is shown is no difference
        ("one", 1, "▲"), ("two", 1, "▲"), ("three", 1, "▽"),  # fewer errors are better, and two can be best
        ("noisy", 0, ""), ("clean", 1, ""),
    ],
)  # fmt: skip
def test_better_and_worse_are_told_by_a_sign(name: str, place: int, sign: str) -> None:
    assert quality.mark(TABLE, name, place)[0] == sign


def test_of_one_denoiser_there_is_no_best() -> None:
    assert quality.mark(judged(noisy=(1.0, None), one=(2.0, None)), "one", 0)[0] == "△"


def session() -> Session:
    sound = from_array(np.zeros(32000, np.float32) + 0.01, 16000, "sound")
    clean = from_array(np.zeros(32000, np.float32), 16000, "clean")
    made = Session(clip=sound)
    made.set("traced", Traced(Trace(sound.id, 0.0, 2.0, {}), sound, clean, ""))
    return made


def shown(view: Any, qtbot: Any) -> Any:
    qtbot.addWidget(view)
    view.resize(320, 480)
    view.show()
    view.mark()
    view.tick()
    return view


def test_the_table_shows_what_is_known(qtbot: Any) -> None:
    made = session()
    view = shown(quality.View(made), qtbot)
    assert not view.table.isVisible()
    made.set("judged", TABLE)
    view.tick()
    table = view.table
    assert [table.verticalHeaderItem(row).text() for row in range(5)] == ["noisy", "clean", "one", "two", "three"]
    assert table.item(2, 0).text() == "2.00▲"
    assert table.item(1, 0).text() == "\N{EN DASH}"
    assert table.item(1, 0).toolTip() == "it is silent"
    assert "1.04 to 4.64" in table.horizontalHeaderItem(0).toolTip()
    assert view.said.text().startswith("Of all of it.")


def test_what_is_still_measured_is_told(qtbot: Any) -> None:
    made = session()
    ids = MappingProxyType({"noisy": "a", "one": "b"})
    some = Judged("s", 0.0, 1.0, (PESQ,), MappingProxyType({"noisy": (Cell(1.5),)}), ids)
    made.set("judged", some)
    view = shown(quality.View(made), qtbot)
    assert "Not measured yet: one." in view.said.text()
    assert "No clean sound" in view.said.text()
    made.set("jobs", MappingProxyType({"quality": Progress(0.5, "measuring one")}))
    view.tick()
    assert view.table.item(1, 0).text() == "…"
    assert view.said.text().startswith("measuring one, 50 % known …")


def test_latency_is_set_against_the_budget(qtbot: Any) -> None:
    """K233: 10 ms, as hearing aids aim at."""
    assert verdict(0.010, 10) == (True, "✓ 10 ms")
    assert verdict(0.032, 10) == (False, "✗ 32 ms")
    assert verdict(None, 500) == (False, "✗ whole clip")
    assert verdict(-1.0, 500)[0] is False
    gauge = Budget()
    qtbot.addWidget(gauge)
    gauge.show_latencies([("one", 0.008), ("two", 0.032)])
    assert gauge.limit.value() == 10
    assert gauge.bars.accessibleDescription() == "one: ✓ 8 ms; two: ✗ 32 ms"
    gauge.limit.setValue(40)
    assert gauge.bars.accessibleDescription() == "one: ✓ 8 ms; two: ✓ 32 ms"
    assert gauge.bars.most() >= 80
    gauge.show()
    gauge.grab()


def test_the_gauge_shows_the_chosen_denoisers(qtbot: Any) -> None:
    made = session()
    made.set("offers", (Offer("wiener", "Wiener", 0.032, 0), Offer("gate", "Gate", 0.02, 0)))
    made.set("denoisers", ("gate",))
    made.set("judged", TABLE)
    view = shown(quality.View(made), qtbot)
    assert view.budget.bars.found == (("Gate", 0.02),)
    made.set("denoising", Options(limit=12.0))
    view.tick()
    assert view.budget.bars.found == (("Gate", 0.02),)
    made.set("denoising", Options(limit_1000=12.0))
    view.tick()
    assert view.budget.bars.found == (("Gate", pytest.approx(0.024)),)


def test_the_local_snr_is_a_line_for_each_version(qtbot: Any) -> None:
    made = session()
    traced: Any = made.state.traced
    rising = np.linspace(-10, 35, 100, dtype=np.float32)[:, None]
    both = {
        name: Series(values, 62.5, 0.016, "version", (name,), -10.0, 35.0, "dB")
        for name, values in (("noisy", rising), ("one", rising[::-1]))
    }
    made.set("local_snr", LocalSnr(traced.sound.id, (), MappingProxyType(both)))
    view = shown(snr.View(made), qtbot)
    assert [strip.name for strip in view.strips] == ["noisy", "one"]
    assert view.box(2, 0) == view.box(2, 1)
    view.grab()
    words = view._reading(view.strips[0], 0, 0.016 + 20 / 62.5).text
    assert "noisy −0.91 dB" in words
    assert "one 26 dB" in words
    made.set("local_snr", LocalSnr("another", (), MappingProxyType(both)))
    view.tick()
    assert not view.strips
