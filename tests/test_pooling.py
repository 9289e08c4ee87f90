"""Each pooling against its formula in NumPy, written out pair by pair (K224, K225, K236 to K239)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import pooled, pooling

WIDTH, FRAMES = 6, 9


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    draws = np.random.default_rng(3).standard_normal((2, 2, FRAMES, WIDTH))
    first, second = torch.from_numpy(draws.astype(np.float32))
    return first, second


def array(x: torch.Tensor) -> np.ndarray:
    return x.detach().numpy().astype(float)


def test_the_outer_product_is_every_pair(pair) -> None:
    """K224, K236."""
    wanted = np.einsum("bti,btj->btij", *map(array, pair))
    np.testing.assert_allclose(array(pooling.outer(*pair)), wanted, atol=1e-6)


def test_sum_adds(pair) -> None:
    np.testing.assert_allclose(array(pooling.Sum(WIDTH)(*pair)), sum(map(array, pair)), atol=1e-6)


def test_full_weighs_every_pair(pair) -> None:
    """K225, K236: the sum of the outer product with weights of its own for each output."""
    full = pooling.Full(WIDTH, 4)
    products = np.einsum("bti,btj->btij", *map(array, pair))
    wanted = np.einsum("kij,btij->btk", array(full.weight), products) + array(full.bias)
    np.testing.assert_allclose(array(full(*pair)), wanted, atol=1e-6)
    assert sum(each.numel() for each in full.parameters()) == 4 * WIDTH**2 + 4


def test_low_rank_is_full_pooling_of_rank_one_matrices(pair) -> None:
    """K238."""
    low = pooling.LowRank(WIDTH, 5)
    f1, f2 = map(array, pair)
    for k in range(5):
        w = np.outer(array(low.u.weight[k]), array(low.v.weight[k]))
        np.testing.assert_allclose(array(low(*pair))[..., k], np.einsum("bti,ij,btj->bt", f1, w, f2), atol=1e-6)


def test_compact_is_the_sketch_of_the_outer_product(pair) -> None:
    """K237: each product of the outer product goes, with both signs, to the sum of both hashes."""
    size, rng = 16, np.random.default_rng(0)
    first, second = pooled.hashes(rng, WIDTH, size), pooled.hashes(rng, WIDTH, size)
    f1, f2 = map(array, pair)
    wanted = np.zeros((*f1.shape[:2], size))
    for i in range(WIDTH):
        for j in range(WIDTH):
            sign = first[1][i] * second[1][j]
            wanted[..., (first[0][i] + second[0][j]) % size] += sign * f1[..., i] * f2[..., j]
    hashes = [(torch.from_numpy(at), torch.from_numpy(signs)) for at, signs in (first, second)]
    np.testing.assert_allclose(
        array(pooling.compact(pair[0], pair[1], hashes[0], hashes[1], size)), wanted, atol=1e-5
    )


def test_compact_keeps_inner_products_in_the_mean() -> None:
    """K237: over 2000 sketches the mean lies within its 99 % confidence interval of <x1, y1> <x2, y2>."""
    rng = np.random.default_rng(11)
    x1, x2, *moved = torch.from_numpy(rng.standard_normal((4, 12)))
    y1, y2 = x1 + 0.5 * moved[0], x2 + 0.5 * moved[1]
    found = []
    for _ in range(2000):
        first, second = (tuple(map(torch.from_numpy, pooled.hashes(rng, 12, 64))) for _ in range(2))
        first, second = ((at, signs.double()) for at, signs in (first, second))
        one, other = (pooling.compact(a, b, first, second, 64) for a, b in ((x1, x2), (y1, y2)))
        found.append(float(one @ other))
    half = 2.576 * np.std(found, ddof=1) / np.sqrt(len(found))
    wanted = float((x1 @ y1) * (x2 @ y2))
    assert abs(np.mean(found) - wanted) < half
    assert half < 0.1 * abs(wanted), "an interval so wide says nothing"


def test_compact_has_1024_sums_and_no_weights() -> None:
    made = pooling.Compact(WIDTH, 1024)
    assert made(torch.ones(1, WIDTH), torch.ones(1, WIDTH)).shape == (1, 1024)
    assert not list(made.parameters())
    assert not made.state_dict()
    again = pooling.Compact(WIDTH, 1024)
    x = torch.arange(6.0)[None]
    assert torch.equal(made(x, x), again(x, x)), "another draw would be another network"


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_its_formula_over_all_time(pair, causal) -> None:
    """K239: softmax(f1 W f2') f2; rows sum to 1; with the mask a frame sees none after it."""
    attend = pooling.Attention(WIDTH, FRAMES, 0 if causal else FRAMES)
    z, weights, _ = attend(*pair, torch.tensor([FRAMES, FRAMES]))
    f1, f2, w = array(pair[0]), array(pair[1]), array(attend.w)
    scores = np.einsum("bti,ij,bsj->bts", f1, w, f2)
    if causal:
        scores = np.where(np.tri(FRAMES, dtype=bool), scores, -np.inf)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    np.testing.assert_allclose(array(z), shares @ f2, atol=1e-6)
    np.testing.assert_allclose(array(weights).sum(-1), 1.0, atol=1e-6)
    own = np.stack([np.diag(shares[0], -back)[-1] for back in range(3)])
    np.testing.assert_allclose(array(weights)[0, -1, FRAMES - np.arange(3)], own, atol=1e-6)


def test_attention_in_parts_is_attention_in_one(pair, monkeypatch) -> None:
    monkeypatch.setattr(pooling, "CHUNK", 4)
    attend = pooling.Attention(WIDTH, 3)
    whole = attend(*pair, torch.tensor([FRAMES, FRAMES]))[0]
    state, parts = None, []
    for start in range(0, FRAMES, 2):
        piece = [each[:, start : start + 2] for each in pair]
        lengths = torch.full((2,), piece[0].shape[1])
        z, _, state = attend(*piece, lengths, state)
        parts.append(z)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=0, atol=1e-6)
