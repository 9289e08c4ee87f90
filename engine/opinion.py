"""DNSMOS as its makers take it, on one thread, and without the seconds that their mel library takes to load."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import dsp, onnxfile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATE = 16000
_FRAME, _HOP, _BANDS = 321, 160, 120
_MODELS = {"onnx_sess": "sig_bak_ovr.onnx", "p808_onnx_sess": "model_v8.onnx"}


def marks(sound: Array) -> dict[str, float]:
    """ovrl_mos, sig_mos, bak_mos and p808_mos of a sound [n] of 16 kHz within full scale."""
    return {name: float(value) for name, value in _judge()(sound, RATE, False).items()}


@functools.cache
def _judge() -> Any:
    """The package's own, with networks that keep to one thread, and log_mel in place of its library's."""
    from speechmos import dnsmos as package

    judge = object.__new__(package.DNSMOS)
    folder = Path(package.__file__).parent / "dnsmos_models"
    for name, file in _MODELS.items():
        setattr(judge, name, onnxfile.session(str(folder / file), file))
    judge.audio_melspec = log_mel
    return judge


def log_mel(audio: Array) -> Array:
    """What P.808's network hears [T, 120]: decibels under the loudest, at most 80, as (dB + 40) / 40."""
    padded = np.pad(audio, _FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    power = np.abs(np.fft.rfft(frames * dsp.window("hann", _FRAME))) ** 2
    # An odd frame has no bin at half the rate: its last one lies half a bin below.
    bank = dsp.mel_bank(RATE * (_FRAME - 1) / _FRAME, _FRAME - 1, _BANDS, 0.0, RATE / 2, "slaney", True)
    mel = np.maximum(power @ bank, 1e-10)
    under = np.maximum(10.0 * np.log10(mel / mel.max()), -80.0)
    found: Array = ((under + 40.0) / 40.0).astype(np.float32)
    return found
