"""`otoscope refs`: the works that methods and formulas come from, by topic, and those without a trace."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from app.commands import say

if TYPE_CHECKING:
    import argparse


def main(arguments: argparse.Namespace) -> int:
    """Print them all."""
    from engine import refs

    found = refs.read()
    if arguments.json:
        say(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
        return 0
    for (unverified, topic), group in groupby(found, key=lambda each: (each.unverified, each.topic)):
        say(f"{topic}{', unverified' if unverified else ''}")
        for each in group:
            shown = f" [lesson {', '.join(map(str, each.lessons))}]" if each.lessons else ""
            say(f"  {each.line}{shown}")
    return 0
