"""Captions of what is heard live, from the window: begun and ended, and followed through a script."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app.aloud import Aloud
from app.captioned import WORKERS, Inlet, Told, Transcribed, Written, caption, transcribe
from app.choosing import Choosing
from app.hearing import Listens
from app.labelled import Labelled
from app.said import Said
from app.takes import Found, Takes
from engine.audio.sinc import Sinc
from engine.captioning import Settings
from engine.captions import Captions, Origin
from engine.continued import Continued
from engine.events import Ended, Failed, Restored, Set
from engine.session import DENOISED

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.hearing import Tap
    from app.listening import Listening
    from app.playing import Playing
    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.session import Session

TRANSCRIBE = "transcribe"
"""The job that reads a whole clip, and its worker: for the minutes that it takes files are opened all the same."""


class Captioning:
    """What is heard comes from the live view, which is begun for it where it does not run.

    Captions of a microphone go on below those that it had before. Its sound is kept in temporary files until
    captions begin anew, so that what is corrected can be heard.
    """

    def __init__(self, session: Session, wiring: Wiring, listening: Listening, playing: Playing) -> None:
        self.session, self.wiring, self.listening = session, wiring, listening
        self._inlets: tuple[Inlet, ...] = ()
        self._tap: Tap | None = None
        self._resampler: Sinc | None = None
        """From the rate of the tap to that of the captions, where it is another."""
        self._began = False
        """Whether the live view was begun for the captions, and ends with them."""
        self._ending = False
        self._due: Callable[[], None] | None = None
        """Begins them as soon as the program can; None where nobody waits for that."""
        self.takes = Takes()
        """The sound of the microphone."""
        self._trouble = ""
        """What was told of why it is not kept."""
        self._further: list[Continued] = []
        """Of each of the WORKERS, how its captions go on below those of before."""
        self.may_clear: Callable[[Callable[[], object]], bool] = lambda again: True
        """Asks whether what a microphone has heard may go; `again` is called when it has been saved."""
        self.said = Said(session, playing, self.takes)
        self.aloud = Aloud(session, wiring)
        self._replaced: Captions | None = None
        """Those that may go for the words of a clip, which come a while later: others stay."""
        self.kept: Callable[[Captions | None], None] = lambda captions: None
        """Is told of captions that need no other file."""
        self._pending = [0] * len(WORKERS)
        """Jobs of each of the WORKERS that have not ended: of several the last one counts."""
        self.looked: Callable[[], bool] = lambda: False
        self.look: Callable[[], object] = lambda: None
        """Brings what is said into sight, as captions begin."""
        self.choosing = Choosing(session, wiring)
        session.set("captioning", Settings())
        wiring.on(Listens, self._listens)
        wiring.on(Told, self._told)
        wiring.on(Transcribed, self._transcribed)
        wiring.on(Written, lambda event: self.kept(event.captions))
        wiring.on(Restored, self._restored)
        wiring.on(Found, self._found)
        for kind in (Ended, Failed):
            wiring.on(kind, self._over)
        session.on("captioning", self._turned)
        session.on("transport", self._transport_changed)
        session.on("clip", self._relabelled)

    @property
    def running(self) -> bool:
        """Until the last word is read: a while longer than is heard."""
        return self.session.state.transport.captioning

    @property
    def _of_clip(self) -> bool:
        """Whether what is there was said in a clip: captions of a microphone do not go below it."""
        return self.session.state.origin is not None

    def tick(self) -> None:
        """Captions whose live view was ended before it heard anything are over. What keeps their sound from being
        kept is told once."""
        if self.running and not self._inlets and not self.session.state.transport.live:
            self._transport(False)
        if self._due is not None and self.wiring.ready:
            self._due()
        self.choosing.tick(self.looked)
        before, self._trouble = self._trouble, self.takes.trouble
        if self._trouble and self._trouble != before:
            self.wiring.tell(self._trouble, "warning")

    # Begin and end.

    def toggle(self) -> None:
        """Caption what is heard, the microphone where nothing is; or end."""
        if self.running:
            self.stop()
        elif self._of_clip or not self._clip_is_live or self.may_clear(self.toggle):
            self.start()

    def toggle_clip(self) -> None:
        """Caption the clip as if it came from a microphone; or end."""
        clip = self.session.state.clip
        if self.running:
            self.stop()
        elif clip is None:
            self.wiring.tell("There is nothing to caption yet: open a recording first.", "warning")
        else:
            if not self._of_clip and not self.may_clear(self.toggle_clip):
                return
            if self.session.state.transport.live:
                self.listening.stop()
            self.start(clip)

    def start(self, clip: Clip | None = None) -> None:
        """Captions begin: those of a microphone below what it has said before, others anew."""
        if not self.wiring.ready:
            if not self.cancel():
                self._due = partial(self.start, clip)
                self.wiring.tell("Captions begin as soon as the network engine is loaded.")
            return
        self._due = None
        live, tap = self.session.state.transport.live, self.listening.tap
        if self._of_clip or clip is not None or self._clip_is_live:
            self._forget()
        else:
            self._go_on()
        self._began, self._ending = not live, False
        if not live and not self.listening.live(clip, alone=True):
            return
        self._transport(True)
        if not self.looked():
            self.look()
        if live and tap is not None:
            self._hear(tap)

    def cancel(self) -> bool:
        """Captions that wait until they can begin do not. False where none do."""
        if self._due is None:
            return False
        self._due = None
        self.wiring.tell("No captions, then.")
        return True

    @property
    def _clip_is_live(self) -> bool:
        """Whether a clip is heard as if it came from a microphone: its captions go below no others."""
        source = self.listening.source if self.session.state.transport.live else None
        return source is not None and source[0] == "clip"

    def clear(self) -> None:
        """What was said goes: captions begin anew."""
        if not self.running and (self._of_clip or self.may_clear(self.clear)):
            self._forget()

    def stop(self) -> None:
        """What was spoken is still read; a second time ends that too."""
        at_once = self._ending or not self._inlets
        if at_once:
            for name in WORKERS:
                self.wiring.workers[name].stop()
        self._ending = True
        self._leave()
        if at_once:
            self._end()
        if self._began and self.session.state.transport.live:
            self.listening.stop()

    def close(self, unsaved: bool = False) -> None:
        """The program ends. What is `unsaved` is left for the next start, with its sound."""
        if unsaved:
            self._leave()
            self.takes.end()
        else:
            self._drop()

    def _leave(self) -> None:
        """Nothing more is heard."""
        if self._tap is not None:
            self._tap.leave(self._heard)
        for inlet in self._inlets:
            inlet.ended = True

    def _go_on(self) -> None:
        """What was said stays, what comes goes below it."""
        self._leave()
        self.takes.end()
        self.said.sound = self._tap = None
        self._inlets = ()
        if (before := self.session.state.captions) is not None:
            beside = replace(self.aloud.beside or Captions(), heard=before.heard)
            self._further = [Continued(before), Continued(beside)]
            self.session.set("captions", self._further[0].before)
            self.aloud.beside = self._further[1].before
        self.aloud.go_on()

    def _forget(self) -> None:
        """Nothing of the captions before is left."""
        self._drop()
        self.said.whole = None
        self.session.set("origin", None)
        self.session.set("captions", None)
        self.session.amend("corrections", ())
        self.aloud.beside = None
        self.aloud.anew()

    def _drop(self) -> None:
        """The sound goes, and nothing more is shown; the words, which may lie in no file yet, stay."""
        self._leave()
        self.takes.drop()
        self.said.sound = self._tap = None
        self._inlets, self._further = (), []

    def _listens(self, event: Listens) -> None:
        if self.running and not self._ending:
            self._hear(event.tap)

    def _hear(self, tap: Tap) -> None:
        """Captions of what this tap gives; they go on where another one was before, be it of another rate."""
        if self._tap is not None:
            self._tap.leave(self._heard)
        self._tap = tap
        rate = int(tap.recorder.rate)
        if not self._inlets:
            self._begin(rate, tap)
        self._resampler = Sinc(rate, self._inlets[0].rate) if rate != self._inlets[0].rate else None
        tap.follow(self._heard)

    def _begin(self, rate: int, tap: Tap) -> None:
        source = self.listening.source
        if source is not None and source[0] == "clip":
            self.said.sound = source[1], float(tap.recorder.seconds)
            self.session.set("origin", Origin(self.said.sound[0].id, self.said.sound[1]))
        else:
            self.takes.begin(rate, self._further[0].start if self._further else 0.0)
        asked = self._asked()
        self._inlets = tuple(Inlet(rate, self.said.language) for _ in asked)
        for which, (inlet, settings) in enumerate(zip(self._inlets, asked, strict=True)):
            name = WORKERS[which]
            self._pending[which] += 1
            self.wiring.submit(name, name, caption, which, inlet, settings, doing="captioning what is said")

    def _heard(self, block: Any) -> None:
        """On the thread of the live job."""
        if self._resampler is not None:
            block = self._resampler.push(block)
        for inlet in self._inlets:
            inlet.add(block)
        self.takes.add(block)

    def _transport_changed(self) -> None:
        """The live view has ended: so do the captions."""
        if self._inlets and self.running and not self._ending and not self.session.state.transport.live:
            self.stop()

    def _over(self, event: Ended | Failed) -> None:
        if event.job not in WORKERS:
            return
        which = WORKERS.index(event.job)
        self._pending[which] -= 1
        if self._pending[which] or not self.running:
            return
        if which:
            for each in self._inlets[which:]:
                each.ended = True  # nobody reads it any more
            self._inlets = self._inlets[:which]
            return
        if not self._ending:
            self.stop()
        self._end()

    def _end(self) -> None:
        """Nothing more is read: what was heard can be heard again."""
        if (sound := self.takes.end()) is not None:
            self.said.sound = sound, 0.0
        self._transport(False)

    def _transport(self, on: bool) -> None:
        self.session.set("transport", replace(self.session.state.transport, captioning=on))

    def _turned(self) -> None:
        """Knobs go to what runs; another recogniser begins with the next captions."""
        if self.running:
            for name, settings, _ in zip(WORKERS, self._asked(), self._inlets, strict=False):
                self.wiring.workers[name].send(Set("captions", settings))

    def _asked(self) -> tuple[Settings, ...]:
        """What each of the WORKERS is asked, as far as there is one for it."""
        first, beside = self.choosing.settings, self.session.state.beside
        if beside is None:
            return (first,)
        return first, first.but(denoise=True) if beside == DENOISED else first.but(recogniser=beside)

    # What comes.

    def _told(self, event: Told) -> None:
        if not self._inlets or self._pending[event.which] > 1:
            return  # of captions that are over
        captions = self._further[event.which](event.captions) if self._further else event.captions
        if event.which == 0:
            self.session.set("captions", captions)
        else:
            self.aloud.beside = captions
        self.aloud.follow(event.which, captions)

    def _restored(self, event: Restored) -> None:
        """Of another session the words are there, and the clip that they were heard in; the sound of a microphone
        comes after a crash alone.
        """
        self._drop()
        origin, self.said.whole = event.values.get("origin"), None
        if origin is not None:
            self.said.sound = event.values["clip"], origin.start
            read = Transcribed(origin.clip_id, event.values["captions"].lines)
            self.said.whole = Labelled(read, origin.tier) if origin.tier else None
        self.aloud.others()
        if self.running:
            self.stop()  # at once: nobody sees what is still read

    def _found(self, event: Found) -> None:
        if not self.running and (last := self.takes.restore(event)) is not None:
            self.said.sound = last, 0.0

    # A whole clip.

    def transcribe(self) -> None:
        """Read the whole clip in the background; again to stop. Its words become labels."""
        clip, worker = self.session.state.clip, self.wiring.workers[TRANSCRIBE]
        if worker.busy:
            worker.stop()
        elif clip is None:
            self.wiring.tell("There is nothing to transcribe yet: open a recording first.", "warning")
        elif self._of_clip or self.may_clear(self.transcribe):
            self._replaced, doing = self.session.state.captions, f"transcribing {clip.name}"
            self.wiring.submit(TRANSCRIBE, TRANSCRIBE, transcribe, clip, self.choosing.settings, doing=doing)

    def _transcribed(self, event: Transcribed) -> None:
        clip = self.session.state.clip
        if clip is None or clip.id != event.clip_id:
            self.wiring.tell("A clip was transcribed, but another one is open by now: its words are not kept.")
            return
        if not event.lines:
            self.wiring.tell(f"Nobody was understood in {clip.name}.")
            return
        whole = Labelled.of(event, clip, self.said.whole)
        words = f"{sum(len(line.words) for line in event.lines)} words were understood"
        if self.running or not (self._of_clip or self.session.state.captions is self._replaced):
            self.session.set("clip", whole.put(clip))
            self.wiring.tell(f"{words}: they are labels of {clip.name}. What was captioned meanwhile stays.")
            return
        self._forget()
        self.said.whole, self.said.sound = whole, (clip, 0.0)
        self.session.set("origin", Origin(clip.id, tier=whole.tier))
        self.session.set("clip", whole.put(clip))  # which shows them
        self.wiring.tell(f"{words}. Double-click one in the panel Captions to correct it.")

    def _relabelled(self) -> None:
        """The words of a clip that was transcribed are its labels, whoever changes them."""
        clip, whole = self.session.state.clip, self.said.whole
        if self.said.sound is not None and clip is not None and clip.id == self.said.sound[0].id:
            self.said.sound = clip, self.said.sound[1]
        if whole is not None and clip is not None and clip.id == whole.read.clip_id:
            captions = whole.captions(clip)
            self.kept(captions)
            self.session.set("captions", captions)
            self.aloud.anew()
