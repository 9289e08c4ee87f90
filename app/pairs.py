"""`otoscope data synth-dns` and `check`: pairs mixed as the DNS Challenge does, and whether pairs are true."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.cli import UsageError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

OFF = 2.5
"""Half the step between the SNRs of VCTK-DEMAND, in dB: a pair that is further off is none of that SNR."""


def synthesise(arguments: argparse.Namespace) -> int:
    """Write pairs under OUT/training, named as the challenge names them. Raises CorpusMissing, AudioError."""
    from app.commands import say
    from engine.corpora import dns

    for name in ("speech", "noise", "out"):
        if getattr(arguments, name) is None:
            raise UsageError(f"data synth-dns needs --{name} FOLDER")
    asked: dict[str, Any] = {"speech": str(arguments.speech), "noise": str(arguments.noise)}
    asked |= {"rooms": str(arguments.rooms or ""), "seed": arguments.seed, "seconds": arguments.seconds}
    asked |= dict(zip(("snr_low", "snr_high"), arguments.snr, strict=True))
    corpus: Any = dns.build(dns.Settings(**asked))
    for number in range(arguments.clips):
        mixed = corpus.mixed("train", number)
        name = f"mixture_snr{mixed.snr}_tl{mixed.level}_fileid_{number}.wav"
        _write(arguments.out / "training" / "noisy" / name, mixed.noisy)
        _write(arguments.out / "training" / "clean" / f"clean_fileid_{number}.wav", mixed.clean)
    low, high = arguments.snr
    say(f"{arguments.out}: {arguments.clips} pairs of {arguments.seconds:g} s, SNR {low:g} to {high:g} dB")
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Measure the SNR of every pair that is here, and name those that are not what their data set says."""
    from app.commands import say
    from engine import catalog, recordings

    rows = []
    for name in catalog.names("corpora"):
        module = catalog.load("corpora", name)
        if hasattr(module, "nominal") and recordings.found(module.FACTS) is not None:
            rows.append(_checked(name, module))
    if arguments.json:
        say(json.dumps(rows, indent=2))
        return 0
    if not rows:
        say("There are no pairs of noisy and clean speech here: `otoscope data list` says where they go")
    for row in rows:
        say(f"{row['title']}: {row['pairs']} pairs that tell their SNR, {row['off']} off by more than {OFF:g} dB")
        for one in row["worst"]:
            say(f"  {one['file']}: {one['told']:g} dB told, {one['measured']:.1f} dB measured")
    return 0


def _checked(name: str, module: Any) -> dict[str, Any]:
    from engine import recordings
    from engine.corpora.corpus import CorpusMissing

    corpus, found = module.build(module.Settings()), list[dict[str, Any]]()
    for split in recordings.SPLITS:
        try:
            pairs = corpus.pairs(split)
        except CorpusMissing:  # one part of a data set may be here without the others
            continue
        for index, (noisy, _) in enumerate(pairs):
            if (told := module.nominal(noisy)) is not None:
                found.append({"file": str(noisy), "told": told, "measured": corpus.snr(split, index)})
    off = [one for one in found if abs(one["measured"] - one["told"]) > OFF]
    off.sort(key=lambda one: -abs(one["measured"] - one["told"]))
    return {"name": name, "title": module.FACTS.title, "pairs": len(found), "off": len(off), "worst": off[:10]}


def _write(target: Path, samples: Any) -> None:
    from engine.audio.file import write
    from engine.recordings import RATE

    target.parent.mkdir(parents=True, exist_ok=True)
    write(target, samples[:, None], RATE, "PCM_16")
