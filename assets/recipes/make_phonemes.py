"""Train the phoneme networks again and write their checkpoints and card: make_phonemes.py [RECIPE ...].

Each is trained by its recipe to the last step (nothing is selected), stored in half precision, and then, as it was
stored, tried on the test split of another seed (voices and words met nowhere before), clean and with noises never
heard in training. `--test` only tries the networks that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import making  # it says where the engine is
import numpy as np

from engine import asset, build, checkpoint, framewise, labelling, noises, recipe
from engine.tasks import phonemes

if TYPE_CHECKING:
    from engine.network import Network

RAW = "raw_rnn"
CONDITIONS = {"clean": None, "20 dB": 20.0, "10 dB": 10.0, "0 dB": 0.0}
SEED = 1  # of the test: the recipes were settled on seed 0
UNHEARD = sorted(set(asset.noises()) - set(phonemes.NOISES))
HEAD = """# Model card: synthetic phonemes

Recurrent networks that say of every 10 ms frame which of ten synthetic phonemes sounds in it. They are for looking
into recurrent networks, not for speech: they have never heard a person.

- **Data**: `engine/corpora/phonemes.py`, seed 0: 600 training clips of 48 synthetic voices, made by this program.
  Noise in training: {heard};
  from 30 dB down to 0 dB, a quarter of the clips clean.
- **Front end**: 80 log-mel bands, 16 kHz, a hop of 10 ms, running normalisation. The causal networks name a frame
  80 ms late, so that a stop is named once it is released (plain RNNs, which learn long waits slowly, 40 ms); the
  bidirectional one at once, knowing the whole clip.
- **`raw_rnn`** has no such front end: it is given the samples themselves, {win:g} ms of them every {hop:g} ms,
  with their level evened out by running normalisation, and finds its own filters.
- **`phonemes-rnn-64-multihead`** looks back over 320 ms through four heads of attention, which can be silenced; it
  names a frame 80 ms late.
- **Licence**: CC0 1.0, like the data.
- **Test**: {clips} clips, {phones} phonemes: the test split of another seed (1), whose 12 voices and whose words
  were met neither in training nor while the recipes were settled. Noise in the test:
  {unheard} in turn, none of which was heard in training. PER is the edit distance over the
  number of phonemes.
- **Made by** `python assets/recipes/make_phonemes.py` (each as `otoscope train assets/recipes/NAME.toml`), seed 0,
  one thread of a CPU, weights stored in half precision, each as it was after its last step.
- **Read with care**: one seed each, and the steps differ, so the table does not rank the cells.

| Network | Steps | Delay | Frames right, clean | 20 dB | 10 dB | 0 dB | PER, clean | 20 dB | 10 dB | 0 dB |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def tried(name: str) -> None:
    making.tell(name, SEED, test(checkpoint.open_network(name)))
    card()


def test(network: Network) -> dict[str, Any]:
    """Frames right and phoneme errors on the test split, as [count, of how many], in each condition."""
    import torch

    task = phonemes.build(network.task_settings.but(seed=SEED))  # type: ignore[arg-type]
    module, frame = build.build(network), 1.0 / checkpoint.output(task).rate
    found: dict[str, Any] = {}
    for condition, snr in CONDITIONS.items():
        frames, edits = np.zeros(2, int), np.zeros(2, int)
        for number, clip in enumerate(task.corpus.split("test")):
            sound = clip.read()[:, 0]
            if snr is not None:
                kind = UNHEARD[number % len(UNHEARD)]
                noise = noises.segment(kind, "", 0, task.rate, len(sound), number * 7919)
                sound = labelling.mixed(sound, noise, snr)
            batch = labelling.collate([task.example(sound, clip.labels)])
            with torch.no_grad():
                y, lengths, _ = module(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
            frames += framewise.accuracy(y.numpy(), batch.targets, lengths.numpy())
            text = [label.text for label in task.decode(y[0].numpy(), frame)]
            edits += task.errors(text, clip.text("phone"))
        found[f"frames right, {condition}"] = frames.tolist()
        found[f"PER, {condition}"] = edits.tolist()
    return found


def is_ours(name: str) -> bool:
    return name.startswith("phonemes-") or name == RAW


def card() -> None:
    """Write the card of all phoneme networks from what their files say."""
    rows = []
    for name in filter(is_ours, checkpoint.bundled()):
        network = checkpoint.open_network(name)
        shares = [
            f"{100 * network.metrics[key][0] / network.metrics[key][1]:.1f} %"
            for key in (f"{what}, {condition}" for what in ("frames right", "PER") for condition in CONDITIONS)
        ]
        delay = f"{1000 * network.latency.delay:.0f} ms"
        rows.append(f"| `{name}` | {network.metrics['step']} | {delay} | {' | '.join(shares)} |")
    task = phonemes.build(phonemes.Settings(seed=SEED))
    clips = list(task.corpus.split("test"))
    raw = recipe.read(RAW).task_settings.to_dict()
    text = HEAD.format(
        clips=len(clips),
        phones=sum(len(clip.labels) for clip in clips),
        heard=", ".join(phonemes.NOISES),
        unheard=", ".join(UNHEARD),
        win=raw["win_ms"],
        hop=raw["hop_ms"],
    )
    asset.path("checkpoints", "phonemes.md").write_text(text + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    making.run(filter(is_ours, recipe.bundled()), "synthetic phonemes, seed 0", tried)
