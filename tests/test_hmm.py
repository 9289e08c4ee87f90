"""Hidden Markov models against every path there is, and the hybrid on sounds whose every frame is known."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest

from app import cli
from engine import fewclips, hmm, hybrid
from engine.edit import distance
from engine.hmm import Lexicon

TINY = Lexicon({"ab": ("a", "b"), "b": ("b",)})
PHONES = {phone: place for place, phone in enumerate(fewclips.LEXICON.phones)}


def every(emissions, arcs, start, end):
    """The best of all paths through all nodes."""
    best, way = -np.inf, ()
    for path in itertools.product(range(len(start)), repeat=len(emissions)):
        score = start[path[0]] + end[path[-1]] + sum(emissions[t, node] for t, node in enumerate(path))
        score += sum(arcs[a, b] for a, b in itertools.pairwise(path))
        if score > best:
            best, way = score, path
    return best, way


@pytest.mark.parametrize("seed", range(20))
def test_viterbi_finds_what_brute_force_finds(seed):
    rng = np.random.default_rng(seed)
    count, frames = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    emissions = rng.normal(size=(frames, count))
    arcs = np.where(rng.random((count, count)) < 0.7, rng.normal(size=(count, count)), -np.inf)
    start, end = rng.normal(size=(2, count))
    score, path = hmm.viterbi(emissions, arcs, start, end)
    best, way = every(emissions, arcs, start, end)
    if best == -np.inf:
        assert (score, len(path)) == (-np.inf, 0)
    else:
        assert score == pytest.approx(best)
        assert tuple(path) == way


def strings(lexicon, said):
    """Every sequence of states in which a string can be said, one after the other, without their durations."""
    quiet = lexicon.states(hmm.SILENCE)
    for gaps in itertools.product((False, True), repeat=len(said) + 1):
        states = list(quiet) if gaps[0] else []
        for word, gap in zip(said, gaps[1:], strict=True):
            states += lexicon.states(word) + (quiet if gap else [])
        yield states


@pytest.mark.parametrize("said", [("ab",), ("b",), ("b", "b"), ()])
@pytest.mark.parametrize("seed", range(6))
def test_an_alignment_is_the_best_of_all_durations(said, seed):
    rng = np.random.default_rng(seed)
    frames, stay = 9, rng.uniform(0.2, 0.8, TINY.count)
    logs = rng.normal(size=(frames, TINY.count))
    best = -np.inf
    for states in strings(TINY, said) if said else [TINY.states(hmm.SILENCE)]:
        for cuts in itertools.combinations(range(1, frames), len(states) - 1):
            edges = (0, *cuts, frames)
            score = 0.0
            for state, start, stop in zip(states, edges, edges[1:], strict=False):
                score += logs[start:stop, state].sum() + (stop - start - 1) * np.log(stay[state])
            score += sum(np.log(1 - stay[state]) for state in states[:-1])
            best = max(best, score)
    graph = hmm.linear(TINY, said, stay)
    score, path = graph.best(logs)
    assert score == pytest.approx(best)
    assert tuple(word for word, _ in graph.said(path)) == said


def test_a_sound_that_is_too_short_fits_nothing():
    assert hmm.linear(TINY, ("ab",), hmm.unknown(TINY.count)).best(np.zeros((5, TINY.count)))[0] == -np.inf
    assert hmm.viterbi(np.zeros((0, 2)), np.zeros((2, 2)), np.zeros(2), np.zeros(2))[0] == -np.inf


def test_a_loop_reads_any_string_of_words():
    lexicon, stay = fewclips.LEXICON, hmm.unknown(fewclips.LEXICON.count)
    rng = np.random.default_rng(0)
    for _ in range(10):
        said = [fewclips.WORDS[each] for each in rng.integers(0, 10, 4)]
        states = [state for word in said for state in lexicon.states(word) for _ in range(int(rng.integers(1, 4)))]
        logs = np.full((len(states), lexicon.count), -8.0)
        logs[np.arange(len(states)), states] = 0.0
        graph = hmm.loop(lexicon, stay, 1.0)
        path = graph.best(logs)[1]
        assert graph.states[path].tolist() == states
        assert [word for word, _ in graph.said(path)] == said


def test_the_chance_of_staying_is_that_of_the_durations():
    graph = hmm.linear(TINY, ("b",), hmm.unknown(TINY.count))
    first = int(np.flatnonzero(graph.words >= 0)[0])
    path = np.repeat(np.arange(first, first + 3), (2, 4, 10))
    stay = hmm.durations([(graph, path)] * 50, TINY.count, share=1e-9)
    assert stay[TINY.states("b")] == pytest.approx([1 / 2, 3 / 4, 9 / 10], abs=1e-6)


def spoken(words, rng, means):
    """Features of words that are said by chance, phone by phone; and where each word begins."""
    frames, begins = [], []

    def say(phone, count):
        frames.extend(means[PHONES[phone]] + 0.7 * rng.normal(size=(count, means.shape[1])))

    say(hmm.SILENCE, int(rng.integers(4, 40)))  # which a flat start knows nothing of
    for word in words:
        begins.append(len(frames))
        for phone in fewclips.LEXICON.words[word]:
            say(phone, int(rng.integers(3, 12)))
        say(hmm.SILENCE, int(rng.integers(3, 7)))
    return np.array(frames, np.float32), tuple(words), begins


@pytest.fixture(scope="module")
def taught():
    rng = np.random.default_rng(0)
    means = rng.normal(size=(len(PHONES), 12))
    clips = [spoken([fewclips.WORDS[each]], rng, means) for each in np.tile(np.arange(10), 4)]
    settings = hybrid.Settings(hidden=48, context=2, least=100, epochs=2, passes=5)
    learnt = [(features, said) for features, said, _ in clips]
    made, flat = (hybrid.train(learnt, fewclips.LEXICON, settings.but(passes=passes)) for passes in (5, 0))
    test = [spoken(rng.choice(fewclips.WORDS, 3).tolist(), rng, means) for _ in range(12)]
    return made, test, flat


def wrong(made, test):
    return sum(distance(made.read(features), said) for features, said, _ in test)


def test_from_a_flat_start_it_learns_to_read_strings(taught):
    made, test, _ = taught
    assert wrong(made, test) <= 4  # of 36, where single words were learnt


def test_aligning_anew_moves_the_states(taught):
    made, test, flat = taught
    assert np.abs(made.priors - flat.priors).max() > 0.005
    assert np.abs(made.stay - flat.stay).max() > 0.2
    assert wrong(made, test) <= wrong(flat, test)


def test_shuffled_weights_read_nothing(taught):
    import torch

    made, test, _ = taught
    broken = {
        name: each.flatten()[torch.randperm(each.numel(), generator=torch.Generator().manual_seed(0))].view_as(
            each
        )
        for name, each in made.network.state_dict().items()
    }
    kept = {name: each.clone() for name, each in made.network.state_dict().items()}
    try:
        made.network.load_state_dict(broken)
        assert wrong(made, test) > 20
    finally:
        made.network.load_state_dict(kept)


def test_priors_divide_what_is_common(taught):
    made, test, _ = taught
    posterior = hybrid.posteriors(made.network, test[0][0], made.settings.context)
    np.testing.assert_allclose(np.exp(posterior).sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(made.logs(test[0][0]) + np.log(made.priors), posterior, atol=1e-12)
    assert made.priors.sum() == pytest.approx(1.0)


def test_the_demo_compares_both_on_voices_that_neither_heard(monkeypatch, tmp_path, capsys):
    rng = np.random.default_rng(1)
    means = rng.normal(size=(len(PHONES), 12))

    def clips(count):
        return [[spoken([word], rng, means)[:2] for _ in range(count)] for word in fewclips.WORDS]

    pool, tried = {"one": clips(3), "two": clips(3)}, [item for same in clips(2) for item in same]
    monkeypatch.setattr(fewclips, "data", lambda most: (pool, tried))
    compared = fewclips.compared
    monkeypatch.setattr(fewclips, "compared", lambda seeds: compared((1, 4), seeds, steps=150))
    monkeypatch.setattr(hybrid, "Settings", lambda: dataclasses.replace(SMALL))
    assert cli.main(["demo", "hybrid", "--json", "--seeds", "1", "--out", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "hybrid.json").read_text()) == found
    assert [(row["system"], row["clips per digit"]) for row in found["trainings"]] == [
        ("hybrid", 1), ("CTC", 1), ("hybrid", 4), ("CTC", 4),
    ]  # fmt: skip
    for row in found["trainings"]:
        assert row["digits"] == 20
        assert row["within"][0] <= row["error"] <= row["within"][1]
    assert found["together"]["hybrid, 4 of each digit"]["error"] < 0.2


SMALL = hybrid.Settings(hidden=48, context=2, least=80, epochs=2, passes=3)


def test_clips_are_dealt_from_all_voices():
    nothing = np.zeros((1, 1), np.float32)
    pool = {
        voice: [[(nothing, (voice, digit, str(each))) for each in range(4)] for digit in "0123456789"]
        for voice in "abc"
    }
    found = [said for _, said in fewclips.chosen(pool, 5, 0)]
    assert len(set(found)) == 50
    for digit in "0123456789":
        assert {voice for voice, said, _ in found if said == digit} == set("abc")
    assert found == [said for _, said in fewclips.chosen(pool, 5, 0)]
    assert found != [said for _, said in fewclips.chosen(pool, 5, 1)]
    assert len(fewclips.chosen(pool, 100, 0)) == 120
