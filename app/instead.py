"""Instead: what can run live where the chosen network cannot, for it needs the whole future."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.chunked import LATE
from engine.events import Notice
from engine.stepper import why

if TYPE_CHECKING:
    from app.listening import Listening
    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.network import Network
    from engine.session import Session


@dataclass(frozen=True, eq=False)
class Offered:
    """For a network that cannot run live: the bundled causal one that comes next to it, and how late that answers.

    No name where there is none. `windows` says whether the network itself can be heard in windows.
    """

    network: Network
    name: str = ""
    seconds: float | None = None
    windows: bool = False


class Instead:
    """Offers them with buttons as a refused network is asked to go live, and goes live with what is chosen."""

    def __init__(self, session: Session, wiring: Wiring, listening: Listening) -> None:
        self.session, self.wiring, self.listening = session, wiring, listening
        listening.refused = self._refused
        self._offered: Offered | None = None
        self._on_clip = self._awaited = False
        wiring.on(Offered, self._offer)
        session.on("network", self._arrived)

    def twin(self) -> None:
        """Open the network that was offered, and go live with it; say which it is, if that was not said yet."""
        from app import jobs

        network, known = self.session.state.network, self._offered
        if network is None:
            return
        if known is None or known.network is not network or not known.name:
            self._refused(network, None)
            return
        self._awaited = True
        self.wiring.submit("background", "network", jobs.open_network, known.name, doing=f"opening {known.name}")

    def windows(self) -> None:
        """Go live with the network as it is, in windows that overlap."""
        self.listening.live(self._clip(), chunked=True)

    def _refused(self, network: Network, clip: Clip | None) -> None:
        self._on_clip = clip is not None
        self.wiring.submit("background", "instead", offer, network, doing="looking for what can run live")

    def _offer(self, event: Offered) -> None:
        if self.session.state.network is not event.network:
            return
        self._offered, ways = event, list[str]()
        said = [f"{event.network.name} cannot run live: {why(event.network)}."]
        if event.name:
            late = "" if event.seconds is None else f", {1000 * event.seconds:.0f} ms after a sound"
            said.append(f"{event.name} answers from the past alone{late}.")
            ways.append("live_twin")
        if event.windows:
            said.append(f"In windows of the last seconds it answers itself, up to {1000 * LATE:.0f} ms late.")
            ways.append("live_windows")
        if not ways:
            said.append("Choose a causal network in the Model panel, or train one.")
        self.session.set("notice", Notice(" ".join(said), "warning", tuple(ways)))

    def _arrived(self) -> None:
        network, known = self.session.state.network, self._offered
        if self._awaited and known is not None and network is not known.network:
            self._awaited = False
            if network is not None and network.name == known.name:
                self.listening.live(self._clip())

    def _clip(self) -> Clip | None:
        """What is to be heard: the clip, or the microphone."""
        return self.session.state.clip if self._on_clip else None


def offer(network: Network) -> Any:
    """Yields Offered."""
    from engine import checkpoint, chunked, latency

    near = [
        other
        for name in checkpoint.causal()
        if name.startswith(f"{network.task}-")
        and (other := checkpoint.open_network(name)).vocabulary == network.vocabulary
    ]
    if not near:
        yield Offered(network, windows=chunked.takes(network))
        return
    twin = min(near, key=lambda other: (_unlike(network, other), other.name))
    late = latency.of(twin.task, twin.task_settings, twin.model, twin.settings).total
    yield Offered(network, twin.name, late, chunked.takes(network))


def _unlike(one: Network, other: Network) -> tuple[int, int]:
    """How far two networks are apart: first in what they are made of, then in their size."""
    ours, theirs = one.settings.to_dict(), other.settings.to_dict()
    kind = sum(ours.get(key) != theirs.get(key) for key in ("cell", "layers"))
    width = int(ours.get("hidden", 0)) * (2 if ours.get("bidirectional") else 1)
    return kind + (one.model != other.model), abs(width - int(theirs.get("hidden", 0)))
