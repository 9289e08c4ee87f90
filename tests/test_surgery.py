"""Edits as values of the session, and what they do to the text of a network that has learnt something."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import asset, checkpoint, forward, infer, surgery
from engine.events import Traced
from engine.memo import Memo
from engine.models.recurrent import Settings
from engine.probes.record import Recorder
from engine.surgery import Edit, EditError, Memory
from engine.trace import Key

if TYPE_CHECKING:
    from engine.network import Network

LSTM = Settings(hidden=32, layers=2)
OVER: dict[str, Any] = {"layer": 1, "stop": 0.5}


def traced(network: Network, *edits: Edit, clip: Any = None, memo: Memo | None = None, chain: Any = ()) -> Traced:
    clip = clip or asset.open_bundled("digits")
    asked = infer.Inspection(clip, chain, None, network, 0.0, clip.seconds, "cpu", edits)
    found = [each for each in infer.run(asked, memo) if isinstance(each, Traced)]
    return found[-1]


def said(found: Traced) -> list[str]:
    return [label.text for label in found.trace.text]


def shuffled(network: Network) -> Network:
    """The same numbers in another order."""
    rng = np.random.default_rng(0)
    weights = {
        name: rng.permutation(each.ravel()).reshape(each.shape) for name, each in (network.weights or {}).items()
    }
    return replace(network, id="shuffled", weights=MappingProxyType(weights))


@pytest.fixture(scope="module")
def digits() -> Network:
    return checkpoint.open_network("digits-lstm-128")


WORDS = tuple(label for label in asset.open_bundled("digits").labels if label.tier == "digit")
TRUTH = [label.text for label in WORDS]


def becomes(network: Network, text: list[str], *edits: Edit) -> bool:
    """Whether all words of the clip are heard without the edits, and with them the text is this, a word apart."""
    found = traced(network, *edits)
    assert found.difference is not None
    before = [label.text for label in found.difference.text]
    return before == TRUTH and said(found) == text and found.difference.words == 1


def cuts_out(network: Network, how: str, name: str, value: float = 0.0) -> bool:
    """Whether just the second word is lost, if something is set or frozen in layer 2 while it sounds."""
    edit = Edit(how, WORDS[1].start, WORDS[1].end, name, 2, value=value)  # type: ignore[arg-type]
    return becomes(network, TRUTH[:1] + TRUTH[2:], edit)


def resets_away(network: Network) -> bool:
    """Whether there is a moment in the fifth word at which a reset loses it, and no other."""
    moments = np.linspace(WORDS[4].start, WORDS[4].end, 12).tolist()
    return any(becomes(network, TRUTH[:4] + TRUTH[5:], Edit("reset", each)) for each in moments)


def pastes_a_word(network: Network) -> bool:
    """Whether a word of another clip is heard after the first word, once the state from its end is put there."""
    other = asset.open_bundled("digits-2")
    zero = next(label for label in other.labels if label.text == "0")
    memory = surgery.copied(traced(network, clip=other), zero.end - 0.05, "digits-2")
    edit = Edit("paste", WORDS[0].end + 0.1, memory=memory)
    return becomes(network, [TRUTH[0], "0", *TRUTH[1:]], edit)


def forgets_a_word(network: Network) -> bool:
    """Whether some words are lost, if a GRU's reset gate keeps its layer 2 from its own past throughout."""
    found = traced(network, Edit("set", 0.0, WORDS[-1].end + 0.5, "r", 2))
    assert found.difference is not None
    heard = iter(TRUTH)
    fewer = all(word in heard for word in said(found)) and len(said(found)) < len(TRUTH)
    return [label.text for label in found.difference.text] == TRUTH and fewer


CUTS = {
    "digits-lstm-128": (
        *(("set", name) for name in ("i", "o", "g", "c", "h")),
        *(("freeze", name) for name in ("f", "g", "c", "h")),
    ),
    "digits-lstm-32": (("set", "f"),),
    "digits-gru-128": (
        ("set", "z", 1.0),
        *(("set", name) for name in ("n", "h")),
        *(("freeze", name) for name in ("z", "n", "h")),
    ),
    "digits-rnn-128": (("freeze", "h"),),
}
CLAIMS: list[Any] = [
    pytest.param(name, cuts_out, asked, id=f"{name} {' '.join(map(str, asked))}")
    for name, cuts in CUTS.items()
    for asked in cuts
]
CLAIMS += [
    pytest.param(name, resets_away, (), id=f"{name} reset") for name in ("digits-lstm-128", "digits-gru-128")
]
CLAIMS += [pytest.param(name, pastes_a_word, (), id=f"{name} paste") for name in CUTS if name != "digits-lstm-32"]
CLAIMS += [pytest.param("digits-gru-128", forgets_a_word, (), id="digits-gru-128 set r")]


