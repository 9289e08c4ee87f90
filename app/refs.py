"""`otoscope refs`: the works that methods and formulas come from, by topic, those without a trace, and links."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from app.cli import BAD_FILE
from app.commands import say

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def main(arguments: argparse.Namespace) -> int:
    """Print them all, or check links: 3 where one of a file of the user's own is malformed. Raises TextError."""
    from engine import refs, weblinks

    if arguments.check is not None:
        return _check(arguments.check, arguments.json)
    found, links = refs.read(), weblinks.read()
    if arguments.json:
        told = [asdict(each) for each in found] + [{"topic": "links", **asdict(each)} for each in links]
        say(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    for (unverified, topic), group in groupby(found, key=lambda each: (each.unverified, each.topic)):
        say(f"{topic}{', unverified' if unverified else ''}")
        for each in group:
            shown = f" [lesson {', '.join(map(str, each.lessons))}]" if each.lessons else ""
            say(f"  {each.line}{shown}")
    say("links of the notes on the Conformer")
    for link in links:
        say(f"  {link.title}: {link.url}{f' (malformed: {link.fault})' if link.fault else ''}")
    return 0


def _check(file: Path | bool, as_json: bool) -> int:
    """Whether every link of a text can be followed, by its form alone: nothing is fetched."""
    from engine import texts, weblinks

    links = weblinks.read() if isinstance(file, bool) else weblinks.parse(texts.read(file))
    web = [link for link in links if link.url.startswith("http") or link.fault]
    wrong = [link for link in web if link.fault]
    if as_json:
        say(json.dumps([asdict(link) for link in web], indent=2, ensure_ascii=False))
    else:
        for link in wrong:
            say(f"line {link.line}, {link.title}: malformed, {link.fault}{f' ({link.url})' if link.url else ''}")
        say(f"{len(web)} links to the web, {len(wrong)} malformed")
    return BAD_FILE if wrong and not isinstance(file, bool) else 0
