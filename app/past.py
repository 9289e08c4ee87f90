"""The past: which network of a run is shown, the newest or one that it has kept, and which runs are compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app import trainings
from app.chronicle import with_run
from engine.session import ASIDE

if TYPE_CHECKING:
    from pathlib import Path

    from app.wiring import Wiring
    from engine.network import Network
    from engine.session import Session


class Past:
    """Shows networks of the run in `session.history`; where the user chooses another one, it stays."""

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session = session
        self.wiring = wiring
        self._newest: Network | None = None
        self._before: Network | None = None  # what was on the screen when the run was asked for
        self._shown: Network | None = None  # by this: another one was chosen by the user
        wiring.on(trainings.Looked, self._looked)
        wiring.on(trainings.Compared, self._compared)
        session.on("network", self._network_changed)

    @property
    def place(self) -> Path | None:
        """The folder of the run that is shown."""
        began = self.session.state.history.began
        return began.folder if began is not None else None

    @property
    def at(self) -> int | None:
        """The step of the run whose snapshot is looked at, or the newest that is kept."""
        history = self.session.state.history
        if history.at is not None and history.at != ASIDE:
            return history.at
        return history.kept[-1] if history.kept else None

    @property
    def held(self) -> Network | None:
        """The network of the step `at`, where it is on the screen: its file may be gone, as ever fewer stay."""
        network, shown = self.session.state.network, self._shown
        if network is None or shown is None or network.id != shown.id:
            return None
        return network if network.metrics.get("step") == self.at else None

    def begin(self) -> None:
        """A run is asked for: undo takes back to the network of now, whatever is learnt."""
        self._before = self.session.state.network
        self.session.mark("network", "training")

    def forget(self) -> None:
        """A run begins."""
        self._newest = None

    def learnt(self, network: Network) -> None:
        """The newest network has come: it is shown, unless another one is looked at."""
        self._newest = network
        if self.session.state.history.at is not None:
            return
        now = self.session.state.network
        if now is self._shown or now is self._before:  # no hand has changed it: no undo is lost by what follows
            self._shown = network
            self.session.amend("network", network)
        else:
            self._show(network)

    def look(self, step: int | None) -> None:
        """Show the network as it was after a step of the run; None the newest, and what it becomes."""
        history, place = self.session.state.history, self.place
        if step == history.at:
            return
        self.session.set("history", replace(history, at=step))
        if step is None and self._newest is not None:
            self._show(self._newest)
        elif place is not None and (asked := step if step is not None else self.at) is not None:
            self.wiring.submit("inspect", "look", trainings.look, place, asked, doing=f"opening step {asked}")

    def looked(self) -> None:
        """The moves of a hand along the time line are over: they are one change."""
        self.session.end_merge()

    def compare(self, place: Path) -> None:
        """Draw the curves of another run beside those of this one."""
        self.wiring.submit(
            "background", f"compare {place}", trainings.compare, place, doing=f"opening {place.name}"
        )

    def alone(self) -> None:
        """Only the run of now."""
        self.session.set("compared", ())

    def _show(self, network: Network) -> None:
        self._shown = network
        self.session.set("network", network, "training")

    def _looked(self, event: trainings.Looked) -> None:
        history = self.session.state.history
        if history.at == event.step or (history.at is None and self.at == event.step):
            self._show(event.network)

    def _compared(self, event: trainings.Compared) -> None:
        self.session.set("compared", with_run(self.session.state.compared, event.history))

    def _network_changed(self) -> None:
        """Another network, chosen by the user, stays; what only training heeds may be turned on any."""
        network, history, shown = self.session.state.network, self.session.state.history, self._shown
        at: int | None
        if network is None or shown is None or (network is shown and history.at != ASIDE):
            return
        if network is shown:  # once more, by redo
            at = None if network is self._newest else network.metrics.get("step")
        elif network.id != shown.id:
            at = ASIDE
        else:
            at = history.at if history.at is not None else network.metrics.get("step")
        self.session.set("history", replace(history, at=at))
