"""What a denoiser lets through (K229, K230): its means add up, and pauses are told from speech."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app import cli
from engine import masked, measures, unheard
from engine.denoisers.denoiser import Mask
from engine.unheard import Mixed, Planned

ROWS = tuple(np.linspace(0, 8000, 257).tolist())


class Known:
    """Halves the sound; its mask is numbers that are known."""

    rate, latency, parameters = 16000, 0, 0

    def __init__(self, gains: list[np.ndarray]) -> None:
        self._gains, self.asked = gains, 0

    def push(self, block: np.ndarray) -> np.ndarray:
        return block / 2

    def flush(self) -> np.ndarray:
        return np.zeros(0, np.float32)

    def reset(self) -> None:
        pass

    def mask(self) -> Mask | None:
        self.asked += 1
        return Mask(self._gains[self.asked - 1], 62.5, 0.0, ROWS)


class Bare(Known):
    def __init__(self) -> None:
        super().__init__([])

    def mask(self) -> None:
        return None


def scene(kind: str, number: int) -> Planned:
    return Planned(number, 0, "a", "b", kind, ("c",), "", 5.0, -20.0)


def mixed(planned: Planned) -> Mixed:
    rng = np.random.default_rng(planned.number)
    clean, noise = (rng.standard_normal(16000).astype(np.float32) * level for level in (0.1, 0.01))
    clean[8192:] = 0.0
    return Mixed(planned, clean + noise, clean, noise)


def found(denoiser: Any, scenes: list[Planned], monkeypatch: pytest.MonkeyPatch, by: str = "noise_type") -> Any:
    monkeypatch.setattr(masked.denoising, "build", lambda name: denoiser)
    monkeypatch.setattr(unheard, "mixture", mixed)
    return list(masked.measure("known", scenes, by))[-1]


def test_means_of_bands_add_up_to_the_mean_of_the_whole_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    gains = [rng.random((count, 257)).astype(np.float32) for count in (30, 50, 41)]
    report = found(Known(gains), [scene("rain", 0), scene("fan", 1), scene("rain", 2)], monkeypatch)
    rows = {row.group: row for row in report.rows}
    assert list(rows) == ["fan", "rain", "all"]
    total = sum(float(each.sum(dtype=np.float64)) for each in gains)
    for groups in (("fan", "rain"), ("all",)):
        sums = [np.dot(rows[group].means, rows[group].counts) for group in groups]
        assert sum(sums) == pytest.approx(total, rel=1e-9)
        assert sum(sum(rows[group].counts) for group in groups) == sum(each.size for each in gains)
    inside = [place for place, row in enumerate(ROWS) if 500 <= row < 1000]
    assert rows["fan"].means[2] == pytest.approx(gains[1][:, inside].mean(dtype=np.float64), rel=1e-6)


def test_speech_and_pauses_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    report = found(Known([np.ones((4, 257), np.float32)]), [scene("fan", 0)], monkeypatch, "snr")
    row = report.rows[0]
    assert row.group == "+5 dB"
    assert row.speech == pytest.approx(-6.02, abs=0.01)
    assert row.pauses == pytest.approx(-6.02, abs=0.01)
    one = mixed(scene("fan", 0))
    out = np.where(np.arange(16000) < 8192, one.noisy, 0.1 * one.noisy)
    (speech, came), (pause, before) = measures.share_let_through(one.noisy, out, one.clean)
    assert 10 * np.log10(speech / came) == pytest.approx(0.0)
    assert 10 * np.log10(pause / before) == pytest.approx(-20.0)


def test_without_a_mask_gains_are_output_over_input(monkeypatch: pytest.MonkeyPatch) -> None:
    report = found(Bare(), [scene("fan", 0)], monkeypatch)
    assert "no mask" in report.note
    np.testing.assert_allclose(report.rows[-1].means, 0.5, atol=1e-3)


def test_the_gains_of_a_real_denoiser_are_there_after_the_flush() -> None:
    """Those of the frames of the whole sound, and about what is left of white noise."""
    from engine import denoising
    from engine.enhancer import Enhancer

    made = Enhancer([denoising.build("wiener")], 16000, denoising.Options())
    sound = 0.1 * np.random.default_rng(0).standard_normal((16000, 1)).astype(np.float32)
    out = np.concatenate([made.push(sound), made.flush()])
    mask = made.mask()
    assert mask is not None
    gains = mask.gains
    assert len(gains) >= 16000 // 256
    left = np.sqrt(np.square(out).mean() / np.square(sound).mean())
    assert 0.3 * left < gains.mean() < 3 * left


def test_a_table_that_cannot_be_written_is_said_before_anything_is_heard(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(masked, "planned", lambda count: pytest.fail("it measures"))
    assert cli.main(["report", "mask", "--out", str(tmp_path / "file" / "a.csv")]) == cli.USAGE
    assert "a.csv cannot be written" in capsys.readouterr().err
