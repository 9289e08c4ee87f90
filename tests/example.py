"""Sessions with plausible made-up recordings, so that every view has something to draw without a network."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from engine import beam, contrast, decoding, generate, melody, trellis
from engine.clip import Clip, Label, from_array
from engine.events import (
    Attributed,
    Audible,
    BreakMap,
    Cell,
    Column,
    Composed,
    Contrasted,
    Decay,
    Decoded,
    Echo,
    Enhanced,
    Evaluated,
    Frames,
    Judged,
    LocalSnr,
    Match,
    Offer,
    Pictured,
    Prosody,
    Recalled,
    Searched,
    Step,
    Stored,
    Traced,
)
from engine.hypothesis import Alternative, Lattice, Slot
from engine.knob import Settings, knob
from engine.limits import Options
from engine.network import Network
from engine.session import Cursor, Depth, History, Session, Span, Transport
from engine.stages.stage import Link
from engine.surgery import Edit
from engine.trace import Direction, Key, Series, Trace

WORDS = ("", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SAID = ("seven", "three", "one", "nine", "two", "two", "five", "zero")
HEARD = ("seven", "three", "one", "five", "two", "two", "five")
SECONDS, RATE, FRAMES = 5.0, 16000, 100


@dataclass(frozen=True)
class Shape(Settings):
    cell: str = knob("lstm", choices=("rnn", "lstm", "gru"))
    hidden: int = knob(128, 32, 512)
    layers: int = knob(2, 1, 6)


@dataclass(frozen=True)
class Front(Settings):
    mels: int = knob(80, 10, 128)
    hop: int = knob(160, 80, 512, unit="samples")


@dataclass(frozen=True)
class Mask(Settings):
    drawn: tuple[tuple[float, float, float, float], ...] = knob((), hidden=True)


def said(seconds: float = SECONDS) -> tuple[Label, ...]:
    """Eight digits, evenly spread."""
    each = seconds / len(SAID)
    return tuple(
        Label(index * each + 0.1, (index + 1) * each - 0.12, text, "digit") for index, text in enumerate(SAID)
    )


@functools.cache
def sound(seconds: float = SECONDS) -> np.ndarray:
    """Harmonics that swell and fade with the digits, float32 [n]."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 2 * np.pi * np.cumsum(120 + 25 * np.sin(2 * np.pi * 0.7 * time)) / RATE
    made = sum(np.sin(pitch * k) / k * (1 + np.sin(2 * np.pi * time * (0.8 + 0.11 * k))) for k in range(1, 30))
    whole = (0.18 * np.asarray(made) * _swell(time, seconds)).astype(np.float32)
    whole.setflags(write=False)
    return whole


def _swell(time: np.ndarray, seconds: float) -> np.ndarray:
    gate = np.zeros_like(time)
    for label in said(seconds):
        inside = (time >= label.start) & (time < label.end)
        gate[inside] = np.sin(np.pi * (time[inside] - label.start) / (label.end - label.start)) ** 0.7
    return gate


