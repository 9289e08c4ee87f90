"""Limits by band in the window: a slider is dragged, and what is heard changes in that band."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.shot import Shown, pump, settle
from widgets.number import Groove


def power(sound, low, high):
    """In decibels, between two frequencies."""
    spectrum = np.abs(np.fft.rfft(sound.read()[:, 0])) ** 2
    at = np.fft.rfftfreq(sound.frames, 1 / sound.rate)
    return 10 * np.log10(spectrum[(at > low) & (at < high)].sum())


def drag(slider, to):
    """From where its handle is to a share of its way, as a hand does."""
    y, wide = slider.height() // 2, slider.width()
    start = QPoint(round(6 + (wide - 12) * slider.value() / max(1, slider.maximum())), y)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    for share in np.linspace(start.x() / wide, to, 8):
        QTest.mouseMove(slider, QPoint(round(wide * share), y))
        pump(0.02)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(wide * to), y))


def test_a_band_whose_slider_is_dragged_keeps_its_noise_and_the_others_do_not():
    with Shown() as window:
        window.session.set("denoisers", ("wiener",))
        window.docks.arrange("Denoise")
        for name in ("quality", "breakmap"):  # what they measure takes long, and is of no use here
            window.docks.docks[name].hide()
        settle(window)
        (before,) = window.session.state.enhanced
        noisy, mix = window.session.state.traced.sound, window.docks.denoise.form
        QTest.mouseClick(mix.by_band, Qt.MouseButton.LeftButton)
        pump(0.1)
        assert mix.bands.isVisible()
        slider = next(each for each in mix.bands.findChildren(Groove) if each.accessibleName() == "8 kHz slider")
        drag(slider, 0.02)
        pump(0.3)
        settle(window)
        (after,) = window.session.state.enhanced
        assert window.session.state.denoising.to_dict()["limit_8000"] < 6
        assert "8 kHz" in mix.by_band.text()
        high, low = (6000, 8000), (200, 1500)
        assert power(noisy, *high) - 8 < power(after.sound, *high) < power(noisy, *high)
        assert power(after.sound, *high) > power(before.sound, *high) + 6
        assert abs(power(after.sound, *low) - power(before.sound, *low)) < 0.5
        window.session.undo()
        pump(0.3)
        assert "8 kHz" not in mix.by_band.text()
