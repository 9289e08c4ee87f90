"""Word and character error rates of a network that writes down speech, set by set of a split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import build, catalog, evaluate, wer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine import decoding
    from engine.clip import Clip
    from engine.network import Network


def report(
    network: Network, split: str, snrs: Sequence[float | None], reading: decoding.Settings | None = None
) -> dict[str, Any]:
    """`rows`: for each set of recordings of a split its clips, and at each SNR ("clean" for None) both rates as
    `wer` tells them, with their counts and their intervals over clips. Where clips are of several languages,
    `languages`: the same of each, by its tag.

    A set is the first word of a voice, so that the speakers of one corpus are told together.
    """
    task, module = evaluate.read_by(network, reading), build.build(network)
    clips = list(task.corpus.split(split))  # type: ignore[attr-defined]
    name = wer.usual([wer.Text(clip.name, "", "", clip.language) for clip in clips])
    rows, every = [], {snr: list[wer.Text]() for snr in snrs}
    for voice in dict.fromkeys(group(clip) for clip in clips):
        mine = [clip for clip in clips if group(clip) == voice]
        read = {snr: texts(network, task, module, mine, snr) for snr in snrs}
        rows.append({"voice": voice, **_row(read, name)})
        every = {snr: every[snr] + read[snr] for snr in snrs}
    tags = sorted({clip.language for clip in clips})
    apart = {
        tag: _row({snr: [text for text in read if text.language == tag] for snr, read in every.items()}, name)
        for tag in tags
    }
    return {"rows": rows} | ({"languages": apart} if len(tags) > 1 else {})


def _row(read: Mapping[float | None, Sequence[wer.Text]], name: str) -> dict[str, Any]:
    """Texts at each SNR, in plain values."""
    clips = [text.name for text in next(iter(read.values()))]
    speakers = len({clip.rpartition(", ")[2] for clip in clips})
    row: dict[str, Any] = {"strings": len(clips), "normaliser": name, "speakers": speakers}
    for snr, each in read.items():
        found = wer.score(each, name).to_dict()
        row[evaluate.condition(snr)] = {key: found[key] for key in ("wer", "cer")}
    return row


def texts(network: Network, task: Any, module: Any, clips: Sequence[Clip], snr: float | None) -> list[wer.Text]:
    """What was said in clips, and what a network reads, with noise that no training heard at `snr` dB if given."""
    frames = [evaluate.features(network, evaluate.noisy(clip, snr, number)) for number, clip in enumerate(clips)]
    tier = catalog.load("tasks", network.task).TIER
    return [
        wer.Text(clip.name, " ".join(clip.text(tier)), " ".join(read), clip.language)
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
    told = {row["voice"]: row for row in found["rows"]}
    told |= {f"language {each or 'not told'}": row for each, row in found.get("languages", {}).items()}
    for head, row in told.items():
        speakers = f", {row['speakers']} speakers" if row["speakers"] > 1 else ""
        lines.append(f"  {head} ({row['strings']} clips{speakers})")
        for name, cell in row.items():
            if isinstance(cell, dict):
                lines.append(f"    {name:<8} WER {_cell(cell['wer'])}   CER {_cell(cell['cer'])}")
    return "\n".join([*lines, *([f"  {found['note']}"] if "note" in found else [])])


def _cell(rate: dict[str, Any]) -> str:
    within = "" if rate["within"] is None else f" ({100 * rate['within'][0]:.1f} to {100 * rate['within'][1]:.1f})"
    counts = " ".join(f"{key} {rate[key]}" for key in "SDIN")
    return f"{100 * rate['error']:.1f} %{within} {counts}"
