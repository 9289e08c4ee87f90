"""Prefix beam search against every path of small sounds, and its tree against the definition of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import beam, ctc, trellis
from tests.spelling import Labels, collapsed, drawn, plain_beam, sums

if TYPE_CHECKING:
    from collections.abc import Sequence

LETTERS = ("", " ", "a", "b")
SYLLABLES = ("", " a", "a", " b")


class Pairs:
    """A language of label pairs, drawn by chance: what follows depends on the label before."""

    def __init__(self, seed: int, classes: int) -> None:
        self.table = drawn(np.random.default_rng(seed), classes + 1, classes)
        self.asked = 0

    def start(self) -> int:
        return len(self.table) - 1

    def scores(self, state: int) -> np.ndarray:
        self.asked += 1
        return np.where(np.arange(self.table.shape[1]) == ctc.BLANK, 0.0, self.table[state])

    def follow(self, state: int, label: int) -> int:
        return label

    def end(self, state: int) -> float:
        return float(self.table[state, ctc.BLANK])

    def says(self, labels: Labels) -> float:
        states = (self.start(), *labels)
        return sum(float(self.scores(state)[label]) for state, label in zip(states, labels, strict=False)) + (
            self.end(states[-1])
        )


def words(labels: Labels, letters: Sequence[str] = LETTERS) -> int:
    return len("".join(letters[label] for label in labels).split())


@pytest.mark.parametrize("seed", range(12))
def test_a_wide_beam_finds_what_brute_force_finds(seed):
    log_probs = drawn(np.random.default_rng(seed), 6, 3)
    truth = sums(log_probs)
    found = beam.Search(("", "x", "y"), width=200).run(log_probs)
    assert found.prefixes[0].labels == max(truth, key=lambda labels: truth[labels])
    for prefix in found.prefixes:
        assert prefix.acoustic == pytest.approx(truth[prefix.labels], abs=1e-9)
    assert {prefix.labels for prefix in found.prefixes} == set(sorted(truth, key=lambda each: -truth[each])[:16])


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_with_a_language_finds_the_best_sum(seed):
    log_probs, language = drawn(np.random.default_rng(seed), 5, 4), Pairs(seed, 4)
    alpha, beta = 0.7, 1.3
    scores = {
        labels: each + alpha * language.says(labels) + beta * words(labels)
        for labels, each in sums(log_probs).items()
    }
    found = beam.Search(LETTERS, width=1000, language=language, alpha=alpha, beta=beta).run(log_probs)
    best = found.prefixes[0]
    assert best.labels == max(scores, key=lambda labels: scores[labels])
    assert best.score == pytest.approx(scores[best.labels], abs=1e-9)
    assert best.language == pytest.approx(alpha * language.says(best.labels), abs=1e-9)
    assert best.bonus == pytest.approx(beta * words(best.labels))


@pytest.mark.parametrize("letters", [LETTERS, SYLLABLES], ids=["letters", "syllables"])
@pytest.mark.parametrize("seed", range(30))
def test_a_narrow_beam_holds_what_the_plain_one_holds(seed, letters):
    rng = np.random.default_rng(seed)
    log_probs, width, language = (
        drawn(rng, 14, 4, float(rng.uniform(0.3, 1.5))),
        int(rng.integers(2, 9)),
        Pairs(seed, 4),
    )
    alpha, beta = (0.6, 0.8) if seed % 2 else (0.0, 0.0)

    def extra(labels: Labels) -> float:
        told = language.says(labels) - language.end(labels[-1] if labels else language.start())
        return alpha * told + beta * words(labels, letters) if alpha else 0.0

    found = beam.Search(letters, width, language=language, alpha=alpha, beta=beta).run(log_probs)
    held = set()
    for node in (each for each in found.nodes if each.alive):
        labels, here = [], node
        while here.parent >= 0:
            labels.append(here.label)
            here = found.nodes[here.parent]
        held.add(tuple(reversed(labels)))
    assert held == plain_beam(log_probs, width, extra)


def test_a_weight_of_zero_is_no_language_model():
    language = Pairs(0, 4)
    log_probs = drawn(np.random.default_rng(5), 40, 4, 1.0)
    without = beam.Search(LETTERS, width=4).run(log_probs)
    weightless = beam.Search(LETTERS, width=4, language=language, alpha=0.0).run(log_probs)
    assert weightless.prefixes == without.prefixes
    assert weightless.nodes == without.nodes
    assert language.asked == 0
    weighed = beam.Search(LETTERS, width=4, language=language, alpha=2.0).run(log_probs)
    assert weighed.prefixes[0].labels != without.prefixes[0].labels


def test_greedy_is_never_better_than_the_beam():
    rng = np.random.default_rng(6)
    beaten = 0
    for _ in range(1000):
        frames, classes = int(rng.integers(1, 16)), int(rng.integers(2, 7))
        log_probs = drawn(rng, frames, classes, float(rng.uniform(0.2, 3.0)))
        greedy = [run.label for run in ctc.greedy(log_probs)]
        best = (
            beam.Search([str(each) for each in range(classes)], int(rng.integers(1, 6))).run(log_probs).prefixes[0]
        )
        ahead = best.acoustic - float(trellis.log_likelihoods(log_probs, (greedy,))[0])
        assert ahead >= 0.0
        beaten += ahead > 0.0
    assert beaten > 200


def test_it_adds_up_where_greedy_does_not():
    probs = np.array([[0.4, 0.3, 0.3], [0.4, 0.3, 0.3]])
    assert ctc.greedy(np.log(probs)) == ()
    assert beam.Search("_xy").run(np.log(probs)).prefixes[0].labels in ((1,), (2,))


def test_the_tree_is_a_tree_of_what_was_held():
    log_probs = drawn(np.random.default_rng(8), 30, 4, 1.5)
    found = beam.Search(LETTERS, width=5).run(log_probs)
    assert found.frames == 30
    assert found.kept.max() == 5
    assert found.nodes[0].parent == -1
    held = [node for node in found.nodes if node.frame >= 0]
    for node in held[1:]:
        above = found.nodes[node.parent]
        assert above.id == node.parent < node.id
        assert above.frame < node.frame or node.parent == 0
        assert node.frame <= node.last < 30
        assert node.text == LETTERS[node.label]
        assert node.score <= 0.0
        assert node.alive == (node.last == 29)
    assert sum(node.alive for node in held) == found.kept[-1]
    assert found.kept[0] == sum(node.frame == 0 and node.id > 0 for node in held) + (held[0].last >= 0)
    for prefix in found.prefixes:
        assert tuple(found.nodes[each].label for each in prefix.nodes) == prefix.labels
        assert prefix.text == tuple(LETTERS[label] for label in prefix.labels)
        assert [span.label for span in prefix.spans] == list(prefix.labels)
        path = np.zeros(30, np.int64)
        for span in prefix.spans:
            path[span.start : span.stop] = span.label
        assert collapsed(tuple(path.tolist())) == prefix.labels
    scores = [prefix.score for prefix in found.prefixes]
    assert scores == sorted(scores, reverse=True)


def test_the_scores_of_a_prefix_are_told_apart():
    """By brute force: where it lay least behind, its paths, its text and its words make up its score."""
    log_probs, language, alpha, beta = drawn(np.random.default_rng(4), 5, 4), Pairs(4, 4), 0.7, 1.3
    found = beam.Search(LETTERS, width=1000, language=language, alpha=alpha, beta=beta).run(log_probs)
    known = [sums(log_probs[: t + 1]) for t in range(5)]

    def text(labels: Labels) -> float:
        return alpha * (language.says(labels) - language.end(labels[-1] if labels else language.start()))

    best = [max(each[labels] + text(labels) + beta * words(labels) for labels in each) for each in known]
    for node in found.nodes[1:]:
        labels, here = [], node
        while here.parent >= 0:
            labels.insert(0, here.label)
            here = found.nodes[here.parent]
        said = tuple(labels)
        assert node.language == pytest.approx(text(said), abs=1e-9)
        assert node.bonus == pytest.approx(beta * words(said))
        behind = {t: known[t][said] + text(said) + beta * words(said) - best[t] for t in range(node.frame, 5)}
        least = max(behind, key=lambda t: behind[t])
        assert node.score == pytest.approx(behind[least], abs=1e-9)
        assert node.acoustic == pytest.approx(known[least][said], abs=1e-9)


def test_greedy_tells_the_path_that_it_took():
    log_probs = drawn(np.random.default_rng(11), 12, 4)
    nodes = beam.greedy(log_probs, LETTERS).nodes[1:]
    assert nodes
    for node, run in zip(nodes, ctc.greedy(log_probs), strict=True):
        assert node.acoustic == pytest.approx(float(log_probs[: run.stop].max(axis=1).sum()))
        assert node.language == node.bonus == 0.0


def test_a_margin_lets_go_of_what_lies_behind():
    log_probs = drawn(np.random.default_rng(9), 30, 4, 3.0)
    every, near = (beam.Search(LETTERS, 20, margin=margin).run(log_probs) for margin in (np.inf, 2.0))
    assert near.kept.mean() < every.kept.mean()
    assert all(node.score >= -2.0 for node in near.nodes if node.frame >= 0)


def test_silence_and_nothing_are_the_empty_string():
    assert beam.Search(LETTERS).run(np.zeros((0, 4))).prefixes[0].labels == ()
    sure = np.full((9, 4), -30.0)
    sure[:, ctc.BLANK] = 0.0
    assert beam.Search(LETTERS).run(sure).prefixes[0].labels == ()