@functools.cache
def series(seconds: float = SECONDS, hidden: int = 128, layers: int = 2, both: bool = False, cell: str = "lstm"):
    """What a probe would record: states, gates, attention, posteriors, features, the picture."""
    rng = np.random.default_rng(3)
    count = round(seconds * FRAMES)
    time = np.arange(count) / FRAMES
    swell = _swell(time, seconds)

    def units(rows: int, slow: float = 1.0) -> np.ndarray:
        walk = rng.normal(size=(count, rows)).astype(np.float32).cumsum(axis=0) * 0.08
        rate, phase = rng.uniform(0.3, 4, rows) * slow, rng.uniform(0, 6, rows)
        waves = np.sin(2 * np.pi * time[:, None] * rate + phase) * rng.uniform(0.2, 2.2, rows)
        return walk - walk.mean(axis=0) + waves * (0.25 + swell[:, None])

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    found: dict[Key, Series] = {}

    def put(name: str, values: np.ndarray, layer: int = 0, way: Direction = "forward", **kept: Any) -> None:
        kept.setdefault("axis", "unit")
        found[Key(name, layer, way)] = Series(np.asarray(values, np.float32), FRAMES, 0.0, **kept)

    names = {"lstm": "fiog", "gru": "rzn", "rnn": ""}[cell]
    ways: tuple[Direction, ...] = ("forward", "backward") if both else ("forward",)
    for layer in range(1, layers + 1):
        for way in ways:
            put("h", np.tanh(units(hidden)), layer, way, low=-1.0, high=1.0)
            if cell == "lstm":
                put("c", units(hidden, 0.4) * 1.5, layer, way)
            for name in names:
                values = units(hidden) * 1.6
                signed = name in "gn"
                gate = np.tanh(values) if signed else sigmoid(values + (2 if name in "fz" else 0))
                put(f"gate.{name}", gate, layer, way, low=-1.0 if signed else 0.0, high=1.0)
    hertz = np.linspace(0, 8000, 257)
    bands = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 80) / 2595) - 1)
    lanes: tuple[tuple[str, np.ndarray, dict[str, Any]], ...] = (
        ("picture", hertz, dict(axis="frequency", unit="dB")),
        ("features", bands, dict(axis="mel", unit="dB")),
        ("features.unmasked", bands, dict(axis="mel", unit="dB")),
    )
    for name, rows, kept in lanes:
        tone = 120 + 25 * np.sin(2 * np.pi * 0.7 * time)
        comb = np.cos(2 * np.pi * rows[None] / tone[:, None]) * 12 * np.exp(-rows / 2500)
        formants = sum(
            20 * np.exp(-(((rows[None] - centre * (1 + 0.3 * np.sin(3 * time[:, None] + centre))) / width) ** 2))
            for centre, width in ((500, 150), (1500, 250), (2700, 400))
        )
        level = -78 + 42 * np.sqrt(swell)[:, None] + (comb + formants) * swell[:, None] - rows / 400
        values = np.maximum(level + rng.normal(size=level.shape) * 3, -80)
        put(name, values, rows=tuple(rows.tolist()), **kept)
    logits = rng.normal(size=(count, len(WORDS))) * 0.6
    logits[:, 0] += 2.5
    for label, text in zip(said(seconds), (*HEARD, ""), strict=True):
        inside = slice(int((label.start + 0.16) * FRAMES), int((label.start + 0.3) * FRAMES))
        logits[inside, WORDS.index(text)] += 6
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    put("posterior", share, axis="class", rows=WORDS, low=0.0, high=1.0)
    true = np.zeros(count, int)
    for label in said(seconds):
        true[int(label.start * FRAMES) : int(label.end * FRAMES)] = WORDS.index(label.text)
    put("truth", true[:, None], axis="class", rows=("true",))
    put("loss", -np.log(share[np.arange(count), true])[:, None], axis="loss", rows=("nats",), unit="nats")
    weights = np.exp(units(1) + 2 * swell[:, None])
    put("attention", weights / weights.sum(), axis="frame")
    put("evidence", (logits - logits.mean(axis=1, keepdims=True)) / count, axis="class", rows=WORDS)
    for name in ("f1", "f2"):
        put(name, np.tanh(units(24)))
    put("skip", sigmoid(units(32)), 1)
    put("conv", np.maximum(units(32), 0), 1)
    return found


def traced(clip, clean, start: float = 0.0, scale: float = 1.0, **kept) -> Traced:
    """An inspection of a clip whose clean sound [n] is given; noise is added."""
    length = len(clean) / RATE
    noise = np.random.default_rng(0).normal(size=len(clean)).astype(np.float32)
    labels = tuple(replace(each, start=each.start * scale, end=each.end * scale) for each in clip.labels)
    noisy = from_array(clean + 0.03 * noise, RATE, "noisy", labels)
    each = length / len(SAID)
    text = tuple(Label(k * each + 0.25, k * each + 0.4, word, "digit") for k, word in enumerate(HEARD))
    trace = Trace(clip.id, start, start + length / scale, MappingProxyType(series(length, **kept)), text)
    timings = MappingProxyType({"chain": 2.3, "network": 4.1, "total": 6.9})
    clean_clip = from_array(clean, RATE, "clean", labels)
    return Traced(trace, noisy, clean_clip, "example", scale, 2, 8, timings)


