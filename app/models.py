"""Models: which network is shown, and what its knobs do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import costly, jobs, shrinking
from engine import default

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.wiring import Wiring
    from engine.knob import Settings
    from engine.session import Session


class Models:
    """Asks for networks by name, by task or by settings."""

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session = session
        self.wiring = wiring
        self.networks: Mapping[str, tuple[str, ...]] = {}
        self._first = ""
        self.agrees: Callable[[str], bool] = lambda words: True
        """Asks the user whether a very large network is to be built."""
        wiring.on(jobs.Listed, self._listed)

    def start(self, network: str = "") -> None:
        """List the bundled networks, and open the first one."""
        self._first = network
        self.wiring.submit("background", "networks", jobs.list_networks, doing="listing the networks")

    def open(self, name: str | Path) -> None:
        """A bundled network by its name, or a file."""
        self.wiring.submit("background", "network", jobs.open_network, name, doing=f"opening {name}")

    def choose_task(self, task: str) -> None:
        """The first bundled network of a task, or an untrained one; and the clip that it is tried on."""
        names = self.networks.get(task, ())
        if names:
            self.open(_preferred(names))
        else:
            self.wiring.submit("background", "network", jobs.untrained, task, doing=f"building {task}")
        self.wiring.submit("background", "pinned", jobs.example_of, task, doing=f"opening the example of {task}")

    def change(self, settings: Settings, merge: str) -> None:
        """Other settings: a bundled network where there is one of that shape, else an untrained one at once."""
        network = self.session.state.network
        if network is None:
            return
        asked = costly.words(network, settings)
        if asked and not self.agrees(asked):
            return
        self.wiring.submit(
            "inspect", "rebuild", jobs.rebuild, network, settings, merge, doing="building the network"
        )

    def change_task(self, settings: Settings, merge: str) -> None:
        """Other settings of the task: an untrained network of the same structure."""
        network = self.session.state.network
        if network is None:
            return
        asked = costly.outputs(network, settings)
        if not asked or self.agrees(asked):
            self.wiring.submit(
                "inspect", "retask", jobs.retask, network, settings, merge, doing="building the network"
            )

    def shrink(self) -> None:
        """Measure the network in 32, 16 and 8 bits."""
        network = self.session.state.network
        if network is not None:
            doing = f"measuring {network.name} in 32, 16 and 8 bits"
            self.wiring.submit("background", "shrink", shrinking.measure, network, doing=doing)

    def reset(self) -> None:
        """Back to the bundled network of the task."""
        network = self.session.state.network
        names = self.networks.get(network.task, ()) if network is not None else ()
        if network is not None and network.name in names:
            self.open(network.name)
        elif names:
            self.open(_preferred(names))
        else:
            self.wiring.tell("No trained network of this task comes with the program: train one here.", "warning")

    def set_device(self, name: str) -> None:
        self.session.set("device", name)

    def _listed(self, event: jobs.Listed) -> None:
        self.networks = event.networks
        if self.session.state.network is not None:
            return
        if self._first:
            self.open(self._first)
        elif any(event.networks.values()):
            self.open(default.network())
        elif event.networks:
            task = next(iter(event.networks))
            self.wiring.submit("background", "network", jobs.untrained, task, doing=f"building {task}")


def _preferred(names: tuple[str, ...]) -> str:
    """The one that is named only by its task and cell, or the first."""
    return min(names, key=lambda name: ("lstm" not in name, name.count("-"), names.index(name)))
