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

import dataclasses
import sys
from types import MappingProxyType

import making  # it says where the engine is

from engine import asset, checkpoint

DATA = (
    "speech: CMU ARCTIC Kathleen (CC0), Picovoice wake words and coffee orders (Apache-2.0), synthetic voices of "
    "flite, espeak-ng and piper joe, voices of Debian packages (CC BY to CC BY-SA); noise: blanket, "
    "speech-commands backgrounds, kitchen, soundscapy and speechbrain (CC0 to CC BY-SA), music on hold (CC BY-SA "
    "3.0), recordings of Debian packages (CC0 to CC BY-SA; assets/recipes/denoiser-credits.md), and noises of "
    "engine/invented.py"
)


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    network = checkpoint.load(sys.argv[1])
    card = {
        "data": DATA,
        "licence": "CC-BY-SA-4.0",
        "command": "; ".join(sys.argv[2:]) or "otoscope train denoiser",
    }
    kept = dataclasses.replace(network, name="denoiser", card=MappingProxyType({**network.card, **card}))
    place = checkpoint.save(kept, asset.path("checkpoints", "denoiser.safetensors"), half=True)
    making.say(f"{place}: {place.stat().st_size / 1e6:.1f} MB, {dict(kept.metrics)}")


if __name__ == "__main__":
    main()
