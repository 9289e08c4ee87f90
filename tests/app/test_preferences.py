"""What is remembered between two starts, and that a fresh start remembers nothing."""

from __future__ import annotations

import platformdirs
import pytest
from PySide6.QtWidgets import QWidget

from app.preferences import RECENT, Preferences


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path))


def test_values_layouts_and_recent_files_outlive_the_program(tmp_path, qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    first = Preferences()
    first.set("theme", "light")
    first.set("geometry", widget.saveGeometry())
    paths = [tmp_path / f"{index}.wav" for index in range(RECENT + 3)]
    for path in paths:
        path.touch()
        first.opened(path)
    first.opened(paths[5])
    first.close()
    second = Preferences()
    assert second.get("theme") == "light"
    assert second.bytes("geometry") == widget.saveGeometry()
    assert second.recent[0] == paths[5]
    assert len(second.recent) == len(set(second.recent)) == RECENT
    paths[5].unlink()
    assert second.recent[0] == paths[-1], "a file that is gone is not offered"


def test_a_fresh_start_neither_reads_nor_writes(tmp_path):
    kept = Preferences()
    kept.set("theme", "light")
    kept.close()
    fresh = Preferences(fresh=True)
    assert fresh.get("theme", "dark") == "dark"
    assert fresh.bytes("geometry") is None
    fresh.set("theme", "dark")
    assert fresh.get("theme") == "dark"
    fresh.close()
    assert Preferences().get("theme") == "light"


def test_volume_and_devices_are_as_they_were_left(qapp):
    from app.window import Window

    first = Window()
    assert (first.session.state.transport.volume, first.playing.device, first.listening.device) == (
        1.0,
        None,
        None,
    )
    first.playing.set_volume(0.35)
    first.playing.set_device("Headphones: USB")
    first.listening.set_device("Desk mic")
    first.close()
    second = Window()
    assert second.session.state.transport.volume == 0.35
    assert second.playing.device == "Headphones: USB"
    assert second.listening.device == "Desk mic"
    second.playing.set_device("")
    second.close()
    third = Window()
    assert third.playing.device is None, "the system's own choice again"
    third.close()


def test_damaged_preferences_are_as_none(tmp_path, qapp):
    """Whatever another version, or another program, has left there."""
    from app.window import Window

    junk = "\\0\\0junk"
    lines = [
        "theme=purple",
        'lanes={"a":',
        "workspace=Nowhere",
        "folder=/nope",
        "volume=loud",
        'recent="/gone\\n\\0"',
    ]
    lines += [f"{name}=@ByteArray({junk})" for name in ("geometry", "state")]
    (tmp_path / "window.ini").write_text("\n".join(("[General]", *lines, "")))
    window = Window()
    assert window.theme_name == "dark"
    assert window.preferences.recent == ()
    assert window.session.state.transport.volume == 1.0
    window.close()
