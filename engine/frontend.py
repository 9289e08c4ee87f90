"""Front ends: whether a chain gives a network what it was trained on, and what to add so that it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.links import Chain, acting, compose, default_link, role, supported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.network import Network
    from engine.stages.stage import Format, Link


@dataclass(frozen=True)
class Fitted:
    """A chain made whole for a network. `fits` is False where the network cannot run on what it gives."""

    links: tuple[Link, ...]
    fits: bool
    notes: tuple[str, ...] = ()


def fit(chain: Sequence[Link], network: Network | None, rate: float, source: Format) -> Fitted:
    """The chain for a network that hears mono sound at `rate` Hz, from sound of the format `source`.

    A chain without features of its own gets the network's; one with others is kept, and the network left out.
    """
    chain = acting(chain)
    if network is None:
        return Fitted(supported(chain), False)
    own = tuple(link for link in chain if role(link) in ("transform", "feature"))
    wanted = acting(network.frontend)
    if own and own != tuple(link for link in wanted if role(link) in ("transform", "feature")):
        rows = differences(wanted, own)
        return Fitted(
            supported(chain),
            False,
            (f"{network.name} was trained on other features, so it is left out. {table(rows)}",),
        )
    links = chain if own else compose(chain, wanted)
    sound = [link for link in links if role(link) in ("source", "sound")]
    form = Chain(sound, source).output
    added, notes = [], list(filter(None, [painted(network)]))
    if form.width != 1:
        added.append(default_link("mix"))
    if round(form.rate) != round(rate):
        added.append(default_link("resample", rate=round(rate)))
        notes.append(f"resampled {form.rate / 1000:g} → {rate / 1000:g} kHz for {network.name}")
    links = compose((*links, *added), ()) if added else links
    return Fitted(links, True, tuple(notes))


def painted(network: Network) -> str:
    """What there is to say of a network that learnt from mock features (engine/scratch/mock.py); else nothing."""
    if getattr(network.task_settings, "source", "") != "mock":
        return ""
    return f"{network.name} learnt from painted features alone: what it makes of sound means nothing"


def differences(wanted: Sequence[Link], found: Sequence[Link]) -> tuple[tuple[str, str, str], ...]:
    """What differs between two front ends: the knob, its value in the first, its value in the second."""
    first, second = _flat(wanted), _flat(found)
    names = dict.fromkeys((*first, *second))
    return tuple(
        (name, first.get(name, "-"), second.get(name, "-"))
        for name in names
        if first.get(name) != second.get(name)
    )


def table(rows: Sequence[tuple[str, str, str]]) -> str:
    """Differences in one line for people: what the network has, and what the chain has."""
    return "; ".join(f"{name}: network {wanted}, chain {found}" for name, wanted, found in rows)


def _flat(links: Sequence[Link]) -> dict[str, str]:
    flat: dict[str, Any] = {}
    for link in links:
        flat[link.stage] = "on"
        for name, value in link.settings.to_dict().items():
            text = str(value)
            flat[f"{link.stage}.{name}"] = text if len(text) < 40 else f"{text[:36]} ..."
    return flat
