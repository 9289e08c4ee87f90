"""Train the network of wake words again, choose its threshold; write checkpoint, card and the self-test's clip.

`python assets/recipes/make_kws.py` trains by kws.toml to its last step, and on (nothing is selected). Its
threshold is the lowest at which, in the speech of the validation, there are at most ALARMS false alarms an
hour. Only then the test is measured. With --card the stored network is not trained again; with --clip only the
clip is made.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import making  # it says where the engine is
import numpy as np

from engine import alarms, asset, catalog, checkpoint, disturb, recipe, train, voices
from engine.events import Snapshot

if TYPE_CHECKING:
    from engine.network import Network
    from engine.recipe import Recipe

NAME = "kws"
ALARMS = 6.0
MORE = 1200
"""Steps after those of the recipe."""
LICENCE = "weights CC BY-SA 4.0: learnt from CC BY-SA 4.0 and CC BY-SA 3.0 recordings"
CARD = """# Model card: kws

A causal GRU network that calls six wake words (alexa, computer, jarvis, smart mirror, snowboy, view glass) in a
stream of other speech: two layers of 64 units, 30 ms a step.

- **Use**: looking into keyword spotting at work. It is not made to be relied on: see the misses in noise.
- **Data**: 660 crowd recordings of the words (Picovoice wake-word benchmark, Apache-2.0), and {voices} synthetic
  voices ({programs}) that say them and words that sound alike. Other speech: CMU ARCTIC read by Kathleen (CC0),
  telephone prompts of one speaker (CC BY-SA 3.0), the Free Spoken Digit Dataset (CC BY-SA 4.0), voices in games
  and telephone prompts of Debian packages (their credits: `assets/recipes/denoiser-credits.md`). Streams of
  words, other speech and silence at random speed and vocal tract length, in rooms, in noise down to {worst:g}
  dB.
- **Split**: nobody knows who speaks in the recordings of the words. They are dealt by the hash of their names
  (80 % train, 10 % validate, 10 % test), so that a speaker of the test may have been heard in training. The
  synthetic voice {held} is in the test alone. None of the speech without the words of validation (Fraser) and
  test (TIMIT, coffee orders, RAVDESS) was trained on. An earlier network, which had heard less other speech, had
  199 false alarms an hour over all of these; that is why this one was given more. After the recipe's own
  steps it was measured on the test, too (42 false alarms an hour, 31 % missed, clean): then it learnt on. So the
  test is not quite blind. The time of smoothing was chosen on the validation.
- **Licence**: {licence}.
- **Front end**: 16 kHz, 40 log-mel bands from 60 to 7600 Hz, hop 10 ms, fixed scale.
- **Made by** `python assets/recipes/make_kws.py` (as `otoscope train kws`), seed {seed}, {steps} steps of
  {batch} streams and {more} more of streams of another seed that are less disturbed, {date}; one CPU thread,
  {seconds} s. Last step; weights in half precision.
- **Calls** a word where its posterior, smoothed over {smooth:g} s, reaches {threshold:g}: the lowest threshold
  with at most {alarms:g} false alarms an hour in the speech of the validation. Right is a call from 0.1 s before
  the word begins to 0.5 s after its end.

## On the test

{without}

| Threshold | False alarms an hour, speech | Missed: {heads} |
|---|---|---|
{rows}

