"""Inference on a range of a clip: one run of the chain and the network, with everything that can be seen."""

from __future__ import annotations

import copy
import hashlib
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import (
    build,
    catalog,
    contrast,
    device,
    forward,
    framewise,
    frontend,
    halves,
    links,
    pacing,
    placing,
    score,
)
from engine.chain import Rendered, lane_note, picture, render
from engine.clip import ArraySource, Clip, Label
from engine.difference import difference
from engine.events import Notice, Traced
from engine.live import Stream, live
from engine.memo import Memo
from engine.probes.record import of, posterior
from engine.stages.stage import Format
from engine.trace import LONGEST, Key, Series, Trace

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine import decoding
    from engine.clip import Source
    from engine.events import Difference
    from engine.network import Network
    from engine.stages.stage import Link
    from engine.surgery import Edit

__all__ = ["Inspection", "Stream", "live", "run"]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What to run: a range of a clip in seconds, a chain, a transform to be shown, a network."""

    clip: Clip
    chain: tuple[Link, ...]
    picture: Link | None
    network: Network | None
    start: float
    stop: float
    device: str = "auto"
    edits: tuple[Edit, ...] = ()
    raw: bool = False
    """Whether the text is the likeliest class of every frame, as it is, in place of what the task decodes."""
    reading: decoding.Settings | None = None
    """How text is searched in what a CTC network answers; None: as the task does by itself."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the network did: its series, its text on the trace's clock, edits and length where labelled."""

    series: dict[Key, Series]
    text: tuple[Label, ...] = ()
    edits: int = 0
    length: int = 0
    note: str = ""
    difference: Difference | None = None
    cleaned: NDArray[np.float32] | None = None


def run(inspection: Inspection, memo: Memo | None = None) -> Generator[Traced | Notice | None, Any, None]:
    """Yields None between the parts, Notices, and at last one Traced. Raises StageError, WeightsError.

    `memo` keeps what the stages made and the networks that were built, from one run to the next.
    """
    began, memo, network = time.perf_counter(), Memo() if memo is None else memo, inspection.network
    clip, stop = inspection.clip, min(inspection.stop, inspection.clip.seconds, inspection.start + LONGEST)
    task = _reader(inspection, network, memo) if network is not None else None
    fitted = _fitted(inspection, task.rate if task is not None else 0.0, memo)
    rendered = render(fitted.links, clip, inspection.start, stop, memo)
    timings = {"chain": _since(began)}
    yield None
    series, part, unusual = dict[Key, Series](), time.perf_counter(), tuple[str, ...]()
    if inspection.picture is not None:
        unusual = _unusual(inspection.picture, rendered.rate, memo)
        series[Key("picture")] = picture(
            inspection.picture, rendered.sound, rendered.rate, rendered.mixture, memo, rendered.start
        )
        timings["picture"] = _since(part)
        yield None
    series |= _features(rendered)
    part, seen = time.perf_counter(), _Seen({})
    if network is not None and fitted.fits and rendered.frames is not None:
        seen = yield from _network(inspection, network, task, rendered, memo)
        timings["network"] = _since(part)
    for note in fitted.notes if not fitted.fits else ():
        yield Notice(note, "warning")
    notes = (
        *_limits(inspection, stop),
        *rendered.badges,
        *unusual,
        *(fitted.notes if fitted.fits else ()),
        seen.note,
    )
    trace = Trace(
        clip.id,
        rendered.start,
        stop,
        MappingProxyType(series | seen.series),
        seen.text,
        "; ".join(dict.fromkeys(note for note in notes if note)),
    )
    sound, clean, masked = _sounds(inspection, fitted.links, rendered)
    timings["total"] = _since(began)
    yield Traced(
        trace,
        sound,
        clean,
        network.id if network is not None else "",
        rendered.scale,
        seen.edits,
        seen.length,
        MappingProxyType(timings),
        masked,
        rendered.padding,
        seen.difference,
        _cleaned(inspection, sound, seen),
        MappingProxyType(dict(memo.took)),
    )


def _reader(inspection: Inspection, network: Network, memo: Memo) -> Any:
    """The task of a network, which finds text in its answers as the inspection asks. Raises NgramError."""
    task = _task(network, memo)
    if inspection.reading is None:
        return task
    from engine import decoding

    return decoding.use(copy.copy(task), inspection.reading, catalog.load("tasks", network.task).TIER)


def _unusual(shown: Link, rate: int, memo: Memo) -> tuple[str, ...]:
    """What the stage of the picture has to say of its settings."""
    key = ("unusual", shown, rate)
    found: tuple[str, ...] | None = memo.get(key)
    if found is None:
        found = links.build(shown, Format(float(rate))).badges
        memo.put(key, found, 100)
    return found