def network(trained: bool = True) -> Network:
    weights = MappingProxyType({"w": np.zeros((512, 400), np.float32)}) if trained else None
    card = {"data": "Free Spoken Digit Dataset, 6 speakers", "licence": "CC BY-SA 4.0", "recipe": "digits.toml"}
    links = (Link("logmel", Front()), Link("normalise_running", Settings()))
    return Network(
        "digits-lstm", "example", "digits", "recurrent", Shape(), Settings(), links, WORDS, 80, weights,
        metrics=MappingProxyType({"clean_error": 0.031}), card=MappingProxyType(card),
    )  # fmt: skip


TUNE = ("rest", "C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5", "D5", "E5")


def tune(session: Session) -> None:
    """Notes where there were digits: those played last 0.4 s, and half of those told begin with them."""
    old, length = session.state.traced, SECONDS / 8
    if old is None or session.state.network is None:
        return
    true = tuple(Label(k * length, k * length + 0.4, TUNE[1 + k], "note") for k in range(8))
    told = tuple(replace(each, start=each.start + 0.06 * (k % 2)) for k, each in enumerate(true[:7]))
    series = dict(old.trace.series)
    series[Key("posterior")] = replace(series[Key("posterior")], rows=TUNE)
    sound = replace(old.sound, labels=true)
    trace = replace(old.trace, series=MappingProxyType(series), text=told)
    session.set("network", replace(session.state.network, task="transcribe_notes", vocabulary=TUNE))
    session.set("traced", replace(old, trace=trace, sound=sound, edits=7, length=15))


