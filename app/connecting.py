"""Connecting: what is pressed in the panels, and what of the program does it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from app import costly

if TYPE_CHECKING:
    from app.layout import Docks


def connect(docks: Docks) -> None:
    """The panels of a window, once they are made, with the parts of the window."""
    _networks(docks)
    _views(docks)
    _captions(docks)
    _melodies(docks)
    _lessons(docks)


def _networks(docks: Docks) -> None:
    models, panel = docks.window.models, docks.model
    panel.task_chosen.connect(models.choose_task)
    panel.network_chosen.connect(models.open)
    panel.settings_changed.connect(models.change)
    panel.task_changed.connect(models.change_task)
    panel.device_chosen.connect(models.set_device)
    models.agrees = partial(costly.agrees, panel)
    docks.training.changed.connect(docks.window.runs.set_training)
    docks.training.ended.connect(docks.window.session.end_merge)
    docks.denoise.toggled.connect(docks.window.enhancing.choose)
    docks.denoise.again.connect(docks.window.enhancing.retry)


def _views(docks: Docks) -> None:
    breakmap: Any = docks.docks["breakmap"].widget()
    breakmap.chosen.connect(docks.window.breaking.go)
    pipeline: Any = docks.docks["pipeline"].widget()
    pipeline.opened.connect(docks.show)
    pipeline.saved.connect(docks.window.actions_by_name.handlers.file.save_pipeline)


def _captions(docks: Docks) -> None:
    captioning, handlers = docks.window.captioning, docks.window.actions_by_name.handlers.run
    docks.captions.corrected.connect(captioning.said.correct)
    docks.captions.browsed.connect(handlers.open_recogniser)
    docks.captions.looped.connect(captioning.said.loop)
    docks.captions.hushed.connect(captioning.said.hush)
    ruler: Any = docks.window.lanes.lanes["ruler"]
    ruler.written.connect(captioning.said.hear)
    ruler.left.connect(captioning.said.hush)
    docks.script.opened.connect(handlers.open_script)
    docks.script.taken.connect(captioning.aloud.load)
    docks.script.cleared.connect(lambda: captioning.aloud.take(None))
    docks.script.beside.connect(captioning.aloud.choose)


def _melodies(docks: Docks) -> None:
    composing, panel = docks.window.composing, docks.melody
    panel.pressed.connect(composing.press)
    panel.taken_back.connect(composing.take_back)
    panel.cleared.connect(composing.clear)
    panel.tune_asked.connect(composing.take_tune)
    panel.chosen.connect(composing.show)


def _lessons(docks: Docks) -> None:
    lessons, panel = docks.window.lessons, docks.learn
    panel.opened.connect(lessons.open)
    panel.arranged.connect(lessons.arrange)
    panel.checked.connect(lessons.check)
    panel.heard.connect(lessons.hear)
    panel.linked.connect(lessons.follow)
    panel.closed.connect(lessons.close_note)
    panel.seen.connect(lessons.start)
    if panel.isVisible():
        lessons.start()
