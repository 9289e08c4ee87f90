"""The spectrogram of what each denoiser takes away: the noisy sound less the enhanced one."""

from __future__ import annotations

from widgets.auditioned import AuditionLane

TITLE = "Removed"
LANE = True
ORDER = 23
LEFT_OUT = True


class View(AuditionLane):
    """Words in it have been lost; a good residual is noise alone."""

    TITLE = TITLE
    PART = "residual"
    HEARD = "residual"
    ABOUT = (
        "Only what was removed: the noisy sound less the enhanced one, sample by sample. Of a good denoiser it is "
        "noise alone; speech that can be seen or heard here is lost. It is never made louder to match the others."
    )
