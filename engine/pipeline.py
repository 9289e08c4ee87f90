"""The pipeline: the way of a sound to its text as a few stations, each timed, and each to be bypassed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.links import role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.knob import Settings
    from engine.network import Network
    from engine.stages.stage import Link

STATIONS = ("load", "mono", "resample", "disturb", "denoise", "features", "network", "decode", "text")
"""In the order in which they work."""
ENDS = ("load", "text")
"""What cannot be bypassed: without it there is nothing to hear, or to read."""
_OWN = {"mix": "mono", "resample": "resample", "denoise": "denoise"}
_NEUTRAL = ("shift", "speed", "tempo", "gain", "pitch", "specaugment")
"""Stages that change nothing as they are set at first."""
_ABOUT = {
    "load": "Read the sound from its file.",
    "mono": "Join its channels into one.",
    "resample": "The rate that the network expects.",
    "disturb": "Noise, speed, pitch, room, masks: what the Sound and Masks panels add.",
    "denoise": "Take noise out, by the Sound panel's stage denoise.",
    "features": "What the network hears: its front end.",
    "network": "How probable each class is at every frame.",
    "decode": "Text from probabilities; bypassed, the likeliest class of every frame stands there as it is.",
    "text": "What was read.",
}


@dataclass(frozen=True)
class Station:
    """A part of the way: whether it acts, the milliseconds that it took when it last worked, and on what.

    `detail` says in a few words what it does now; `about` what it is for.
    """

    name: str
    on: bool
    milliseconds: float | None
    detail: str
    about: str


def station(link: Link) -> str:
    """At which station a link of the chain, or of a front end, works."""
    kind = role(link)
    return "features" if kind in ("transform", "feature") else _OWN.get(link.stage, "disturb")


def passing(chain: Sequence[Link], bypassed: Sequence[str]) -> tuple[Link, ...]:
    """The links of a chain without those of stations that are bypassed."""
    return tuple(link for link in chain if station(link) not in bypassed)


def runs(network: Network | None, bypassed: Sequence[str]) -> Network | None:
    """The network, where neither it nor the features that it hears are bypassed."""
    return None if {"features", "network"} & set(bypassed) else network


def turned(
    chain: tuple[Link, ...], bypassed: tuple[str, ...], name: str
) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """The chain and what is bypassed, with one station switched off, or on again.

    A station that is one link of the chain is switched as in the Sound panel. Raises ValueError for an end.
    """
    if name in ENDS or name not in STATIONS:
        raise ValueError(f"{name} cannot be bypassed; what can: {', '.join(n for n in STATIONS if n not in ENDS)}")
    if name in bypassed:
        return chain, tuple(each for each in bypassed if each != name)
    if name in _OWN.values():
        on = not any(link.on for link in chain if station(link) == name)
        return tuple(replace(link, on=on) if station(link) == name else link for link in chain), bypassed
    return chain, (*bypassed, name)


def stations(
    chain: Sequence[Link],
    network: Network | None,
    bypassed: Sequence[str] = (),
    took: Mapping[str, float] | None = None,
    text: str = "",
    reading: Settings | None = None,
) -> tuple[Station, ...]:
    """All stations, in order; `took` are milliseconds by stage, `load`, `network` and `decode`."""
    took = took or {}
    reader = runs(network, bypassed)
    mine = [*passing(chain, bypassed), *_frontend(reader)]
    links = {name: [link for link in mine if link.on and station(link) == name] for name in STATIONS}
    words = {
        "load": "the sound as it is",
        "network": network.name if network is not None else "none yet",
        "decode": _read_by(reading),
        "text": text,
    }
    found = []
    for name in STATIONS:
        if name in words:
            on, times = name in ENDS or (reader is not None and name not in bypassed), [took.get(name)]
            detail = words[name]
        else:
            on, times = bool(links[name]), [took.get(link.stage) for link in links[name]]
            detail = ", ".join(_said(link) for link in links[name] if _tells(link)) or "nothing now"
        known = [each for each in times if each is not None]
        time = sum(known) if known and on and name != "text" else None
        there = name in words or any(station(link) == name for link in (*chain, *_frontend(network)))
        told = detail if on else "bypassed" if there else "not in this chain"
        found.append(Station(name, on, time, told, _ABOUT[name]))
    return tuple(found)


def _frontend(network: Network | None) -> tuple[Link, ...]:
    return network.frontend if network is not None else ()


def _said(link: Link) -> str:
    """A link in a few words, with the one setting that tells most."""
    values: dict[str, Any] = link.settings.to_dict()
    most = {"resample": "rate", "mix": "channel", "denoise": "method", "noise": "snr"}.get(link.stage)
    name = link.stage.replace("_", " ")
    if most is None or most not in values:
        return name
    value = values[most]
    if link.stage == "noise":
        return f"{values['kind']} noise at {value:g} dB"
    return f"{value / 1000:g} kHz" if link.stage == "resample" else f"{name}: {value}"


def _read_by(reading: Settings | None) -> str:
    """How text is found, in a few words."""
    values: dict[str, Any] = reading.to_dict() if reading is not None else {"search": "greedy"}
    if values["search"] == "greedy":
        return "the likeliest text"
    if values["language"] == "none" or values["weight"] <= 0.0:
        return f"beam of {values['width']}"
    model = Path(values["file"]).name if values["language"] == "file" else values["language"]
    return f"beam of {values['width']}, {model} × {values['weight']:g}"


def _tells(link: Link) -> bool:
    """Whether a link is worth a word: one that is on and changes nothing as it is set is none."""
    return link.stage not in _NEUTRAL or link.settings != type(link.settings)()
