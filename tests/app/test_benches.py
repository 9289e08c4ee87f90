"""The benchmarks: what they compare is the same work, and what they tell is what they measured."""

from __future__ import annotations

import itertools
import json
import time

import numpy as np
import pytest

from app import bench, cli
from app.bench import Figure
from app.benches import (
    _scratch,
    _training,
    audition,
    captions,
    hour,
    idle,
    playhead,
    scratch,
    session,
    snapshot,
    training,
    ui,
)
from engine import recipe, recognising
from engine.captions import Captions
from engine.events import Snapshot, Step
from engine.recognisers.recogniser import Word
from engine.trainer import Trainer


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_both_sides_of_the_bench_of_the_cells_do_the_work(kind):
    """What each gives is tested with the cells; here: the same shapes, forward and then backward."""
    x, dh = (np.zeros((6, size, 2), np.float32) for size in (3, 4))
    for go in (scratch.scratch_pass(kind, x, dh), scratch.torch_pass(kind, x, dh)):
        half, whole = go()
        assert 0 < half < whole


def test_the_numpy_network_learns():
    step = _scratch.numpy_step(8, 2)
    losses = [step() for _ in range(50)]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("loop", ["numpy", "python"])
def test_the_stand_ins_tell_what_a_training_tells(loop):
    network = _training.network("small")
    steps = _scratch.numpy_net(network, 8, 2) if loop == "numpy" else _scratch.spinner(network)
    came = list(itertools.islice(steps, 3))
    assert [type(each) for each in came] == [Step, Snapshot, Step]
    assert came[1].network.id != network.id
    assert came[1].network.weights.keys() == network.weights.keys()


def test_the_bare_loop_takes_the_steps_of_the_trainer():
    """The same weights, batches and losses, but for biases, which the trainer leaves without decay."""
    made = _training.network("small")
    settings = recipe.TrainSettings(batch=_training.SHAPES["small"][2])
    trainer = Trainer(recipe.of(made.task, "bare", made.task_settings, made.model, made.settings, settings), "cpu")
    for number, (_, loss) in enumerate(itertools.islice(_training.bare_steps("torch", "small"), 3), 1):
        batch = trainer.task.batch("train", number - 1, settings.batch, settings.seed)
        assert trainer.step(number, batch).loss == pytest.approx(loss, rel=1e-4)


def test_ratios_are_medians_of_runs_beside_each_other():
    rest = [[10.0] * 99 + [20.0], [10.0] * 99 + [30.0], [20.0] * 99 + [40.0]]
    busy = [[10.0] * 99 + [60.0], [11.0] * 99 + [30.0], [40.0] * 99 + [44.0]]
    runs = [[[ui.Gap(length) for length in run] for run in kind] for kind in (rest, busy)]
    found = {each.name: each for each in ui._figures("net", *runs, [])}
    assert found["net: p50 over rest"].value == pytest.approx(1.1)
    assert found["net: worst over rest"].value == pytest.approx(1.1)
    assert found["net: worst over rest"].met
    assert found["net: longest gap of all"].value == 60.0
    assert not found["net: longest gap of all"].met


def test_the_length_of_the_runs_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "measure", lambda: [Figure("length", training.EACH, "s")])
    monkeypatch.setattr(training, "EACH", training.EACH)
    out = tmp_path / "figures.json"
    bench._measure("training", out, "7.5")
    assert json.loads(out.read_text())[0]["value"] == 7.5


def test_captions_are_measured_as_long_as_is_asked(monkeypatch):
    heard = []

    def marked(seconds):
        heard.append(seconds)
        raise LookupError

    monkeypatch.setattr(captions, "_marked", marked)
    monkeypatch.setattr(captions, "EACH", 7.5)
    monkeypatch.setattr(recognising, "build", lambda: None)
    with pytest.raises(LookupError):
        captions.measure()
    assert heard == [7.5]


