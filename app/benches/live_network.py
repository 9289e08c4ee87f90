"""A network that reads, on blocks as they come from a microphone: from a block to what is written of it (K335)."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median, percentile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.network import Network

MODEL = "hello"
"""A causal network by name or file, or a recipe, untrained: what it computes does not hang on its weights."""
EACH = 60.0
"""Seconds that are heard, in real time."""
BLOCK, TARGET = 0.010, 50.0


def measure() -> list[Figure]:
    """Blocks of 10 ms come by the clock, for EACH; each is timed until its labels are decoded.

    Algorithmic is the longest that a sample waits, however fast the machine: until its block is full, half a
    window has come after it, and the frames of a step of the network are all there.
    """
    from app.shapes import opened
    from engine import build, device
    from engine.chain import Chain
    from engine.stages.stage import Format
    from engine.stepper import Stepper
    from engine.transcript import Transcript

    device.limit_threads()
    network = opened(MODEL)
    task = build.task_of(network)
    chain, stepper = Chain(network.frontend, Format(float(task.rate))), Stepper(network)
    transcript = Transcript(task)
    rate = chain.output.rate / stepper.stride
    sound, size = _sound(task, round(EACH * task.rate)), round(BLOCK * task.rate)
    # What comes first loads and warms what the rest finds loaded: a stream of its own.
    Stepper(network).push(Chain(network.frontend, Format(float(task.rate))).push(sound[: task.rate, None]))
    task.decode(np.zeros((1, len(task.vocabulary)), np.float32), 1.0)
    computed, behind, read = list[float](), list[float](), 0
    began = time.perf_counter()
    for number, begin in enumerate(range(0, len(sound) - size + 1, size)):
        due = began + (number + 1) * BLOCK
        while time.perf_counter() < due:
            time.sleep(max(0.0, min(0.001, due - time.perf_counter())))
        started = time.perf_counter()
        frames = chain.push(sound[begin : begin + size, None])
        if len(frames):
            transcript.add(stepper.push(frames)[0])
            read = max(read, len(transcript.labels(rate, chain.output.first)))
        ended = time.perf_counter()
        computed.append(1e3 * (ended - started))
        behind.append(1e3 * (ended - due))
    waits = 1e3 * algorithmic(network)
    whole = [waits + each for each in behind[10:]]
    return [
        Figure("algorithmic: block, half a window, a step's frames", waits),
        Figure("computing, p50", median(computed[10:])),
        Figure("computing, p95", percentile(computed[10:], 0.95)),
        Figure("audio in to result, p50", median(whole)),
        Figure("audio in to result, p95", percentile(whole, 0.95), target=TARGET, note=f"{MODEL}, {EACH:g} s"),
        *(_read(network, task, read) if network.trained else ()),
    ]


def _read(network: Network, task: Any, most: int) -> list[Figure]:
    """What tells that it was not idle."""
    return [Figure("labels in the transcript at the most", most, "", 1.0, more=True), *_late(network, task)]


def _late(network: Network, task: Any) -> list[Figure]:
    """From the end of a held-out word to the frame in which its last letter is first written, in the sound's time.

    That a network waits until it is sure is neither algorithmic nor computing; a word may be written before it
    ends, too.
    """
    from engine.chain import Chain
    from engine.stages.stage import Format
    from engine.stepper import Stepper

    tier, found = "word", list[float]()
    for clip in task.corpus.split("test"):
        said = [each for each in clip.labels if each.tier == tier]
        chain, stepper = Chain(network.frontend, Format(float(task.rate))), Stepper(network)
        frames = np.concatenate([chain.push(clip.read()), chain.flush()])
        step = stepper.stride / chain.output.rate
        read = task.decode(stepper.push(frames)[0], step)
        if said and read:
            found.append(1e3 * (read[-1].start + step - said[-1].end))
    if not found:
        return []
    return [
        Figure("end of a word to its last letter, p50", median(found)),
        Figure("end of a word to its last letter, p95", percentile(found, 0.95)),
    ]


def algorithmic(network: Network) -> float:
    """Seconds that a sample waits at the most until a step holds it."""
    from engine import build, links

    task = build.task_of(network)
    heard = next(each for each in network.frontend if links.role(each) == "transform")
    settings: Any = heard.settings
    steps = getattr(network.settings, "stack", 1) - 1
    return float(BLOCK + (settings.win / 2 + steps * settings.hop) / task.rate)


def _sound(task: Any, n: int) -> NDArray[np.float32]:
    """Held-out clips one after the other, or bundled speech without them; with a little noise throughout."""
    from engine import asset
    from engine.corpora.corpus import CorpusMissing

    try:
        clips = itertools.cycle(task.corpus.split("test"))
    except CorpusMissing:
        clips = itertools.cycle([asset.open_bundled("speech-1")])
    parts, count = list[Any](), 0
    while count < n:
        parts.append(next(clips).read()[:, 0])
        count += len(parts[-1])
    noise = np.random.default_rng(0).normal(0, 1e-3, n)
    return (np.concatenate(parts)[:n] + noise).astype(np.float32)
