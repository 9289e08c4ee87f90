"""Measured error: by voice and by SNR, and leaving one speaker out beside an MFCC and SVM baseline."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import (
    bucket,
    build,
    catalog,
    checkpoint,
    decoding,
    disturb,
    errorname,
    framewise,
    frontend,
    leakage,
    recipe,
    score,
    train,
)
from engine.events import Evaluated, Progress, Snapshot, Step
from engine.labelling import Labelling
from engine.stages.stage import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip, Label
    from engine.network import Network
    from engine.recipe import Recipe
    from engine.tasks.task import Task

SNRS: tuple[float | None, ...] = (None, 20.0, 10.0, 5.0, 0.0)
"""In decibel, over the mean power of the whole clip; None is clean."""
AT_ONCE = 25
"""Clips in a batch."""
_MOST = 30  # voices in a table; synthetic voices are as many as clips


def report(
    name: str, snrs: Sequence[float | None] = SNRS, split: str = "test", reading: decoding.Settings | None = None
) -> dict[str, Any]:
    """The error of a bundled network or a checkpoint file on a split, by voice and SNR; plain values.

    Without the noises of the test it is measured clean, and a note says so, as of a network that learnt from no
    sound. `reading` says how its text is found, where it is not as the task does it. Raises LeakageError for a
    split that was trained on, and CorpusMissing where the recordings are not on this machine.
    """
    network = checkpoint.open_network(name)
    leakage.check(build.task_of(network), split)
    found: dict[str, Any] = {"network": network.name, "split": split, "metric": _metric(network)}
    if not disturb.noise_files(True):
        snrs = (None,)
        found["note"] = "not measured in noise: set OTOSCOPE_DATA to the folder that holds noise_real"
    if painted := frontend.painted(network):
        found["note"] = "; ".join(filter(None, (painted, found.get("note"))))
    if found["metric"] == "WER":
        from engine import spoken

        return {**found, **spoken.report(network, split, snrs, reading)}
    if by := errorname.normaliser(network.task, network.task_settings):
        found["normaliser"] = by
    return {**found, "rows": measure(network, split, snrs, reading)}


def leave_one_out(
    name: str, snrs: Sequence[float | None] = SNRS, told: Callable[[Any], None] = lambda event: None
) -> dict[str, Any]:
    """`leaving_out` to its end, by a network's or a recipe's name: each speaker by a net that never heard them.

    `told` is called with every event on the way.
    """
    rows: list[dict[str, Any]] = []
    chosen = _recipe(name)
    for event in leaving_out(chosen, speakers(chosen), snrs):
        if isinstance(event, dict):
            rows.append(event)
        else:
            told(event)
    return {"network": f"{chosen.name}, one for each speaker", "metric": "DER", "rows": rows}


def leaving_out(
    chosen: Recipe, left_out: Iterable[str], snrs: Sequence[float | None] = SNRS, device: str = "auto"
) -> Generator[Any, None, None]:
    """For each speaker: train by the recipe without them, to its last step, then measure. Yields events and rows.

    The network measured is the one after the last step, whatever came before, so nothing is chosen by the speaker.
    """
    for speaker in left_out:
        settings = chosen.task_settings.but(held_out=speaker)
        one = dataclasses.replace(chosen, task_settings=settings, name=f"{chosen.name} without {speaker}")
        network: Network | None = None
        for event in train.train(one, device):
            if isinstance(event, Snapshot):
                network = event.network
            elif isinstance(event, Step):
                yield Progress(event.step / one.train.steps, f"training without {speaker}")
            elif isinstance(event, Evaluated):
                yield event
        assert network is not None
        yield Snapshot(one.train.steps, network)
        yield compared(network, speaker, snrs)


def compared(network: Network, speaker: str, snrs: Sequence[float | None] = SNRS) -> dict[str, Any]:
    """The row of a network trained without a speaker, with the baseline's errors on the same recordings."""
    from engine import baseline

    leakage.check(build.task_of(network), "test")
    wrong, count = baseline.errors(speaker)
    return {**measure(network, "test", snrs)[0], "SVM edits": wrong, "SVM digits": count}


