"""The chain's links as groups of knobs: every stage with its switch, the important ones first and open."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine import catalog
from engine.knob import knobs
from widgets.editor import text_of
from widgets.knobs import Form
from widgets.panels.group import Group

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.knob import Settings
    from engine.session import Session
    from engine.stages.stage import Link

FIRST = ("noise", "noise_running", "specaugment")
"""Stages whose groups stand at the top and are open at first."""
ALWAYS = frozenset({"mix", "resample"})
"""Stages without a switch: the network needs one channel at its own rate."""


class ChainPanel(QWidget):
    """Shows the links of `session.chain` that `wanted` accepts; what is changed by hand is set at once."""

    def __init__(self, session: Session, wanted: Callable[[Link], bool], empty: str) -> None:
        super().__init__()
        self.session = session
        self.wanted = wanted
        self.groups: dict[int, Group] = {}
        self._forms: dict[int, Form] = {}
        self._shown: dict[int, Link] = {}
        self._stages: tuple[str, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(4)
        self._empty = QLabel(empty)
        self._empty.setWordWrap(True)
        self._empty.setProperty("role", "muted")
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        session.on("chain", self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's chain; groups are made anew only when other stages are in it."""
        chain = self.session.state.chain
        stages = tuple(link.stage for link in chain)
        if stages != self._stages:
            self._build(chain)
            self._stages = stages
        for index, group in self.groups.items():
            link, form = chain[index], self._forms.get(index)
            if link is self._shown.get(index):  # a drag turns one knob a hundred times a second
                continue
            self._shown[index] = link
            if form is not None and form.settings is not link.settings:
                form.show_settings(link.settings)
            group.show_on(link.on)
            group.say(_summary(link))

    def dress(self) -> None:
        """After a change of theme."""
        for group in self.groups.values():
            group.dress()

    def _build(self, chain: tuple[Link, ...]) -> None:
        for group in self.groups.values():
            self._column.removeWidget(group)
            group.deleteLater()
        self.groups, self._forms, self._shown = {}, {}, {}
        shown = [index for index, link in enumerate(chain) if self.wanted(link)]
        shown.sort(key=lambda index: chain[index].stage not in FIRST)
        self._empty.setVisible(not shown)
        for place, index in enumerate(shown):
            # A stage's first line names it, then says what it does.
            title, _, about = catalog.about("stages", chain[index].stage).partition(": ")
            switch = chain[index].stage not in ALWAYS
            group = Group(title, partial(self._form, index), switch, about[:1].upper() + about[1:])
            group.open(chain[index].stage in FIRST)
            group.switched.connect(partial(self._switch, index))
            self._column.insertWidget(place + 1, group)
            self.groups[index] = group

    def _form(self, index: int) -> Form:
        """The knobs of one link, made when its group is opened."""
        link = self.session.state.chain[index]
        form = self._forms[index] = Form(link.settings, link.stage)
        form.changed.connect(partial(self._change, index))
        form.ended.connect(self.session.end_merge)
        return form

    def _change(self, index: int, settings: Settings, merge: str) -> None:
        self._replace(index, f"chain.{index}.{merge}", settings=settings)

    def _switch(self, index: int, on: bool) -> None:
        self._replace(index, None, on=on)

    def _replace(self, index: int, merge: str | None, **changes: object) -> None:
        chain = self.session.state.chain
        link = dataclasses.replace(chain[index], **changes)  # type: ignore[arg-type]
        self.session.set("chain", (*chain[:index], link, *chain[index + 1 :]), merge)


def _summary(link: Link) -> str:
    """The knobs of a link that differ from their defaults, or its first number."""
    if not link.on:
        return "off"
    shown = [each for each in knobs(type(link.settings)) if not each.hidden]
    changed = [each for each in shown if getattr(link.settings, each.name) != each.default]
    numbers = [each for each in shown if each.kind in (int, float)]
    return ", ".join(text_of(each, getattr(link.settings, each.name)) for each in (changed or numbers)[:2])
