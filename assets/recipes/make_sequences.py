"""Train the networks of two presets again and write their checkpoints and cards: make_sequences.py [NAME ...].

`transcribe_notes` names the notes in music at each frame; `seq2seq_char` writes down tones once it has heard them.
Each is trained by its recipe to the last step (nothing is selected), stored in half precision, and then, as it was
stored, tried on the test split of another seed. `--test` only tries the networks that are there.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import making  # it says where the engine is
import numpy as np

from engine import asset, build, checkpoint, evaluate, notes

if TYPE_CHECKING:
    from engine.network import Network

SEED = 1  # of the test: the recipes were settled on seed 0
TUNES, SEQUENCES = 120, 1000
HEADS = {
    "transcribe_notes": """# Model card: notes of synthesised music

A recurrent network that says at every 20 ms which notes sound, several at once or none. It is for seeing how a
network hears pitch, not for transcribing recordings: it has heard nothing but the instruments of this program.

- **Data**: `engine/corpora/music.py`, seed 0: {clips} training tunes of 4 s, a third each of one, two and three
  voices, C3 to B5, on six instruments made of partials (struck, plucked, organ, reed, bowed, flute); keys,
  paces and levels are drawn. A pitch rests 100 ms before it comes again. In training a quarter is clean, the
  rest in noise (white, pink, brown, fan, rain) from 40 dB down to 0.
- **Front end**: constant-Q, 24 bands in each of 5 octaves, a frame every 20 ms, 16 kHz. The lowest bands look
  0.26 s around a frame; a note is told 60 ms after its frame. It runs live.
- **Licence**: CC0 1.0, like the data.
- **Test**: {tunes} tunes of the test split of another seed (1). A note is right if its pitch is and if it
  begins within 50 ms of the true one. F1 = 2 right / (told + true).
- **Not tried**: recorded instruments, drums, singing, chords of more than three notes.
- **Made by** `python assets/recipes/make_sequences.py transcribe_notes` (as `otoscope train
  assets/recipes/transcribe_notes.toml`), seed 0, one thread of a CPU, weights stored in half precision, as they
  were after the last step.

| Voices | Tunes | True notes | Told notes | Right | Precision | Recall | F1 |
|---|---|---|---|---|---|---|---|
""",
    "seq2seq_char": """# Model card: tones written as letters

An encoder and a decoder with attention: it hears a cue and three to eight tones, and then writes the letters of
the tones, in their order or in reverse, as the cue asks, and an end. It is for seeing what attention looks at.

- **Data**: `engine/tasks/seq2seq_char.py`, seed 0: {clips} training sequences over eight letters. Which split a
  sequence is in depends on its digest: no sequence that is tried was ever learnt. In training a tenth is clean,
  the rest in white and pink noise from 40 dB down to 0.
- **Front end**: 64 mel bands of 128 ms, one frame a tone, 8 kHz.
- **Licence**: CC0 1.0, like the data.
- **Test**: {sequences} sequences of the test split of another seed (1), each letter the likeliest after those
  that the network itself wrote before (greedy), without noise. A sequence is right if all its letters are, and
  if it ends where it should.
- **Live**: impossible: the first letter of a reversal is the last tone.
- **Made by** `python assets/recipes/make_sequences.py seq2seq_char` (as `otoscope train
  assets/recipes/seq2seq_char.toml`), seed 0, one thread of a CPU, weights stored in half precision, as they
  were after the last step.

| Order | Sequences right | Letters right |
|---|---|---|
""",
}


def tried(name: str) -> None:
    """Test a stored network and write the figures into its file and its card."""
    network, (test, cells) = checkpoint.open_network(name), TESTS[name]
    found = test(dataclasses.replace(network, task_settings=network.task_settings.but(seed=SEED)))
    metrics = making.tell(name, SEED, found).metrics
    settings: Any = network.task_settings
    text = HEADS[name].format(clips=settings.clips, tunes=TUNES, sequences=SEQUENCES)
    size = sum(each.size for each in (network.weights or {}).values())
    learnt = f"\n{size:,} parameters, {metrics['step']} steps, {network.card['seconds']} s of one processor.\n"
    rows = "".join(f"| {row} | {cells(values)} |\n" for row, values in found.items())
    asset.path("checkpoints", f"{name}.md").write_text(text + rows + learnt, encoding="utf-8")


def transcribed(network: Network) -> dict[str, list[int]]:
    """By the number of voices, and in all: tunes, true notes, told notes, right ones."""
    task, module = build.task_of(network), build.build(network)
    clips = [task.corpus.split("test")[number] for number in range(TUNES)]  # type: ignore[attr-defined]
    told = evaluate.labels(task, module, [evaluate.features(network, clip.read()[:, 0]) for clip in clips])
    found: dict[str, list[int]] = {}
    for clip, mine in zip(clips, told, strict=True):
        counts = np.array([1, len(clip.labels), len(mine), len(notes.matches(mine, clip.labels))])
        for row in (clip.name.rpartition(", ")[2], "all"):
            found[row] = (counts + found.get(row, np.zeros(4, int))).tolist()
    return dict(sorted(found.items()))


def written(network: Network) -> dict[str, list[int]]:
    """By the order that is asked for: sequences right, of how many, letters right, of how many."""
    import torch

    task: Any = build.task_of(network)
    module, found = build.build(network), dict[str, list[int]]()
    for number in range(SEQUENCES):
        symbols, _ = item = task.item("test", number)
        batch = task.collate([item])
        with torch.inference_mode():
            y, lengths, _ = module(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
        logits = y[0, : int(lengths[0])].numpy()
        wrong, among = task.wrong(logits, batch, 0)
        ended = len(logits) == batch.target_lengths[0] and int(logits[-1].argmax()) == 0
        counts = np.array([int(not wrong and ended), 1, among - wrong, among])
        order = task.alphabet.names[symbols[1]]
        found[order] = (counts + found.get(order, np.zeros(4, int))).tolist()
    return dict(sorted(found.items()))


def _shares(values: list[int]) -> str:
    """The cells of a row of notes: counts, precision, recall, F1."""
    _, true, told, right = values
    shares = right / max(1, told), right / true, 2 * right / (told + true)
    return " | ".join([*map(str, values), *(f"{100 * each:.1f} %" for each in shares)])


def _rights(values: list[int]) -> str:
    """The cells of a row of sequences and letters."""
    pairs = values[:2], values[2:]
    return " | ".join(f"{100 * right / count:.1f} % ({right} of {count})" for right, count in pairs)


TESTS = {"transcribe_notes": (transcribed, _shares), "seq2seq_char": (written, _rights)}


if __name__ == "__main__":
    making.run(TESTS, "synthetic, seed 0", tried)
