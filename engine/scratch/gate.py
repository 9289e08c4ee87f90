"""The two functions that squash a sum, and their slopes: sigmoid for gates, tanh for what is stored."""

import numpy as np

from engine.scratch.cell import Array


def sigmoid(a: Array) -> None:
    """In place: 1 / (1 + exp(-a))."""
    np.negative(a, out=a)
    np.exp(a, out=a)
    a += 1.0
    np.divide(1.0, a, out=a)


def sigmoid_back(ds: Array, s: Array, spare: Array) -> None:
    """In place, from ds to da where s = sigmoid(a): the slope is s (1 - s) = s - s^2."""
    np.multiply(s, s, out=spare)
    np.subtract(s, spare, out=spare)
    ds *= spare


def tanh_back(ds: Array, s: Array, spare: Array) -> None:
    """In place, from ds to da where s = tanh(a): the slope is 1 - s^2."""
    np.multiply(s, s, out=spare)
    np.subtract(1.0, spare, out=spare)
    ds *= spare
