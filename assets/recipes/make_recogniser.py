"""Store a trained recogniser of English as the bundled one: make_recogniser.py CHECKPOINT [COMMAND ...].

    python assets/recipes/make_texts.py TEXTS --from PACKAGES
    python assets/recipes/make_speech.py $OTOSCOPE_DATA/voices_speech --texts TEXTS --hours 15
    python assets/recipes/make_speech.py $OTOSCOPE_DATA/voices_speech --join
    python assets/recipes/make_transcripts.py TEXTS
    otoscope train speech --out runs/speech
    python assets/recipes/make_recogniser.py runs/speech/last.safetensors "otoscope train speech"
    otoscope eval speech

The weights are stored in half precision, with the commands that made them. What `otoscope eval` prints stands in
the card beside the file, assets/checkpoints/speech.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import making  # it says where the engine is

if TYPE_CHECKING:
    from engine.network import Network

DATA = (
    "CMU ARCTIC Kathleen (CC0), telephone prompts (CC BY-SA 3.0), Free Spoken Digit Dataset (CC BY-SA 4.0), "
    "Picovoice wake words (Apache-2.0), coffee orders (Apache-2.0) and voices of Debian packages (CC BY-SA 3.0) "
    "as far as Moonshine heard them surely, synthetic voices of flite, festival, espeak-ng and piper joe that "
    "speak texts in the public domain; noises of noise_real but hu100"
)


def name(network: Network) -> str:
    """One in both directions lies beside the causal one."""
    return "speech-bidirectional" if network.settings.to_dict().get("bidirectional") else "speech"


if __name__ == "__main__":
    making.bundle(DATA, "otoscope train speech", name, __doc__)
