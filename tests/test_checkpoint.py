"""Checkpoints: what is written is what is read, and what cannot be read is said in words."""

from __future__ import annotations

import dataclasses
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine import build, catalog, checkpoint, frontend
from engine.checkpoint import CheckpointError
from engine.links import default_link
from engine.models.recurrent import Settings
from engine.stages.stage import Format

if TYPE_CHECKING:
    from pathlib import Path

    from engine.network import Network


@pytest.fixture
def network() -> Network:
    """A small network whose weights are given."""
    untrained = checkpoint.untrained("phonemes", Settings(hidden=32, layers=1), seed=3)
    weights = build.weights(build.build(untrained))
    card = {"licence": "CC0-1.0", "data": "synthetic"}
    return dataclasses.replace(untrained, name="small æ", weights=weights, card=card, metrics={"error": 0.25})


def test_a_network_survives_its_file(network: Network, tmp_path: Path) -> None:
    path = checkpoint.save(network, tmp_path / "æ small.safetensors")
    found = checkpoint.load(path)
    for field in (
        "name",
        "task",
        "model",
        "settings",
        "task_settings",
        "frontend",
        "vocabulary",
        "inputs",
        "seed",
        "live",
    ):
        assert getattr(found, field) == getattr(network, field), field
    assert found.weights is not None
    assert network.weights is not None
    assert {name: value.tobytes() for name, value in found.weights.items()} == {
        name: value.tobytes() for name, value in network.weights.items()
    }
    assert (dict(found.card), dict(found.metrics)) == (network.card, network.metrics)
    assert not any(value.flags.writeable for value in found.weights.values())
    assert checkpoint.load(path).id == found.id
    assert list(tmp_path.iterdir()) == [path]


def test_half_precision_takes_half_the_room(network: Network, tmp_path: Path) -> None:
    whole = checkpoint.save(network, tmp_path / "whole.safetensors")
    half = checkpoint.save(network, tmp_path / "half.safetensors", half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    found = checkpoint.load(half)
    assert found.weights is not None
    assert network.weights is not None
    for name, value in found.weights.items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, network.weights[name], atol=1e-3)
    assert found.id != checkpoint.load(whole).id


def test_a_file_that_cannot_be_written_leaves_nothing(network: Network, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"cannot write .*nowhere.*choose another place"):
        checkpoint.save(network, tmp_path / "nowhere" / "x.safetensors")
    before = checkpoint.save(network, tmp_path / "x.safetensors").read_bytes()
    with pytest.raises(CheckpointError, match="untrained"):
        checkpoint.save(dataclasses.replace(network, weights=None), tmp_path / "x.safetensors")
    assert (tmp_path / "x.safetensors").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.999])
def test_a_truncated_file_is_named(network: Network, tmp_path: Path, share: float) -> None:
    path = checkpoint.save(network, tmp_path / "cut.safetensors")
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(CheckpointError, match=r"cut\.safetensors is not a whole checkpoint"):
        checkpoint.load(path)


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"there is no file .*gone\.safetensors"):
        checkpoint.load(tmp_path / "gone.safetensors")
    with pytest.raises(CheckpointError, match="there is no network 'digitz'; bundled are: "):
        checkpoint.open_network("digitz")
    text = tmp_path / "notes.txt"
    text.write_text("to be or not to be, that is not a network")
    with pytest.raises(CheckpointError, match=r"notes\.txt is not a whole checkpoint"):
        checkpoint.load(text)
    with pytest.raises(CheckpointError, match="is a folder; choose"):
        checkpoint.load(tmp_path)
    save_file({"w": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="not of an Otoscope network"):
        checkpoint.load(tmp_path / "other.safetensors")


def changed(network: Network, path: Path, **entries: Any) -> Path:
    described = {"format": 1, **checkpoint.describe(network), **entries}
    save_file(dict(network.weights or {}), path, {"otoscope": json.dumps(described)})
    return path


def test_a_later_format_asks_for_a_newer_program(network: Network, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"format 2, this program knows up to 1; install a newer"):
        checkpoint.load(changed(network, tmp_path / "new.safetensors", format=2))


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"task": "birdsong"}, "birdsong"),
        ({"model": "oracle"}, "oracle"),
        ({"settings": {"hiden": 32}}, "did you mean 'hidden'"),
        ({"settings": []}, "does not fit this program"),
        ({"inputs": "80"}, "wants '80' features"),
        ({"vocabulary": []}, "no words"),
        ({"frontend": [3]}, "does not fit this program"),
        ({"card": 3}, "does not fit this program"),
        ({"frontend": [{"stage": "cochlea", "on": True, "settings": {}}]}, "cochlea"),
    ],
)
def test_what_the_program_does_not_know_is_named(
    network: Network, tmp_path: Path, entries: Any, said: str
) -> None:
    with pytest.raises(CheckpointError, match=said):
        checkpoint.load(changed(network, tmp_path / "odd.safetensors", **entries))


