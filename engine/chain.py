"""The chain at work: a range of a clip through its stages, remembering what no knob has changed."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog, mixture
from engine.blocks import Pointwise, Spectral, span
from engine.cepstrum import Cepstrum
from engine.clip import Label
from engine.links import (
    Chain,
    build,
    compose,
    default_link,
    default_picture,
    default_sound_chain,
    role,
    running,
    supported,
)
from engine.memo import Memo
from engine.mixture import Mixture
from engine.rendered import Rendered
from engine.resynth import hear_masked
from engine.stages.stage import Format, Link
from engine.trace import Series

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

__all__ = [
    "Chain",
    "Memo",
    "Mixture",
    "Rendered",
    "compose",
    "default_link",
    "default_picture",
    "default_sound_chain",
    "hear_masked",
    "lane_note",
    "moved",
    "picture",
    "render",
    "running",
]


LOAD = "load"
"""What reading the sound is called among the parts of the work that are timed."""


@dataclass(frozen=True, eq=False)
class _Made:
    """What one link made, and under which key it is remembered."""

    items: NDArray[np.float32]
    form: Format
    badges: tuple[str, ...]
    key: Hashable
    mixture: Mixture | None = None
    padding: float = 0.0
    period: float = 0.0


def render(links: Sequence[Link], clip: Clip, start: float, stop: float, memo: Memo | None = None) -> Rendered:
    """The range from `start` to `stop` seconds of `clip` through `links`. Raises StageError.

    Only what stands behind a changed knob runs again, where `memo` is the one of the last call.
    """
    memo = Memo() if memo is None else memo
    first, last = (max(0, min(clip.frames, round(each * clip.rate))) for each in (start, stop))
    with memo.timed(LOAD):
        heard = _frozen(clip.read(first, last))
    root = _Made(heard, Format(float(clip.rate), clip.channels), (), (clip.id, first, last))
    begin = first / clip.rate
    links, left_out = _of_part(supported(links), last - first < clip.frames)
    links = tuple(moved(link, begin) for link in links)
    roles = [role(link) for link in links]
    clean = _run([link for link, kind in zip(links, roles, strict=True) if kind == "source"], root, memo)
    sound = _run(
        [link for link, kind in zip(links, roles, strict=True) if kind in ("source", "sound")], root, memo
    )
    made, unmasked, keep = sound, None, None
    for link, kind in zip(links, roles, strict=True):
        if kind in ("source", "sound"):
            continue
        before, made = made, _step(link, made, memo)
        if kind == "transform":
            unmasked, keep = made.items, np.ones(made.items.shape, bool)
        elif kind == "mask" and keep is not None:
            keep = keep & catalog.load("stages", link.stage).keep(link.settings, len(made.items), before.form)
    scale, offset = _clock(links)
    seconds = len(sound.items) / sound.form.rate
    return Rendered(
        sound=_mono(sound.items),
        clean=_fit(_mono(clean.items), len(sound.items)),
        rate=round(sound.form.rate),
        frames=None if made.form.is_sound else made.items,
        format=made.form,
        unmasked=unmasked,
        keep=keep,
        scale=scale,
        labels=_labels(clip.labels, begin, scale, offset, seconds, sound.period),
        badges=made.badges + left_out,
        start=begin,
        mixture=sound.mixture,
        transform=next((link for link, kind in zip(links, roles, strict=True) if kind == "transform"), None),
        padding=sound.padding,
    )


def picture(
    link: Link,
    sound: NDArray[np.float32],
    rate: int,
    mixture: Mixture | None = None,
    memo: Memo | None = None,
    start: float = 0.0,
) -> Series:
    """The spectrogram lane: `sound` [n] through one transform, its first sample at `start` seconds.

    With a Rendered's `mixture` and the `memo` that made it, a new SNR costs only a sum. Raises StageError.
    """
    made = _Made(sound[:, None], Format(float(rate)), (), None, mixture if memo is not None else None)
    stage = build(link, made.form)
    values = _transformed(link, stage, made, Memo(0) if memo is None else memo)
    form = stage.output
    low, high = span(stage)
    first = start + form.first
    said = lane_note(link, sound, rate)
    return Series(_frozen(values), form.rate, first, form.axis, form.rows, low, high, form.unit, said)


def lane_note(link: Link | None, sound: NDArray[np.float32], rate: int) -> str:
    """What a transform says of the frames that it makes of `sound` [n]."""
    tell = getattr(catalog.load("stages", link.stage), "note", None) if link is not None else None
    return "" if link is None or tell is None else str(tell(link.settings, sound[:, None], Format(float(rate))))


def _run(links: Sequence[Link], made: _Made, memo: Memo) -> _Made:
    for link in links:
        made = _step(link, made, memo)
    return made


def _step(link: Link, made: _Made, memo: Memo) -> _Made:
    key = (made.key, link)
    found: _Made | None = memo.get(key)
    if found is None:
        with memo.timed(link.stage):
            found = _made(link, made, key, memo)
    return found


def _made(link: Link, made: _Made, key: Hashable, memo: Memo) -> _Made:
    """What a link makes, remembered under `key`."""
    module = catalog.load("stages", link.stage)
    new: Mixture | None = None
    if hasattr(module, "ingredients") and made.form.is_sound and made.form.width == 1 and len(made.items):
        items, new, badges = mixture.mix(module, link, made.items, made.form, made.key, memo)
        form = made.form
    else:
        stage = build(link, made.form)
        if made.mixture is not None and hasattr(module, "linear") and module.linear(link.settings):
            new = mixture.filtered(made.mixture, link, lambda sound: _whole(link, stage, sound, memo), memo)
            items = new.sum()[:, None]
        else:
            items = _transformed(link, stage, made, memo)
            if isinstance(stage, Spectral) and isinstance(stage.finish, Cepstrum):
                memo.took |= stage.finish.took
        form, badges = stage.output, stage.badges
    padding, period = made.padding, made.period
    if hasattr(module, "ending"):
        padding, period = module.ending(link.settings, len(made.items) / made.form.rate)
    result = _Made(_frozen(items), form, made.badges + badges, key, new, padding, period)
    memo.put(key, result, 0 if items is made.items else items.nbytes)
    return result


def _transformed(link: Link, stage: Any, made: _Made, memo: Memo) -> NDArray[np.float32]:
    if made.mixture is not None and isinstance(stage, Spectral):
        return mixture.transformed(made.mixture, link, stage, memo)
    return _whole(link, stage, made.items, memo)


def _whole(link: Link, stage: Any, items: NDArray[np.float32], memo: Memo) -> NDArray[np.float32]:
    if isinstance(stage, Pointwise) and stage.function is None:
        return items
    memo.count(link.stage)
    stage.reset()
    parts = [stage.push(items), stage.flush()]
    return parts[0] if not len(parts[1]) else parts[1] if not len(parts[0]) else np.concatenate(parts)


def _of_part(links: tuple[Link, ...], part: bool) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """The links that act on this range, and a badge for each that only a whole clip can have."""
    if not part:
        return links, ()
    left_out = [link for link in links if getattr(catalog.load("stages", link.stage), "WHOLE_CLIP", False)]
    badges = tuple(f"{link.stage} is left out: only a part of this long clip is analysed" for link in left_out)
    return tuple(link for link in links if link not in left_out), badges


def moved(link: Link, start: float) -> Link:
    """The link for a range that begins at `start` seconds: what is drawn on the clip's clock goes along."""
    module = catalog.load("stages", link.stage)
    if not hasattr(module, "moved"):
        return link
    return dataclasses.replace(link, settings=module.moved(link.settings, start))


