"""Knobs: one declaration gives range, type and message; settings are frozen and checked."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.knob import KnobError, Settings, knob, knobs


@dataclasses.dataclass(frozen=True)
class Noise(Settings):
    snr: float = knob(20.0, -20, 40, step=0.5, unit="dB", help="speech over noise")
    count: int = knob(2, 0, 5)
    kind: str = knob("white", choices=("white", "pink"))
    on: bool = knob(True)
    drawn: tuple[tuple[float, float], ...] = knob((), hidden=True)


def test_declaration_is_read_back_in_order():
    assert [each.name for each in knobs(Noise)] == ["snr", "count", "kind", "on", "drawn"]
    snr = knobs(Noise)[0]
    assert (snr.low, snr.high, snr.step, snr.unit, snr.kind) == (-20, 40, 0.5, "dB", float)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_is_kept_exactly_inside_its_range_and_refused_outside(value):
    if -20 <= value <= 40:
        assert Noise(snr=value).snr == value
    else:
        with pytest.raises(KnobError, match="snr"):
            Noise(snr=value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"snr": 41}, "-20 to 40 dB"),
        ({"snr": "loud"}, "finite number"),
        ({"count": 1.5}, "whole number"),
        ({"count": True}, "finite number"),
        ({"kind": "pnik"}, "white, pink"),
        ({"on": 1}, "switch"),
        ({"drawn": 3}, "list"),
        ({"drawn": ((1.0,),)}, "list"),
        ({"drawn": (("a", "b"),)}, "list"),
        ({"drawn": ((0.0, float("inf")),)}, "finite"),
    ],
)
def test_a_refusal_says_what_is_allowed(changes, says):
    with pytest.raises(KnobError, match=says):
        Noise(**changes)


def test_whole_numbers_become_the_declared_type():
    assert isinstance(Noise(snr=3).snr, float)
    assert isinstance(Noise(count=3.0).count, int)


def test_dict_round_trip_and_unknown_key_suggests_the_near_one():
    noisy = Noise(snr=5, drawn=((0.0, 1.0),))
    plain = noisy.to_dict() | {"drawn": [[0.0, 1.0]]}
    assert Noise.from_dict(plain) == noisy
    with pytest.raises(KnobError, match="did you mean 'snr'"):
        Noise.from_dict({"srn": 3})


def test_a_copy_is_checked_too_and_the_original_stays():
    noisy = Noise()
    assert noisy.but(snr=0).snr == 0
    assert noisy.snr == 20
    with pytest.raises(KnobError):
        noisy.but(snr=99)
