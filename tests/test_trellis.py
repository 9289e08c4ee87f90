"""The trellis of CTC against every path of small ones, and against torch on larger ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine import trellis
from tests.spelling import collapsed, drawn, paths, sums

SIZES = list(itertools.product(range(1, 7), range(4)))


@pytest.mark.parametrize(("frames", "count"), SIZES)
def test_the_loss_is_the_sum_over_every_alignment(frames, count):
    rng = np.random.default_rng([frames, count])
    log_probs = drawn(rng, frames, 3)
    every = sums(log_probs)
    for labels in itertools.product((1, 2), repeat=count):
        truth = every.get(labels, -np.inf)
        assert trellis.loss(log_probs, labels) == pytest.approx(-truth, abs=1e-6)
        assert trellis.trellis(log_probs, labels).log_prob == pytest.approx(truth, abs=1e-6)


def test_probabilities_are_those_of_torch():
    import torch

    logits = np.random.default_rng(4).normal(0, 300, (20, 7)).astype(np.float32)
    expected = torch.from_numpy(logits).double().softmax(1).numpy()
    np.testing.assert_allclose(trellis.softmax(logits), expected, atol=1e-12)
    np.testing.assert_allclose(np.exp(trellis.log_softmax(logits)), expected, atol=1e-12)
    assert trellis.softmax(logits[:0]).shape == (0, 7)


def test_the_loss_is_that_of_torch():
    import torch

    rng = np.random.default_rng(0)
    for frames, count in ((1, 1), (30, 7), (250, 60), (40, 39)):
        log_probs = drawn(rng, frames, 29)
        labels = rng.integers(1, 29, count).tolist()
        theirs = torch.nn.functional.ctc_loss(
            torch.from_numpy(log_probs)[:, None], torch.tensor([labels]), (frames,), (count,), reduction="sum"
        )
        assert trellis.loss(log_probs, labels) == pytest.approx(float(theirs), rel=1e-9)


def test_occupation_is_the_gradient_of_the_loss():
    import torch

    rng = np.random.default_rng(1)
    for labels in ((3, 3, 1), (1, 2, 3, 4), (2,), ()):
        logits = torch.from_numpy(drawn(rng, 12, 5)).requires_grad_()
        log_probs = logits.log_softmax(1)
        torch.nn.functional.ctc_loss(
            log_probs[:, None], torch.tensor([labels], dtype=torch.long), (12,), (len(labels),), reduction="sum"
        ).backward()
        found = trellis.trellis(log_probs.detach().numpy(), labels)
        np.testing.assert_allclose(found.occupation.sum(axis=1), 1.0, atol=1e-9)
        # d loss / d logit = p - the occupation of the states of that class (Graves 2006, equation 16).
        taken = np.zeros((12, 5))
        for state, label in enumerate(found.states):
            taken[:, label] += found.occupation[:, state]
        assert logits.grad is not None
        expected = log_probs.detach().exp().numpy() - taken
        np.testing.assert_allclose(logits.grad.numpy(), expected, atol=1e-9)


def test_forward_and_backward_meet_at_every_frame():
    found = trellis.trellis(drawn(np.random.default_rng(2), 20, 6), (1, 1, 5, 2))
    met = np.logaddexp.reduce(found.forward + found.backward, axis=1)
    np.testing.assert_allclose(met, found.log_prob, atol=1e-9)


@pytest.mark.parametrize(("frames", "count"), SIZES)
def test_the_alignment_is_the_best_of_all_paths(frames, count):
    rng = np.random.default_rng([7, frames, count])
    log_probs = drawn(rng, frames, 3)
    for labels in itertools.product((1, 2), repeat=count):
        fitting = [(score, path) for path, score in paths(log_probs) if collapsed(path) == labels]
        found = trellis.trellis(log_probs, labels)
        if not fitting:
            assert found.best == -np.inf
            assert len(found.path) == 0
            assert found.spans == ()
            assert not found.occupation.any()
            continue
        score, path = max(fitting)
        assert found.best == pytest.approx(score, abs=1e-9)
        assert tuple(found.states[found.path]) == path
        for place, span in enumerate(found.spans):
            assert set(found.path[span.start : span.stop]) == {2 * place + 1}
            assert span.stop - span.start == np.count_nonzero(found.path == 2 * place + 1)
            assert span.confidence == pytest.approx(np.exp(log_probs[span.start : span.stop, span.label]).mean())


def test_many_strings_are_as_one_after_the_other():
    rng = np.random.default_rng(3)
    log_probs = drawn(rng, 40, 8)
    strings = [tuple(rng.integers(1, 8, count).tolist()) for count in (0, 5, 40, 12, 1)]
    together = trellis.log_likelihoods(log_probs, strings)
    scores, ways = trellis.viterbi(log_probs, strings)
    for each, labels in enumerate(strings):
        alone = trellis.trellis(log_probs, labels)
        assert together[each] == pytest.approx(alone.log_prob)
        assert scores[each] == pytest.approx(alone.best)
        np.testing.assert_array_equal(ways[each], alone.path)
        assert trellis.align(log_probs, strings)[each] == alone.spans


def test_no_frames_hold_the_empty_string_alone():
    nothing = np.zeros((0, 4))
    assert trellis.log_likelihoods(nothing, [(), (1,)]).tolist() == [0.0, -np.inf]
    assert trellis.trellis(nothing, ()).occupation.shape == (0, 1)
    with pytest.raises(ValueError, match="no label 4 among 4 classes"):
        trellis.loss(np.zeros((3, 4)), (4,))
