"""Two facts about convolutions, as small experiments for `otoscope demo`: what skips do, and what topology is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

SEEDS, BLOCKS = 10, 10
"""Networks of each kind; blocks of two convolutions."""
BANDS, SPACINGS = 64, (6, 9, 12, 15, 18, 21, 24, 27)
"""Mel bands of a frame; bands between the two formants of each synthetic phoneme."""
_CHANNELS, _FRAMES = 8, 40
_HEARD, _TRIED, _BATCH, _STEPS = 6000, 2000, 128, 400
# Both say where they hold: with layer norms plain stacks had the greater gradient in ten of ten seeds, and CNNs
# lost no more than three points on the phonemes of the synthetic corpus.
_RESIDUAL = (
    "Past twenty plain convolutions no error comes; past as many with skips it does. "
    "These have no normalisation, which brings errors through plain stacks too."
)
_TOPOLOGY = (
    "A CNN lives by which bands are neighbours; a DNN that flattens them never knew. "
    "These phonemes are made to show it: each is a spacing of two formants, wherever they lie."
)


def gradients(plain: bool, seed: int, blocks: int = BLOCKS) -> Values:
    """The norm of the loss's gradient by each convolution's weights, the first one first: 2 blocks + 1 of them.

    Weights are as torch draws them, and the same with skips and without; sound and labels are drawn too.
    """
    import torch
    from torch import nn

    from engine.convolution import ResBlock

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = nn.Conv2d(1, _CHANNELS, 3, 1, 1)
        stack: Any = nn.ModuleList(
            ResBlock(_CHANNELS, _CHANNELS, BANDS, plain=plain, norm=False) for _ in range(blocks)
        )
        head = nn.Linear(_CHANNELS * BANDS, len(SPACINGS))
        x, wanted = torch.randn(2, 1, _FRAMES, BANDS), torch.randint(len(SPACINGS), (2, _FRAMES))
    h, lengths = first(x), torch.tensor([_FRAMES, _FRAMES])
    for block in stack:
        h, _ = block(h, lengths)
    with torch.enable_grad():
        nn.functional.cross_entropy(head(h.transpose(1, 2).flatten(2)).transpose(1, 2), wanted).backward()
    convs = [first, *(conv for block in stack for conv in block.convs)]
    return np.array([float(each.weight.grad.norm()) for each in convs])


def residual() -> tuple[dict[str, Values], dict[str, float], str]:
    """Mean gradients by depth, in how many seeds the first one is greater with skips, and what that means."""
    found = {plain: np.array([gradients(plain, seed) for seed in range(SEEDS)]) for plain in (True, False)}
    wins = int((found[False][:, 0] > found[True][:, 0]).sum())
    figures = {
        "convolutions in blocks": float(2 * BLOCKS),
        "seeds": float(SEEDS),
        "seeds in which skips win": float(wins),
        "first layer's gradient, plain": float(found[True][:, 0].mean()),
        "first layer's gradient, residual": float(found[False][:, 0].mean()),
    }
    curves = {"plain": found[True].mean(0), "residual": found[False].mean(0)}
    return curves, figures, _RESIDUAL


def phonemes(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Frames of mel bands [count, BANDS] and the phoneme of each [count].

    A phoneme is a spacing of two formants; a longer or shorter vocal tract moves both along the mel scale.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(SPACINGS), size=count)
    spacing = np.array(SPACINGS)[chosen]
    low = rng.uniform(4, BANDS - 5 - spacing)
    bands = np.arange(BANDS)[None]
    x = rng.normal(0.0, 0.15, (count, BANDS))
    for place in (low, low + spacing):
        x += rng.uniform(0.7, 1.3, (count, 1)) * np.exp(-0.5 * ((bands - place[:, None]) / 1.5) ** 2)
    return x.astype(np.float32), chosen


def accuracy(kind: str, order: NDArray[np.int64], seed: int) -> float:
    """Held-out accuracy in % of a DNN or a CNN that learns frames whose bands stand in this order."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _dnn() if kind == "DNN" else _cnn()
    (x, wanted), (tried, truth) = phonemes(_HEARD, seed), phonemes(_TRIED, 1000 + seed)
    heard, right = torch.from_numpy(x[:, order].copy()), torch.from_numpy(wanted)
    rng, optimiser = np.random.default_rng(seed), torch.optim.Adam(net.parameters(), 2e-3)
    with torch.enable_grad():
        for _ in range(_STEPS):
            rows = torch.from_numpy(rng.integers(_HEARD, size=_BATCH))
            loss = nn.functional.cross_entropy(net(heard[rows]), right[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.inference_mode():
        said = net(torch.from_numpy(tried[:, order].copy())).argmax(1).numpy()
    return 100.0 * float((said == truth).mean())


def _dnn() -> Any:
    """Every band into every unit: it knows no neighbours."""
    from torch import nn

    return nn.Sequential(
        nn.Linear(BANDS, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, len(SPACINGS))
    )


def _cnn() -> Any:
    """The same kernels at every band, and the greatest answer of all bands."""
    from torch import nn

    return nn.Sequential(
        nn.Unflatten(1, (1, BANDS)),
        nn.Conv1d(1, 16, 9, padding=4),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(16, 32, 9, padding=4),
        nn.ReLU(),
        nn.Conv1d(32, 32, 9, padding=4),
        nn.ReLU(),
        nn.AdaptiveMaxPool1d(1),
        nn.Flatten(),
        nn.Linear(32, len(SPACINGS)),
    )


def topology(seeds: int = 2) -> tuple[dict[str, Values], dict[str, float], str]:
    """Accuracies with bands in order and permuted, the same way in training and test, of several seeds."""
    orders = {"in order": lambda _: np.arange(BANDS), "permuted": lambda seed: _permuted(seed)}
    found = {
        f"{kind}, {name}": np.array([accuracy(kind, order(seed), seed) for seed in range(seeds)])
        for kind in ("DNN", "CNN")
        for name, order in orders.items()
    }
    figures = {f"{name}, % right": float(each.mean()) for name, each in found.items()}
    for kind in ("DNN", "CNN"):
        figures[f"{kind}, points lost"] = (
            figures[f"{kind}, in order, % right"] - figures[f"{kind}, permuted, % right"]
        )
    return found, figures, _TOPOLOGY


def _permuted(seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(BANDS)
