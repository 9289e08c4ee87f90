"""`otoscope associate`: Otoscope in the menu of programs, and .oto files opened by it with a double click (Linux).

Only the user's own data folder is written to. `otoscope associate --remove` takes it all back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.replacing import replacing

if TYPE_CHECKING:
    import argparse

KIND = "application/x-otoscope"
_PLACES = {
    "desktop": "applications/otoscope.desktop",
    "kind": "mime/packages/otoscope.xml",
    "icon": "icons/hicolor/scalable/apps/otoscope.svg",
}
_DESKTOP = """\
[Desktop Entry]
Type=Application
Name=Otoscope
Comment=See, hear and change what a recurrent network does with sound
Exec={command} %F
Icon=otoscope
Terminal=false
Categories=AudioVideo;Audio;Science;
MimeType={kind};
"""
_KIND = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{KIND}">
    <comment>Otoscope session</comment>
    <icon name="otoscope"/>
    <glob pattern="*.oto"/>
  </mime-type>
</mime-info>
"""
_ICON = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
  <rect width="64" height="64" rx="12" fill="#101216"/>
  <g stroke="#58a6ff" stroke-width="4" stroke-linecap="round">
    <path d="M12 28v8M20 20v24M28 12v40M36 22v20M44 16v32M52 27v10"/>
  </g>
</svg>
"""


def main(arguments: argparse.Namespace) -> int:
    """Install it, or with --remove take it back; says what was done."""
    from app.cli import UsageError
    from app.commands import say

    if sys.platform != "linux":
        raise UsageError("associate works on Linux; elsewhere choose Otoscope under `Open with` once")
    say(remove() if arguments.remove else install())
    return 0


def install(folder: Path | None = None) -> str:
    """Write the desktop entry, the kind of file and the icon; what was done, in words. Raises OSError."""
    folder = folder or data_folder()
    desktop = _DESKTOP.format(command=" ".join(map(_quoted, command())), kind=KIND)
    for name, text in (("desktop", desktop), ("kind", _KIND), ("icon", _ICON)):
        path = folder / _PLACES[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            part.write_text(text, encoding="utf-8")
    _refresh(folder)
    return f"Files that end in .oto are opened with Otoscope; it is entered in {folder / 'applications'}."


def remove(folder: Path | None = None) -> str:
    """Take back what `install` has written. Raises OSError."""
    folder = folder or data_folder()
    for place in _PLACES.values():
        (folder / place).unlink(missing_ok=True)
    _refresh(folder)
    return f"Otoscope is no more entered in {folder / 'applications'}."


def data_folder() -> Path:
    """The user's own, by the XDG rules."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")


def command() -> list[str]:
    """What starts this very installation."""
    beside = Path(sys.executable).with_name("otoscope")
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "app"]


def _quoted(word: str) -> str:
    """As the desktop entry specification wants it."""
    for sign in '\\"`$':
        word = word.replace(sign, f"\\{sign}")
    return f'"{word}"'.replace("%", "%%")


def _refresh(folder: Path) -> None:
    """Tell the desktop, where its tools are there; otherwise it looks at the next login."""
    for name, place in (("update-mime-database", "mime"), ("update-desktop-database", "applications")):
        if shutil.which(name) and (folder / place).is_dir():
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run([name, str(folder / place)], capture_output=True, timeout=20, check=False)
