"""The parameters of a network in the Metrics view: the plan's form, and torch's own biases beside it."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from engine import checkpoint, recipe
from engine.models.recurrent import Settings
from tests import example
from widgets import parameters


def told(**knobs: Any) -> list[tuple[str, str]]:
    net = dataclasses.replace(example.network(), settings=Settings(**knobs), inputs=161)
    return [(title, re.sub("<[^>]*>", " ", table)) for title, table in parameters.tables(net)]


def test_the_plans_example_is_told() -> None:
    ((title, words),) = told(cell="gru", hidden=128, layers=1)
    assert title == "Parameters of layer 1<br>d = 161 inputs, h = 128 units"
    words = " ".join(words.split())
    assert "GRU 3h(h+d) 110 976 768 more" in words
    assert "LSTM 4(h(h+d)+h) 148 480 512 more" in words
    assert "RNN h(h+d)+h 37 120 128 more" in words


@pytest.mark.parametrize(
    ("knobs", "titles"),
    [
        ({"layers": 2}, ["layer 1<br>d = 161 inputs", "layer 2<br>d = 128 inputs"]),
        ({"layers": 4}, ["layer 1<br>d = 161 inputs", "each layer from 2 to 4<br>d = 128 inputs"]),
        (
            {"layers": 2, "bidirectional": True, "stack": 2},
            ["layer 1, in each direction<br>d = 322 inputs", "layer 2, in each direction<br>d = 256 inputs"],
        ),
    ],
)
def test_layers_that_are_alike_are_told_once(knobs: Any, titles: list[str]) -> None:
    assert [title for title, _ in told(**knobs)] == [f"Parameters of {each}, h = 128 units" for each in titles]


def test_the_networks_own_cell_stands_out() -> None:
    net = dataclasses.replace(example.network(), settings=Settings(cell="lstm", layers=1), inputs=161)
    ((_, table),) = parameters.tables(net)
    assert re.findall("<b>([^<]*)</b>", table)[0] == "LSTM"


def test_a_network_without_recurrent_layers_has_no_table() -> None:
    assert not list(parameters.tables(example.network()))


def test_convolutions_are_named_by_kind_with_weights_and_products_k003_k004() -> None:
    """By hand: 3 x 3 kernels over 80 bands, 39 and then 19 of which come out; 15 x 1 over 144 channels."""
    chosen = recipe.read("conformer_s")
    net = checkpoint.untrained(chosen.task, chosen.model_settings.but(separable=True), None, chosen.model)
    ((_, table),) = parameters.tables(net)
    words = " ".join(re.sub("<[^>]*>", " ", table).replace("\u202f", "").split())
    assert f"front 1 dense 3 × 3 {9 * 32} {9 * 32 * 39}" in words
    assert f"front 2 depthwise 3 × 3 {9 * 32} {9 * 32 * 19}" in words
    assert f"front 2 pointwise 1 × 1 {32 * 32} {32 * 32 * 19}" in words
    assert f"block (4) depthwise 15 × 1 {15 * 144} {15 * 144}" in words
