"""What a live stream runs through, with its state: the sound's chain, the picture, the features, the network."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import pacing
from engine.chain import picture as draw
from engine.chunked import Chunked
from engine.events import Frames
from engine.links import Chain, role, running
from engine.probes.record import of, posterior
from engine.torched import Torched
from engine.trace import Key, Series
from engine.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.beamed import Beamed
    from engine.clip import Label
    from engine.network import Network
    from engine.stages.stage import Format, Link
    from engine.stepper import Stepper

    Array = NDArray[np.float32]

HUSH = 10 ** (-70 / 20)
"""A muted microphone gives zeros, which no network has learnt from: it hears a quiet room, of this amplitude."""
PICTURE, FEATURES, NETWORK = Key("picture"), Key("features"), Key("network")


class Running:
    """The parts of the chain with their state, and what they have made since the last Frames."""

    def __init__(
        self,
        links: Sequence[Link],
        source: Format,
        picture: Link | None,
        network: Network | None,
        stepper: Stepper | Chunked | Torched | None,
        task: Any,
        text: Transcript | Beamed | None = None,
    ) -> None:
        """`text` takes the place of a Transcript of the task."""
        roles = [role(link) for link in links]
        sound = tuple(link for link, kind in zip(links, roles, strict=True) if kind in ("source", "sound"))
        rest = tuple(link for link, kind in zip(links, roles, strict=True) if kind not in ("source", "sound"))
        self.sound = Chain(sound, source)
        form = self.sound.output
        self.made_of = {"sound": (sound, source), "features": (rest, form), "picture": (picture, form)}
        self.features = Chain(rest, form) if rest else None
        self.picture = Chain(running((picture,), form)[0], form) if picture is not None else None
        self.range: tuple[float | None, float | None] = (None, None)
        if picture is not None:
            silence = draw(running((picture,), form)[0][0], np.zeros(1024, np.float32), round(form.rate))
            self.range = silence.low, silence.high
        self.network, self.stepper = network, stepper
        self.text = text or (Transcript(task) if task is not None else None)
        self._begin: dict[Key | None, float] = {}
        self.took = 0.0
        self._hush = np.random.default_rng(0)
        self._samples: list[Array] = []
        self._columns: dict[Key, list[Array]] = {}
        self._counts: dict[Key | None, int] = {}

    def take_over(self, before: Running, dropped: int) -> Frames:
        """Go on where another one ends; what is made of the same parts keeps its state. Gives its last Frames."""
        if self.made_of["sound"] == before.made_of["sound"]:
            self.sound, self._hush = before.sound, before._hush
        else:
            before._heard(before.sound.flush())
        last = before.frames(dropped)
        now = last.start + len(last.samples) / last.rate
        self._begin = {None: now, PICTURE: now, FEATURES: now, NETWORK: now}
        if self.made_of["picture"] == before.made_of["picture"]:
            self.picture = before.picture
            self._keep(before, PICTURE)
        if self.made_of["features"] == before.made_of["features"]:
            self.features = before.features
            self._keep(before, FEATURES)
            if self._says_the_same(before):
                self.text = before.text
                self._keep(before, NETWORK)
        return last

    def _says_the_same(self, before: Running) -> bool:
        """Whether the network is of the shape and the vocabulary of the one before; its state is then taken."""
        if self.stepper is None or before.stepper is None or self.text is None or before.text is None:
            return False
        told, other = ((each.vocabulary, getattr(each, "reading", None)) for each in (self.text, before.text))
        return told == other and self.stepper.take_over(before.stepper)

    def _keep(self, before: Running, group: Key | None) -> None:
        """Count on where the one before was."""
        self._begin[group] = before._begin.get(group, 0.0)
        self._counts |= {key: count for key, count in before._counts.items() if _group(key) == group}

    def step(self, block: Array | None, last: bool) -> None:
        """Samples [n] of the device through everything, and after the last ones what is still inside."""
        began = time.perf_counter()
        if block is not None:
            self.push(block)
        if last:
            self.flush()
        self.took += time.perf_counter() - began

    def push(self, block: Array) -> None:
        """Samples [n] of the device through everything."""
        mono = np.asarray(block, np.float32).reshape(len(block), -1)[:, :1]
        if not mono.any():
            mono = self._hush.standard_normal(mono.shape, np.float32) * np.float32(HUSH)
        self.hear(mono)

    def hear(self, block: Array) -> None:
        """Samples [n, channels] as they are, muted ones too, through everything."""
        self._heard(self.sound.push(block))

    def flush(self) -> None:
        self._heard(self.sound.flush())
        for key, chain in ((PICTURE, self.picture), (FEATURES, self.features)):
            if chain is not None:
                self._made(key, chain.flush())
        if isinstance(self.stepper, Chunked | Torched):
            self._said(*self.stepper.flush())

    def _heard(self, sound: Array) -> None:
        self._samples.append(sound[:, 0])
        if self.picture is not None:
            self._made(PICTURE, self.picture.push(sound))
        if self.features is not None:
            self._made(FEATURES, self.features.push(sound))

    def _made(self, key: Key, columns: Array) -> None:
        self._columns.setdefault(key, []).append(columns)
        if key != FEATURES or self.stepper is None or not len(columns):
            return
        self._said(*self.stepper.push(columns))

    def _said(self, logits: Array, values: Mapping[Key, Array]) -> None:
        """What the network makes of new columns."""
        for name, value in values.items():
            self._columns.setdefault(name, []).append(value)
        if not len(logits):
            return  # it waits for more, or there was nothing to hear
        task = self.text.task if self.text is not None else None
        if hasattr(task, "gains"):
            return  # a network that takes noise out says nothing; what it makes is heard through a denoiser
        apart = bool(getattr(task, "apart", False))
        self._columns.setdefault(Key("posterior"), []).append(posterior(logits, apart))
        if self.text is not None:
            self.text.add(logits)

    def frames(self, dropped: int) -> Frames:
        """What is new since the last call."""
        rate = self.sound.output.rate
        samples = np.concatenate(self._samples) if self._samples else np.zeros(0, np.float32)
        start = self._begin.get(None, 0.0) + self._counted(None, len(samples)) / rate
        series = {}
        for key, parts in self._columns.items():
            values = np.concatenate(parts)
            if len(values):
                series[key] = self._series(key, values)
        self._samples, self._columns = [], {}
        text = self._text()
        took, self.took = self.took, 0.0
        return Frames(start, samples, MappingProxyType(series), text, took, dropped, rate)

    def _series(self, key: Key, values: Array) -> Series:
        done = self._counted(key, len(values))
        if key.name in ("picture", "features"):
            chain = self.picture if key.name == "picture" else self.features
            assert chain is not None
            form = chain.output
            hertz = form.rows if len(form.rows) == form.width else ()
            low, high = self.range if key.name == "picture" else (None, None)
            values.setflags(write=False)
            first = self._begin.get(key, 0.0) + form.first + done / form.rate
            return Series(values, form.rate, first, form.axis, hertz, low, high, form.unit)
        rate, first = self._clock(key)
        rows = self.text.vocabulary if key.name == "posterior" and self.text is not None else ()
        return of(key, values, rate, first + done / rate, rows, self.network is None or bool(self.network.kind))

    def _text(self) -> tuple[Label, ...]:
        if self.text is None:
            return ()
        rate, first = self._clock()
        return self.text.labels(rate, first)

    def _clock(self, key: Key | None = None) -> tuple[float, float]:
        """Values of a series a second, and the time of the first; answers, where none is named."""
        assert self.features is not None
        assert self.stepper is not None
        form, begin = self.features.output, self._begin.get(NETWORK, 0.0)
        known = None if key is not None and key.name == "posterior" else key
        stride, first = pacing.pace(self.stepper, known)
        return form.rate / stride, begin + form.first + first / form.rate

    def _counted(self, key: Key | None, new: int) -> int:
        before = self._counts.get(key, 0)
        self._counts[key] = before + new
        return before


def _group(key: Key | None) -> Key | None:
    """What a series is counted with."""
    return key if key in (None, PICTURE, FEATURES) else NETWORK