def _limits(inspection: Inspection, stop: float) -> tuple[str, ...]:
    """What a range of a longer clip means for what is shown."""
    start, length, network = inspection.start, inspection.clip.seconds, inspection.network
    notes = []
    if inspection.stop - stop > 0.01 and stop < length:
        notes.append(f"the first {LONGEST:g} s of the range are analysed")
    if network is not None and not network.live and stop - start < length - 0.01:
        notes.append(f"the network sees {start:.1f} to {stop:.1f} s alone")
    elif network is not None and start > 0.01:
        notes.append(f"the network begins at {start:.1f} s, with empty states")
    return tuple(notes)


def _fitted(inspection: Inspection, rate: float, memo: Memo) -> frontend.Fitted:
    clip, network = inspection.clip, inspection.network
    asked = (network.name, network.task_settings, network.frontend) if network else None
    key = ("fitted", clip.rate, clip.channels, inspection.chain, asked)
    fitted: frontend.Fitted | None = memo.get(key)
    if fitted is None:
        fitted = frontend.fit(inspection.chain, network, rate, Format(float(clip.rate), clip.channels))
        memo.put(key, fitted, 1000)
    return fitted


def _network(
    inspection: Inspection, network: Network, task: Any, rendered: Rendered, memo: Memo
) -> Generator[None, Any, _Seen]:
    """The fused pass with its replay, what edits change of it, and the decoding."""
    frames = rendered.real()
    where = device.choose(inspection.device)
    module = _module(network, where, memo)
    yield None
    ran = forward.fused(module, (network.id, where), frames, memo)
    yield None
    form = rendered.format

    def paced(key: Key | None = None) -> tuple[float, float]:
        """Values of a series a second, and the time of the first; of the answers, where none is named."""
        stride, at = pacing.pace(module, key)
        return form.rate / stride, rendered.start + form.first + at / form.rate

    rate, first = paced()
    note = ran.note if network.trained else "; ".join(filter(None, ("untrained network", ran.note)))

    def pace(logits: NDArray[np.floating]) -> tuple[float, float]:
        """Answers a second and the time of the first; one for the whole clip, or some, are evenly spread."""
        if pacing.steady(module, len(frames), len(logits)):
            return rate, first
        slower = form.rate * max(1, len(logits)) / max(1, len(frames))
        return slower, rendered.start + form.first + (form.rate / slower - 1) / 2 / form.rate

    def heard(logits: NDArray[np.floating]) -> tuple[Label, ...]:
        slower, _ = pace(logits)
        with memo.timed("decode"):
            found = (
                task.decode(logits, 1.0 / slower) if not inspection.raw else _undecoded(network, logits, slower)
            )
        return tuple(Label(each.start + first, each.end + first, each.text, each.tier) for each in found)

    values, logits, apart = ran.values, ran.logits, None
    if inspection.edits:
        clock = placing.Clock(first, rate, rendered.start, rendered.scale)
        values, logits, idle = forward.edited(inspection.edits, network.settings, module, ran, clock)
        yield None
    text, (slower, middle) = heard(logits), pace(logits)
    written = tuple(network.vocabulary[each] for each in logits.argmax(axis=1).tolist()) if len(logits) else ()
    rows = {"evidence": network.vocabulary, "alignment": written}
    alone = bool(getattr(task, "apart", False))
    weighed = values if alone else _against(values)
    kind = bool(network.kind)
    series = {key: of(key, each, *paced(key), rows.get(key.name, ()), kind) for key, each in weighed.items()}
    answer, said = _answer(task, logits, frames)
    what = network.vocabulary if answer.name == "posterior" else halves.HERTZ
    series[answer] = of(answer, said, slower, middle, what)
    if inspection.edits:
        before = (ran.values if alone else _against(ran.values)) | dict([_answer(task, ran.logits, frames)])
        apart = difference(before, series, (heard(ran.logits), text), idle, answer)
    if slower == rate:
        series |= _lost(network, task, rendered, logits, (rate, first))
    edits, length = _errors(network, task, text, rendered)
    cleaned = task.cleaned(logits, rendered.sound, frames) if hasattr(task, "cleaned") else None
    return _Seen(series, text, edits, length, note, apart, cleaned)


def _undecoded(network: Network, logits: NDArray[np.floating], rate: float) -> tuple[Label, ...]:
    """The likeliest class of every frame, a blank as a low line; none where the answers are no classes."""
    names, tier = network.vocabulary, catalog.load("tasks", network.task).TIER
    best = logits.argmax(axis=1).tolist() if len(logits) and len(names) == logits.shape[1] else ()
    half = 0.5 / rate
    return tuple(
        Label(frame / rate - half, frame / rate + half, names[label] or "_", tier)
        for frame, label in enumerate(best)
    )


