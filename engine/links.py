"""Links: stages put one behind the other, as one stage that is pushed block by block."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog
from engine.blocks import StageError
from engine.stages.stage import Format, Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.stages.stage import Stage

_ORDER = ("source", "sound", "transform", "mask", "feature")
_DEFAULT = (
    "mix",
    "resample",
    "shift",
    "speed",
    "tempo",
    "length",
    "mixup",
    "gain",
    "pitch",
    "reverb",
    "noise",
    "denoise",
    "preemphasis",
)
_OFF = ("length", "mixup", "reverb", "denoise", "preemphasis")


class Chain:
    """A list of links as one stage. Links that are off are left out. Raises StageError where two do not fit."""

    def __init__(self, links: Sequence[Link], source: Format) -> None:
        self.lookahead: int | None = 0
        self.stages: list[Stage] = []
        form = source
        for link in acting(links):
            stage = build(link, form)
            self.lookahead = _ahead(self.lookahead, stage, form, source)
            self.stages.append(stage)
            form = stage.output
        self.output = form

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        for stage in self.stages:
            block = stage.push(block)
        return block

    def flush(self) -> NDArray[np.float32]:
        """The rest of each stage goes through those behind it before they give their own."""
        rest: NDArray[np.float32] | None = None
        for stage in self.stages:
            parts = [stage.flush()] if rest is None else [stage.push(rest), stage.flush()]
            rest = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return np.zeros((0, self.output.width), np.float32) if rest is None else rest

    def reset(self) -> None:
        for stage in self.stages:
            stage.reset()

    @property
    def badges(self) -> tuple[str, ...]:
        return tuple(badge for stage in self.stages for badge in stage.badges)


def acting(links: Sequence[Link]) -> tuple[Link, ...]:
    """The links that are on."""
    return tuple(link for link in links if link.on)


def supported(links: Sequence[Link]) -> tuple[Link, ...]:
    """The links that are on; masks and features only where a transform makes frames for them."""
    links = acting(links)
    if any(role(link) == "transform" for link in links):
        return links
    return tuple(link for link in links if role(link) in ("source", "sound"))


def compose(chain: Sequence[Link], frontend: Sequence[Link]) -> tuple[Link, ...]:
    """One chain from the sound's links (and masks) and a network's front end, in the order of their roles."""
    return tuple(sorted((*chain, *frontend), key=lambda link: _ORDER.index(role(link))))


def role(link: Link) -> str:
    return str(catalog.load("stages", link.stage).ROLE)


def build(link: Link, source: Format) -> Stage:
    """The stage of a link. Raises StageError, which begins with the stage's name."""
    module = catalog.load("stages", link.stage)
    if (module.ROLE in ("source", "sound", "transform")) != source.is_sound:
        needs = "sound" if not source.is_sound else "frames, which a transform such as logmel makes"
        raise StageError(f"{link.stage}: it needs {needs}; change the order of the stages")
    try:
        stage: Stage = module.build(link.settings, source)
    except StageError as error:
        raise StageError(f"{link.stage}: {error}") from error
    return stage


def default_link(name: str, on: bool = True, **knobs: Any) -> Link:
    """A stage with its default settings, but for the knobs given."""
    return Link(name, catalog.load("stages", name).Settings(**knobs), on)


def link_to_dict(link: Link) -> dict[str, Any]:
    """A link in plain values, as files hold it."""
    return {"stage": link.stage, "on": link.on, "settings": link.settings.to_dict()}


def link_from_dict(described: Mapping[str, Any]) -> Link:
    """The link of such values. Raises KnobError, LookupError and TypeError where they fit no stage."""
    kind = catalog.load("stages", described["stage"]).Settings
    return Link(described["stage"], kind.from_dict(described["settings"]), bool(described["on"]))


def default_sound_chain() -> tuple[Link, ...]:
    """The knobs of the SOUND panel, in order, with noise at 20 dB."""
    known = catalog.names("stages")
    return tuple(default_link(name, name not in _OFF) for name in _DEFAULT if name in known)


def default_picture() -> Link:
    """The spectrogram lane: a log-mel spectrogram in decibels."""
    return default_link("logmel", log="dB")


def running(links: Sequence[Link], source: Format) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """The links for live use, and a badge for each that was changed.

    A stage that needs the whole clip gives way to its running twin, with the knobs that both have. Raises
    StageError that names the stage which has none.
    """
    found, badges, form = [], [], source
    for link in acting(links):
        stage = build(link, form)
        if stage.lookahead is None:
            twin = catalog.load("stages", link.stage).TWIN
            if not twin:
                raise StageError(f"{link.stage} needs the whole clip and cannot run live; switch it off")
            badges.append(
                f"Live, {link.stage} goes by what was heard so far; for a clip it goes by the whole of it"
            )
            link = Link(twin, _shared(link.settings, catalog.load("stages", twin).Settings))
            stage = build(link, form)
        found.append(link)
        form = stage.output
    return tuple(found), tuple(badges)


def _shared(settings: Any, wanted: Any) -> Any:
    names = {each.name for each in dataclasses.fields(wanted)}
    return wanted(**{name: value for name, value in settings.to_dict().items() if name in names})


def _ahead(before: int | None, stage: Stage, form: Format, source: Format) -> int | None:
    # In items of the chain's input. Where a rate changes, rounding to whole items may cost one more.
    if before is None or stage.lookahead is None:
        return None
    share = source.rate / form.rate
    return before + math.ceil(stage.lookahead * share + (share if share != 1 else 0))
