"""The hybrid recogniser and CTC side by side: trained on the same few clips of digits, tried on other voices."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import bootstrap, catalog, ctc, hybrid, recordings, voices
from engine.chain import Chain
from engine.corpora.corpus import CorpusMissing
from engine.edit import distance
from engine.hmm import Lexicon
from engine.stages.stage import Format, Link
from engine.utterance import WORDS, utterances

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from engine.hybrid import Item

    Array = NDArray[np.float32]

COUNTS = (1, 10, 100)
"""Clips of each digit that are trained on."""
LEARNT, TRIED = ("george", "jackson", "lucas"), ("theo", "yweweler")
"""Speakers of the recordings; where these are missing, synthetic voices, one half and the other."""
MOST = 20
"""Clips of each digit and voice that are tried."""
HIDDEN, STEPS, BATCH, RATE, STACK = 96, 500, 32, 3e-3, 3
LEXICON = Lexicon(
    {
        "zero": ("z", "ih", "r", "ow"),
        "one": ("w", "ah", "n"),
        "two": ("t", "uw"),
        "three": ("th", "r", "iy"),
        "four": ("f", "ao", "r"),
        "five": ("f", "ay", "v"),
        "six": ("s", "ih", "k", "s"),
        "seven": ("s", "eh", "v", "ah", "n"),
        "eight": ("ey", "t"),
        "nine": ("n", "ay", "n"),
    }
)
"""How digits are said, in the phones of ARPAbet."""


@dataclass(frozen=True)
class Row:
    """One recogniser trained on `clips` of each digit: its errors on clips of voices that it never heard."""

    system: str
    clips: int
    seed: int
    parameters: int
    wrong: int
    among: int
    within: tuple[float, float]
    """The 95 % interval of the error, by drawing clips anew."""
    trained: float
    """Seconds of sound that were trained on."""

    @property
    def error(self) -> float:
        return self.wrong / max(1, self.among)


def compared(
    counts: Sequence[int] = COUNTS, seeds: Sequence[int] = (0,), steps: int = STEPS, most: int = MOST
) -> Generator[str | Row, None, None]:
    """Yields what is being done, and rows: both recognisers, for every count and seed. Raises CorpusMissing."""
    pool, tried = data(most)
    for count in counts:
        for seed in seeds:
            items = chosen(pool, count, seed)
            seconds = sum(len(features) for features, _ in items) / 100.0
            for name, learn in (("hybrid", learn_hybrid), ("CTC", functools.partial(learn_ctc, steps=steps))):
                yield f"{name}, {count} of each digit, seed {seed}"
                read, size = learn(items, seed)
                yield tested(name, count, seed, size, read, tried, seconds)


def tested(
    name: str,
    count: int,
    seed: int,
    size: int,
    read: Callable[[Array], tuple[str, ...]],
    tried: Sequence[Item],
    seconds: float,
) -> Row:
    """The row of a recogniser that reads features."""
    wrong = np.array([distance(read(features), said) for features, said in tried])
    among = np.array([len(said) for _, said in tried])
    _, low, high = bootstrap.interval(wrong.tolist(), among.tolist())
    return Row(name, count, seed, size, int(wrong.sum()), int(among.sum()), (low, high), seconds)


def data(most: int = MOST) -> tuple[dict[str, list[list[Item]]], list[Item]]:
    """The clips to learn from by voice and digit, and those to be tried. Raises CorpusMissing."""
    learnt: Sequence[str] = LEARNT
    tried: Sequence[str] = TRIED
    if not recordings.has("digits_fsdd"):
        known = voices.available()
        if len(known) < 4:
            raise CorpusMissing(
                "There are no spoken digits on this machine: set OTOSCOPE_DATA to the folder that holds "
                "digits_fsdd, or install espeak-ng or flite, whose voices are used then."
            )
        learnt, tried = known[: min(8, len(known) // 2)], known[-min(4, len(known) // 4) :]
    pool = {voice: _by_digit(voice) for voice in learnt}
    return pool, [item for voice in tried for same in _by_digit(voice) for item in same[:most]]


def chosen(pool: dict[str, list[list[Item]]], count: int, seed: int) -> list[Item]:
    """`count` clips of each digit, of as many voices as can be, drawn by the seed; fewer where there are fewer."""
    rng, found = np.random.default_rng(seed), []
    for digit in range(10):
        queues = [[clips[digit][each] for each in rng.permutation(len(clips[digit]))] for clips in pool.values()]
        order = rng.permutation(len(queues))
        dealt = [queues[voice][turn] for turn in range(count) for voice in order if turn < len(queues[voice])]
        found += dealt[:count]
    return found


def learn_hybrid(items: Sequence[Item], seed: int) -> tuple[Callable[[Array], tuple[str, ...]], int]:
    """The hybrid, and its parameters."""
    made = hybrid.train(items, LEXICON, hybrid.Settings(), seed)
    return made.read, hybrid.parameters(made.network)


def learn_ctc(
    items: Sequence[Item], seed: int, steps: int = STEPS
) -> tuple[Callable[[Array], tuple[str, ...]], int]:
    """A bidirectional LSTM that writes digits by CTC, trained on the same features, and its parameters."""
    import torch
    from torch import nn

    rng = np.random.default_rng(seed)
    items = [(stacked(frames), said) for frames, said in items]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        lstm = nn.LSTM(items[0][0].shape[1], HIDDEN, batch_first=True, bidirectional=True)
        head = nn.Linear(2 * HIDDEN, 1 + len(WORDS))
    weights = [*lstm.parameters(), *head.parameters()]
    optimiser = torch.optim.Adam(weights, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        some = [items[each] for each in rng.permutation(len(items))[:BATCH]]
        lengths = torch.tensor([len(features) for features, _ in some])
        x = nn.utils.rnn.pad_sequence([torch.from_numpy(features) for features, _ in some], batch_first=True)
        # 20 % of the bands of each frame are left out, as the hybrid leaves out units.
        x = nn.functional.dropout(x, 0.2)
        targets = torch.tensor([1 + WORDS.index(word) for _, said in some for word in said])
        counts = torch.tensor([len(said) for _, said in some])
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        y, _ = nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True)
        logs = head(y).log_softmax(2).transpose(0, 1)
        loss = nn.functional.ctc_loss(logs, targets, lengths, counts, zero_infinity=True)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        optimiser.step()
        schedule.step()

    def read(features: Array) -> tuple[str, ...]:
        with torch.inference_mode():
            logits: Any = head(lstm(torch.from_numpy(stacked(features))[None])[0])[0].numpy()
        return tuple(WORDS[run.label - 1] for run in ctc.greedy(logits))

    return read, sum(each.numel() for each in weights)


def stacked(frames: Array) -> Array:
    """Features [T, F] by threes, [T / 3, 3 F]: CTC learns far sooner where there are few frames a label."""
    whole = np.pad(frames, ((0, -len(frames) % STACK), (0, 0)), "edge")
    return whole.reshape(-1, STACK * frames.shape[1])


def features(sound: Array) -> Array:
    """Log-mel [T, 40] of sound [n] at 16 kHz, every 10 ms, of mean 0 and variance 1 over the clip."""
    settings = catalog.load("stages", "logmel").Settings(n_mels=40, hop=160, fmax=4000.0)
    chain = Chain((Link("logmel", settings),), Format(float(recordings.RATE)))
    frames = np.concatenate([chain.push(sound[:, None]), chain.flush()])
    scaled: Array = ((frames - frames.mean()) / (frames.std() + 1e-5)).astype(np.float32)
    return scaled


def _by_digit(voice: str) -> list[list[Item]]:
    """The clips of a voice, digit by digit, each with a little silence around it."""
    found: list[list[Item]] = [[] for _ in WORDS]
    rng = np.random.default_rng(0)
    for each in utterances(voice):
        whole = np.pad(each.samples, 1600)
        whole += rng.normal(0.0, 3e-4, len(whole)).astype(np.float32)  # no room is as quiet as zeros are
        found[each.digit].append((features(whole), (WORDS[each.digit],)))
    return found
