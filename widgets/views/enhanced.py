"""The spectrogram of what each denoiser makes of the noisy sound."""

from __future__ import annotations

from widgets.auditioned import AuditionLane

TITLE = "Enhanced"
LANE = True
ORDER = 22
LEFT_OUT = True


class View(AuditionLane):
    """In the colours of the noisy spectrogram, so that both can be compared."""

    TITLE = TITLE
    PART = "enhanced"
    WEIGHT = 4
    ABOUT = (
        "What a denoiser makes of the noisy sound, in the colours of the spectrogram above it, mixed as the panel "
        "Denoise says. A click on the tag, or its key, lets it be heard."
    )
