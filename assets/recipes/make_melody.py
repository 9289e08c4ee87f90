"""Train the melody networks again and write their checkpoints and card: make_melody.py [RECIPE ...].

Each is trained by its recipe to the last step (nothing is selected), stored in half precision, and then, as it was
stored, tried on the test split of another seed. `--test` only tries the networks that are there.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

ASSETS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ASSETS.parent))

from engine import asset, build, checkpoint, melody, recipe, train  # noqa: E402 - the path comes first
from engine.events import Evaluated, Snapshot  # noqa: E402

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


def make(name: str) -> None:
    chosen = recipe.read(name)
    network: Network | None = None
    begun = time.monotonic()
    for event in train.train(chosen, "cpu"):
        if isinstance(event, Evaluated):
            _say(f"{name} {time.monotonic() - begun:.0f} s {event}")
        if isinstance(event, Snapshot):
            network = event.network
    assert network is not None
    card: dict[str, Any] = {
        "data": "synthetic melodies, seed 0",
        "licence": "CC0-1.0",
        "command": f"otoscope train assets/recipes/{name}.toml",
        "seconds": round(time.monotonic() - begun),
    }
    metrics = MappingProxyType({"step": chosen.train.steps})
    described = dataclasses.replace(network, metrics=metrics, card=MappingProxyType({**network.card, **card}))
    checkpoint.save(described, asset.path("checkpoints", f"{name}.safetensors"), half=True)
    tried(name)


def tried(name: str) -> None:
    """Test a stored network and write the figures into its file."""
    network = checkpoint.open_network(name)
    metrics = {"step": network.metrics["step"], "test seed": SEED, **test(network)}
    place = asset.path("checkpoints", f"{name}.safetensors")
    checkpoint.save(dataclasses.replace(network, metrics=MappingProxyType(metrics)), place, half=True)
    _say(f"{name} {metrics}")


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


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    again = "--test" in sys.argv
    known = sorted(name for name in recipe.bundled() if name.startswith("melody-"))
    for wanted in [name for name in sys.argv[1:] if name != "--test"] or known:
        (tried if again else make)(wanted)
        card()
