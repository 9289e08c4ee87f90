"""Comparisons: what makes them fair, how sure a mean is, which networks nothing beats, and which to choose."""

from __future__ import annotations

import hashlib
import json
import math
import statistics
import time
from typing import TYPE_CHECKING, Any

from engine import build, catalog, checkpoint, framewise
from engine.links import link_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.network import Network
    from engine.recipe import Recipe
    from engine.tasks.task import Batch, Task

    Found = Mapping[str, Mapping[str, Any]]

SIDES = {
    "error": "error %",
    "frames right": "frames right %",
    "SI-SDR": "SI-SDR dB",
    "SI-SDR gain": "gain dB",
    "parameters": "parameters",
    "seconds an epoch": "s/epoch",
    "inference ms": "ms per s",
    "latency ms": "latency ms",
    "memory MB": "peak MB",
    "GPU MB": "GPU MB",
}
"""What is set side by side, and how it is headed; None where it was not measured."""
EQUAL = ("data", "front end", "training", "seeds")
"""What must be equal for a comparison to be fair."""
LONG = 20
"""The length, a delay say, from which on the advice about long memories is given."""
_ROUNDS = 9


def interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and half-width of its 95 % confidence interval over n values, by Student's t.

    half = t(0.975, n - 1) s / sqrt(n), where s^2 = sum (x - mean)^2 / (n - 1): where seeds scatter as a normal
    distribution does, 95 of 100 such intervals hold the mean of all seeds. None where n is 1.
    """
    from scipy import stats

    count = len(values)
    if count < 2:
        return values[0], None
    spread = statistics.stdev(values)
    return statistics.fmean(values), float(stats.t.ppf(0.975, count - 1)) * spread / math.sqrt(count)


def side(values: Sequence[float | None]) -> dict[str, Any]:
    """Mean, half the interval and the single values of a measure; all None where it was not measured."""
    known = [each for each in values if each is not None]
    if not known or len(known) < len(values):
        return {"mean": None, "ci95": None, "values": None}
    mean, half = interval(known)
    return {"mean": mean, "ci95": half, "values": known}


def manifest(recipe: Recipe, seeds: Sequence[int]) -> dict[str, Any]:
    """What a network learns from, as digests: equal ones, equal data, front ends and knobs of training.

    The digest of the data is of the task's settings and of the first batches that they give.
    """
    task: Task = catalog.load("tasks", recipe.task).build(recipe.task_settings)
    data = hashlib.sha256(repr((recipe.task, recipe.task_settings.to_dict(), task.vocabulary)).encode())
    for split in ("train", "valid"):
        batch = task.batch(split, 0, 4, 0)
        for array in (batch.x, batch.lengths, batch.targets, batch.target_lengths):
            data.update(array.tobytes())
    links = json.dumps([link_to_dict(each) for each in task.frontend], sort_keys=True)
    knobs = recipe.train.but(seed=0).to_dict()
    return {
        "data": data.hexdigest()[:16],
        "front end": hashlib.sha256(links.encode()).hexdigest()[:16],
        "training": hashlib.sha256(json.dumps(knobs, sort_keys=True).encode()).hexdigest()[:16],
        "seeds": list(seeds),
    }


def unequal(manifests: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Which of EQUAL differ between networks."""
    every = list(manifests)
    return tuple(name for name in EQUAL if any(each[name] != every[0][name] for each in every))


