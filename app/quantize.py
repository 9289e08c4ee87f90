"""`otoscope quantize`: a network in 32, 16 and 8 bits, with the size, speed and errors of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands import result, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from engine.shrunk import Form


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("quantize", help="a network in 32, 16 and 8 bits: files, size, speed and errors")
    one.add_argument("network", metavar="NETWORK", help="a checkpoint, or the name of a bundled one")
    one.add_argument("--int8", action="store_true", help="FP32 and INT8 alone (default: FP16 too)")
    one.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where the files go (default: here)")
    one.add_argument("--json", action="store_true")


def main(arguments: argparse.Namespace) -> int:
    """Write the files and the table; 1 where INT8 is too large or too different. Raises PortError."""
    from engine import checkpoint, shrunk

    network = checkpoint.open_network(arguments.network)
    arguments.out.mkdir(parents=True, exist_ok=True)
    names = ("FP32", "INT8") if arguments.int8 else tuple(shrunk.FORMS)
    found: tuple[Form, ...] = result(shrunk.forms(network, arguments.out, "test", names))
    trouble = shrunk.trouble(found)
    rows = [shrunk.row(each) for each in found]
    if arguments.json:
        say(json.dumps({"network": network.name, "forms": rows, "failed": trouble}, indent=2))
    else:
        say(table(found))
        for text in trouble:
            say(f"FAILED: {text}")
    return int(bool(trouble))


def table(found: Sequence[Form]) -> str:
    """The forms as lines of text."""
    used = sorted({each.score.normaliser for each in found if each.score is not None})
    texts = f" (texts as {', '.join(used)})" if used else ""
    lines = [f"{'':<6}{'bytes':>10}{'share':>8}{'step p50':>12}{'p95':>10}  accuracy of characters, WER{texts}"]
    for each in found:
        told: list[Any] = [each.name, each.size, f"{each.size / found[0].size:.0%}"]
        errors = "not measured" if each.score is None else f"{each.accuracy:.3f}, {each.score.words.error:.1%}"
        lines.append(f"{told[0]:<6}{told[1]:>10}{told[2]:>8}{each.p50:>9.3f} ms{each.p95:>7.3f} ms  {errors}")
    lines += [f"{each.name}: {each.path}" for each in found]
    return "\n".join(lines)