@pytest.mark.parametrize(("name", "claim", "asked"), CLAIMS)
def test_an_edit_changes_the_text_by_what_was_learnt(name, claim, asked):
    network = checkpoint.open_network(name)
    assert claim(network, *asked)
    assert not claim(shuffled(network), *asked)


def test_what_differs_is_marked_and_counted(digits):
    memo = Memo()
    plain, found = traced(digits, memo=memo), traced(digits, Edit("set", 0.84, 1.16, "i", 2), memo=memo)
    told, before, after = found.difference, plain.trace.series, found.trace.series
    assert plain.difference is None
    assert told is not None
    assert told.text == plain.trace.text
    changed = before[Key("posterior")].values.argmax(1) != after[Key("posterior")].values.argmax(1)
    assert (told.frames, told.count) == (changed.sum(), len(changed))
    assert told.frames > 0
    assert not any(key.layer == 1 for key in told.spans), "a layer below is marked"
    i = told.spans[Key("gate.i", 2)]
    assert i[0].start == pytest.approx(0.84, abs=0.05)
    far = np.abs(before[Key("c", 2)].values - after[Key("c", 2)].values).max(1)
    for span in told.spans[Key("c", 2)]:
        series = after[Key("c", 2)]
        inside = far[
            series.frame(span.start + 0.5 / series.rate) : series.frame(span.stop - 0.5 / series.rate) + 1
        ]
        assert inside.min() > 0
    assert plain.trace.series[Key("h", 1)].values is found.trace.series[Key("h", 1)].values, "computed again"


@pytest.mark.parametrize(("name", "near"), [("phonemes-lstm-128", 1e-6), ("digits-lstm-128", 3e-6)])
def test_what_is_shown_is_what_the_cell_computes(name, near):
    """h = o tanh(c), with edits and without. The c of the digits reaches 100: its rounding is larger."""
    clip = asset.open_bundled(name.partition("-")[0])
    for edits in ((), (Edit("set", 0.8, 1.2, "o", 1, value=0.5), Edit("set", 2.0, 2.2, "c", 2, value=-1.0))):
        series = traced(checkpoint.open_network(name), *edits, clip=clip).trace.series
        for layer in (1, 2):
            h, c, o = (series[Key(each, layer)].values for each in ("h", "c", "gate.o"))
            np.testing.assert_allclose(h, o * np.tanh(c), atol=near)


def test_a_range_too_long_to_be_recorded_whole_is_edited_or_says_to_zoom_in(digits, monkeypatch):
    whole = traced(digits)
    size = whole.trace.series[Key("h", 1)].values.nbytes
    monkeypatch.setattr(forward, "Recorder", lambda: Recorder(10 * size))  # of 12 series
    plain = traced(digits)
    assert "gate.o layer 2" in plain.trace.note
    found = traced(digits, Edit("set", 0.84, 1.16, "i", 1))
    assert found.difference is not None
    assert found.difference.idle == {}
    assert {1, 2} == {key.layer for key in found.difference.spans if key.layer}
    assert found.trace.series.keys() == plain.trace.series.keys() < whole.trace.series.keys()
    refused = traced(digits, Edit("set", 0.84, 1.16, "i", 2))
    assert refused.difference is not None
    assert "zoom in" in refused.difference.idle[0]
    assert said(refused) == said(plain)


def test_a_state_pasted_where_it_was_copied_changes_nothing(digits):
    for network in (digits, checkpoint.open_network("digits-lstm-64-bidirectional")):
        memory = surgery.copied(traced(network), 1.0, "digits")
        assert memory.words == "digits at 1.00 s"
        found = traced(network, Edit("paste", 1.0, memory=memory))
        for key, each in traced(network).trace.series.items():
            np.testing.assert_allclose(found.trace.series[key].values, each.values, atol=1e-6, err_msg=str(key))
        assert found.difference is not None
        assert (found.difference.words, found.difference.frames) == (0, 0)