def front(points: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """The names that no other beats: none is as good in both figures (less is better) and better in one."""
    found: list[str] = []
    best = math.inf
    for name, (cost, error) in sorted(points.items(), key=lambda item: item[1]):
        if error < best or (found and points[found[-1]] == (cost, error)):
            found.append(name)
            best = error
    return tuple(found)


def inference(networks: Mapping[str, tuple[Network, Task]]) -> dict[str, float]:
    """Milliseconds that a network takes for a second of its task's sound, without front end, on one CPU thread.

    The median over rounds in which all take their turn, so that a busy moment of the machine meets them alike.
    """
    import torch

    made = {}
    for name, (network, task) in networks.items():
        batch = task.batch("valid", 0, 1, 0)
        seconds = batch.x.shape[1] / checkpoint.output(task).rate
        made[name] = build.build(network), torch.from_numpy(batch.x), torch.from_numpy(batch.lengths), seconds
    took: dict[str, list[float]] = {name: [] for name in made}
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            for _ in range(_ROUNDS + 1):
                for name, (module, x, lengths, seconds) in made.items():
                    began = time.perf_counter()
                    module(x, lengths)
                    took[name].append(1e3 * (time.perf_counter() - began) / seconds)
    finally:
        torch.set_num_threads(before)
    return {name: statistics.median(each[1:]) for name, each in took.items()}


def frames_right(network: Network, task: Task, size: int = 25) -> float | None:
    """The share of held-out frames that a network names rightly; None for a task without one class at each."""
    import torch

    elsewhere = hasattr(task, "wrong") or getattr(task, "clipwise", False) or getattr(task, "apart", False)
    if task.vocabulary[0] == "" or elsewhere:
        return None
    module, right, count = build.build(network), 0, 0
    for index in range(task.batches("valid", size)):
        batch: Batch = task.batch("valid", index, size, 0)
        with torch.inference_mode():
            y, lengths, _ = module(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
        found = framewise.accuracy(y.numpy(), batch.targets, lengths.numpy())
        right, count = right + found[0], count + found[1]
    return right / max(count, 1)


def latency_ms(network: Network) -> float | None:
    """Milliseconds of sound after a moment that it needs before it answers; None where it needs all of it."""
    total = network.latency.total
    return None if total is None else 1e3 * total


def chance(recipe: Recipe) -> float | None:
    """The error of whoever guesses, 0 to 1, where the task can tell."""
    task: Any = catalog.load("tasks", recipe.task)
    return task.chance(recipe.task_settings) if hasattr(task, "chance") else None


def ceiling(recipe: Recipe) -> float | None:
    """The best accuracy of any classifier that sees one frame alone, 0 to 1, where the corpus can tell."""
    corpora: Any = catalog.load("corpora", recipe.task) if recipe.task in catalog.names("corpora") else None
    if not hasattr(corpora, "ceiling"):
        return None
    task: Any = catalog.load("tasks", recipe.task).build(recipe.task_settings)
    clips = task.corpus.split("valid")
    return float(corpora.ceiling([clips[index] for index in range(min(20, len(clips)))], task.vocabulary)[1])


def advice(found: Found) -> str:
    """Which network to choose, in words that cite the measured rows: the smallest that nothing surely beats.

    One beats another surely where their intervals of the error do not overlap.
    """
    rows = {name: row for name, row in found.items() if row["error"]["mean"] is not None}
    if len(rows) < 2:
        return ""
    if any(row["error"]["ci95"] is None for row in rows.values()):
        return "One seed says nothing of chance: train with three or more to be advised."
    best = min(rows, key=lambda name: rows[name]["error"]["mean"])
    alike = [name for name in rows if not apart(rows[name]["error"], rows[best]["error"])]
    chosen = min(alike, key=lambda name: (rows[name]["parameters"]["mean"], rows[name]["error"]["mean"]))
    worse = [name for name in rows if name not in alike]
    words = [f"Choose {chosen}: error {cite(rows[chosen])}."]
    if len(alike) > 1:
        others = "; ".join(f"{name} {cite(rows[name])}" for name in alike if name != chosen)
        words.append(f"Not surely worse: {others}.")
    if worse:
        words.append(f"Surely worse: {'; '.join(f'{name} {cite(rows[name])}' for name in worse)}.")
    return " ".join(words)


def remember(curves: Mapping[str, Mapping[float, Mapping[str, Any]]], plain: str, gated: str, least: float) -> str:
    """Whether to take a gated cell for a long memory, by errors at delays of `least` and more, which are cited.

    It is advised where the plain cell's error is greater by more than both intervals at any such delay.
    """
    shared = [delay for delay in sorted(curves[plain]) if delay >= least and delay in curves[gated]]
    if not shared:
        return f"Nothing was measured at delays of {least:g} and more."
    for delay in shared:
        one, other = curves[plain][delay], curves[gated][delay]
        if one["ci95"] is not None and apart(one, other) and one["mean"] > other["mean"]:
            words = f"the error is {share(other)} against {share(one)}"
            return f"Take {gated} over {plain}: at a delay of {delay:g} {words}."
    pairs = {each: (share(curves[gated][each]), share(curves[plain][each])) for each in shared}
    rows = "; ".join(f"at {each:g} {one} against {other}" for each, (one, other) in pairs.items())
    return f"{plain} will do: {gated} is not surely better at delays of {least:g} and more ({rows})."


def enough(errors: Mapping[float, float], least: float, what: str) -> tuple[float | None, str]:
    """From errors by value of a knob that costs more the higher it is: the lowest beyond which none gains `least`.

    None where the highest still gains as much. And that in words, which call the knob `what`.
    """
    values = sorted(errors)
    if len(values) < 2:
        return None, ""
    at = next(at for at in values if all(errors[at] - errors[each] < least for each in values if each > at))
    if at == values[-1]:
        before = values[-2]
        gain = 100 * (errors[before] - errors[at])
        return None, f"More {what} still gains: {at:g} has {gain:.1f} % less error than {before:g}."
    gains = ", ".join(f"{each:g}: {100 * (errors[at] - errors[each]):+.1f} %" for each in values if each > at)
    return at, f"Enough: {what} {at:g}. More gains less than {100 * least:g} % ({gains})."


def uneven(parameters: Mapping[str, float | None]) -> str:
    """That networks are of unlike size, in words; nothing where the largest has at most a quarter more."""
    known = sorted((each, name) for name, each in parameters.items() if each is not None)
    if not known or known[-1][0] <= 1.25 * known[0][0]:
        return ""
    (least, small), (most, large) = known[0], known[-1]
    return f"Parameters differ: {small} has {least:,.0f}, {large} {most:,.0f}; set a budget to make them alike."


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two intervals do not overlap; without intervals they do."""
    if one["ci95"] is None or other["ci95"] is None:
        return False
    return bool(abs(one["mean"] - other["mean"]) > one["ci95"] + other["ci95"])


def cite(row: Mapping[str, Any]) -> str:
    """The error and the parameters of a row."""
    return f"{share(row['error'])} with {row['parameters']['mean']:,.0f} parameters"


def share(measure: Mapping[str, Any]) -> str:
    """An error in per cent with its interval."""
    half = "" if measure["ci95"] is None else f" ± {100 * measure['ci95']:.1f}"
    return f"{100 * measure['mean']:.1f}{half} %"
