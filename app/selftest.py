"""`otoscope selftest`: whether the bundled networks do what they are said to, on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.cli import TROUBLE
from app.commands import say

if TYPE_CHECKING:
    import argparse

    from engine.selftest import Outcome


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("selftest", help="the bundled networks on bundled sound, against their thresholds")
    one.add_argument("networks", nargs="*", metavar="NETWORK", help="some of them (default: all that have one)")
    one.add_argument("--json", action="store_true")


def main(arguments: argparse.Namespace) -> int:
    """Print a line a network; 1 where one misses its threshold. Raises UnknownTest."""
    from engine import device as devices
    from engine import selftest

    devices.limit_threads(live=False)
    outcomes = []
    for each in selftest.run(tuple(arguments.networks)):
        outcomes.append(each)
        if not arguments.json:
            say(line(each))
    missed = [each for each in outcomes if each.passed is False]
    if arguments.json:
        say(json.dumps([each.to_dict() for each in outcomes], indent=2))
    else:
        absent = sum(each.passed is None for each in outcomes)
        counts = f"{sum(each.passed is True for each in outcomes)} passed, {len(missed)} failed"
        say(f"{counts}{f', {absent} not there' if absent else ''}")
    return TROUBLE if missed else 0


def line(each: Outcome) -> str:
    """What one network reached, for people."""
    if each.passed is None:
        return f"absent  {each.network}: no such network is bundled"
    told = f"{each.metric} {each.error:.1%} ({each.wrong} of {each.among}; at most {100 * each.at_most:g}%)"
    if each.quiet_seconds:
        told += f", {each.alarms} found in {each.quiet_seconds:.0f} s without any (at most {each.alarms_at_most})"
    return f"{'pass' if each.passed else 'FAIL':<7} {each.network}: {told}, {each.seconds:.1f} s"
