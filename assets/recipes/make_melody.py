"""Train the melody networks again and write their checkpoints and card: make_melody.py [RECIPE ...].

Each is trained by its recipe to the last step (nothing is selected), stored in half precision, and then, as it was
stored, tried on the test split of another seed. `--test` only tries the networks that are there.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import making  # it says where the engine is
import numpy as np

from engine import asset, build, checkpoint, melody, recipe

if TYPE_CHECKING:
    from engine.network import Network

SEED = 1  # of the test: the recipes were settled on seed 0
TUNES = 400
HEAD = """# Model card: synthetic melodies

Recurrent networks that say after each note of a tune which comes next. They are for hearing what a network expects
and how long it remembers, not for music: every tune is made by this program from a few bars.

- **Data**: `engine/melody.py`, seed 0: 600 training tunes of two phrases. A phrase is a bar of question (one of
  four), two bars of passage (each one of four) and a bar of answer, which the question decides.
- **Sound**: each note as if struck, up to five partials below 1.8 kHz.
- **Front end**: 64 mel bands of 256 ms, one frame a note, 4 kHz.
- **Licence**: CC0 1.0, like the data.
- **Test**: {tunes} tunes of the test split of another seed (1). Only notes of answers can all be known. The first
  {open} of each can be known from the question alone, sixteen notes before; guessing is right for half.
- **Made by** `python assets/recipes/make_melody.py` (each as `otoscope train assets/recipes/NAME.toml`), seed 0,
  one thread of a CPU, weights stored in half precision, each as it was after its last step.

| Network | Steps | Parameters | Next notes right in answers | of those that only the question tells |
|---|---|---|---|---|
"""


def tried(name: str) -> None:
    making.tell(name, SEED, test(checkpoint.open_network(name)))
    card()


def test(network: Network) -> dict[str, list[int]]:
    """Notes told rightly in answers, and of those that only the question tells, as [count, of how many]."""
    import torch

    task: Any = build.task_of(dataclasses.replace(network, task_settings=network.task_settings.but(seed=SEED)))
    batch = task.collate([task.item("test", number) for number in range(TUNES)])
    with torch.no_grad():
        y, _, _ = build.build(network)(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
    found = {}
    for words, first in (("answers right", melody.BAR), ("openings right", melody.OPEN)):
        missed = [task.missed(logits, batch.targets[item], first) for item, logits in enumerate(y.numpy())]
        wrong, asked = np.sum(missed, axis=0).tolist()
        found[words] = [asked - wrong, asked]
    return found


def card() -> None:
    """Write the card of all melody networks from what their files say."""
    rows = []
    for name in checkpoint.bundled():
        if not name.startswith("melody-"):
            continue
        network = checkpoint.open_network(name)
        shares = (network.metrics[key] for key in ("answers right", "openings right"))
        cells = " | ".join(f"{100 * right / count:.1f} %" for right, count in shares)
        parameters = sum(each.size for each in (network.weights or {}).values())
        rows.append(f"| `{name}` | {network.metrics['step']} | {parameters:,} | {cells} |")
    text = HEAD.format(tunes=TUNES, open=melody.OPEN)
    asset.path("checkpoints", "melody.md").write_text(text + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    making.run(
        (name for name in recipe.bundled() if name.startswith("melody-")), "synthetic melodies, seed 0", tried
    )