def test_weights_that_are_no_numbers_are_refused(network: Network, tmp_path: Path) -> None:
    assert network.weights is not None
    odd = {**network.weights, "head.bias": np.full(11, np.nan, np.float32)}
    with pytest.raises(CheckpointError, match=r"'head.bias' holds numbers that are not finite"):
        checkpoint.load(changed(dataclasses.replace(network, weights=odd), tmp_path / "nan.safetensors"))


def test_no_flipped_byte_of_the_header_is_a_traceback(network: Network, tmp_path: Path) -> None:
    path, rng = checkpoint.save(network, tmp_path / "x.safetensors"), np.random.default_rng(0)
    whole = path.read_bytes()
    for place in rng.integers(0, 4000, 150):
        path.write_bytes(whole[:place] + bytes([int(rng.integers(256))]) + whole[place + 1 :])
        try:
            checkpoint.load(path)
        except CheckpointError as error:
            assert "x.safetensors" in str(error)  # noqa: PT017 - most flips are refused, some change a letter only


def test_weights_of_another_shape_are_refused(network: Network) -> None:
    assert network.weights is not None
    odd = {**network.weights, "head.bias": np.zeros(3, np.float32)}
    with pytest.raises(
        build.WeightsError, match=r"small æ: 'head.bias' is \(3,\), but its settings ask for \(11,\)"
    ):
        build.build(dataclasses.replace(network, weights=odd))
    short = {name: value for name, value in network.weights.items() if name != "head.bias"}
    with pytest.raises(build.WeightsError, match=r"'head.bias' are missing"):
        build.build(dataclasses.replace(network, weights=short))


def test_another_front_end_is_refused_with_the_differences(network: Network) -> None:
    other = tuple(
        dataclasses.replace(link, settings=link.settings.but(n_mels=40)) if link.stage == "logmel" else link
        for link in network.frontend
    )
    fitted = frontend.fit(other, network, 16000, Format(16000.0))
    assert not fitted.fits
    assert fitted.links == other
    assert "logmel.n_mels: network 80, chain 40" in fitted.notes[0]
    assert frontend.fit(network.frontend, network, 16000, Format(16000.0)).fits


def test_a_chain_without_features_gets_the_networks(network: Network) -> None:
    fitted = frontend.fit((default_link("gain"),), network, 16000, Format(44100.0, 2))
    assert fitted.fits
    assert [link.stage for link in fitted.links][:3] == ["mix", "resample", "gain"]
    assert [link.stage for link in fitted.links][3:] == [link.stage for link in network.frontend]
    assert fitted.notes == ("resampled 44.1 → 16 kHz for small æ",)


def test_turning_a_knob_finds_the_trained_network_of_that_shape(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint.asset, "path", lambda *parts: tmp_path.joinpath(*parts[1:]))
    gru = checkpoint.untrained("phonemes", Settings(hidden=32, layers=1, cell="gru"))
    gru = dataclasses.replace(gru, name="gru", weights=build.weights(build.build(gru)))
    checkpoint.save(network, tmp_path / "a-lstm.safetensors")
    checkpoint.save(gru, tmp_path / "a-gru.safetensors")
    assert checkpoint.bundled() == ("a-gru", "a-lstm")
    assert set(checkpoint.ladder("phonemes").values()) == {"a-gru", "a-lstm"}
    start: Any = checkpoint.open_network("a-lstm")
    assert checkpoint.with_settings(start, start.settings) is start
    turned = checkpoint.with_settings(start, start.settings.but(cell="gru"))
    assert (turned.name, turned.trained) == ("gru", True)
    rebuilt = checkpoint.with_settings(start, start.settings.but(hidden=64))
    assert (rebuilt.trained, rebuilt.vocabulary, rebuilt.frontend) == (False, start.vocabulary, start.frontend)
    # A dropout changes training alone: the weights stay.
    assert checkpoint.with_settings(start, start.settings.but(input_dropout=0.2)).weights is start.weights


def test_live_is_known_without_building(network: Network) -> None:
    assert network.live
    both = checkpoint.untrained(network, Settings(bidirectional=True))
    assert not both.live
    assert both.id != checkpoint.untrained(network, Settings()).id


def test_those_that_run_live_are_those_with_a_finite_look_ahead() -> None:
    """Declared by the settings; that it is true of the outputs is a law of its own."""
    built = {name: build.build(checkpoint.open_network(name)) for name in checkpoint.bundled()}
    finite = {name for name, module in built.items() if module.lookahead is not None}
    assert checkpoint.causal() == finite
    assert 0 < len(finite) < len(checkpoint.bundled())


@pytest.mark.parametrize("name", checkpoint.bundled())
def test_bundled_networks_open(name: str) -> None:
    network = checkpoint.open_network(name)
    assert network.trained
    assert isinstance(network.card, MappingProxyType)
    build.build(network)


def test_bundled_networks_are_listed_by_the_task_that_they_do() -> None:
    found = checkpoint.by_task()
    assert list(found) == list(catalog.names("tasks"))
    assert "raw_rnn" in found["phonemes"], "whatever it is called"
    assert {name: task for task, names in found.items() for name in names} == {
        name: checkpoint.open_network(name).task for name in checkpoint.bundled()
    }
