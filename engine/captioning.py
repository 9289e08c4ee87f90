"""Live captions: speech as it comes into words, some of which are settled and will never change."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.events import Captioned, Notice, Set
from engine.knob import Settings as Knobs
from engine.knob import knob
from engine.stretches import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from engine.captioner import Captioner, Reading
    from engine.captions import Captions
    from engine.recognisers.recogniser import Recogniser, Word

    Array = NDArray[np.float32]

EVERY = 0.1
"""Seconds between two events at the least, but for those with other words."""
NAP = 0.01
"""Seconds to sleep where nothing has come."""


@dataclass(frozen=True)
class Settings(Knobs):
    """What can be turned while captions run. `recogniser`, `denoiser`: names or paths; empty: the usual one."""

    recogniser: str = knob("", hidden=True)
    interval: float = knob(
        0.4,
        0.2,
        3.0,
        step=0.1,
        unit="s",
        help="How often what is being said is read again; it is longer where the machine is too slow",
    )
    pause: float = knob(0.6, 0.3, 2.0, step=0.1, unit="s", help="Silence that ends a line")
    longest: float = knob(
        8.0,
        5.0,
        25.0,
        step=1.0,
        unit="s",
        help="Sound of a line that is read again and again; older words are left in peace",
    )
    denoise: bool = knob(False, help="Take noise out of the sound before it is recognised")
    denoiser: str = knob("", hidden=True)


@dataclass(frozen=True, eq=False)
class Speech:
    """Live sound that is to be captioned: `read()` gives the mono samples [n] at `rate` since the last call, None
    at its end. `stopping()`, where given, says that the user has pressed Stop: what was spoken is then drained.
    """

    read: Callable[[], Array | None]
    rate: int
    settings: Settings = Settings()
    stopping: Callable[[], bool] | None = None
    recogniser: Recogniser | None = None
    """One that is built already; else that which the settings name is."""
    activity: Callable[[Array], Array] | None = None
    """What tells speech from pauses, as engine.activity.Activity.push does; else that does."""
    language: str = ""
    """Of what is spoken, where somebody tells: for a recogniser that is not built yet."""


class Inlet:
    """Sound at any rate on its way to the captioner: resampled, and without its noise where that is asked for."""

    def __init__(self, rate: int, denoiser: str = "") -> None:
        from engine.activity import RATE
        from engine.resampling import stream

        self._resampler = None if rate == RATE else stream(rate, RATE, 1)
        self._denoiser = denoiser
        self._enhancer: Any = None

    def turn(self, on: bool) -> Array:
        """Take noise out from now on, or no more. Returns what was still on its way. Raises DenoiserError."""
        if on == (self._enhancer is not None):
            return np.zeros(0, np.float32)
        if not on:
            rest, self._enhancer = self._enhancer.flush()[:, 0], None
            return np.asarray(rest, np.float32)
        from engine import denoising
        from engine.activity import RATE
        from engine.enhancer import Enhancer
        from engine.limits import Options

        built = denoising.build(self._denoiser or denoising.default())
        if built.latency is None:
            raise denoising.DenoiserError(f"{self._denoiser} needs the whole sound; choose one that can run live")
        self._enhancer = Enhancer([built], RATE, Options())
        return np.zeros(0, np.float32)

    def push(self, block: Array) -> Array:
        """Samples [n] in, [m] at engine.activity.RATE out."""
        sound = clean(block)
        if self._resampler is not None:
            sound = self._resampler.resample_chunk(sound)
        return self._cleaned(sound)

    def flush(self) -> Array:
        """What is still on its way at the end."""
        rest = np.zeros(0, np.float32)
        if self._resampler is not None:
            rest = self._cleaned(self._resampler.resample_chunk(rest, last=True))
        return np.concatenate([rest, self.turn(False)])

    def _cleaned(self, sound: Array) -> Array:
        if self._enhancer is None:
            return sound
        found = self._enhancer.push(sound[:, None])[:, 0]
        self._enhancer.mask()  # nobody asks for it here
        return np.asarray(found, np.float32)


def caption(speech: Speech) -> Generator[Captioned | Notice | None, Any, None]:
    """Yields Captioned, None while nothing is new, and Notices; the last Captioned is `over`.

    Ends where `read` gives None, or when it is `stopping`, after all that was spoken has been read. The recogniser
    works in a thread of its own, so that sound is taken in meanwhile. `Set("captions", settings)` turns knobs;
    another recogniser begins with the next captions. Raises RecogniserError, DenoiserError and ActivityError.
    """
    with ThreadPoolExecutor(1, "recogniser") as pool:
        live = _Live(speech, pool)
        try:
            while not live.over:
                command = yield live.step()
                if isinstance(command, Set) and command.key == "captions":
                    live.turn(command.value)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Live:
    """What `caption` does in a step."""

    def __init__(self, speech: Speech, pool: ThreadPoolExecutor) -> None:
        from engine.captioner import Captioner

        settings = speech.settings
        self.over = False
        self._speech, self._settings, self._pool = speech, settings, pool
        self._captioner: Captioner = Captioner(
            settings.interval, settings.pause, settings.longest, speech.activity
        )
        self._inlet = Inlet(speech.rate, settings.denoiser)
        self._building: Future[Any] | None = pool.submit(_readers, speech)
        self._readers: tuple[Any, Any] = (None, None)
        self._pace: Any = None
        self._waiting: tuple[Future[tuple[Word, ...]], Reading, float] | None = None
        self._ended = False
        self._told = -EVERY
        self._shown: tuple[Any, ...] = ()
        if settings.denoise:
            self._inlet.turn(True)

    def step(self) -> Captioned | Notice | None:
        worked = self._listen()
        worked |= self._ready() and self._work()
        if self._ended and self._waiting is None and self._pace is not None and self._captioner.done:
            self.over = True
            return Captioned(self._captioner.captions(), True)
        if not worked:
            time.sleep(NAP)
        return self._event()

    def turn(self, settings: Settings) -> None:
        """Other knobs."""
        self._settings = settings
        self._captioner.longest = settings.longest
        self._captioner.keep(settings.pause)
        self._follow()

    def _listen(self) -> bool:
        """Take in the sound that has come. False where there is none."""
        if self._ended:
            return False
        stopping = self._speech.stopping is not None and self._speech.stopping()
        block = self._speech.read()  # also of what came before Stop
        if block is not None and len(block):
            self._captioner.hear(self._inlet.push(block))
            return True
        if block is None or stopping:
            self._captioner.hear(self._inlet.flush())
            self._captioner.flush()
            self._ended = True
        return False

    def _ready(self) -> bool:
        """Whether the recogniser is there; sound is taken in before it is."""
        if self._building is not None and self._building.done():
            from engine.pace import Pace

            self._readers = self._building.result()
            self._building = None
            self._pace = Pace(self._settings.denoise, self._readers[1] is not None)
            self._follow()
        return self._pace is not None

    def _work(self) -> bool:
        """Take what was read, and have more read. False where there was nothing to do."""
        worked = False
        if self._waiting is not None and self._waiting[0].done():
            future, reading, began = self._waiting
            took = time.perf_counter() - began
            self._captioner.take(reading, future.result(), took)
            self._pace.add(took, self._captioner.heard, self._captioner.backlog)
            self._follow()
            self._waiting, worked = None, True
        if self._waiting is None and (found := self._captioner.next()) is not None:
            reader = self._readers[0] if self._pace.step.dear else self._readers[1] or self._readers[0]
            self._waiting = self._pool.submit(read, reader, found), found, time.perf_counter()
            worked = True
        return worked

    def _follow(self) -> None:
        """Work as the settings ask, and as the machine can."""
        if self._pace is None:
            return
        self._pace.denoise = self._settings.denoise
        step = self._pace.step
        self._captioner.interval = self._settings.interval * step.interval
        self._captioner.partial = step.partial
        self._captioner.note = self._pace.note
        if not self._ended:
            self._captioner.hear(self._inlet.turn(self._settings.denoise and step.denoise))

    def _event(self) -> Captioned | None:
        """The captions, at once where words have come, else now and then."""
        captions, now = self._captioner.captions(), time.monotonic()
        shown = len(captions.lines), captions.words, captions.tentative, captions.note
        if shown == self._shown and now - self._told < EVERY:
            return None
        self._shown, self._told = shown, now
        return Captioned(captions)


def read(recogniser: Recogniser, reading: Reading) -> tuple[Word, ...]:
    """The words of a reading, by a recogniser of any rate. Raises RecogniserError."""
    from engine.activity import RATE

    sound = reading.sound
    if recogniser.rate != RATE:
        import soxr

        sound = soxr.resample(sound, RATE, recogniser.rate).astype(np.float32)
    return recogniser.read(sound)


def _readers(speech: Speech) -> tuple[Recogniser, Recogniser | None]:
    """The recogniser, and its cheaper setting if it has one."""
    from engine import recognising

    reader = speech.recogniser
    if reader is None:
        reader = recognising.build(speech.settings.recogniser)
        recognising.speak(reader, speech.language)
    cheaper = getattr(reader, "cheaper", None)
    return reader, cheaper() if cheaper is not None else None


def whole(captions: Captions) -> tuple[Word, ...]:
    """All words that are settled."""
    return tuple(word for line in captions.lines for word in line.words) + captions.words