def measure(
    network: Network,
    split: str,
    snrs: Sequence[float | None] = SNRS,
    reading: decoding.Settings | None = None,
) -> list[dict[str, Any]]:
    """For each voice of a split: edit operations, labels and their ratio at each SNR ("clean" for None).

    Where the task names every frame: how many are named rightly, clean, of how many.
    """
    task, module = read_by(network, reading), build.build(network)
    clips = list(task.corpus.split(split))  # type: ignore[attr-defined]
    rows = []
    for voice in dict.fromkeys(_voice(clip) for clip in clips):
        mine = [clip for clip in clips if _voice(clip) == voice]
        lengths = [clip.frames for clip in mine]
        padding = bucket.padding(lengths, bucket.buckets(lengths, AT_ONCE))
        row: dict[str, Any] = {"voice": voice, "strings": len(mine), "padding": round(padding, 4)}
        for snr in snrs:
            edits, length = errors(network, task, module, mine, snr)
            row[condition(snr)] = {
                "edits": edits,
                "digits": length,
                "error": edits / length,
            }
        if isinstance(task, Labelling):
            row["frames right"] = frames_right(task, module, mine)
        rows.append(row)
    return rows


def read_by(network: Network, reading: decoding.Settings | None) -> Task:
    """The task of a network, whose text is found as `reading` says. Raises NgramError where that cannot be."""
    task: Task = decoding.use(build.task_of(network), reading, catalog.load("tasks", network.task).TIER)
    return task


def frames_right(task: Labelling, module: Any, clips: Sequence[Clip]) -> tuple[int, int]:
    """Frames of clips that are named rightly, and how many there are."""
    given = [task.example(clip.read()[:, 0], clip.labels) for clip in clips]
    right, count = 0, 0
    for logits, (_, targets) in zip(outputs(module, [frames for frames, _ in given]), given, strict=True):
        found = framewise.accuracy(logits[None], targets[None], np.array([len(logits)]))
        right, count = right + found[0], count + found[1]
    return right, count


def errors(network: Network, task: Task, module: Any, clips: Sequence[Clip], snr: float | None) -> tuple[int, int]:
    """Edit operations and labels over clips, with noise that no training heard at `snr` dB where it is given."""
    frames = [features(network, noisy(clip, snr, number)) for number, clip in enumerate(clips)]
    edits, length = 0, 0
    tier = catalog.load("tasks", network.task).TIER
    for clip, found in zip(clips, labels(task, module, frames), strict=True):
        wrong, among = score.labels(task, found, [label for label in clip.labels if label.tier == tier])
        edits, length = edits + wrong, length + among
    return edits, length


def noisy(clip: Clip, snr: float | None, seed: int) -> NDArray[np.float32]:
    """The clip's sound [n], with unheard noise at `snr` dB."""
    sound = clip.read()[:, 0]
    if snr is None:
        return sound
    return disturb.mixed(sound, disturb.test_noise(np.random.default_rng([20, seed]), len(sound)), snr)