def test_delays_of_captions_are_counted_from_where_words_truly_end():
    """By hand: "two" stays from the fourth picture on, and what was heard wrongly at last counts nowhere."""

    def shown(heard, settled, tentative):
        words = [Word(0.0, 9.0, each) for each in f"{settled} {tentative}".split()]  # its own times do not count
        count = len(settled.split())
        return Captions((), tuple(words[:count]), tuple(words[count:]), heard)

    pictures = [
        shown(1.5, "", "one"),
        shown(2.2, "", "one two"),  # and is something else again
        shown(2.4, "one", "too"),
        shown(2.9, "One", "two,"),
        shown(3.5, "One two,", "three"),
        shown(4.0, "One two, four", ""),
    ]
    late, settled, count = captions._delays(pictures, [("one", 1.0), ("two", 2.0), ("three", 3.0)])
    assert count == 2
    assert late == pytest.approx((0.7, 0.88))
    assert settled == pytest.approx((1.45, 1.495))


@pytest.mark.parametrize("asked", [["hour", "--seconds", "3"], ["--seconds", "3"], ["ui", "--seconds", "0.1"]])
def test_a_length_that_cannot_be_chosen_is_said(asked, capsys):
    assert cli.main(["bench", *asked]) == 2
    assert "--seconds" in capsys.readouterr().err


def test_sessions_and_snapshots_are_measured(monkeypatch):
    monkeypatch.setattr(session, "MINUTES", 1)
    monkeypatch.setattr(session, "ROUNDS", 1)
    monkeypatch.setattr(snapshot, "TURNS", 2)
    figures = [*session.measure(), *snapshot.one("small")]
    assert all(each.value > 0 for each in figures)
    assert len({each.name for each in figures}) == len(figures)


def test_what_is_spent_while_nothing_is_asked(qapp, monkeypatch):
    monkeypatch.setattr(idle, "EACH", 1.0)
    monkeypatch.setattr(idle, "_window", lambda: 0.01)
    at_rest, silent = idle.measure()
    assert (at_rest.value, at_rest.met) == (1.0, True)
    assert 0 < silent.value < 400


def test_a_share_is_the_time_of_the_processor_over_the_clock():
    assert idle.share(lambda: time.sleep(0.5)) < 0.2

    def spin():
        until = time.process_time() + 0.5
        while time.process_time() < until:
            pass

    began = time.perf_counter()
    share = idle.share(spin)
    assert 0.45 < share * (time.perf_counter() - began) < 0.8


@pytest.mark.long
def test_a_window_beside_a_training_is_measured(qapp, monkeypatch):
    monkeypatch.setattr(ui, "EACH", 1.0)
    monkeypatch.setattr(ui, "ROUNDS", 1)
    monkeypatch.setattr(training, "EACH", 1.0)
    monkeypatch.setattr(training, "ROUNDS", 1)
    figures = [*ui.beside("python"), *training.against("torch", "small")]
    assert all(each.value > 0 for each in figures)


@pytest.mark.long
def test_an_hour_of_audio_is_opened_without_being_held(tmp_path):
    """In a process of its own, whose memory is its own, in megabytes; how long it takes is for `bench hour`."""
    path = tmp_path / "hour.wav"
    hour.write(path, hour.SECONDS)
    assert path.stat().st_size == 44 + 2 * hour.RATE * hour.SECONDS
    found = json.loads(hour.ran(hour._WINDOW, str(path)))
    assert found["seconds"] > 0
    assert max(found["opened"], found["settled"]) < 300


@pytest.mark.long
def test_pictures_that_follow_the_playhead_are_counted(qapp, monkeypatch):
    monkeypatch.setattr(playhead, "PLAYS", 0.5)
    figures = playhead.measure()
    assert [each.more for each in figures] == [True, True]
    assert all(each.value > 0 and each.target == 25.0 for each in figures)


@pytest.mark.long
def test_a_slider_of_the_mix_is_followed_to_the_loudspeaker(qapp, monkeypatch):
    """Every move changes what is heard, of each slider."""
    monkeypatch.setattr(audition, "SECONDS", (5.0,))
    monkeypatch.setattr(audition, "MOVES", 2)
    figures = audition.measure()
    assert [figure.name.split()[0] for figure in figures[::2]] == list(audition.SLIDERS)
    assert all(0 < figure.value for figure in figures)