def test_a_state_of_another_clip_is_found_by_the_next_frame(digits):
    other = traced(digits, clip=asset.open_bundled("digits-2"))
    memory = surgery.copied(other, 1.0, "digits-2")
    at = other.trace.series[Key("c", 1)].frame(1.0)
    np.testing.assert_allclose(memory.states[0].c, other.trace.series[Key("c", 1)].values[at - 1])
    found = traced(digits, Edit("paste", 2.0, memory=memory)).trace.series
    frame = found[Key("c", 2)].frame(2.0)
    c, f, i, g = (found[Key(name, 2)].values[frame] for name in ("c", "gate.f", "gate.i", "gate.g"))
    np.testing.assert_allclose(c, f * np.array(memory.states[1].c) + i * g, atol=1e-6)


def test_an_edit_stays_on_its_word_when_the_sound_is_slower(digits):
    from engine.links import default_link

    slow = (default_link("speed", speed=0.5),)
    found = traced(digits, Edit("set", 0.84, 1.16, "i", 1), chain=slow)
    gate = found.trace.series[Key("gate.i", 1)]
    shut = np.flatnonzero((gate.values == 0).all(1))
    assert found.scale == pytest.approx(2.0, rel=0.01)
    assert gate.time(int(shut[0])) == pytest.approx(0.84 * found.scale, abs=0.04)
    assert gate.time(int(shut[-1])) == pytest.approx(1.16 * found.scale, abs=0.04)


def test_an_edit_that_is_off_does_not_act(digits):
    found = traced(digits, Edit("set", 0.84, 1.16, "i", 2, on=False))
    assert said(found) == said(traced(digits))


def test_edits_that_do_not_fit_say_so_and_the_others_act(digits):
    edits = (Edit("set", 0.84, 1.16, "z", 1), Edit("set", 0.84, 1.16, "i", 2))
    found = traced(digits, *edits)
    assert found.difference is not None
    assert list(found.difference.idle) == [0]
    assert found.difference.words == 1


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit("set", 0, name="z", **OVER), "LSTM has no update gate z; it has f, i, o, g, c, h"),
        (Edit("set", 0, name="f", layer=3, stop=1), "there is no layer 3: this network has 2"),
        (Edit("set", 0, name="f", direction="backward", **OVER), "no backward direction"),
        (Edit("set", 0, name="f", units=(3, 32), **OVER), "no unit 32: a layer has 32, from 0 on"),
        (Edit("paste", 0), "no state was copied"),
        (Edit("paste", 0, memory=Memory("cat at 1.00 s", ())), "the state of cat at 1.00 s"),
        (Edit("set", 0, name="f", **OVER), ""),
        (Edit("reset", 0), ""),
    ],
)
def test_what_a_network_cannot_do_is_said(edit, words):
    found = surgery.trouble(edit, LSTM)
    assert words in found
    assert bool(words) == bool(found)


def test_a_dense_network_has_no_states():
    assert "no states" in surgery.trouble(Edit("reset", 0), object())


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit("set", 0, name="f", value=1.5, **OVER), "between 0 and 1"),
        (Edit("set", 0, name="f", stop=1), "name it, from 1 on"),
        (Edit("set", 1, stop=1, name="f", layer=1), "no stretch of time"),
        (Edit("set", float("nan"), stop=1, name="f", layer=1), "lies in no clip"),
        (Edit("set", 0, name="q", **OVER), "no 'q'"),
        (Edit("melt", 0), "no edit 'melt'"),  # type: ignore[arg-type]
        (Edit("reset", 0, units=(-1,)), "units from 0"),
    ],
)
def test_what_no_network_can_do_is_refused(edit, words):
    with pytest.raises(EditError, match=words):
        surgery.check(edit)


def test_edits_come_back_from_plain_values(digits):
    memory = surgery.copied(traced(digits), 1.0, "digits")
    for edit in (
        Edit("set", 0.1, 0.7, "f", 2, "backward", (3, 5, 7), 0.25, on=False),
        Edit("freeze", 0.1, 0.7, "c", 1),
        Edit("reset", 0.5),
        Edit("paste", 0.5, layer=1, units=(2,), memory=memory),
    ):
        assert surgery.from_dict(surgery.to_dict(edit)) == edit


def test_words():
    edit = Edit("set", 0.84, 1.16, "f", 2, units=(3, 4, 5))
    assert (surgery.what(edit), surgery.where(edit)) == ("forget gate f = 0 (shut)", "layer 2, units 3 to 5")
    assert surgery.where(replace(edit, units=(3, 9), direction="backward")) == "layer 2 ←, 2 units"
    assert surgery.where(replace(edit, units=(3,))) == "layer 2, unit 3"
    assert surgery.where(Edit("reset", 0.5)) == "all layers, all units"