def features(network: Network, sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network hears of sound [n] at its rate: [T, F] by the front end that it was trained with."""
    from engine.chain import Chain

    chain = Chain(network.frontend, Format(float(build.task_of(network).rate)))
    return np.concatenate([chain.push(sound[:, None]), chain.flush()])


def texts(task: Task, module: Any, frames: Sequence[NDArray[np.float32]]) -> list[tuple[str, ...]]:
    """What the network reads from the features of several clips."""
    return [tuple(label.text for label in read) for read in labels(task, module, frames)]


def labels(task: Task, module: Any, frames: Sequence[NDArray[np.float32]]) -> list[tuple[Label, ...]]:
    """The same with the times of what is read."""
    seconds = module.stride / checkpoint.output(task).rate
    return [task.decode(each, seconds) for each in outputs(module, frames)]


def outputs(module: Any, frames: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """The logits [T', C] for the features [T, F] of each clip, in batches of clips about as long as each other."""
    import torch

    found: dict[int, NDArray[np.float32]] = {}
    lengths = np.array([len(each) for each in frames], np.int64)
    for batch in bucket.buckets(lengths.tolist(), AT_ONCE):
        longest = int(lengths[batch].max())
        x = np.stack([np.pad(frames[number], ((0, longest - int(lengths[number])), (0, 0))) for number in batch])
        with torch.no_grad():
            y, steps, _ = module(torch.from_numpy(x), torch.from_numpy(lengths[batch]))
        found |= {number: each[:stop] for number, each, stop in zip(batch, y.numpy(), steps.tolist(), strict=True)}
    return [found[number] for number in range(len(frames))]


def condition(snr: float | None) -> str:
    """The name of a column: clean, or the SNR."""
    return "clean" if snr is None else f"{snr:g} dB"


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a table of a model card, with their mean and the worst voice."""
    columns = [name for name in rows[0] if isinstance(rows[0][name], dict)]
    svm = ["SVM"] if "SVM digits" in rows[0] else []
    lines = [f"| Voice | {' | '.join([*columns, *svm])} |", "|---" * (1 + len(columns) + len(svm)) + "|"]
    for row in rows:
        cells = [_cell(row[name]) for name in columns]
        cells += [_cell({"edits": row["SVM edits"], "digits": row["SVM digits"]})] if svm else []
        lines.append(f"| {row['voice']} | {' | '.join(cells)} |")
    if len(rows) > 1:
        means = [f"{100 * np.mean([row[name]['error'] for row in rows]):.1f}" for name in columns]
        means += [f"{100 * np.mean([row['SVM edits'] / row['SVM digits'] for row in rows]):.1f}"] if svm else []
        worst = max(rows, key=lambda row: row[columns[0]]["error"])["voice"]
        lines += [f"| mean | {' | '.join(means)} |", "", f"The worst voice, clean, is {worst}."]
    return "\n".join(lines) + "\n"


def table(found: dict[str, Any]) -> str:
    """A report as lines of text for people."""
    if found["metric"] == "WER":
        from engine import spoken

        return spoken.table(found)
    rows = found["rows"]
    columns = [name for name in rows[0] if isinstance(rows[0][name], dict)]
    where = f" on the {found['split']} split" if "split" in found else ""
    texts = f", normaliser {found['normaliser']}" if "normaliser" in found else ""
    lines = [f"{found['network']}{where}: {found['metric']} in per cent (edit operations / labels{texts})"]
    for row in rows if len(rows) <= _MOST else ():
        cells = [f"{name} {_cell(row[name])}" for name in columns]
        if "SVM digits" in row:
            cells.append(f"SVM {_cell({'edits': row['SVM edits'], 'digits': row['SVM digits']})}")
        lines.append(f"  {row['voice']:<16} " + "  ".join(cells))
    means = [f"{name} {np.mean([row[name]['error'] for row in rows]):.1%}" for name in columns]
    worst = max(rows, key=lambda row: row[columns[0]]["error"])["voice"]
    lines += [f"  {'mean':<16} " + "  ".join(means), f"  worst voice: {worst}"]
    right, count = (sum(row.get("frames right", (0, 0))[place] for row in rows) for place in (0, 1))
    if count:
        lines.append(f"  frames named rightly, clean: {right / count:.1%} ({right}/{count})")
    padding = [row["padding"] for row in rows if "padding" in row]
    if padding:
        lines.append(f"  padding: {np.mean(padding):.1%} of what the network reads, in batches of like lengths")
    return "\n".join([*lines, *([f"  {found['note']}"] if "note" in found else [])])


def speakers(chosen: Recipe) -> tuple[str, ...]:
    """The speakers that can be left out. Raises RecipeError for a task without any."""
    found: tuple[str, ...] = getattr(catalog.load("corpora", chosen.task), "SPEAKERS", ())
    if not found:
        raise recipe.RecipeError(f"{chosen.task} has no speakers to leave out; digits has")
    return found


def _recipe(name: str) -> Recipe:
    """By the recipe's own name, or that with which a bundled network was trained."""
    if name in checkpoint.bundled():
        return recipe.parse(str(checkpoint.open_network(name).card["recipe"]), name)
    return recipe.read(name)


def _metric(network: Network) -> str:
    return str(catalog.load("tasks", network.task).METRIC)


def _voice(clip: Clip) -> str:
    """Of `flite rms 3`, the third string of a voice, or `test 3, voice 50`."""
    string, _, voice = clip.name.rpartition(", ")
    return voice if string else clip.name.rpartition(" ")[0]


def _cell(cell: dict[str, Any]) -> str:
    return f"{100 * cell['edits'] / cell['digits']:.1f} ({cell['edits']}/{cell['digits']})"
