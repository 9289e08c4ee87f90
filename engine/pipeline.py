"""The pipeline: the way of a sound to its text as a few stations, each timed, and each to be bypassed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cepstrum import COSINES
from engine.links import role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.knob import Settings
    from engine.network import Network
    from engine.stages.stage import Link

STATIONS = (
    *("load", "mono", "resample", "pad", "disturb", "denoise"),
    *("mel", "mfcc", "features", "network", "decode", "text"),
)
"""In the order in which they work."""
ENDS = ("load", "text")
"""What cannot be bypassed: without it there is nothing to hear, or to read."""
_NETWORKS = ("features", "network", "decode")
_HEARD = ("mel", "mfcc", "features")
"""What makes the features; without any of them that it has a network hears nothing."""
_OWN = {"mix": "mono", "resample": "resample", "length": "pad", "denoise": "denoise"}
_FORMER = {"length": "disturb"}
"""Where a link was before there was its station: in files that do not tell."""
_NEUTRAL = ("shift", "speed", "tempo", "gain", "pitch", "specaugment")
"""Stages that change nothing as they are set at first."""
_ABOUT = {
    "load": "Read the sound from its file.",
    "mono": "Join its channels into one.",
    "resample": "The rate that the network expects.",
    "pad": "One length for all sounds: a longer one is cut, a shorter one padded or looped.",
    "disturb": "Noise, speed, pitch, room, masks: what the Sound and Masks panels add.",
    "denoise": "Take noise out, by the Sound panel's stage denoise.",
    "mel": "The power in bands as the ear spaces them, and its logarithm.",
    "mfcc": "The outline of the mel bands in a few cosines, where the network hears that.",
    "features": "What else makes the features that the network hears: normalisation, context, or another picture.",
    "network": "How probable each class is at every frame.",
    "decode": "Text from probabilities; bypassed, the likeliest class of every frame stands there as it is.",
    "text": "What was read.",
}


@dataclass(frozen=True)
class Station:
    """A part of the way: whether it acts, the milliseconds that it took when it last worked, and on what.

    `detail` says in a few words what it does now; `about` what it is for. Where it is not `there`, this chain and
    network have nothing that could work at it.
    """

    name: str
    on: bool
    milliseconds: float | None
    detail: str
    about: str
    there: bool = True


def station(link: Link) -> str:
    """At which station a link of the chain, or of a front end, works; MFCC begins at that of mel bands."""
    return _at(link)[-1]


def taken(link: Link, name: str | None, bypassed: Sequence[str]) -> Link:
    """A link of a file that has it at the station `name`: off where it was bypassed with one that it left."""
    name = name or _FORMER.get(link.stage)
    return replace(link, on=False) if name in bypassed and name != station(link) else link


def _at(link: Link) -> tuple[str, ...]:
    if link.stage in ("mel", "logmel", "mfcc"):
        return ("mel", "mfcc") if link.stage == "mfcc" else ("mel",)
    return ("features",) if role(link) in ("transform", "feature") else (_OWN.get(link.stage, "disturb"),)


def passing(chain: Sequence[Link], bypassed: Sequence[str]) -> tuple[Link, ...]:
    """The links of a chain without those of stations that are bypassed."""
    return tuple(link for link in chain if not set(_at(link)) & set(bypassed))


def runs(network: Network | None, bypassed: Sequence[str]) -> Network | None:
    """The network, where neither it nor a part of the features that it hears is bypassed."""
    heard = {name for link in _frontend(network) for name in _at(link)} & set(_HEARD)
    return None if (heard | {"features", "network"}) & set(bypassed) else network


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
    mine = [link for link in (*passing(chain, bypassed), *_frontend(reader)) if link.on]
    every = {name for link in (*chain, *_frontend(network)) for name in _at(link)}
    words = {
        "load": "the sound as it is",
        "network": network.name if network is not None else "none yet",
        "decode": read_by(reading),
        "text": text,
    }
    found = []
    for name in STATIONS:
        links = [link for link in mine if name in _at(link)]
        there = name in ENDS or name in every or (name in _NETWORKS and network is not None)
        if name in words:
            on, times = name in ENDS or (reader is not None and name not in bypassed), [took.get(name)]
            detail = words[name]
        else:
            on = bool(links) or (name == "features" and reader is not None)
            times = [_time(link, name, took) for link in links]
            detail = ", ".join(_said(link, name) for link in links if _tells(link)) or "nothing now"
        known = [each for each in times if each is not None]
        time = sum(known) if known and on and name != "text" else None
        told = detail if on else "bypassed" if there else "not in this chain"
        found.append(Station(name, on, time, told, _ABOUT[name], there))
    return tuple(found)


def _time(link: Link, name: str, took: Mapping[str, float]) -> float | None:
    """The milliseconds of a link at one of its stations."""
    whole = took.get(link.stage)
    if link.stage != "mfcc" or whole is None:
        return whole
    cosines = took.get(COSINES, 0.0)
    return cosines if name == "mfcc" else whole - cosines


def _frontend(network: Network | None) -> tuple[Link, ...]:
    return network.frontend if network is not None else ()


def _said(link: Link, at: str) -> str:
    """What a link does at a station in a few words, with the one setting that tells most."""
    told: dict[str, Any] = link.settings.to_dict()
    most = {
        "mix": lambda: f"mix: {told['channel']}",
        "resample": lambda: f"{told['rate'] / 1000:g} kHz",
        "length": lambda: f"{told['policy']} to {told['seconds']:g} s",
        "noise": lambda: f"{told['kind']} noise at {told['snr']:g} dB",
        "denoise": lambda: f"denoise: {told['method']}",
        "mfcc": lambda: f"{told['n_mels']} mel bands" if at == "mel" else f"{told['n_mfcc']} coefficients",
    }
    return most.get(link.stage, lambda: link.stage.replace("_", " "))()


def read_by(reading: Settings | None) -> str:
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