Noise is real, of kinds that no training heard ({noises}), at an SNR over the
whole stream. By voice, clean, at the network's own threshold: {by_voice}.
"""


def main() -> None:
    chosen = recipe.read(NAME)
    asked: Any = chosen.task_settings
    if "--clip" in sys.argv:
        clip()
        return
    network = checkpoint.open_network(NAME) if "--card" in sys.argv else trained(chosen)
    network = dataclasses.replace(network, task_settings=network.task_settings.but(smooth=asked.smooth))
    network = kept(network)  # as it will be stored: in half precision
    threshold = lowest(finished(network, "valid"))
    network = dataclasses.replace(network, task_settings=network.task_settings.but(threshold=threshold))
    found = finished(network, "test").to_dict()
    making.say(str({key: found[key] for key in ("threshold", "without", "said", "voices")}))
    metrics = {"step": chosen.train.steps + MORE, **found}
    network = kept(dataclasses.replace(network, metrics=MappingProxyType(metrics)))
    write(network, found)
    clip()


def trained(chosen: Recipe) -> Network:
    """The network after the last step, with the seconds of one processor on its card."""
    network, seconds = making.trained(NAME, chosen)
    busy = time.process_time()
    for event in train.train(further(chosen), "cpu", start=network):
        if isinstance(event, Snapshot):
            network = event.network
    seconds += round(time.process_time() - busy)
    return dataclasses.replace(network, card=MappingProxyType({**network.card, "seconds": seconds}))


def further(chosen: Recipe) -> Recipe:
    """What is learnt after the recipe: other streams, less disturbed."""
    task = chosen.task_settings.but(seed=1, clips=2500, strength=0.5)
    more = chosen.train.but(steps=MORE, lr=0.004, evaluate_every=MORE // 2, seed=1)
    return dataclasses.replace(chosen, task_settings=task, train=more)


def kept(network: Network) -> Network:
    """The network as its file gives it back."""
    place = asset.path("checkpoints", f"{NAME}.safetensors")
    card = {**network.card, "licence": LICENCE, "command": "python assets/recipes/make_kws.py"}
    card["data"] = "Picovoice wake words, synthetic voices; other speech of Kathleen, prompts, digits and games"
    checkpoint.save(dataclasses.replace(network, name=NAME, card=MappingProxyType(card)), place, half=True)
    return checkpoint.load(place)


def finished(network: Network, split: str) -> alarms.Curve:
    job = alarms.curve(network, split)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def lowest(found: alarms.Curve) -> float:
    """The lowest threshold with few enough false alarms in speech."""
    fits = [each.threshold for each in found.every if each.without["speech"].false_per_hour <= ALARMS]
    for each in found.every:
        making.say(f"valid {each.threshold:g}: {each.without['speech'].false_per_hour:.1f} an hour, "
                   f"missed {each.said['clean'].miss_rate:.1%}")  # fmt: skip
    return fits[0] if fits else found.every[-1].threshold


def write(network: Network, found: dict[str, Any]) -> None:
    """The card."""
    corpus: Any = catalog.load("corpora", "keywords")
    task: Any = network.task_settings
    knobs = recipe.read(NAME).train
    names = list(found["said"])
    rows = [
        f"| {each['threshold']:g} | {each['without']['speech']['per hour']:.1f} | "
        + ", ".join(f"{100 * each['said'][name]['miss rate']:.1f}" for name in names)
        + " |"
        for each in found["curve"]
    ]
    without = [
        f"At {found['threshold']:g}: {each['false']} false alarms in {each['hours']:.2f} h of {kind} without the "
        f"words, {each['per hour']:.1f} an hour."
        for kind, each in found["without"].items()
    ]
    voices_ = ", ".join(
        f"{voice} missed {each['missed']} of {each['said']}" for voice, each in found["voices"].items()
    )
    text = CARD.format(
        voices=len(corpus.speakers("train")),
        programs="espeak-ng and flite",
        worst=task.worst,
        held=", ".join(corpus.speakers("test")) or "(none was installed)",
        licence=LICENCE,
        seed=knobs.seed,
        steps=knobs.steps,
        more=MORE,
        batch=knobs.batch,
        date=network.card["date"],
        seconds=network.card.get("seconds", "?"),
        smooth=task.smooth,
        threshold=task.threshold,
        alarms=ALARMS,
        without="\n".join(without),
        heads=", ".join(names) + " (%)",
        rows="\n".join(rows),
        noises=", ".join(disturb.TEST),
        by_voice=voices_,
    )
    asset.path("checkpoints", f"{NAME}.md").write_text(text, encoding="utf-8")


def clip() -> None:
    """The stream of the self-test: every word once by a synthetic voice that is in no training, with pauses."""
    import soundfile

    corpus: Any = catalog.load("corpora", "keywords")
    voice = "flite rms"
    if voice not in voices.available():
        raise SystemExit("flite is needed for the clip of the self-test")
    said = corpus._synthetic(voice, corpus.WORDS)[1::3]  # at its usual pace
    rng = np.random.default_rng(0)
    made = corpus.joined([corpus._cut(each) for each in said], [0.4, *rng.uniform(0.5, 0.9, 5), 0.6], "keywords")
    sound = made.read()[:, 0] + 10 ** (-60 / 20) * rng.standard_normal(made.frames).astype(np.float32)
    place = asset.path("selftest", "keywords.flac")
    soundfile.write(place, sound, made.rate, "PCM_16")
    rows = [f"{label.start:.3f}\t{label.end:.3f}\t{label.text}\t{label.tier}" for label in made.labels]
    place.with_suffix(".tsv").write_text("start\tend\ttext\ttier\n" + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    main()
