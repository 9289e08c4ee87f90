"""The gradient echo of what an inspection has seen: its clock, its words, its neighbours, its sound."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import build, checkpoint, echo, infer
from engine.asset import open_bundled
from engine.clip import from_array
from engine.echo import Asked, Settings
from engine.events import Attributed, Echo, Traced
from engine.links import default_link
from engine.memo import Memo
from engine.probes import gradient
from engine.stoppable import Stopped
from engine.surgery import Edit
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.network import Network


def traced(name: str, seconds: float = 1.5, chain: tuple[Any, ...] = ()) -> tuple[Network, Traced]:
    network = checkpoint.open_network(name)
    clip = open_bundled(network.task)
    found = list(infer.run(infer.Inspection(clip, chain, None, network, 0.0, seconds, "cpu")))[-1]
    assert isinstance(found, Traced)
    return network, found


@pytest.fixture(scope="module")
def lstm() -> tuple[Network, Traced]:
    return traced("phonemes-lstm-32")


def echoed(asked: Asked, widely: bool = False) -> Echo:
    found = list(echo.echo(asked, Memo(), widely))[-1]
    assert isinstance(found, Echo)
    return found


def test_an_echo_lies_on_the_clock_of_the_trace(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    found = echoed(Asked(network, seen, 1.0, None, Settings()))
    h = seen.trace.series[Key("h", 1)]
    assert found.time == pytest.approx(1.0, abs=0.5 / h.rate)
    for name in ("h", "c", "W", "U", "b"):
        for layer in (1, 2):
            each = found.series[Key(f"grad.{name}", layer)]
            assert (each.rate, each.first, len(each.values)) == (h.rate, h.first, len(h.values))
            last = np.flatnonzero(each.values)[-1]
            assert each.time(last) == pytest.approx(found.time), "nothing comes from what is later"
    posterior = seen.trace.series[Key("posterior")]
    at = posterior.values[posterior.frame(1.0)]
    assert found.output == (network.vocabulary[int(at.argmax())] or "blank")
    assert found.share == pytest.approx(float(at.max()), abs=1e-5)


def test_the_class_that_is_given_is_asked_about(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    found = echoed(Asked(network, seen, 1.0, 3, Settings()))
    assert found.output == network.vocabulary[3]
    other = echoed(Asked(network, seen, 1.0, 4, Settings()))
    assert not np.allclose(found.decay.norms, other.decay.norms)


def test_the_decay_runs_back_from_the_chosen_step(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    decay = echoed(Asked(network, seen, 1.0, None, Settings())).decay
    norms = echo.total(echoed(Asked(network, seen, 1.0, None, Settings())).series)
    step = seen.trace.series[Key("h", 1)].frame(1.0)
    np.testing.assert_allclose(decay.norms, norms[step::-1], rtol=1e-4, atol=1e-12)
    far = round(decay.horizon * decay.rate)
    assert decay.norms[far] >= 0.01 * decay.norms.max() > decay.norms[far + 1 :].max(initial=0.0)
    assert decay.ended


def test_beside_it_stand_the_three_cells_of_the_same_size(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    found = echoed(Asked(network, seen, 1.0, None, Settings()), widely=True)
    assert [each.name for each in found.others] == ["phonemes-rnn-32", "phonemes-lstm-32", "phonemes-gru-32"]
    assert [each.bound > 0 for each in found.others] == [True, False, False]
    rnn, own, _ = found.others
    assert own is found.decay
    assert rnn.horizon < own.horizon
    assert rnn.slope < own.slope < 0
    assert found.highway is not None
    np.testing.assert_allclose(*found.highway, atol=1e-6)


def test_a_set_radius_changes_the_looking_and_not_the_network(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    memo, slopes = Memo(), []
    for settings in (Settings(), *(Settings(rescale=True, radius=each) for each in (0.5, 1.5)), Settings()):
        found = list(echo.echo(Asked(network, seen, 1.0, None, settings), memo))[-1]
        assert isinstance(found, Echo)
        slopes.append(found.decay.slope)
    assert slopes[1] < slopes[2]
    assert slopes[0] == slopes[3]


@pytest.mark.parametrize(
    "name", ["phonemes-rnn-32", "phonemes-lstm-128-bidirectional", "phonemes-scratch-lstm-32"]
)
def test_other_networks_echo_too(name: str) -> None:
    network, seen = traced(name)
    found = echoed(Asked(network, seen, 0.7, None, Settings()), widely=True)
    assert (found.highway is None) == (network.settings.cell == "rnn")  # type: ignore[attr-defined]
    assert len(found.others) == 3
    assert np.isfinite(found.decay.slope)


def test_edits_are_those_of_the_run_on_its_clock(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    edit = Edit("reset", 0.7)
    found = echoed(Asked(network, seen, 1.0, None, Settings(), (edit,)), widely=True)
    h = seen.trace.series[Key("h", 1)]
    at = h.frame(0.7)
    assert found.edited
    assert "another cell state" in found.why
    for key in (Key("grad.h", 1), Key("grad.c", 2)):
        each = found.series[key].values
        assert not each[: at - 1].any()
        assert each[at + 1 : h.frame(1.0)].all()
    assert found.decay.horizon < 0.32
    off = echoed(Asked(network, seen, 1.0, None, Settings(), (dataclasses.replace(edit, on=False),)))
    assert not off.edited
    assert off.decay.norms[-1] > 0
    assert found.others[0].norms[-1] > 0, "the others are as they are"


def test_a_network_that_writes_echoes_and_is_attributed() -> None:
    network = checkpoint.open_network("seq2seq_char")
    clip = build.task_of(network).pinned()
    seen = list(infer.run(infer.Inspection(clip, (), None, network, 0.0, clip.seconds, "cpu")))[-1]
    assert isinstance(seen, Traced)
    posterior = seen.trace.series[Key("posterior")]
    for row in (0, len(posterior.values) // 2, len(posterior.values) - 1):
        asked = Asked(network, seen, posterior.time(row), None, Settings())
        found = echoed(asked, widely=True)
        assert found.output == (network.vocabulary[int(posterior.values[row].argmax())] or "blank")
        assert found.share == pytest.approx(float(posterior.values[row].max()), abs=1e-4)
        assert [each.cell for each in found.others] == ["gru"]
        assert "no cell state" in found.why
        total = echo.total(found.series)
        assert total.max() > 0
    attributed = list(echo.attribution(asked, Memo()))[-1]
    assert isinstance(attributed, Attributed)
    assert attributed.error < 0.01


@pytest.mark.parametrize("method", ["integrated", "times input"])
def test_an_attribution_has_the_shape_of_the_features(lstm: tuple[Network, Traced], method: str) -> None:
    network, seen = lstm
    found = list(echo.attribution(Asked(network, seen, 1.0, None, Settings(method=method)), Memo()))[-1]
    assert isinstance(found, Attributed)
    features = seen.trace.series[Key("features")]
    assert found.series.values.shape == features.values.shape
    assert (found.series.rows, found.series.first) == (features.rows, features.first)
    if method == "integrated":
        assert found.error < 0.01
        assert float(found.series.values.sum()) == pytest.approx(found.gain, rel=0.011)


def test_a_clip_at_another_pace_is_asked_at_its_own_time() -> None:
    link = default_link("speed")
    slow = dataclasses.replace(link, settings=link.settings.but(speed=0.5), on=True)
    network, seen = traced("phonemes-lstm-32", chain=(slow,))
    assert seen.scale == pytest.approx(2.0)
    found = echoed(Asked(network, seen, 0.6, None, Settings()))
    assert found.time == pytest.approx(1.2, abs=0.01)


def test_the_echo_is_loud_where_the_gradient_is(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    found = echoed(Asked(network, seen, 1.0, None, Settings()))
    ones = from_array(np.ones((seen.sound.frames, 1), np.float32), seen.sound.rate, "ones")
    clip = echo.heard(found, dataclasses.replace(seen, sound=ones))
    assert (clip.rate, clip.frames) == (seen.sound.rate, seen.sound.frames)
    gains = clip.read()[:, 0]
    at = round(found.time * clip.rate)
    assert gains.max() == pytest.approx(1.0, abs=0.02)
    assert 0.5 < gains[at] <= 1.0
    assert 0 < gains[at - 8000] < 0.5 * gains[at]
    assert not gains[at + 400 :].any()
    np.testing.assert_array_equal(clip.read(100, 900)[:, 0], gains[100:900])


def test_the_tensors_are_those_of_the_norms(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    step = seen.trace.series[Key("h", 1)].frame(1.0)
    found, said = echo.tensors(network, seen.trace, step)
    norms = echoed(Asked(network, seen, 1.0, None, Settings()))
    for name in ("h", "c"):
        for layer in (1, 2):
            each = found[Key(f"grad.{name}", layer)].values
            assert each.shape == seen.trace.series[Key(name, layer)].values.shape
            wanted = norms.series[Key(f"grad.{name}", layer)].values[:, 0]
            np.testing.assert_allclose(np.linalg.norm(each, axis=1), wanted, rtol=1e-5)
    assert said["frame"] == step
    assert said["memory horizon in s"] == norms.decay.horizon
    with pytest.raises(LookupError, match=r"there are .* frames, 0 to"):
        echo.tensors(network, seen.trace, 100_000)


def test_without_states_there_is_no_echo(lstm: tuple[Network, Traced]) -> None:
    network, seen = lstm
    none = dataclasses.replace(seen, trace=dataclasses.replace(seen.trace, series={}))
    with pytest.raises(LookupError, match="no recurrent layer"):
        list(echo.echo(Asked(network, none, 1.0, None, Settings()), Memo()))


def test_an_echo_that_takes_long_can_be_broken_off(
    lstm: tuple[Network, Traced], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: Any, stopped: Callable[[], bool]) -> None:
        while not stopped():
            time.sleep(0.001)
        raise Stopped

    monkeypatch.setattr(gradient, "backward", endless)
    steps = echo.echo(Asked(*lstm, 1.0, None, Settings()), Memo())
    assert [next(steps) for _ in range(5)] == [None] * 5
    steps.close()