def history(count: int = 400) -> History:
    rng = np.random.default_rng(1)
    loss = 2.4 * np.exp(-np.arange(count) / 90) + 0.12 + 0.08 * rng.random(count)
    steps = tuple(Step(k + 1, k // 50, float(each)) for k, each in enumerate(loss))
    held = tuple(
        Evaluated(k, "valid", 2.5 * float(np.exp(-k / 80)) + 0.25, int(100 * np.exp(-k / 70)) + 4, 200)
        for k in range(50, count + 1, 50)
    )
    return History(steps, held)


@dataclass(frozen=True)
class Backward(Settings):
    rescale: bool = knob(False)
    radius: float = knob(1.0, 0.5, 1.5, step=0.01)
    method: str = knob("integrated", choices=("integrated", "times input"))


def echo(clip_id: str, time: float = 1.24, slope: float = -0.05) -> Echo:
    """Norms that fall off back from a time, in two layers, faster in an RNN beside them."""
    count, step = round(SECONDS * FRAMES), round(time * FRAMES)
    back = np.maximum(step - np.arange(count), 0)
    found = {}
    for name in ("h", "c", "W", "U", "b"):
        for layer in (1, 2):
            norms = np.exp(slope * back * layer) * (np.arange(count) <= step)
            found[Key(f"grad.{name}", layer)] = Series(norms[:, None].astype(np.float32), FRAMES, 0.0, "norm")

    def decay(cell: str, by: float) -> Decay:
        norms = np.exp(by * np.arange(step + 1))
        layers = np.stack([norms, norms**2])
        return Decay(f"digits-{cell}", cell, norms, FRAMES, -4.6 / by / FRAMES, True, by, layers)

    own = decay("lstm", slope)
    others = (decay("rnn", 5 * slope), own, decay("gru", 1.3 * slope))
    left = np.exp(slope * np.arange(step + 1))
    return Echo(clip_id, "example", MappingProxyType(found), time, "one", 0.93, own, others, (left, left))


def attributed(clip_id: str, time: float = 1.24) -> Attributed:
    """Speaks for the output shortly before it."""
    heard = series()[Key("features")]
    at = np.arange(len(heard.values))[:, None] / FRAMES
    values = np.exp(-np.square((at - time + 0.1) / 0.05)) * np.cos(np.arange(80)[None] / 6)
    shown = replace(heard, values=values.astype(np.float32), unit="nats")
    return Attributed(clip_id, "example", shown, time, "one", 0.93, 3.21, 0.002, "integrated")


def recalled(clip_id: str, *moments: float) -> Recalled:
    """Moments that are alike, each a little less than the one before."""
    matches = tuple(Match(0.9 - 0.1 * k, "", None, at, at + 0.2) for k, at in enumerate(moments))
    return Recalled(clip_id, "example", Span(1.0, 1.2), 1, (3, 4, 5), matches, SECONDS, 4.0)


def stored(kept: float = 0.1) -> Stored:
    """What is told falls off over `kept` seconds in the first layer, and over twice as many in the second."""
    seconds = np.arange(0, 0.5, 0.03)
    chance = np.full(len(seconds), 0.2)
    told = {layer: 0.2 + 0.7 * np.exp(-seconds / (kept * layer)) for layer in (1, 2)}
    shuffled = dict.fromkeys(told, chance)
    return Stored("example", seconds, MappingProxyType(told), MappingProxyType(shuffled), chance)


def prosody(sound: Clip, pitch: float = 120.0) -> Prosody:
    """A voice that rises and falls, in words."""
    time = np.arange(round(SECONDS * FRAMES)) / FRAMES
    swell = _swell(time, SECONDS)
    found = {"f0": np.where(swell > 0.1, pitch + 30 * np.sin(3 * time), np.nan), "energy": -60 + 45 * swell}
    found |= {"voicing": swell, "rate": 3 + np.sin(time)}
    series = {
        Key(f"prosody.{name}"): Series(each[:, None].astype(np.float32), FRAMES, 0.0, name)
        for name, each in found.items()
    }
    return Prosody(sound.id, MappingProxyType(series))


def decoded(clip: Clip, correlation: float = 0.7) -> Decoded:
    return Decoded(clip.id, "example", Depth(), clip, correlation, 0.1)


def empty() -> Session:
    return Session()


@functools.cache
def hypotheses(width: int = 8):
    """The beam over the made-up posteriors, and the trellises of what was read and of what was said."""
    log_probs = np.log(series()[Key("posterior")].values.astype(float))
    found = beam.Search(WORDS, width).run(log_probs)
    said_ = [WORDS.index(each) for each in SAID]
    return found, trellis.trellis(log_probs, found.prefixes[0].labels), trellis.trellis(log_probs, said_)


def searched(clip: Clip, width: int = 8) -> Searched:
    """What a search over the made-up posteriors found, with two other words in every slot of the lattice."""
    found, best, true = hypotheses(width)
    slots = tuple(
        Slot(
            each.start,
            each.stop,
            tuple(
                Alternative(text, share)
                for text, share in ((WORDS[each.label], 0.7), (WORDS[1 + each.label % 10], 0.2), ("", 0.1))
            ),
        )
        for each in true.spans[: width - 1]
    )
    text = tuple(Label(each.start / FRAMES, each.stop / FRAMES, WORDS[each.label], "digit") for each in best.spans)
    asked = decoding.Settings(width=width)
    return Searched(
        clip.id, "example", asked, WORDS, 0.0, FRAMES, found, best, true, Lattice(slots), text, 2, 8
    )  # fmt: skip


def contrasted(heard: Traced, wrong: int = 1) -> Contrasted:
    """What was said beside what was read, in one tier; of what was said the first so many are left out."""
    return contrast.contrast(heard.trace.clip_id, network(), "digit", said()[wrong - 1 :], heard.trace.text)


def composed(clip: Clip, seed: int = 0) -> Composed:
    """A melody over the made-up recording: two bars, the first three notes given, four of the others known."""
    rng = np.random.default_rng(seed)
    names = ("rest", *melody.NAMES)
    logits = rng.normal(size=(2 * melody.BAR, len(names))) * 2
    logits[:, 0] = -np.inf
    notes = tuple(rng.integers(1, len(names), len(logits)).tolist())
    known = {place: notes[place] if place % 2 else 1 + notes[place] % 15 for place in range(12, 16)}
    answers = MappingProxyType(known)
    return Composed(clip, network(), notes, 3, logits, generate.Settings(), names, 0.15, 0.3, answers)


def enhanced(heard: Traced, name: str = "wiener", gain: float = 0.5) -> Enhanced:
    """A denoiser that lowers all of a sound alike."""
    sound = heard.sound.read()
    made, rest = (from_array(sound * each, RATE, name) for each in (gain, 1 - gain))
    rows = tuple(np.linspace(0, 8000, 257).tolist())
    shape = (round(len(sound) / 256), 257)
    mask = Series(np.full(shape, gain, np.float32), RATE / 256, heard.trace.start, "frequency", rows, 0.0, 1.0)
    pauses = Series(np.zeros((round(len(sound) / RATE * 100), 1), np.float32), 100.0, heard.trace.start, "pause")
    title = {"wiener": "Wiener filter", "gate": "Spectral gate"}[name]
    start = heard.trace.start
    return Enhanced(heard.trace.clip_id, heard.sound.id, name, title, made, rest, made, pauses, mask, start)


def pictured(heard: Traced, made: tuple[Enhanced, ...], by: float = -6.0) -> Pictured:
    """Spectrograms of them, lowered by so many decibels."""
    noisy, found = heard.trace.series[Key("picture")], {}
    found["clean"] = replace(noisy, values=noisy.values + 2 * by)
    for each in made:
        lowered = replace(noisy, values=noisy.values + by)
        swing = np.sin(np.arange(noisy.values.size).reshape(noisy.values.shape) / 50).astype(np.float32)
        found |= {
            f"enhanced:{each.name}": lowered,
            f"residual:{each.name}": replace(noisy, values=np.flipud(lowered.values)),
        }
        found[f"mask:{each.name}"] = replace(noisy, values=0.5 + 0.05 * by * swing, low=0.0, high=1.0)
        found[f"difference:{each.name}"] = replace(noisy, values=by * swing, low=-40.0, high=40.0)
    return Pictured(tuple(each.sound.id for each in made), MappingProxyType(found))


def judged(sound: Clip, by: float = 0.5) -> Judged:
    """What metrics say of the noisy sound, and of one denoiser that makes it `by` better."""
    columns = tuple(
        Column(name, name.upper(), "", 2, True, f"{name}: more is better") for name in ("pesq", "stoi")
    )
    rows = {"noisy": (Cell(1.2), Cell(None, "no clean sound")), "Wiener filter": (Cell(1.2 + by), Cell(None))}
    ids = MappingProxyType({name: name for name in rows})
    return Judged(sound.id, 0.0, sound.seconds, columns, MappingProxyType(rows), ids)


def local_snr(sound: Clip, by: float = 5.0) -> LocalSnr:
    """A noisy sound that swells, and what a denoiser lifts by so many decibels."""
    noisy = 10 * np.sin(np.arange(round(62.5 * SECONDS)) / 20).astype(np.float32)[:, None]
    both = {
        name: Series(values, 62.5, 0.016, "version", (name,), -10.0, 35.0, "dB")
        for name, values in (("noisy", noisy), ("Wiener filter", noisy + np.float32(by)))
    }
    return LocalSnr(sound.id, (), MappingProxyType(both))


def breakmap(by: float = 0.0) -> BreakMap:
    """A denoiser that does better the less noise there is."""
    snrs, rows = (-10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0), ("white", "pink", "babble")
    values = np.tile(np.linspace(1.0 + by, 3.0 + by, len(snrs), dtype=np.float32), (len(rows), 1))
    values[2, 1::2] = np.nan
    text = "Wiener filter fails below -2 dB with white"
    return BreakMap("c", "wiener", "pesq_wb", rows, snrs, values, 1.5, (-2.0, -2.0, -2.0), text, 0.8)


def full(**kept) -> Session:
    """A clip of digits, inspected by a trained two-layer LSTM; a unit chosen, a mask drawn, a training run."""
    clean = sound()
    clip = from_array(clean, RATE, "seven three one.wav", said())
    mask = Mask(drawn=((1.0, 1.4, 0.0, 1e9), (2.2, 3.1, 2000.0, 4000.0)))
    heard = traced(clip, clean, **kept)
    made = (enhanced(heard), enhanced(heard, "gate", 0.25))
    return Session(
        clip=clip,
        chain=(Link("specaugment", mask),),
        picture=Link("stft", Settings()),
        network=network(),
        traced=heard,
        history=history(),
        cursor=Cursor(1.24, Key("h", 1), 37),
        edits=(Edit("set", 0.8, 1.2, "i", 1, units=(3, 4, 5)), Edit("reset", 2.0)),
        backward=Backward(),
        echo=echo(clip.id),
        attributed=attributed(clip.id),
        recalled=recalled(clip.id, 0.3, 2.4),
        stored=stored(),
        prosody=prosody(heard.sound),
        decoded=decoded(clip),
        searched=searched(clip),
        contrasted=contrasted(heard),
        denoisers=("wiener", "gate"),
        denoising=Options(),
        offers=(Offer("wiener", "Wiener filter", 0.032, 0), Offer("gate", "Spectral gate", None, 1_200_000)),
        enhanced=made,
        pictured=pictured(heard, made),
        judged=judged(heard.sound),
        local_snr=local_snr(heard.sound),
        breakmap=breakmap(),
        audible=(
            Audible("processed", "Noisy", "Noisy", "1"),
            Audible("clean", "Clean", "Clean", "2"),
            Audible("enhanced:wiener", "Wiener filter", "Wiener", "3"),
            Audible("enhanced:gate", "Spectral gate", "Gate", "4"),
            Audible("residual:wiener", "Removed by Wiener filter", "Removed", "5"),
            Audible("residual:gate", "Removed by Spectral gate", "Removed", "6"),
        ),
        composing=generate.Settings(top_p=1.0),
        melodies=(composed(clip),),
        view=Span(0.0, SECONDS),
    )


def frames(begin: float, seconds: float = 0.02, **kept) -> Frames:
    """A block of a live stream that begins at `begin`: the made-up recording, over and over."""
    whole = series(**kept)
    sound_rate = RATE
    clean = sound()
    first = round(begin * FRAMES)
    count = round(seconds * FRAMES)
    picked = {}
    for key, each in whole.items():
        values = each.values[np.arange(first, first + count) % len(each.values)]
        picked[key] = replace(each, values=values, first=first / FRAMES)
    at = np.arange(round(begin * sound_rate), round((begin + seconds) * sound_rate)) % len(clean)
    text = tuple(
        replace(label, start=label.start + turn * SECONDS, end=label.end + turn * SECONDS)
        for turn in range(int(begin // SECONDS) + 1)
        for label in said()
        if label.end + turn * SECONDS < begin
    )
    return Frames(begin, clean[at], MappingProxyType(picked), text)


def live(seconds: float = 6.0) -> Session:
    """A session whose microphone is on; feed it with `feed`."""
    return Session(network=network(), transport=Transport(live=True), view=Span(0.0, 5.0), cursor=Cursor(0.0))


def feed(session: Session, begin: float, end: float, block: float = 0.02) -> None:
    """Live blocks from begin to end, a tick's worth each."""
    for index in range(round(begin / block), round(end / block)):
        session.set("live", (frames(index * block, block),))


def louder(clip: Clip) -> Clip:
    """The same sound at full scale."""
    samples = clip.read()
    return from_array(samples / np.abs(samples).max(), clip.rate, clip.name, clip.labels)
