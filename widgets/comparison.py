"""Charts of comparisons: errors over parameters, and curves over delay or length, each with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from widgets.chart import Chart, Line, Scale, level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FAR, _FEW = 4.0, 8.0  # how many times the least the greatest is on a logarithmic axis, and how many at least
INKS = ("0", "2", "3", "4", "5", "1")


def pareto(found: Mapping[str, Any]) -> tuple[list[Line], Scale, Scale]:
    """Lines, x and y of a comparison: what something else beats in both is grey, the others are joined."""
    rows = {name: row for name, row in found["networks"].items() if row["error"]["mean"] is not None}
    lines = []
    best = sorted((rows[name]["parameters"]["mean"], rows[name]["error"]["mean"]) for name in found["front"])
    if len(best) > 1:
        x, y = np.array(best, float).T
        lines.append(Line("nothing beats these", x, 100 * y, "faint", "points", faint=True, end=""))
    for index, (name, row) in enumerate(rows.items()):
        beaten = name not in found["front"]
        ink = "faint" if beaten else INKS[index % len(INKS)]
        at, error, half = row["parameters"]["mean"], 100 * row["error"]["mean"], row["error"]["ci95"]
        if half:
            lines.append(_interval(at, error, 100 * half, ink))
        words = f"{name} {error:.1f} %"
        lines.append(
            Line(name, np.array([at]), np.array([error]), ink, "points", faint=beaten, end=words, beside=True)
        )
    if found.get("chance") is not None:
        lines.append(level("guessing", 100 * found["chance"], "muted"))
    return lines, Scale("parameters", log=True), Scale(f"{found['task']}: {found['metric']}, %")


def curves(
    rows: Sequence[Mapping[str, Any]],
    axis: str,
    chance: float | None = None,
    upright: str = "error, %",
    log: bool = True,
) -> tuple[list[Line], Scale, Scale]:
    """Lines, x and y of measured points: `rows` with network, x, mean and ci95; a curve for each network.

    Of rows with a "value" the least is marked, and those that are "enough". `log` acts where every x is above 0.
    """
    lines, said = [], []
    names = list(dict.fromkeys(str(row["network"]) for row in rows))
    for index, name in enumerate(names):
        ink = INKS[index % len(INKS)]
        mine = sorted((row for row in rows if str(row["network"]) == name), key=lambda row: row["x"])
        x, y = (np.array([row[key] for row in mine], float) for key in ("x", "mean"))
        lines += [_interval(row["x"], 100 * row["mean"], 100 * row["ci95"], ink) for row in mine if row["ci95"]]
        lines.append(Line(name, x, 100 * y, ink, "points"))
    if chance is not None:
        lines.append(level("guessing", 100 * chance, "muted"))
    for words, row in _remarkable(rows):  # over the others
        at, error = np.array([row["x"]], float), 100 * row["mean"]
        lines.append(Line("", at, np.array([error]), "good", "points", end=words, beside=True, below=True))
        said.append(f"{words}: {row['value']:g}, {error:.1f} %")
    return lines, _across(rows, axis, log), Scale("   ".join((upright, *said)))


def memory(rows: Sequence[Mapping[str, Any]], axis: str, log: bool = True) -> tuple[list[Line], Scale, Scale]:
    """The same of the "memory" of rows, in MB, where it is known."""
    known = [row for row in rows if row.get("memory") is not None]
    lines = []
    for index, name in enumerate(dict.fromkeys(str(row["network"]) for row in rows)):
        mine = sorted((row for row in known if str(row["network"]) == name), key=lambda row: row["x"])
        x, y = (np.array([row[key] for row in mine], float) for key in ("x", "memory"))
        lines.append(Line(name, x, y, INKS[index % len(INKS)], "points"))
    return lines, _across(rows, axis, log), Scale("peak memory, MB")


def _across(rows: Sequence[Mapping[str, Any]], axis: str, log: bool) -> Scale:
    """The axis of measured points: logarithmic where that is wanted and they lie far apart, above 0."""
    known = [float(row["x"]) for row in rows]
    far = bool(known) and min(known) > 0 and max(known) >= max(_FEW, _FAR * min(known))
    return Scale(axis, log=log and far, whole=all(each.is_integer() for each in known))


def _remarkable(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Rows to be marked, and as what."""
    known = [row for row in rows if row["mean"] is not None and "value" in row]
    if len(known) < 2:
        return []
    least = min(known, key=lambda row: row["mean"])
    enough = [("enough", row) for row in known if row.get("enough") and row is not least]
    return [*enough, ("best and enough" if least.get("enough") else "best", least)]


def scatter(against: Mapping[str, Any], metric: str) -> tuple[list[Line], Scale, Scale]:
    """Recording by recording: the errors of the first as x, those of every other as y, and where they are equal.

    `against` maps names to shares [n]; the first name is x.
    """
    (first, across), *others = ((name, 100 * np.array(values, float)) for name, values in against.items())
    most = max(float(values.max(initial=1.0)) for values in (across, *(values for _, values in others)))
    lines = [Line("", np.array([0.0, most]), np.array([0.0, most]), "faint", faint=True, end="equal")]
    for index, (name, values) in enumerate(others):
        ink, better = INKS[index % len(INKS)], int((values < across).sum())
        worse = int((values > across).sum())
        words = f"{name}: {better} better, {worse} worse"
        for place, (x, y) in enumerate(zip(across, values, strict=True)):
            end = words if len(others) > 1 and place == len(values) - 1 else ""
            lines.append(Line(name, np.array([x]), np.array([y]), ink, "points", end=end, beside=True))
    upright = f"{others[0][0]}, %: {words.partition(': ')[2]}" if len(others) == 1 else "the others, %"
    return lines, Scale(f"{metric} of {first}, %"), Scale(upright)


def room(lines: Sequence[Line], scale: Scale) -> tuple[float, float]:
    """The stretch of the x axis, in its places, with all points and a tenth of it to either side."""
    ends = Chart(tuple(lines), x=scale).extent() or (0.0, 1.0)
    free = max(0.1 * (ends[1] - ends[0]), 0.02)
    return ends[0] - free, ends[1] + free


def _interval(x: float, mean: float, half: float, ink: str) -> Line:
    """From the lower to the upper end, thin."""
    return Line("", np.array([x, x]), np.array([max(mean - half, 0.0), mean + half]), ink, faint=True, end="")