def _answer(
    task: Any, logits: NDArray[np.floating], frames: NDArray[np.float32]
) -> tuple[Key, NDArray[np.float32]]:
    """What the answers mean [T, N]: the chance of each class, or how much is left of each frequency."""
    gains = task.gains(logits, frames) if hasattr(task, "gains") else None
    if gains is not None:
        return Key("mask"), gains
    return Key("posterior"), posterior(logits, bool(getattr(task, "apart", False)))


def _lost(
    network: Network, task: Any, rendered: Rendered, logits: NDArray[np.floating], clock: tuple[float, float]
) -> dict[Key, Series]:
    """What is true at each frame and -log p of it, where the task names every frame and the clip is labelled."""
    asked, tier, form = getattr(task, "asked", None), catalog.load("tasks", network.task).TIER, rendered.format
    if asked is None or not any(label.tier == tier for label in rendered.labels):
        return {}
    every = asked(rendered.labels, rendered.start + form.first, form.rate, len(rendered.real()))
    truth = framewise.strided(every[None], len(logits))[0]
    return {
        Key("truth"): Series(truth[:, None].astype("float32"), *clock, "class", ("true",)),
        Key("loss"): Series(framewise.surprise(logits, truth), *clock, "loss", ("nats",), unit="nats"),
    }


def _against(values: Mapping[Key, NDArray[np.float32]]) -> dict[Key, NDArray[np.float32]]:
    """Evidence against the mean of all classes: what they get alike decides nothing between them."""
    key = Key("evidence")
    return {**values, key: values[key] - values[key].mean(1, keepdims=True)} if key in values else dict(values)


def _errors(network: Network, task: Any, text: tuple[Label, ...], rendered: Rendered) -> tuple[int, int]:
    truth = contrast.said(network, rendered.labels)
    if not truth:
        return 0, 0
    edits, length = score.labels(task, text, truth)
    return int(edits), int(length)


def _features(rendered: Rendered) -> dict[Key, Series]:
    """What the network hears, and the same before the masks."""
    form, found = rendered.format, {}
    said = lane_note(rendered.transform, rendered.sound, rendered.rate) if form.axis == "mfcc" else ""
    arrays = {"features": rendered.frames, "features.unmasked": rendered.unmasked}
    for name, values in arrays.items():
        if values is not None:
            rows = form.rows if len(form.rows) == values.shape[1] else ()
            first = rendered.start + form.first
            found[Key(name)] = Series(values, form.rate, first, form.axis, rows, unit=form.unit, note=said)
    return found


def _sounds(inspection: Inspection, chain: tuple[Link, ...], rendered: Rendered) -> tuple[Clip, Clip, Clip | None]:
    """The processed sound, the clean one, and what masks leave of the processed, where any acts.

    Their ids come from what made them: hashing the samples takes longer.
    """
    clip = inspection.clip
    made = repr((clip.id, inspection.start, inspection.stop, chain))
    digest = hashlib.blake2b(made.encode(), digest_size=12).hexdigest()

    def named(source: Source, name: str) -> Clip:
        told = f"{clip.name} {name}"
        return Clip(source, f"{digest}-{name}", told, rendered.labels, language=clip.language)

    sound, clean = (ArraySource(each[:, None], rendered.rate) for each in (rendered.sound, rendered.clean))
    masked = rendered.masked()
    return named(sound, "processed"), named(clean, "clean"), named(masked, "masked") if masked else None


def _cleaned(inspection: Inspection, sound: Clip, seen: _Seen) -> Clip | None:
    if seen.cleaned is None:
        return None
    made = hashlib.blake2b(repr((sound.id, inspection.edits)).encode(), digest_size=8)
    made.update((inspection.network.id if inspection.network else "").encode())
    source = ArraySource(seen.cleaned[:, None], sound.rate)
    return Clip(source, f"{sound.id}-{made.hexdigest()}", f"{inspection.clip.name} cleaned", sound.labels)


def _module(network: Network, where: str, memo: Memo) -> Any:
    """Of networks that differ in their weights alone, as in training, the last one is kept."""
    key = ("module", network.task, network.model, network.settings, where)
    held = memo.get(key)
    if held is None or held[0] != network.id:
        module = build.build(network, where)
        held = (network.id, module)
        memo.put(key, held, 4 * sum(each.numel() for each in module.parameters()))
    return held[1]


def _task(network: Network, memo: Memo) -> Any:
    key = ("task", network.task, network.task_settings)
    task = memo.get(key)
    if task is None:
        task = build.task_of(network)
        memo.put(key, task, 1 << 20)
    return task


def _since(began: float) -> float:
    return 1e3 * (time.perf_counter() - began)
