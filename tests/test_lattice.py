"""Words with times out of a beam's best, and the confusion network of them all."""

from __future__ import annotations

import numpy as np
import pytest

from engine import beam, lattice
from engine.hypothesis import Prefix, Span
from tests.spelling import drawn

LETTERS = ("", " ", *"abcdefghijklmnopqrstuvwxyz")


def spelled(text: str, score: float, pace: int = 2) -> Prefix:
    """A prefix whose labels come one every `pace` frames."""
    labels = tuple(LETTERS.index(each) for each in text)
    spans = tuple(Span(label, pace * place, pace * place + 1, 0.5) for place, label in enumerate(labels))
    return Prefix(labels, tuple(text), score, 0.0, 0.0, spans, ())


def test_words_lie_where_their_letters_do():
    found = lattice.words(spelled(" the  cat", 0.0), LETTERS)
    assert [(word.text, word.start, word.stop) for word in found] == [("the", 2, 7), ("cat", 12, 17)]
    assert found[0].confidence == pytest.approx(0.5)
    digits = Prefix((1, 2), ("one", "two"), 0.0, 0.0, 0.0, (Span(1, 0, 3, 0.9), Span(2, 5, 6, 0.8)), ())
    assert [word.text for word in lattice.words(digits, ("", "one", "two"))] == ["one", "two"]
    assert lattice.words(spelled("", 0.0), LETTERS) == ()


def test_each_slot_holds_what_hypotheses_say_there():
    said = {"a cat sat": 0.5, "a bat sat": 0.3, "a     sat": 0.1, "a cat sat up": 0.1}
    found = lattice.lattice([spelled(text, np.log(share)) for text, share in said.items()], LETTERS)
    assert found.words == ("a", "cat", "sat")
    shares = [{each.text: round(each.posterior, 6) for each in slot.alternatives} for slot in found.slots]
    assert shares == [{"a": 1.0}, {"cat": 0.6, "bat": 0.3, "": 0.1}, {"sat": 1.0}, {"": 0.9, "up": 0.1}]
    assert [slot.start for slot in found.slots] == sorted(slot.start for slot in found.slots)


def test_words_of_another_time_do_not_share_a_slot():
    late = spelled("no", np.log(0.4), pace=20)
    found = lattice.lattice([spelled("go", np.log(0.6)), late], LETTERS)
    assert len(found.slots) == 1  # they overlap
    apart = Prefix(
        late.labels, late.text, late.acoustic, 0.0, 0.0, (Span(15, 50, 51, 1.0), Span(16, 55, 56, 1.0)), ()
    )
    assert len(lattice.lattice([spelled("go", np.log(0.6)), apart], LETTERS).slots) == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_slots_of_a_beam_add_up_to_one_and_hold_its_best(seed):
    log_probs = drawn(np.random.default_rng(seed), 40, 6, 1.5)
    found = beam.Search(("", " ", "a", "b", "c", "d")).run(log_probs)
    made = lattice.lattice(found.prefixes, ("", " ", "a", "b", "c", "d"))
    for slot in made.slots:
        assert sum(each.posterior for each in slot.alternatives) == pytest.approx(1.0)
        assert slot.start < slot.stop
    for prefix in found.prefixes:  # every hypothesis is a way through the slots
        spoken = [word.text for word in lattice.words(prefix, ("", " ", "a", "b", "c", "d"))]
        place = 0
        for slot in made.slots:
            texts = {each.text for each in slot.alternatives}
            if place < len(spoken) and spoken[place] in texts:
                place += 1
        assert place == len(spoken)
    assert lattice.lattice((), ("",)).slots == ()
