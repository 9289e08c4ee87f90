"""Captions of what is heard live, from the window: begun and ended, followed through a script, corrected."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.captioned import WORKERS, Inlet, Listed, Told, caption, list_choices
from app.hearing import Listens
from engine.captioning import Settings
from engine.clip import from_array
from engine.correction import corrected, put
from engine.events import Ended, Failed, Set
from engine.script import Follower, ScriptError, parse
from engine.session import DENOISED

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.hearing import Tap
    from app.listening import Listening
    from app.playing import Playing
    from app.wiring import Wiring
    from engine.audio.take import Take
    from engine.captions import Captions
    from engine.clip import Clip
    from engine.recognisers.recogniser import Word
    from engine.script import Script
    from engine.session import Session

AROUND = 0.15
"""Seconds before and after a line that are heard as it is corrected."""


class Captioning:
    """What is heard comes from the live view, which is begun for it where it does not run.

    The sound of a microphone is kept in a temporary file until captions begin anew, so that what is corrected
    can be heard.
    """

    def __init__(self, session: Session, wiring: Wiring, listening: Listening, playing: Playing) -> None:
        self.session, self.wiring, self.listening, self.playing = session, wiring, listening, playing
        self._inlets: tuple[Inlet, ...] = ()
        self._tap: Tap | None = None
        self._began = False
        """Whether the live view was begun for the captions, and ends with them."""
        self._ending = False
        self._take: Take | None = None
        self._folder: Path | None = None
        self._sound: tuple[Clip, float] | None = None
        """What was captioned, and where on it captions began, in seconds."""
        self._followers: list[Follower] = []
        self._counted: list[int] = []
        self._beside: Captions | None = None
        self.looked: Callable[[], bool] = lambda: False
        self._asked = False
        session.set("captioning", Settings())
        wiring.on(Listens, self._listens)
        wiring.on(Told, self._told)
        wiring.on(Listed, lambda event: session.set("recognisers", event.choices))
        for kind in (Ended, Failed):
            wiring.on(kind, self._over)
        session.on("captioning", self._turned)
        session.on("transport", self._transport_changed)

    @property
    def running(self) -> bool:
        """Until the last word is read: a while longer than is heard."""
        return self.session.state.transport.captioning

    @property
    def settings(self) -> Settings:
        found = self.session.state.captioning
        return found if isinstance(found, Settings) else Settings()

    def tick(self) -> None:
        """As soon as somebody looks, look what recognisers there are."""
        if not self._asked and self.looked():
            self.list_choices()

    def list_choices(self) -> None:
        self._asked = True
        self.wiring.submit("background", "recognisers", list_choices, doing="looking for recognisers")

    # Begin and end.

    def toggle(self) -> None:
        """Caption what is heard, the microphone where nothing is; or end."""
        if self.running:
            self.stop()
        else:
            self.start()

    def toggle_clip(self) -> None:
        """Caption the clip as if it came from a microphone; or end."""
        clip = self.session.state.clip
        if self.running:
            self.stop()
        elif clip is None:
            self.wiring.tell("There is nothing to caption yet: open a recording first.", "warning")
        else:
            if self.session.state.transport.live:
                self.listening.stop()
            self.start(clip)

    def start(self, clip: Clip | None = None) -> None:
        """Captions begin anew."""
        live, tap = self.session.state.transport.live, self.listening.tap
        self._forget()
        self._began, self._ending = not live, False
        self._transport(True)
        if live and tap is not None:
            self._hear(tap)
        elif not live and not self.listening.live(clip, alone=True):
            self._transport(False)

    def stop(self) -> None:
        """What was spoken is still read; a second time ends that too."""
        if self._ending or not self._inlets:
            for name in WORKERS:
                self.wiring.workers[name].stop()
            self._transport(False)
        self._ending = True
        if self._tap is not None:
            self._tap.leave(self._heard)
        for inlet in self._inlets:
            inlet.ended = True
        if self._began and self.session.state.transport.live:
            self.listening.stop()

    def close(self) -> None:
        """The program ends."""
        if self._tap is not None:
            self._tap.leave(self._heard)
        for inlet in self._inlets:
            inlet.ended = True
        self._forget()

    def _forget(self) -> None:
        """Nothing of the captions before is left."""
        if self._take is not None:
            self._take.end()
        self._take, self._sound, self._tap, self._inlets = None, None, None, ()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
        self.session.set("captions", None)
        self.session.amend("corrections", ())
        self._beside = None
        self._follow_anew()

    def _listens(self, event: Listens) -> None:
        if self.running and not self._ending:
            self._hear(event.tap)

    def _hear(self, tap: Tap) -> None:
        """Captions of what this tap gives; they go on where another one was before."""
        if self._tap is not None:
            self._tap.leave(self._heard)
        self._tap = tap
        rate = int(tap.recorder.rate)
        if not self._inlets:
            self._begin(rate, tap)
        tap.follow(self._heard)

    def _begin(self, rate: int, tap: Tap) -> None:
        source, state = self.listening.source, self.session.state
        if source is not None and source[0] == "clip":
            self._sound = source[1], float(getattr(tap.recorder, "seconds", 0.0))
        else:
            self._keep(rate)
        jobs = [self.settings]
        if state.beside is not None:
            jobs.append(_beside(self.settings, state.beside))
        self._inlets = tuple(Inlet(rate) for _ in jobs)
        for which, (inlet, settings) in enumerate(zip(self._inlets, jobs, strict=True)):
            name = WORKERS[which]
            self.wiring.submit(name, name, caption, which, inlet, settings, doing="captioning what is said")

    def _keep(self, rate: int) -> None:
        from engine.audio.take import Take

        with contextlib.suppress(OSError):  # then it is kept in memory
            self._folder = Path(tempfile.mkdtemp(prefix="otoscope-captions-"))
        self._take = Take(self._folder / "heard.wav" if self._folder is not None else None, rate)

    def _heard(self, block: Any) -> None:
        """On the thread of the live job."""
        for inlet in self._inlets:
            inlet.add(block)
        if (take := self._take) is not None:
            take.add(block)

    def _transport_changed(self) -> None:
        """The live view has ended: so do the captions."""
        if self._inlets and self.running and not self._ending and not self.session.state.transport.live:
            self.stop()

    def _over(self, event: Ended | Failed) -> None:
        if event.job == "live" and isinstance(event, Failed) and self.running and not self._inlets:
            self._transport(False)
        if event.job != WORKERS[0] or not self.running:
            return
        if not self._ending:
            self.stop()
        if self._take is not None:
            sound = self._take.end()
            self._take, self._sound = None, (sound, 0.0) if sound is not None else None
        self._transport(False)

    def _transport(self, on: bool) -> None:
        self.session.set("transport", replace(self.session.state.transport, captioning=on))

    def _turned(self) -> None:
        """Knobs go to what runs; another recogniser begins with the next captions."""
        if self.running:
            for which, name in enumerate(WORKERS[: len(self._inlets)]):
                beside = self.session.state.beside
                settings = self.settings if not which or beside is None else _beside(self.settings, beside)
                self.wiring.workers[name].send(Set("captions", settings))

    # What comes.

    def _told(self, event: Told) -> None:
        if not self._inlets:
            return  # of captions that are over
        if event.which == 0:
            self.session.set("captions", event.captions)
        else:
            self._beside = event.captions
        self._follow(event.which, event.captions)

    # A script.

    def load_script(self, text: str) -> bool:
        """A text to be read aloud. False where it cannot be, with the reason told."""
        try:
            script = parse(text)
        except ScriptError as error:
            self.wiring.tell(f"{error}.".capitalize(), "warning")
            return False
        self.set_script(script)
        return True

    def open_script(self, path: Path) -> bool:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text in UTF-8"
            self.wiring.tell(f"{path.name} cannot be read as a script: {why}.", "warning")
            return False
        return self.load_script(text)

    def set_script(self, script: Script | None) -> None:
        self.session.set("script", script)
        self._follow_anew()

    def set_beside(self, name: str | None) -> None:
        """Another recogniser beside the one whose words are shown; from the next captions on."""
        self.session.set("beside", name)
        if not self.running:
            self._follow_anew()

    def _follow_anew(self) -> None:
        """From the first word: also of what was captioned before the script was there."""
        script = self.session.state.script
        self._followers, self._counted = [], []
        readings: tuple[Any, ...] = ()
        if script is not None:
            count = 1 if self.session.state.beside is None else 2
            self._followers, self._counted = [Follower(script) for _ in range(count)], [0] * count
            readings = tuple(each.reading() for each in self._followers)
        self.session.set("readings", readings)
        for which, captions in enumerate((self.session.state.captions, self._beside)):
            if captions is not None:
                self._follow(which, captions)

    def _follow(self, which: int, captions: Captions) -> None:
        if which >= len(self._followers):
            return
        words = [word.text for line in captions.lines for word in line.words]
        words += [word.text for word in captions.words]
        if len(words) <= self._counted[which]:
            return
        self._followers[which].add(words[self._counted[which] :])
        self._counted[which] = len(words)
        readings = list(self.session.state.readings)
        readings[which] = self._followers[which].reading()
        self.session.set("readings", tuple(readings))

    # Corrections.

    def correct(self, word: Word, text: str) -> None:
        """Another text instead of a word that was heard."""
        self.session.set("corrections", put(self.session.state.corrections, word, text))

    def corrected(self) -> Captions | None:
        """The captions with what was corrected in them."""
        state = self.session.state
        return corrected(state.captions, state.corrections) if state.captions is not None else None

    def loop(self, start: float, stop: float) -> None:
        """Repeat what was heard between two times of the captions, unless a microphone would hear it."""
        if self._sound is None:
            return
        clip, first = self._sound
        begin, end = (round((first + each) * clip.rate) for each in (start - AROUND, stop + AROUND))
        sound = clip.read(max(0, begin), end)
        if len(sound):
            self.playing.sample(from_array(sound, clip.rate, "the line"), loop=True)

    def hush(self) -> None:
        self.playing.hush()


def _beside(settings: Settings, name: str) -> Settings:
    """What the second recogniser is asked."""
    return settings.but(denoise=True) if name == DENOISED else settings.but(recogniser=name)
