"""`otoscope data speech-commands --dir FOLDER`: what a copy of Speech Commands holds, and how it is split."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import say

if TYPE_CHECKING:
    import argparse

_FOREIGN = 3  # names that are told of those which the lists deal otherwise than the rule


def main(arguments: argparse.Namespace) -> int:
    """Print clips by word and split. Raises UsageError, CorpusMissing."""
    from engine import dealing, recordings
    from engine.corpora import speech_commands

    if arguments.dir is not None and not arguments.dir.is_dir():
        raise UsageError(f"--dir {arguments.dir} is no folder; name the one that holds a folder for each word")
    folder = "" if arguments.dir is None else str(arguments.dir)
    corpus = speech_commands.build(speech_commands.Settings(folder=folder))
    counts: dict[str, Counter[str]] = {}
    apart: list[str] = []
    speakers = set()
    for split in recordings.SPLITS:
        for path in corpus.split(split).paths:
            counts.setdefault(path.parent.name, Counter())[split] += 1
            speakers.add(path.name.partition("_nohash_")[0])
            if dealing.split(path.name) != split:
                apart.append(f"{path.parent.name}/{path.name}")
    found: dict[str, Any] = {
        "speakers": len(speakers),
        "words": {word: dict(counts[word]) for word in sorted(counts)},
    }
    found["dealt otherwise than by the rule"] = len(apart)
    if arguments.json:
        say(json.dumps(found, indent=2))
        return 0
    say(f"{'word':<12}" + "".join(f"{split:>8}" for split in recordings.SPLITS))
    for word in sorted(counts):
        say(f"{word:<12}" + "".join(f"{counts[word][split]:>8}" for split in recordings.SPLITS))
    total = sum(counts.values(), Counter())
    say(f"{'all':<12}" + "".join(f"{total[split]:>8}" for split in recordings.SPLITS))
    more = f" ({', '.join(apart[:_FOREIGN])}{', …' if len(apart) > _FOREIGN else ''})" if apart else ""
    say(f"{len(speakers)} speakers; {len(apart)} clips are dealt otherwise than by the rule of their names{more}")
    return 0
