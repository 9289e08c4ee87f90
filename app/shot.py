"""`python -m app.shot`: the window as a picture, drawn in memory. A process of its own, since it loads Qt."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import asset, default

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.window import Window
    from engine.stages.stage import Link

LONGEST = 120.0
"""Seconds until a picture that is not finished is given up."""
ROOM = (1670, 1600)
"""Pixels of the window in which each view is drawn by itself."""
QUIET = 12
"""Ticks without work, after which the window shows all that it will show."""


class Unfinished(RuntimeError):
    """The window did not come to rest; the message says what it was doing."""


def main(argv: Sequence[str] | None = None) -> int:
    """Draw what the arguments ask for; 1 and a line on stderr where it cannot be done."""
    arguments = _parser().parse_args(argv)
    # Both have to be there before Qt is loaded.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = str(arguments.scale)
    try:
        with Shown(arguments.theme, arguments.size, arguments.clip, arguments.network) as window:
            _prepare(window, arguments)
            if arguments.views:
                save_views(window, arguments.views)
            save(window, arguments.out)
    except (Unfinished, OSError, ValueError, LookupError) as error:
        sys.stderr.write(f"otoscope: {error}\n")
        return 1
    return 0


class Shown:
    """A window at rest, with a clip and a network in it; closed at the end of the `with` block."""

    def __init__(
        self, look: str = "dark", size: tuple[int, int] = (1280, 800), clip: str = "", network: str = ""
    ) -> None:
        """Raises LookupError for a clip that is neither bundled nor a file."""
        if clip and clip not in asset.clips() and not Path(clip).is_file():
            raise LookupError(f"{clip}: no such file, and no bundled clip; there are: {', '.join(asset.clips())}")
        self.look, self.size, self.clip, self.network = look, size, clip or default.CLIP, network

    def __enter__(self) -> Window:
        from PySide6.QtWidgets import QApplication

        from app import jobs
        from app.window import Window
        from widgets import theme

        app = QApplication.instance() or QApplication(["otoscope"])
        assert isinstance(app, QApplication)
        bundled = self.clip in asset.clips()
        window = self.window = Window(() if bundled else (Path(self.clip),), fresh=True, network=self.network)
        theme.apply(app, self.look)
        window.set_theme(self.look)
        window.resize(*self.size)
        window.show()
        settle(window)
        if bundled and self.clip != default.CLIP:
            window.wiring.submit("background", "open", jobs.open_example, self.clip, doing=f"opening {self.clip}")
            settle(window)
        return window

    def __exit__(self, *_error: object) -> None:
        self.window.close()
        self.window.deleteLater()
        pump(0.05)


def settle(window: Window) -> None:
    """Let the window work until it has nothing left to do. Raises Unfinished."""
    quiet = 0
    deadline = time.monotonic() + LONGEST
    while quiet < QUIET:
        if time.monotonic() > deadline:
            doing = ", ".join(each.doing for each in window.session.state.jobs.values())
            raise Unfinished(f"no picture after {LONGEST:.0f} s; the window was {doing or 'waiting'}")
        pump(0.02)
        quiet = quiet + 1 if _rests(window) else 0


def pump(seconds: float) -> None:
    """Let Qt handle its events for a while."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, max(1, int(1e3 * left)))
        time.sleep(0.001)


def _rests(window: Window) -> bool:
    state, workers = window.session.state, window.wiring.workers.values()
    if any(worker.busy or worker.events for worker in workers) or not window.wiring.ready or state.traced is None:
        return False
    return state.network is None or state.traced.network_id == state.network.id


def turn(links: Sequence[Link], stage: str, knob: str, value: Any) -> tuple[Link, ...]:
    """The chain with one knob of one stage turned, and the stage on. Raises LookupError and KnobError."""
    if stage not in {link.stage for link in links}:
        raise LookupError(f"the chain has no {stage!r}; it has: {', '.join(link.stage for link in links)}")
    return tuple(
        dataclasses.replace(link, on=True, settings=type(link.settings).from_dict(changed(link, knob, value)))
        if link.stage == stage
        else link
        for link in links
    )


def changed(link: Link, knob: str, value: Any) -> dict[str, Any]:
    """The settings of a link as plain values, one of them another."""
    return link.settings.to_dict() | {knob: value}


def save(window: Window, path: Path) -> None:
    """The whole window as a PNG file."""
    _write(window, path)


def save_views(window: Window, folder: Path) -> None:
    """Every lane and panel that is shown, each as a PNG file of its own, in a window with room for all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    size, folded = window.size(), [name for name, lane in window.lanes.lanes.items() if lane.header.is_folded()]
    window.resize(*ROOM)
    for name in folded:
        window.lanes.fold(name, False)
    settle(window)
    shown = {**window.lanes.lanes, **{name: dock.widget() for name, dock in window.docks.docks.items()}}
    for name, widget in shown.items():
        if not widget.isVisible():
            continue
        if name in window.docks.docks and not window.docks.in_sight(name):
            window.docks.docks[name].raise_()  # what lies behind another one is not brought up to date
            settle(window)
        _write(widget, folder / f"{name}.png")
    for name in folded:
        window.lanes.fold(name, True)
    window.resize(size)
    settle(window)


def _write(widget: Any, path: Path) -> None:
    from app import pictures

    path.parent.mkdir(parents=True, exist_ok=True)
    pictures.save(widget, path)


def _prepare(window: Window, arguments: argparse.Namespace) -> None:
    from app.commands import change
    from engine.session import Cursor

    chain = window.session.state.chain
    for text in arguments.changes:
        chain = turn(chain, *change(text))
    window.session.set("chain", chain)
    if arguments.workspace:
        window.docks.arrange(arguments.workspace)
        window.mark()
    if arguments.cursor is not None:
        hidden = window.session.state.traced.trace.find("h") if window.session.state.traced else ()
        window.session.set("cursor", Cursor(arguments.cursor, hidden[0] if hidden else None, arguments.unit))
    settle(window)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("otoscope shot", description="A picture of the window, without a screen.")
    add: Callable[..., Any] = parser.add_argument
    add("--out", type=Path, required=True, metavar="PNG")
    add("--views", type=Path, metavar="DIR", help="each view by itself, too")
    add("--theme", default="dark", choices=("dark", "light"))
    add("--size", type=_size, default=(1280, 800), metavar="WIDTHxHEIGHT")
    add("--scale", type=float, default=1.0, help="pixels a point: 2 on a screen of high resolution")
    add("--clip", default="", help="a bundled clip or a file (default: the clip that the window opens with)")
    add("--network", default="", help="a bundled network or a checkpoint")
    add("--set", dest="changes", action="append", default=[], metavar="STAGE.KNOB=VALUE")
    add("--workspace", help="Explore, Train, Denoise, Live, Create or Learn")
    add("--cursor", type=float, metavar="SECONDS")
    add("--unit", type=int, help="with --cursor: which unit is chosen")
    return parser


if __name__ == "__main__":
    sys.exit(main())