def _clock(links: Sequence[Link]) -> tuple[float, float]:
    """Scale and offset of time through all the links: t becomes scale * t + offset."""
    scale, offset = 1.0, 0.0
    for link in links:
        clock = getattr(catalog.load("stages", link.stage), "clock", None)
        if clock is not None:
            by, plus = clock(link.settings)
            scale, offset = scale * by, offset * by + plus
    return scale, offset


def _labels(
    labels: tuple[Label, ...], begin: float, scale: float, offset: float, seconds: float, period: float
) -> tuple[Label, ...]:
    """Where they lie in a sound of `seconds`, again and again where it begins again after a `period`."""
    end, placed = begin + seconds, []
    times = math.ceil(seconds / period) if period else 1
    for label, pass_ in ((label, number) for number in range(times) for label in labels):
        late = offset + pass_ * period
        start, stop = (begin + (t - begin) * scale + late for t in (label.start, label.end))
        if begin <= (start + stop) / 2 < end:  # one that is mostly outside is not heard
            placed.append(Label(max(start, begin), min(stop, end), label.text, label.tier))
    return tuple(placed)


def _mono(items: NDArray[np.float32]) -> NDArray[np.float32]:
    return items[:, 0] if items.shape[1] == 1 else _frozen(items.mean(axis=1))


def _fit(sound: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    if len(sound) == n:
        return sound
    return sound[:n] if len(sound) > n else _frozen(np.pad(sound, (0, n - len(sound))))


def _frozen(items: NDArray[np.float32]) -> NDArray[np.float32]:
    if items.flags.writeable:
        items.setflags(write=False)
    return items
