"""Word and character error rates of a network that writes down speech, set by set of a split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import build, catalog, evaluate, normaliser, wer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import decoding
    from engine.clip import Clip
    from engine.network import Network


def measure(
    network: Network, split: str, snrs: Sequence[float | None], reading: decoding.Settings | None = None
) -> list[dict[str, Any]]:
    """For each set of recordings of a split: its clips, and at each SNR ("clean" for None) both rates as `wer`
    tells them, with their counts and their intervals over clips.

    A set is the first word of a voice, so that the speakers of one corpus are told together.
    """
    task, module = evaluate.read_by(network, reading), build.build(network)
    clips = list(task.corpus.split(split))  # type: ignore[attr-defined]
    rows = []
    for name in dict.fromkeys(group(clip) for clip in clips):
        mine = [clip for clip in clips if group(clip) == name]
        row: dict[str, Any] = {"voice": name, "strings": len(mine), "normaliser": normaliser.DEFAULT}
        row["speakers"] = len({clip.name.rpartition(", ")[2] for clip in mine})
        for snr in snrs:
            found = wer.score(texts(network, task, module, mine, snr)).to_dict()
            row[evaluate.condition(snr)] = {key: found[key] for key in ("wer", "cer")}
        rows.append(row)
    return rows


def texts(network: Network, task: Any, module: Any, clips: Sequence[Clip], snr: float | None) -> list[wer.Text]:
    """What was said in clips, and what a network reads, with noise that no training heard at `snr` dB if given."""
    frames = [evaluate.features(network, evaluate.noisy(clip, snr, number)) for number, clip in enumerate(clips)]
    tier = catalog.load("tasks", network.task).TIER
    return [
        wer.Text(clip.name, " ".join(clip.text(tier)), " ".join(read))
        for clip, read in zip(clips, evaluate.texts(task, module, frames), strict=True)
    ]


def group(clip: Clip) -> str:
    """Of `si90, timit dr1-fvmh0`: timit."""
    return clip.name.rpartition(", ")[2].partition(" ")[0]


def table(found: dict[str, Any]) -> str:
    """A report as lines of text for people: total errors over total words, and what they are."""
    said = found["rows"][0]["normaliser"]
    lines = [f"{found['network']} on the {found['split']} split, texts normalised by {said}:"]
    lines.append("S substitutions, D deletions, I insertions among N; in brackets the 95 % interval over clips")
    for row in found["rows"]:
        speakers = f", {row['speakers']} speakers" if row["speakers"] > 1 else ""
        lines.append(f"  {row['voice']} ({row['strings']} clips{speakers})")
        for name, cell in row.items():
            if isinstance(cell, dict):
                lines.append(f"    {name:<8} WER {_cell(cell['wer'])}   CER {_cell(cell['cer'])}")
    return "\n".join([*lines, *([f"  {found['note']}"] if "note" in found else [])])


def _cell(rate: dict[str, Any]) -> str:
    within = "" if rate["within"] is None else f" ({100 * rate['within'][0]:.1f} to {100 * rate['within'][1]:.1f})"
    counts = " ".join(f"{key} {rate[key]}" for key in "SDIN")
    return f"{100 * rate['error']:.1f} %{within} {counts}"
