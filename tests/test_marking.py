"""Marks of a script that is read aloud, step by step, against all steps told at once; and what a word costs."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine import follower, normaliser
from engine.follower import Follower
from engine.marking import KINDS, Marking
from engine.script import parse

WORDS = ["a", "b", "21", "x-ray", "-", "$5", "..."]


def told(script, owner, at, steps):
    """Of all steps, looked at for every word of the script anew: marks, what was said instead, what too much."""
    total = len(script.words)
    place_of = [*owner, total]
    position = place_of[at]
    marks, instead, added = [], {}, {}
    for word in range(total + 1):
        extra = [token for kind, place, token in steps if kind == "insert" and place_of[place] == word]
        if extra:
            added[word] = " ".join(extra)
        mine = [step for step in steps if step[0] != "insert" and place_of[step[1]] == word]
        first = owner.index(word) if word in owner else -1
        last = max((n for n, (_, place, _) in enumerate(mine) if place == first), default=0)
        mine = mine[last:]  # of a word read again the last time
        kinds = {kind for kind, _, _ in mine}
        mark = kinds.pop() if len(kinds) == 1 else "substitute" if kinds else "left" if word < position else ""
        if word < total and word not in owner:  # it has no sound
            mark = ("" if not marks else marks[-1]) if not marks or marks[-1] in ("", "left") else "equal"
        elif mark == "substitute":
            instead[word] = " ".join(token for _, _, token in mine if token)
        marks.append(mark)
    counts = {kind: sum(step[0] == kind for step in steps) for kind in KINDS}
    return tuple(marks[:total]), instead, added, position, counts


@settings(deadline=None)
@given(some.lists(some.sampled_from(WORDS), min_size=1, max_size=12), some.data())
def test_marks_step_by_step_are_those_of_all_steps_at_once(words, data):
    script = parse(" ".join(["a", *words]))
    cut = [normaliser.words(word, "basic-en") for word in script.words]
    owner = [place for place, tokens in enumerate(cut) for _ in tokens]
    marking, steps = Marking(script, "basic-en", owner), []
    for _ in range(data.draw(some.integers(1, 5))):
        fresh = []
        for kind in data.draw(some.lists(some.sampled_from(KINDS), max_size=6)):
            place = data.draw(some.integers(0, len(owner) - (kind != "insert")))
            fresh.append((kind, place, "" if kind == "delete" else data.draw(some.sampled_from("pq"))))
        stands, at = data.draw(some.integers(0, len(fresh))), data.draw(some.integers(0, len(owner)))
        found = marking.reading(at, fresh)
        marks, instead, added, position, counts = told(script, owner, at, steps + fresh)
        assert (found.marks, found.position) == (marks, position)
        assert (dict(found.instead), dict(found.added)) == (instead, added)
        errors = counts["substitute"], counts["delete"], counts["insert"]
        assert (found.substituted, found.deleted, found.inserted) == errors
        assert found.read == counts["equal"] + counts["substitute"] + counts["delete"]
        marking.settle(fresh[:stands])
        steps += fresh[:stands]


def lines_run(what):
    """How many lines of Python something takes: a price that no other program changes."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        what()
    finally:
        sys.settrace(before)
    return count


def test_a_word_costs_after_an_hour_what_it_does_at_the_start(monkeypatch):
    monkeypatch.setattr(follower, "ROWS", 32)
    rng = random.Random(0)
    words = [f"w{rng.randrange(900)}" for _ in range(4000)]
    following, costs = Follower(parse(" ".join(words)), "none"), []

    def one(word):
        following.add([word])
        following.reading()

    for place, word in enumerate(words[:3000]):
        if place % 8 == 0 and (place < 600 or place >= 2400):
            costs.append(lines_run(lambda said=word if place % 20 else "wrong": one(said)))
        else:
            following.add([word])
    assert following.place == 3000
    half = len(costs) // 2
    assert sum(costs[half:]) == pytest.approx(sum(costs[:half]), rel=0.15)
