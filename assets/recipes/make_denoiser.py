"""Store a trained denoiser as the bundled one: make_denoiser.py CHECKPOINT [COMMAND ...].

    python assets/recipes/make_voices.py $OTOSCOPE_DATA/voices_synthetic
    python assets/recipes/make_sounds.py $OTOSCOPE_DATA
    otoscope train denoiser --out runs/denoiser
    python assets/recipes/make_denoiser.py runs/denoiser/last.safetensors "otoscope train denoiser"
    otoscope bench denoise --peers DIR --mixtures 120

The weights are stored in half precision, with the commands that made them. What the last line prints stands in the
card beside the file, assets/checkpoints/denoiser.md.
"""

from __future__ import annotations

import making  # it says where the engine is

DATA = (
    "speech: CMU ARCTIC Kathleen (CC0), Picovoice wake words and coffee orders (Apache-2.0), synthetic voices of "
    "flite, espeak-ng and piper joe, voices of Debian packages (CC BY to CC BY-SA); noise: blanket, "
    "speech-commands backgrounds, kitchen, soundscapy and speechbrain (CC0 to CC BY-SA), music on hold (CC BY-SA "
    "3.0), recordings of Debian packages (CC0 to CC BY-SA; assets/recipes/denoiser-credits.md), and noises of "
    "engine/invented.py"
)


if __name__ == "__main__":
    making.bundle(DATA, "otoscope train denoiser", lambda _: "denoiser", __doc__)
