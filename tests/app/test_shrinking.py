"""A network in 32, 16 and 8 bits, in the model panel: what was measured stands there (K298)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtGui import QAction

from app import shrinking
from engine import build, catalog, checkpoint, onnxport
from widgets.panels.bits import Bits

if TYPE_CHECKING:
    from pathlib import Path

    from engine.network import Network

recurrent: Any = catalog.load("models", "recurrent")


@pytest.fixture
def bits(qtbot: Any) -> Bits:
    action = QAction("Measure")
    made = Bits(action)
    made.kept = action  # type: ignore[attr-defined] # it has no other owner
    qtbot.addWidget(made)
    return made


def trained(**knobs: Any) -> Network:
    """With weights, as if it had been trained: what is measured here does not hang on them."""
    network = checkpoint.untrained("phonemes", recurrent.Settings(**knobs))
    return dataclasses.replace(network, weights=build.weights(build.build(network)))


def measured(network: Network) -> shrinking.Shrunk:
    (found,) = (each for each in shrinking.measure(network) if isinstance(each, shrinking.Shrunk))
    return found


def test_it_lists_size_and_latency_of_each_form_k298(bits: Bits, tmp_path: Path) -> None:
    network = trained(hidden=96)
    found = measured(network)
    bits.show_network(network.id)
    assert bits.table() == ()
    bits.show_rows(found.network_id, found.rows, found.trouble)
    heading, *forms = bits.table()
    assert heading == ("", "kB", "share", "ms a step")
    assert [each[0] for each in forms] == ["FP32", "FP16", "INT8"]
    sizes = [
        onnxport.export(network, tmp_path / "a.onnx", **how).size for how in ({}, {"half": True}, {"int8": True})
    ]
    assert [int(each[1]) for each in forms] == [pytest.approx(size / 1000, abs=1) for size in sizes]
    assert forms[0][2] == "100%"
    assert all(float(each[3]) > 0 for each in forms)
    assert bits.group.is_open


def test_what_8_bits_miss_is_told(bits: Bits) -> None:
    """In a network this small the file is mostly what stands around the weights."""
    network = trained(hidden=8)
    found = measured(network)
    assert len(found.trouble) == 1
    bits.show_network(network.id)
    bits.show_rows(found.network_id, found.rows, found.trouble)
    assert not bits._told.isHidden()
    assert "of the bytes of FP32" in bits._told.text()


def test_it_is_of_one_network_and_goes_with_it(bits: Bits) -> None:
    rows = (("", "kB"), ("FP32", "10"))
    bits.show_network("one")
    bits.show_rows("another", rows, ())
    assert bits.table() == ()
    bits.show_rows("one", rows, ())
    assert bits.table() == rows
    bits.show_network("one")
    assert bits.table() == rows
    bits.show_network("another")
    assert bits.table() == ()


def test_who_has_no_single_steps_is_told() -> None:
    with pytest.raises(onnxport.PortError, match="needs the whole future"):
        measured(trained(hidden=8, bidirectional=True))
