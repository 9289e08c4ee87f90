"""Knobs that several networks have: what they are called, what they may be, and what they do."""

from __future__ import annotations

from typing import Any

from engine.knob import knob

WIDTHS = (32, 64, 128, 256, 512)


def channels(high: int = 256, of: str = "each convolution makes") -> Any:
    """The pictures of a convolution."""
    return knob(32, 1, high, choices=(8, 16, 32, 64), effect="rebuild", help=f"pictures that {of}")


def units(high: int = 2048, of: str = "in each layer and direction", than: str = "remember more") -> Any:
    """The width of layers that hold a state, or judge by themselves."""
    told = f"units {of}: more {than}, cost more and need more data"
    return knob(128, 1, high, choices=WIDTHS, effect="rebuild", unit="units", help=told)


def values(default: int, high: int, choices: tuple[int, ...], of: str) -> Any:
    """The width of layers of attention."""
    return knob(default, 8, high, choices=choices, effect="rebuild", unit="units", help=f"values of a {of}")


def heads(of: str) -> Any:
    """The heads of attention."""
    return knob(4, choices=(1, 2, 4, 8), effect="rebuild", help=f"questions that each {of}")


def wider(choices: tuple[int, ...], of: str) -> Any:
    """How wide dense parts are, against what flows between them."""
    return knob(4, choices=choices, effect="rebuild", help=f"how many times as wide the {of} are inside")


def separable() -> Any:
    """Whether a convolution is taken apart."""
    told = "the second convolution works on each channel by itself, and a 1 x 1 one mixes them: fewer weights"
    return knob(False, effect="rebuild", help=told)


def cell() -> Any:
    """The kind of recurrent layer."""
    told = "what a layer is made of: plain RNN, LSTM (input, forget, output gate) or GRU (reset, update gate)"
    return knob("lstm", choices=("rnn", "lstm", "gru"), effect="rebuild", help=told)


def bidirectional() -> Any:
    """Whether there is a second direction."""
    told = "a second pass from the end to the start: better offline, impossible live"
    return knob(False, effect="rebuild", help=told)


def dropout(of: str, default: float = 0.1) -> Any:
    """What is forgotten in training."""
    return knob(default, 0.0, 0.9, step=0.05, effect="restart", help=f"share of {of} that is zeroed in training")
