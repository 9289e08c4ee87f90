"""Denoisers beside each other: delay and speed as they are, the same mixtures for all, strangers that fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import rivals, unheard
from engine.denoisers.denoiser import DenoiserError
from engine.events import Progress
from engine.quality import Score
from engine.unheard import Mixed, Planned

if TYPE_CHECKING:
    from pathlib import Path


class Late:
    """Gives a moving mean over `ahead` samples that follow."""

    rate, parameters = 16000, 7

    def __init__(self, ahead: int) -> None:
        self.latency: int | None = ahead
        self._sound = np.zeros(0, np.float32)

    def push(self, block: np.ndarray) -> np.ndarray:
        self._sound = np.concatenate([self._sound, block])
        return np.zeros(0, np.float32)

    def flush(self) -> np.ndarray:
        assert self.latency is not None
        padded = np.concatenate([self._sound, np.zeros(self.latency, np.float32)])
        sums = np.cumsum(np.concatenate([[0], padded.astype(np.float64)]))
        count, size = len(self._sound), self.latency + 1
        self._sound = np.zeros(0, np.float32)
        return ((sums[size : size + count] - sums[:count]) / size).astype(np.float32)

    def reset(self) -> None:
        self._sound = np.zeros(0, np.float32)

    def mask(self) -> None:
        return None


class Bad(Late):
    def push(self, block: np.ndarray) -> np.ndarray:
        raise RuntimeError("no such node")


class Whole(Late):
    def flush(self) -> np.ndarray:
        out = self._sound - self._sound.mean()
        self.reset()
        return out


@pytest.mark.parametrize("ahead", [0, 100, 511])
def test_the_delay_is_found_to_the_sample(ahead: int) -> None:
    assert rivals.lookahead(Late(ahead)) == ahead


def test_who_hears_the_whole_sound_has_no_delay() -> None:
    assert rivals.lookahead(Whole(0)) is None


def test_the_own_denoisers_listen_no_further_ahead_than_they_say() -> None:
    built, trouble = rivals.construct([rivals.Rival("wiener", "wiener"), rivals.Rival("nothing", "no-such")])
    facts = rivals.measured(built)["wiener"]
    assert facts.declared is not None
    assert facts.measured is not None
    assert facts.declared - 2 <= facts.measured <= facts.declared
    assert facts.factor > 0
    assert len(trouble) == 1
    assert "no-such" in trouble[0]


def planned(number: int, snr: float, kind: str = "hum") -> Planned:
    return Planned(number, 0, "a", "b", kind, ("c",), "", snr, -20.0)


def mixed(one: Planned) -> Mixed:
    rng = np.random.default_rng(one.number)
    clean = np.convolve(rng.standard_normal(16000), np.ones(40) / 40, "same").astype(np.float32)
    noise = (rng.standard_normal(16000) * clean.std() * 10 ** (-one.snr / 20)).astype(np.float32)
    return Mixed(one, clean + noise, clean, noise)


def held(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> rivals.Contest:
    monkeypatch.setattr(unheard, "mixture", mixed)
    monkeypatch.setattr(rivals.denoising, "build", made.__getitem__)
    asked = [planned(number, snr) for number, snr in enumerate((0.0, 0.0, 10.0, 10.0))]
    events = list(rivals.contest([rivals.Rival(name, name) for name in made], asked, ("si_sdr",)))
    shares = [event.share for event in events if isinstance(event, Progress)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    contest: rivals.Contest = events[-1]
    return contest


def test_all_hear_the_same_mixtures_and_means_are_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    contest = held({"copy": Late(0), "smooth": Late(4)}, monkeypatch)
    assert contest.rivals == ("noisy", "copy", "smooth")
    found = rivals.means(contest, "si_sdr", lambda one: one.snr)
    for snr in (0.0, 10.0):
        assert found["noisy"][snr][0] == pytest.approx(snr, abs=0.2)
        assert found["copy"][snr] == pytest.approx(found["noisy"][snr], abs=1e-4)
    assert found["smooth"][0.0][0] > found["noisy"][0.0][0]
    values = [row.scores["si_sdr"].value for row in contest.rows if row.rival == "smooth"]
    assert rivals.means(contest, "si_sdr")["smooth"]["all"][0] == pytest.approx(np.mean(values))  # type: ignore[arg-type]


def test_one_that_fails_is_absent_with_its_reason_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    contest = held({"copy": Late(0), "bad": Bad(0)}, monkeypatch)
    assert contest.rivals == ("noisy", "copy")
    assert contest.absent == ("bad: no such node",)


def test_what_each_does_is_told_and_every_row_comes_as_it_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unheard, "mixture", mixed)
    monkeypatch.setattr(rivals.denoising, "build", {"copy": Late(0), "smooth": Late(4)}.__getitem__)
    asked = [planned(number, 0.0) for number in range(3)]
    there = [rivals.Rival(name, name) for name in ("copy", "smooth")]
    with ThreadPoolExecutor(1) as pool:
        events = list(rivals.contest(there, asked, ("si_sdr",), pool=pool))
    said = [event.doing for event in events if isinstance(event, Progress)]
    assert {"building copy", "mixture 2 of 3: smooth", "mixture 3 of 3: noisy"} <= set(said)
    rows = [event for event in events if isinstance(event, rivals.Heard)]
    assert [(row.planned.number, row.rival) for row in rows] == [
        (number, name) for number in range(3) for name in ("noisy", "copy", "smooth")
    ]
    assert tuple(rows) == events[-1].rows


def test_stopped_it_ends_with_the_mixtures_that_all_have_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unheard, "mixture", mixed)
    monkeypatch.setattr(rivals.denoising, "build", {"copy": Late(0)}.__getitem__)
    events = rivals.contest([rivals.Rival("copy", "copy")], [planned(n, 0.0) for n in range(4)], ("si_sdr",))
    heard = 0
    while heard < 3:
        heard += isinstance(next(events), rivals.Heard)
    last = events.throw(KeyboardInterrupt())
    assert isinstance(last, rivals.Contest)
    assert [(row.planned.number, row.rival) for row in last.rows] == [(0, "noisy"), (0, "copy")]
    assert last.absent == ("what comes after mixture 1 of 4: stopped",)
    assert "copy" in last.facts


def test_a_mixture_without_a_number_does_not_count_as_zero() -> None:
    rows = tuple(
        rivals.Heard("one", planned(number, 0.0), {"stoi": score})
        for number, score in enumerate((Score(0.8), Score(None, "too short"), Score(0.6)))
    )
    assert rivals.means(rivals.Contest(rows, {}, ()), "stoi")["one"]["all"][0] == pytest.approx(0.7)


def test_a_folder_of_strangers_is_named_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "net.onnx").write_bytes(b"no network")
    there, absent = rivals.found(tmp_path)
    assert "wiener" in [rival.name for rival in there]
    assert any(line.startswith("odd: ") and "net.onnx" in line for line in absent)
    with pytest.raises(DenoiserError, match="no folder"):
        rivals.found(tmp_path / "none")
