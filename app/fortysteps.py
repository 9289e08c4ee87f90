"""What the steps of the wizard "Hello, world" do in the background, and what they say of it, in plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.events import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from engine.wer import Score

    Events = Generator[Any, Any, None]

WORDS_OF = {
    "train": (
        "A small LSTM learns to write down which word is said, letter by letter. It hears each clip in many ways: "
        "faster, in other rooms, in noise. A minute or two; the curves are drawn in the window meanwhile.",
        "Train",
    ),
    "evaluate": (
        "120 clips of voices that are in no training: how many characters and words are wrong, and between which "
        "bounds that lies for other clips (95 %).",
        "Evaluate",
    ),
    "quantise": (
        "The network as a file for other programs, in 32, 16 and 8 bits: how small, how fast, and what it costs.",
        "Quantise",
    ),
    "profile": (
        "A small device, simulated: one thread, and a quarter of a core of this machine. How long is it from the "
        "end of a sound to what is written of it?",
        "Profile",
    ),
}
"""What is said of each step, and what its button is called."""


@dataclass(frozen=True)
class Came:
    """The result of a step: `short` for the list of steps, `said` in a sentence, and `rows`, a table."""

    step: str
    result: Mapping[str, Any]


def finish(run: Path, target: Path) -> Events:
    """The network of a training, from the folder of its run: it is kept in the project. Raises CheckpointError."""
    from engine import checkpoint

    yield Progress(0.0, "keeping the network")
    last = run / "last.safetensors"
    network = checkpoint.load(last if last.is_file() else run / "best.safetensors")
    target.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(network, target)
    steps = network.metrics.get("step", "")
    yield Came("train", {"short": f"{steps} steps", "said": f"The network is {target}.", "rows": []})


def evaluate(path: Path) -> Events:
    """Errors on voices that were never heard. Raises CheckpointError, LeakageError, CorpusMissing."""
    from app.hello import ACCURACY, WER
    from engine import checkpoint, written

    yield Progress(0.1, "listening to 120 clips")
    found = written.measure(checkpoint.load(path))
    right, low, high = written.accuracy(found)
    kinds = {"all": found, **written.by_voice(found)}
    rows = [["voices", "clips", "characters right", "95 % between", "words wrong"]]
    rows += [_voice_row(name, each) for name, each in kinds.items()]
    said = (
        f"{right:.1%} of the characters are right (between {low:.1%} and {high:.1%}), and "
        f"{found.words.error:.1%} of the words are wrong (texts as {found.normaliser})."
    )
    wrong = [each for each in found.clips if each.characters.errors]
    if wrong:
        heard = "; ".join(f"{each.text.name} as “{each.text.hypothesis}”" for each in wrong[:4])
        said += f" Wrong: {heard}{'; …' if wrong[4:] else ''}."
    met = low > ACCURACY and found.words.error < WER
    targets = f"over {ACCURACY:.0%} at the least and under {WER:.0%}"
    said += " The targets are met." if met else f" The targets, {targets}, are missed."
    yield Came("evaluate", {"short": f"{right:.1%} right", "said": said, "rows": rows, "met": met})


def _voice_row(name: str, found: Score) -> list[str]:
    from engine import written

    right, low, high = written.accuracy(found)
    return [name, str(len(found.clips)), f"{right:.1%}", f"{low:.1%}, {high:.1%}", f"{found.words.error:.1%}"]


def quantise(path: Path) -> Events:
    """The network as files in three forms, beside it. Raises PortError."""
    from engine import checkpoint, shrunk

    network = checkpoint.load(path)
    found = yield from shrunk.forms(network, path.parent, "test")
    whole = found[0].size
    rows = [["", "bytes", "of FP32", "a step, p50", "p95", "characters right"]]
    for each in found:
        right = "" if each.accuracy is None else f"{each.accuracy:.1%}"
        share = f"{each.size / whole:.0%}"
        rows.append([each.name, f"{each.size:,}", share, f"{each.p50:.2f} ms", f"{each.p95:.2f} ms", right])
    trouble = shrunk.trouble(found)
    said = " ".join(f"Missed: {text}." for text in trouble) or "INT8 is small enough, and as good within 5 %."
    said += f" The files lie in {path.parent}."
    yield Came(
        "quantise", {"short": f"INT8 {found[-1].size / whole:.0%}", "said": said, "rows": rows, "met": not trouble}
    )


def profiled(path: Path) -> Events:
    """FP32 and INT8 on a simulated small device. Raises PortError, WorkFailed."""
    import tempfile
    from pathlib import Path as Place

    from app.profile import profile
    from engine import checkpoint, onnxport

    network = checkpoint.load(path)
    rows = [["", "algorithmic", "computing, p95", "together", "end to text, p95", "memory"]]
    met, device, late = True, "", 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(("FP32", "INT8")):
            yield Progress(number / 2, f"twenty seconds of sound, {name}")
            file = onnxport.export(network, Place(folder) / f"{name}.onnx", name == "INT8").path
            found = profile(file)
            met, device, late = met and found["met"], found["device"], found["audio in to result p95 ms"]
            rows.append([
                name, f"{found['algorithmic ms']:.1f} ms", f"{found['block p95 ms']:.1f} ms", f"{late:.1f} ms",
                f"{found['end of a recording to result p95 ms']:.1f} ms",
                f"{found['memory of the process bytes'] / 2**20:.0f} MB",
            ])  # fmt: skip
    said = f"{device[0].upper()}{device[1:]}. " + ("Under 50 ms: met." if met else "Over 50 ms: missed.")
    yield Came("profile", {"short": f"{late:.0f} ms", "said": said, "rows": rows, "met": met})


def rows_of(result: Any) -> list[tuple[str, ...]]:
    """The table of a result; none where there is none."""
    return [tuple(map(str, row)) for row in (result or {}).get("rows", ())]
