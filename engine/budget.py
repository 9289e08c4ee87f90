"""A budget of parameters: the hidden size with which a network comes nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import catalog
from engine.knob import KnobError, knobs

if TYPE_CHECKING:
    from engine.knob import Settings


def count(model: str, settings: Settings, inputs: int, outputs: int) -> int:
    """The trainable parameters of a network, without making room for them."""
    import torch

    with torch.device("meta"):
        module = catalog.load("models", model).build(settings, inputs, outputs)
    return sum(each.numel() for each in module.parameters() if each.requires_grad)


def fit(model: str, settings: Settings, inputs: int, outputs: int, budget: int) -> Settings:
    """The settings with the `hidden` whose count of parameters is nearest to `budget`; more hidden, more of them.

    Raises KnobError where the model has no such knob, or where the nearest is not within a tenth of the budget.
    """
    knob = next((each for each in knobs(type(settings)) if each.name == "hidden" and each.high), None)
    if knob is None:
        raise KnobError(f"{model} has no hidden size that could be fitted to a budget of parameters")

    def parameters(hidden: int) -> int:
        return count(model, settings.but(hidden=hidden), inputs, outputs)

    low, high = int(knob.low or 1), int(knob.high or 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if parameters(middle) <= budget else (low, middle)
    best = min((low, high), key=lambda hidden: abs(parameters(hidden) - budget))
    found = parameters(best)
    if abs(found - budget) > 0.1 * budget:
        raise KnobError(
            f"no {model} has about {budget} parameters: the nearest, with {best} units, has {found}; "
            "choose another budget or other layers"
        )
    return settings.but(hidden=best)
