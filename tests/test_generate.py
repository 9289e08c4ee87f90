"""Drawing notes: no temperature is greedy, the kept share is the smallest that is enough, and chance repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mido
import numpy as np
import pytest

from app import cli
from app.generate import begun
from engine import checkpoint, generate, melody
from engine.audio.file import decode
from engine.events import Composed, Opened, Traced
from engine.generate import Settings, distribution
from engine.trace import Key

if TYPE_CHECKING:
    from pathlib import Path

LOGITS = np.random.default_rng(3).normal(size=(50, 12)) * 2


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    odds = np.exp(logits / temperature)
    return odds / odds.sum()


@pytest.mark.parametrize("logits", LOGITS)
def test_temperature_divides_the_logits(logits: np.ndarray) -> None:
    np.testing.assert_allclose(distribution(logits, Settings(temperature=0.7, top_p=1.0)), softmax(logits, 0.7))
    np.testing.assert_allclose(distribution(logits, Settings(top_p=1.0)), softmax(logits))


@pytest.mark.parametrize("logits", LOGITS)
def test_without_temperature_the_likeliest_is_taken(logits: np.ndarray) -> None:
    greedy = np.eye(12)[np.argmax(logits)]
    np.testing.assert_array_equal(distribution(logits, Settings(temperature=0.0)), greedy)
    np.testing.assert_allclose(distribution(logits, Settings(temperature=0.002, top_p=1.0)), greedy, atol=1e-3)
    np.testing.assert_array_equal(distribution(logits, Settings(top_k=1)), greedy)


@pytest.mark.parametrize("logits", LOGITS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_what_is_kept_has_the_share_and_no_less_would(logits: np.ndarray, share: float) -> None:
    whole, found = softmax(logits), distribution(logits, Settings(top_p=share))
    kept = found > 0
    assert whole[kept].sum() >= share - 1e-12
    assert whole[kept].sum() - whole[kept].min() < share
    assert whole[kept].min() >= whole[~kept].max(initial=0.0)
    np.testing.assert_allclose(found[kept], whole[kept] / whole[kept].sum())


@pytest.mark.parametrize("count", [1, 3, 12])
def test_only_the_likeliest_are_drawn(count: int) -> None:
    for logits in LOGITS:
        found = distribution(logits, Settings(top_k=count, top_p=1.0))
        assert set(np.flatnonzero(found)) == set(np.argsort(-logits)[:count])
        assert found.sum() == pytest.approx(1.0)


def test_draws_come_as_often_as_they_are_likely() -> None:
    rng, settings = np.random.default_rng(0), Settings(temperature=1.3, top_k=4, top_p=1.0)
    drawn = np.bincount([settings.draw(LOGITS[0], rng) for _ in range(4000)], minlength=12)
    np.testing.assert_allclose(drawn / 4000, distribution(LOGITS[0], settings), atol=0.03)


def untrained(**knobs: Any) -> Any:
    settings = checkpoint.untrained("melody").settings
    return checkpoint.untrained("melody", settings.but(hidden=8, layers=1, **knobs))


def test_the_same_seed_plays_the_same() -> None:
    network = untrained()
    first = generate.go_on(network, [8], 30, Settings(seed=4))
    assert first == generate.go_on(network, [8], 30, Settings(seed=4))
    assert first != generate.go_on(network, [8], 30, Settings(seed=5))
    assert len(first) == 30
    assert min(first) >= 1


def test_each_note_is_told_by_all_before_it() -> None:
    """As if the whole tune had been given at once."""
    import torch

    from engine import build

    network = untrained()
    found = generate.go_on(network, [8, 3], 12, Settings(temperature=0.0))
    task: Any = build.task_of(network)
    x = torch.from_numpy(task.table[[0, 8, 3, *found]][None])
    with torch.no_grad():
        y = build.build(network)(x, torch.tensor([x.shape[1]]))[0][0].numpy()
    assert (1 + np.argmax(y[2:-1, 1:], axis=1)).tolist() == found


def test_what_cannot_go_on_says_what_can() -> None:
    with pytest.raises(generate.NotGenerating, match="phonemes-rnn-32 does not tell the next note"):
        generate.go_on(checkpoint.open_network("phonemes-rnn-32"), [], 4, Settings())
    with pytest.raises(generate.NotGenerating, match="causal"):
        generate.go_on(untrained(bidirectional=True), [], 4, Settings())
    with pytest.raises(generate.NotGenerating, match="does not tell the next note"):
        generate.go_on(untrained(readout="last"), [], 4, Settings())


def test_bars_are_written_as_midi_and_sound(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = untrained()
    monkeypatch.setattr(checkpoint, "open_network", lambda name: network)
    command = ["generate", "melody", "--bars", "2", "--seed", "1", "--begin", "C5 E5", "--tempo", "150"]
    for name in ("a", "b"):
        assert cli.main([*command, "--out", str(tmp_path / name)]) == 0
    for kind in (".mid", ".wav"):
        assert (tmp_path / f"a{kind}").read_bytes() == (tmp_path / f"b{kind}").read_bytes()
    played = [each.note for each in mido.MidiFile(tmp_path / "a.mid") if each.type == "note_on"]
    assert len(played) == 16
    assert played[:2] == [72, 76]
    assert set(played) <= set(melody.SCALE)
    assert mido.MidiFile(tmp_path / "a.mid").length == pytest.approx(16 * 0.2)
    clip = next(event.clip for event in decode(tmp_path / "a.wav") if isinstance(event, Opened))
    assert clip.seconds == pytest.approx(16 * 0.2)
    assert "C5 E5" in capsys.readouterr().out


def composed(network: Any, given: tuple[int, ...], settings: Settings) -> Composed:
    return next(each for each in generate.compose(network, given, settings) if isinstance(each, Composed))


def test_a_melody_is_a_clip_in_which_the_network_hears_what_it_has_made() -> None:
    """The states of generating, note by note, are those of an inspection of the clip, and so is what they tell."""
    import torch

    from engine import build
    from engine.infer import Inspection, run
    from engine.links import default_picture, default_sound_chain

    network = untrained()
    made = composed(network, (8, 3), Settings(bars=2, seed=3))
    chain = tuple(link for link in default_sound_chain() if link.stage != "noise")
    asked = Inspection(made.clip, chain, default_picture(), network, 0.0, made.clip.seconds, "cpu")
    trace = next(each for each in run(asked) if isinstance(each, Traced)).trace
    task: Any = build.task_of(network)
    module, seen = build.build(network), []
    with torch.no_grad():
        state = module.init_state(1)
        for note in (0, *made.notes):
            _, _, state = module(torch.from_numpy(task.table[[note]][None]), torch.tensor([1]), state)
            seen.append(np.ravel(state[0][0][0]))  # h of the first layer, forward
    states = trace.series[Key("h", 1)]
    np.testing.assert_allclose(states.values[: len(seen)], np.array(seen), atol=2e-3)
    posterior = trace.series[Key("posterior")].values
    told = np.exp(made.logits - np.logaddexp.reduce(made.logits, axis=1, keepdims=True))
    without_rest = posterior[: len(told), 1:] / posterior[: len(told), 1:].sum(1, keepdims=True)
    np.testing.assert_allclose(without_rest, told[:, 1:], atol=5e-3)
    for place, note in enumerate(made.notes):  # and frame n + 1 lies in the middle of note n
        middle = states.first + (place + 1) / states.rate
        assert middle == pytest.approx(made.start(place) + made.beat / 2)
        assert made.at(middle) == place
        heard = made.clip.read(*(round(made.clip.rate * (middle + edge)) for edge in (-0.1, 0.1)))[:, 0]
        peak = np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 16 * len(heard))))
        hertz = melody.hertz(melody.SCALE[note - 1])
        assert peak * made.clip.rate / (16 * len(heard)) == pytest.approx(hertz, rel=0.01)


def test_only_notes_of_the_scale_are_drawn() -> None:
    network = untrained()
    for name in melody.SCALES:
        found = generate.go_on(network, [], 40, Settings(temperature=3.0, top_p=1.0, scale=name))
        assert {melody.SCALE[note - 1] % 12 for note in found} <= set(melody.SCALES[name])
    assert {60, 64, 67} == {each for each in (60, 62, 64, 65, 67, 69, 71) if each % 12 in melody.SCALES["C chord"]}


def test_what_is_given_comes_first_and_what_follows_from_it_is_known() -> None:
    tune, answering = melody.tune(np.random.default_rng(0), 2)
    given = tuple(tune[1:])
    made = composed(untrained(), given[:24], Settings(bars=8, temperature=0.0))
    assert made.notes[:24] == given[:24]
    assert made.given == 24
    assert {place: given[place] for place in made.answers if place < 32} == {
        place: given[place] for place in range(32) if answering[place + 1]
    }
    right, asked = made.right
    assert asked >= 8
    assert right == sum(made.notes[place] == note for place, note in made.answers.items())
    assert composed(untrained(), given, Settings(bars=1)).notes == given[:8]


def test_a_note_sounds_at_its_pitch() -> None:
    sound = melody.sound([6], 60.0)
    peak = np.argmax(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    assert peak * 44100 / len(sound) == pytest.approx(440.0, abs=2.0)
    assert np.abs(sound).max() <= 1.0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--bars", "0"], "bars is 0; its range is 1 to 100"),
        (["--scale", "blues"], "choose one of: all, C pentatonic"),
        (["--temperature", "-1"], "temperature is -1; its range is 0 to 5"),
        (["--top-p", "0"], "its range is 0.01 to 1"),
        (["--begin", "H4"], "there is no note 'H4'; there are: C4"),
        (["--tempo", "0"], "20 to 400"),
    ],
)
def test_wrong_wishes_are_said(more: list[str], why: str, capsys: Any) -> None:
    assert cli.main(["generate", "melody", *more]) == cli.USAGE
    assert why in capsys.readouterr().err


def test_names_are_notes() -> None:
    assert begun("C4, C6") == [1, 15]
