"""The first step of the wizard "Hello, world": forty takes of the microphone, or other clips in their place."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.hearing import Listens, Tap, hear
from engine import forty
from engine.events import Ended, Failed
from widgets import files

if TYPE_CHECKING:
    from collections.abc import Generator

    from app.forty import Wizard
    from engine.forty import Take

RATE, LISTEN = 16000, "hello world microphone"
WAIT = forty.SECONDS + 0.15
"""Seconds until a take is over: it may come late from the device."""


@dataclass(frozen=True, eq=False)
class MicrophoneOn:
    """For the wizard alone: what the window hears comes with a Listens."""

    tap: Tap


def listen(source: tuple[Any, ...]) -> Generator[Any, Any, None]:
    """The microphone until it is closed, as app.hearing.hear has it."""
    with contextlib.closing(hear(source, None)) as steps:
        for event in steps:
            yield MicrophoneOn(event.tap) if isinstance(event, Listens) else event


class Takes:
    """Works on the wizard, whose project it fills. `tap` is the microphone, while it is on."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard, self.wiring, self.page = wizard, wizard.wiring, wizard.collect
        self.tap: Tap | None = None
        self._lent = False  # the window listens all the time, and rests meanwhile
        self.taking: Take | None = None
        self._until = 0.0
        self._asked: Take | None = None  # it is this one that is to be made anew
        self.page.chose.connect(self.choose)
        self.page.record.connect(self.record)
        self.page.again.connect(self.again)
        self.page.play.connect(self.play)
        self.wiring.on(MicrophoneOn, self._is_on)
        self.wiring.on(Ended, self._ended)
        self.wiring.on(Failed, self._failed)

    @property
    def project(self) -> forty.Project:
        return self.wizard.project

    def choose(self, source: str) -> None:
        """Other clips; for a folder it is asked which."""
        folder = self.project.folder
        if source == "folder":
            start = folder or str(Path.home())
            folder = files.folder(self.wizard, "A folder of recordings of hello and world", start)
            if not folder:
                source, folder = self.project.source, self.project.folder
        self.wizard.keep(forty.chosen(self.project, source, folder))
        self.turn()

    def record(self) -> None:
        """Take the next word, for two seconds."""
        take = self._asked or self.project.next_take()
        elsewhere = self.wizard.at != 0 or self.project.source != "voice"
        if elsewhere or self.taking is not None or take is None:
            return
        if self.tap is None:
            self.page.say("The microphone is not on yet. Press Record again in a moment.", trouble=True)
            self.turn()  # which may say more
            return
        try:
            take.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.page.say(f"{take.path.parent} cannot be written to ({error.strerror or error}).", trouble=True)
            return
        self.taking, self._until = take, time.monotonic() + WAIT
        self.tap.begin(None)
        self.page.say(f"Say “{take.word}”.")
        self.wizard.show_all()

    def again(self, row: int) -> None:
        """The next recording takes the place of this one."""
        if 0 <= row < len(self.project.takes):
            self._asked = self.project.takes[row]
            self.page.say(f"The next recording is {self._asked.word} {self._asked.number}, anew.")
            self.wizard.show_all()

    def play(self, row: int) -> None:
        """Hear a take."""
        if not 0 <= row < len(self.project.takes) or self.project.takes[row].check is None:
            self.page.say("Choose a take that was recorded.", trouble=True)
            return
        self._drop()
        self.wizard.window_.opening.open(self.project.takes[row].path)
        self.wizard.window_.playing.hear("processed")

    def _take(self) -> None:
        """The two seconds are over: keep them, check them, and go on."""
        import soundfile

        take, tap = self.taking, self.tap
        assert take is not None
        self.taking = None
        clip = tap.end() if tap is not None else None
        if clip is None:
            self.page.say("Nothing came from the microphone. Is the right one chosen? Sound > Input.", True)
            self.wizard.show_all()
            return
        sound = clip.read()[: round(forty.SECONDS * clip.rate), 0]
        try:
            soundfile.write(take.path, sound, clip.rate, "PCM_16")
        except (OSError, soundfile.SoundFileError) as error:
            self.page.say(f"{take.path} cannot be written ({error}); make room there.", trouble=True)
            self.wizard.show_all()
            return
        self._asked = None
        self.wizard.keep(forty.retaken(self.project, take))
        found = next(each for each in self.project.takes if each.path == take.path)
        name = f"{found.word} {found.number}"
        if found.good:
            self.page.say(f"{name}: good." + (" That was the last one." if self.project.collected else ""))
        else:
            assert found.check is not None
            self.page.say(f"{name}: {'; '.join(found.check.trouble)}. Record it again.", trouble=True)
        self.page.reveal(self.project.takes.index(found))

    def _drop(self) -> None:
        """A take that is being made is none."""
        if self.taking is None:
            return
        if self.tap is not None:
            self.tap.end()
        self.taking = None
        self.page.say("")
        self.wizard.show_all()

    @property
    def _hears(self) -> bool:
        """Whether the microphone is wanted now."""
        return self.wizard.isVisible() and self.wizard.at == 0 and self.project.source == "voice"

    def turn(self) -> None:
        """Turn the microphone on while it is wanted, and off else: a take is left then.

        What is live in the window goes first.
        """
        worker, listening = self.wiring.workers["live"], self.wizard.window_.listening
        if not self._hears:
            self._drop()
            self.tap = None
            worker.stop(LISTEN)
            if self._lent:
                self._lent = False
                listening.listen(listening.always)
            return
        if self.tap is not None or worker.has(LISTEN):
            return
        if self.wizard.window_.session.state.transport.live:
            self.page.say("The window is live: end that first (Ctrl+L), then press Record.", trouble=True)
            return
        if listening.always:
            self._lent = True
            listening.rest()
        source = ("device", listening.device, RATE)
        self.wiring.submit("live", LISTEN, listen, source, doing="listening for hello and world")

    def _is_on(self, event: MicrophoneOn) -> None:
        if self._hears:
            self.tap = event.tap

    def _ended(self, event: Ended) -> None:
        if event.job == LISTEN:
            self.tap = None

    def _failed(self, event: Failed) -> None:
        if event.job == LISTEN:
            self.tap = None
            self._drop()
            text = str(event.error.__cause__ or event.error)
            self.page.say(f"{text} Or take the bundled voices, above.", trouble=True)
            self.wizard.show_all()

    def tick(self) -> None:
        """End the take whose time is over, and show how loud it is."""
        if self.taking is not None and time.monotonic() >= self._until:
            self._take()
        self.page.meter.show_level(self.tap.recorder.level if self.tap is not None else None)

    @property
    def said(self) -> str:
        """How far this step is, in the list of steps."""
        project = self.project
        if project.source == "voice":
            return f"{project.recorded} of {len(project.takes)}"
        return {"bundled": "bundled voices", "folder": Path(project.folder).name}[project.source]

    def show(self) -> None:
        """Bring the page up to date."""
        project = self.project
        places = {
            "voice": str(project.place / "takes"),
            "bundled": "40 clips of 20 voices; they are tried on 120 clips of other voices",
            "folder": project.folder,
        }
        self.page.show_source(project.source, places[project.source])
        rows = []
        for take in project.takes:
            found, name = take.check, f"{take.word} {take.number}"
            if found is None:
                rows.append((name, "", "not recorded yet"))
            else:
                said = "; ".join(found.trouble) or f"good, {found.level:.0f} dB"
                rows.append((name, f"{found.seconds:.1f} s", said))
        good = [take.good for take in project.takes]
        self.page.show_takes(rows, good)
        wanted = self.taking or self._asked or project.next_take()
        count = f"{sum(good)} of {len(good)} takes are good"
        self.page.show_word(wanted.word if wanted is not None else "", count, self.taking is not None)
