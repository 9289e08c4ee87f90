"""A network that would be very large is built only when the user has seen how large, and agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from engine import catalog

if TYPE_CHECKING:
    from engine.knob import Settings
    from engine.network import Network
    from widgets.panels.model import ModelPanel


def words(network: Network, settings: Settings) -> str:
    """What to ask before a network gets these settings; empty where nothing is to be asked."""
    module = catalog.load("models", network.model)
    if not hasattr(module, "costly"):
        return ""
    told: str = module.costly(settings)
    return told if told != module.costly(network.settings) else ""


def outputs(network: Network, settings: Settings) -> str:
    """What to ask before a network's task gets these settings: its outputs may be very many."""
    module = catalog.load("tasks", network.task)
    if not hasattr(module, "costly") or settings == network.task_settings:
        return ""
    told: str = module.costly(settings, network.settings)
    return told


def agrees(panel: ModelPanel, told: str) -> bool:
    """Ask; where the answer is no, the panel shows again what stands."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "A very large network", f"{told} Build it?", parent=panel.window())
    build = box.addButton("Build it", QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton("Keep the network", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.exec()
    if box.clickedButton() is build:
        return True
    panel.again()
    return False
