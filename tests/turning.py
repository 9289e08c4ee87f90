"""Turning a knob of the chain, as its slider does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.window import Window


def turn(window: Window, stage: str, **knobs: Any) -> None:
    chain = window.session.state.chain
    index = next(i for i, link in enumerate(chain) if link.stage == stage)
    link = replace(chain[index], settings=chain[index].settings.but(**knobs), on=True)
    window.session.set("chain", (*chain[:index], link, *chain[index + 1 :]))
