"""Trainings that tests run here, or in a process of their own to be killed there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from engine import course, recipe, standing, train
from engine.events import Set, Step
from engine.models.recurrent import Settings
from engine.recipe import TrainSettings
from engine.tasks import phonemes

if TYPE_CHECKING:
    from pathlib import Path

TASK = phonemes.Settings(clips=10, words=1)
TURNED = 20


def small(**knobs: Any) -> recipe.Recipe:
    """A recipe whose steps take milliseconds."""
    settings = {"steps": 4, "batch": 4, "evaluate_every": 0, "evaluate_batches": 1, "train_batches": 0} | knobs
    model = Settings(hidden=32, layers=1, output_dropout=0.2)
    return recipe.of("phonemes", "small", TASK, model_settings=model, train=TrainSettings(**settings))


def turning(chosen: recipe.Recipe, run: Path, resume: bool, killed: bool = False) -> None:
    """Train to the end; the rate is turned after step TURNED, as a user would. States are kept at every moment.

    One that is to be `killed` waits for that before its last step.
    """
    before, course.KEEP = course.KEEP, 0.05
    steps, command = train.train(chosen, "cpu", run, resume=resume), None
    try:
        while True:
            event = steps.send(command)
            command = Set("lr", 5e-4) if isinstance(event, Step) and event.step == TURNED else None
            while killed and isinstance(event, Step) and event.step >= chosen.train.steps - 1:
                time.sleep(1.0)
    except StopIteration:
        pass
    except train.TrainingError as error:
        if "has learnt all" not in str(error):  # it was killed when it had just ended
            raise
    finally:
        course.KEEP = before


def resumed(chosen: recipe.Recipe, run: Path) -> Any:
    return train.train(chosen, "cpu", run, resume=True)


def arrays(run: Path) -> dict[str, bytes]:
    """Weights and the optimiser's memory, where a run stands."""
    return {name: value.tobytes() for name, value in standing.load(run / standing.NAME).arrays.items()}
