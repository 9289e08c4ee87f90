"""The break-it map: cells as measured one by one, coarse to fine, and a sentence that follows from them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from engine import breaking, denoising, quality
from engine.asset import open_bundled
from engine.clip import from_array
from engine.stages import noise

INF = math.inf


@pytest.fixture(scope="module")
def clip():
    whole = open_bundled("speech-1")
    return from_array(whole.read(0, 2 * whole.rate)[:, 0], whole.rate, "two seconds")


def test_every_cell_is_the_metric_of_the_denoised_mixture(clip) -> None:
    asked = breaking.Asked(clip, "wiener", "si_sdr", ("white", "babble"), (-5.0, 5.0, 15.0))
    maps = list(breaking.explore(asked))
    assert len(maps) == 6
    assert [int(np.isfinite(each.values).sum()) for each in maps] == [1, 2, 3, 4, 5, 6]
    last = maps[-1]
    assert last.share == 1.0
    settings = noise.Settings(kind="babble", snr=5.0)
    from engine.stages.stage import Format

    stage = noise.build(settings, Format(float(clip.rate)))
    noisy = np.concatenate([stage.push(clip.read()), stage.flush()])
    out = np.concatenate(list(denoising.run("wiener", noisy, clip.rate)))[:, 0]
    expected = quality.score(out, clip.rate, clip.read()[:, 0], ["si_sdr"])["si_sdr"].value
    assert last.values[1, 1] == pytest.approx(expected, abs=1e-2)
    assert (np.diff(last.values, axis=1) > 0).all()
    assert not last.values.flags.writeable


@pytest.mark.skipif(bool(quality.METRICS["pesq_wb"].missing), reason="pesq is not installed")
def test_a_match_that_pesq_cannot_make_is_no_value_with_its_reason() -> None:
    """A voice 10 dB under a boat, as it is: PESQ finds it good, for it lines up nothing with nothing."""
    import pesq

    digits = open_bundled("digits")
    asked = breaking.Asked(
        digits, "wiener", "pesq_wb", ("boat",), (-10.0, 10.0), options=denoising.Options(wet=0.0)
    )
    noisy, clean = breaking._mixed(asked, digits.read()[:, 0], "boat", -10.0)
    assert pesq.pesq(16000, clean, noisy, "wb") > 3
    last = list(breaking.explore(asked))[-1]
    assert np.isnan(last.values[0, 0])
    assert "cannot line it up" in last.reasons[0, 0]
    assert 1 < last.values[0, 1] < 2
    assert list(last.reasons) == [(0, 0)]


def test_the_ends_come_first_and_nothing_twice() -> None:
    assert breaking.coarse_to_fine(5)[:3] == [0, 4, 2]
    for count in range(1, 30):
        assert sorted(breaking.coarse_to_fine(count)) == list(range(count))


def test_the_edge_is_where_the_line_crosses() -> None:
    assert breaking.edge((0, 5, 10), (1.0, 2.0, 3.0), 2.5) == pytest.approx(7.5)
    assert breaking.edge((0, 5, 10), (1.0, math.nan, 3.0), 2.0) == pytest.approx(5.0)
    assert breaking.edge((0, 5, 10), (3.0, 1.0, 3.0), 2.0) == pytest.approx(7.5)  # what holds by chance is no edge
    assert breaking.edge((0, 5), (3.0, 4.0), 2.0) == -INF
    assert breaking.edge((0, 5), (1.0, 1.5), 2.0) == INF
    assert math.isnan(breaking.edge((0, 5), (math.nan, math.nan), 2.0))


def test_the_sentence_names_the_worst_and_the_median() -> None:
    rows, rule = ("rain", "babble", "fan"), "PESQ-WB under 1.5"
    assert breaking.sentence("it", rows, (1.0, 4.2, -INF), rule) == (
        "it fails below 4 dB with babble (PESQ-WB under 1.5), the worst of 3; the median fails below 1 dB"
    )
    assert "does not fail" in breaking.sentence("it", rows, (-INF,) * 3, rule)
    assert "half of them do not fail" in breaking.sentence("it", rows, (-INF, -INF, 3.0), rule)
    assert "at every SNR" in breaking.sentence("it", rows, (INF, 0.0, 0.0), rule)
    assert breaking.sentence("it", rows, (math.nan,) * 3, rule, "it is silent") == "it is silent"


def test_wider_gaps_are_worse_and_the_clean_sound_has_none(clip) -> None:
    asked = breaking.Asked(clip, "wiener", "si_sdr", (0.0, 120.0), (20.0,))
    last = list(breaking.explore(asked))[-1]
    assert last.rows == ("0 ms", "120 ms")
    assert last.values[0, 0] > last.values[1, 0] + 1


def test_it_stops_where_it_is_and_says_why_there_is_no_number(clip) -> None:
    events = breaking.explore(breaking.Asked(clip, "wiener", "si_sdr", ("white",), (0.0, 10.0)))
    assert len(list(itertools.islice(events, 1))) == 1
    events.close()
    silent = from_array(np.zeros(16000, np.float32), 16000, "silence")
    last = list(breaking.explore(breaking.Asked(silent, "wiener", "si_sdr", ("white",), (0.0,))))[-1]
    assert "silent" in last.text
