"""The script that trains the spotters: their threshold is chosen where they are not tried."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from engine import checkpoint
from engine.alarms import Alarms
from engine.spotting import Counted

if TYPE_CHECKING:
    import pytest

    from engine.network import Network

RECIPES = Path(__file__).parents[1] / "assets" / "recipes"
TRIED = {0.3: (20, 2), 0.5: (5, 4), 0.7: (1, 9)}
"""By threshold: false alarms in an hour of the validation, and missed words."""


def test_threshold_and_smoothing_are_chosen_on_validation_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RECIPES))
    kws: Any = importlib.import_module("make_kws")
    asked: list[str] = []

    def finished(network: Network, split: str, snrs: Any = ()) -> Any:
        asked.append(split)
        settings: Any = network.task_settings
        worse = 0 if settings.smooth == 0.3 else 1
        every = [
            Alarms(threshold, {"speech": Counted(0, 0, false, 3600.0)}, {"clean": Counted(20, missed + worse)})
            for threshold, (false, missed) in TRIED.items()
        ]
        # On the test another one would look best.
        return SimpleNamespace(every=every if split == "valid" else every[:1])

    monkeypatch.setattr(kws, "finished", finished)
    chosen: Any = kws.chosen_on_validation(checkpoint.open_network("kws"), 6.0).task_settings
    assert set(asked) == {"valid"}
    assert (chosen.threshold, chosen.smooth) == (0.5, 0.3)
