"""`python -m app.graph PICTURE...`: a comparison or a sweep, as JSON on stdin, as PNG or SVG. It loads Qt."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtWidgets import QWidget

SIZE = (720, 480)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw what stands on stdin into every file that is named; 1 and a line on stderr where that fails."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        draw(json.load(sys.stdin), [Path(each) for each in (sys.argv[1:] if argv is None else argv)])
    except (OSError, ValueError, LookupError) as error:
        sys.stderr.write(f"otoscope: {error}\n")
        return 1
    return 0


def draw(found: Mapping[str, Any], targets: Sequence[Path]) -> None:
    """`found` is a comparison, or what a sweep has found, see `app/findings.py`. Raises PictureError."""
    from PySide6.QtWidgets import QApplication

    from app import pictures
    from widgets import theme

    app = QApplication.instance() or QApplication(["otoscope"])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    picture = _grids(found) if "grids" in found else _beside(found) if _heavy(found) else _plot(found)
    picture.setAutoFillBackground(True)
    for each in targets:
        pictures.save(picture, each)


def _plot(found: Mapping[str, Any]) -> QWidget:
    """`found` holds "networks", a comparison; "against", errors by file; or "rows" and "axis", a sweep."""
    from widgets.comparison import curves, pareto, room, scatter
    from widgets.plot import Plot

    if "against" in found:
        plot = Plot("word error rate, recording by recording", "Nothing was measured.")
        lines, x, y = scatter(found["against"], f"WER ({found['normaliser']})")
    elif "networks" in found:
        plot = Plot(f"{found['task']}: error over parameters", "Nothing was measured.")
        lines, x, y = pareto(found)
    else:
        plot = Plot(f"error over {found['axis']}", "Nothing was measured.")
        asked = found["rows"], found["axis"], found.get("chance"), found.get("upright", "error, %")
        lines, x, y = curves(*asked, found.get("log", True))
    plot.put(lines, (), x, y)
    plot.set_span(room(lines, x))
    plot.resize(*SIZE)
    return plot


def _heavy(found: Mapping[str, Any]) -> bool:
    """Whether a sweep tells of memory."""
    return any(row.get("memory") is not None for row in found.get("rows", ()))


def _beside(found: Mapping[str, Any]) -> QWidget:
    """The curves of a sweep, and its memory over the same axis beside them."""
    from PySide6.QtWidgets import QHBoxLayout, QWidget

    from widgets.comparison import memory, room
    from widgets.plot import Plot

    whole, error, held = QWidget(), _plot(found), Plot(f"memory over {found['axis']}", "Nothing was measured.")
    lines, x, y = memory(found["rows"], found["axis"], found.get("log", True))
    held.put(lines, (), x, y)
    held.set_span(room(lines, x))
    row = QHBoxLayout(whole)
    row.addWidget(error)
    row.addWidget(held)
    whole.resize(2 * SIZE[0], SIZE[1])
    return whole


def _grids(found: Mapping[str, Any]) -> QWidget:
    """A heat map for each network, side by side."""
    from PySide6.QtCore import QSize
    from PySide6.QtWidgets import QHBoxLayout, QWidget

    from widgets.grid import Grid

    whole = QWidget()
    row = QHBoxLayout(whole)
    down, across = ((found[each]["name"], found[each]["values"]) for each in ("down", "across"))
    for each in found["grids"]:
        values = [[None if value is None else 100 * value for value in line] for line in each["values"]]
        row.addWidget(Grid(f"{each['network']}: {found['title']}", down, across, values))
    whole.resize(whole.sizeHint().expandedTo(QSize(480, 320)))
    return whole


if __name__ == "__main__":
    sys.exit(main())
