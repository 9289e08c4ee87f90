"""A script in the window: a text that is read aloud while captions run, and how each recogniser hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.follower import Follower
from engine.script import ScriptError, parse

if TYPE_CHECKING:
    from pathlib import Path

    from app.wiring import Wiring
    from engine.captions import Captions
    from engine.script import Script
    from engine.session import Session


class Aloud:
    """Follows captions through the script of the session, and writes its readings."""

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session, self.wiring = session, wiring
        self.beside: Captions | None = None
        """What the second recogniser has heard."""
        self._followers: list[Follower] = []
        self._counted: list[int] = []
        self._lines: list[tuple[int, int]] = []
        """Of each, lines that are followed whole, and their words: an hour of them is not gone through again."""
        self._new = False
        """Whether nothing was captioned since the script is there."""

    def load(self, text: str) -> bool:
        """A text to be read aloud. False where it cannot be, with the reason told."""
        try:
            script = parse(text)
        except ScriptError as error:
            self.wiring.tell(f"{error}.".capitalize(), "warning")
            return False
        self.take(script)
        return True

    def open(self, path: Path) -> bool:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text in UTF-8"
            self.wiring.tell(f"{path.name} cannot be read as a script: {why}.", "warning")
            return False
        return self.load(text)

    def take(self, script: Script | None) -> None:
        self.session.set("script", script)
        self._new = not self.session.state.transport.captioning
        self.anew()

    def go_on(self) -> None:
        """Captions go on: of a script that is new, what was captioned before is no part."""
        if self._new:
            self.anew(past=False)
        self._new = False

    def others(self) -> None:
        """Other captions take the place of those that were followed: none of them was read from this script."""
        self.beside, self._new = None, True
        self.anew(past=False)

    def choose(self, name: str | None) -> None:
        """Another recogniser beside the one whose words are shown; from the next captions on."""
        self.session.set("beside", name)
        if not self.session.state.transport.captioning:
            self.anew()

    def anew(self, past: bool = True) -> None:
        """From the first word: with the `past`, also of what was captioned before the script was there."""
        script = self.session.state.script
        self._followers, self._counted = [], []
        readings: tuple[Any, ...] = ()
        if script is not None:
            count = 1 if self.session.state.beside is None else 2
            self._followers, self._counted = [Follower(script) for _ in range(count)], [0] * count
            self._lines = [(0, 0)] * count
            readings = tuple(each.reading() for each in self._followers)
        self.session.set("readings", readings)
        for which, captions in enumerate((self.session.state.captions, self.beside)):
            if captions is not None and past:
                self.follow(which, captions)
            elif captions is not None and which < len(self._followers):
                before = sum(len(line.words) for line in captions.lines)
                self._lines[which], self._counted[which] = (len(captions.lines), before), before

    def follow(self, which: int, captions: Captions) -> None:
        if which >= len(self._followers):
            return
        first, before = self._lines[which]
        words = [word.text for line in captions.lines[first:] for word in line.words]
        self._lines[which] = len(captions.lines), before + len(words)
        words += [word.text for word in captions.words]
        fresh = words[self._counted[which] - before :]
        if not fresh:
            return
        self._followers[which].add(fresh)
        self._counted[which] += len(fresh)
        readings = list(self.session.state.readings)
        readings[which] = self._followers[which].reading()
        self.session.set("readings", tuple(readings))
