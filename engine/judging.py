"""Judging: what metrics of quality, and a recogniser, say of versions of one sound, a row after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine import measures, quality
from engine.clip import Clip, from_array
from engine.events import Cell, Column, Progress
from engine.trace import Series

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.network import Network

METRICS = {"pesq_wb": 2, "stoi": 2, "si_sdr": 1, "dnsmos_ovrl": 2}
"""Those of the table, in its order, and the digits that are worth showing."""
QUICK = ("pesq_wb", "stoi", "si_sdr")
"""Those that take tenths of a second, the first ones of the table."""
SLOW = ("dnsmos_ovrl",)
"""The others, by networks that hear nine seconds at every second."""
_TITLES = {"pesq_wb": "PESQ", "dnsmos_ovrl": "MOS"}
"""Short, for the table is narrow; the whole name stands in what is told of each."""
_BESIDE = ("dnsmos_sig", "dnsmos_bak", "dnsmos_p808")
"""What is told of DNSMOS on hover."""
ERRORS = "errors"
_SELF = "this is the clean sound itself"


@dataclass(frozen=True, eq=False)
class Asked:
    """Versions by name, mono clips that are as long as each other; the clean one, where it is known, is one.

    `network` is the recogniser that reads them, a bundled one by its name or one that is given; None for none.
    """

    versions: Mapping[str, Clip]
    clean: Clip | None
    network: Network | str | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Row:
    """What is said of one version; the last of `columns` is the recogniser's, where one reads.

    Of those columns that are not known yet, the last ones, there is no cell.
    """

    name: str
    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]


def judge(asked: Asked) -> Generator[Progress | Row | None]:
    """Rows for each version: first of what is quick, for all, then whole ones; the clean sound comes last.

    What cannot be measured has a cell that says why, never a zero.
    """
    ranked = sorted(asked.versions.items(), key=lambda each: _itself(each[1], asked.clean))
    columns, done, many = tuple(column(each) for each in METRICS), 0, 2 * len(ranked)
    known: dict[str, list[Cell]] = {}
    for name, clip in ranked:
        yield Progress(done / many, f"measuring {name}")
        known[name], done = scores(clip, asked.clean, QUICK), done + 1
        yield Row(name, columns, tuple(known[name]))
    reader = _opened(asked.network)
    for name, clip in ranked:
        yield Progress(done / many, f"measuring {name}")
        cells, done = known[name] + scores(clip, asked.clean, SLOW), done + 1
        yield None
        if reader is None:
            yield Row(name, columns, tuple(cells))
            continue
        wider = (*columns, _read_column(reader, clip))
        yield Row(name, wider, tuple(cells))
        yield Row(name, wider, (*cells, (yield from _read(reader, clip, asked.device))))


def _itself(clip: Clip, clean: Clip | None) -> bool:
    return clean is not None and clip.id == clean.id


def column(name: str) -> Column:
    """What heads a metric."""
    metric = quality.METRICS[name]
    about = f"{metric.title}: {metric.about}. Range: {metric.scale}. It needs {metric.needs}."
    return Column(name, _TITLES.get(name, metric.title), metric.unit, METRICS[name], metric.more, about)


def scores(clip: Clip, clean: Clip | None, names: Sequence[str] = tuple(METRICS)) -> list[Cell]:
    """These metrics of one version, in their order."""
    itself = _itself(clip, clean)
    reference = None if clean is None or itself else clean.read()[:, 0]
    beside = _BESIDE if any(name in SLOW for name in names) else ()
    found = quality.score(clip.read()[:, 0], clip.rate, reference, (*names, *beside))
    told = "; ".join(
        f"{quality.METRICS[each].title} {score.value:.2f}"
        for each in beside
        if (score := found[each]).value is not None
    )
    cells = []
    for name in names:
        score, metric = found[name], quality.METRICS[name]
        note = _SELF if itself and metric.reference else score.reason
        cells.append(Cell(score.value, note or (told if name in SLOW else "")))
    return cells


def local(versions: Mapping[str, Clip], clean: Clip, start: float) -> Mapping[str, Series]:
    """The local SNR of each version [T, 1], in decibels; NaN where the clean sound is silent.

    `start` is where the first sample lies. Raises Unmeasurable.
    """
    reference, found = clean.read()[:, 0], {}
    for name, clip in versions.items():
        if clip.id == clean.id:
            continue
        times, values = measures.local_snr(clip.read()[:, 0], reference, clip.rate)
        rate = 1 / measures.HOP if len(times) < 2 else 1 / float(times[1] - times[0])
        low, high = measures.LOW, measures.HIGH
        found[name] = Series(_column(values), rate, start + float(times[0]), "version", (name,), low, high, "dB")
    return found


def _column(values: NDArray[np.floating]) -> NDArray[np.float32]:
    made: NDArray[np.float32] = values.astype("float32")[:, None]
    made.setflags(write=False)
    return made


def _opened(network: Network | str | None) -> Network | None:
    if not isinstance(network, str):
        return network
    from engine import checkpoint

    return checkpoint.open_network(network)


def _read_column(network: Network, clip: Clip) -> Column:
    from engine import catalog, errorname

    tier = str(getattr(catalog.load("tasks", network.task), "TIER", ""))
    name = errorname.of(network.task, network.task_settings)
    about = (
        f"The {tier}s that {network.name} reads wrongly: added, missed and mistaken over all there are. "
        "Range: 0 % and up, less is better. It needs labels that say what is spoken."
    )
    return Column(ERRORS, "err %", "%", 0, False, f"{tier.capitalize()}s wrong: {name}. {about}")


def _read(network: Network, clip: Clip, device: str) -> Generator[None, None, Cell]:
    """How many of the labels a network reads wrongly, in per cent."""
    from engine import infer
    from engine.events import Traced

    for event in infer.run(infer.Inspection(clip, (), None, network, 0.0, clip.seconds, device)):
        yield None
        if isinstance(event, Traced):
            if not event.length:
                return Cell(None, "nothing is labelled here")
            return Cell(100 * event.edits / event.length, f"{event.edits} of {event.length} wrong")
    return Cell(None, f"{network.name} cannot read this sound")


def mono(clip: Clip, start: float, stop: float, name: str) -> Clip:
    """The seconds from start to stop of a clip, its channels as one, with the labels that lie inside."""
    first, last = round(start * clip.rate), min(round(stop * clip.rate), clip.frames)
    labels = tuple(
        replace(each, start=each.start - start, end=each.end - start)
        for each in clip.labels
        if start <= each.start and each.end <= stop + 0.01
    )
    return from_array(clip.read(first, last).mean(axis=1), clip.rate, name, labels)
