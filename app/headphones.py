"""`otoscope denoise --live`: the microphone without its noise in the headphones, until Ctrl+C."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import say

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from engine.account import Account

_TOLD = 10.0
"""Seconds between two lines where there is no terminal in which one could move."""


def add(one: argparse.ArgumentParser) -> None:
    """The flags of live use."""
    one.add_argument("--live", action="store_true", help="the microphone, denoised in the headphones until Ctrl+C")
    one.add_argument(
        "--input", metavar="DEV", help="with --live: a microphone by its name (default: the system's)"
    )
    one.add_argument(
        "--output", metavar="DEV", help="with --live: headphones by their name (default: the system's)"
    )
    one.add_argument(
        "--buffer", type=float, default=0.0, metavar="MS", help="with --live: sound kept ready, 0 as needed (0)"
    )
    one.add_argument("--windows", action="store_true", help="with --live: one that needs the whole sound, late")
    one.add_argument("--record", metavar="FILE.wav", help="with --live: keep what is heard")
    one.add_argument("--seconds", type=float, metavar="S", help="with --live: end after so long")


def main(arguments: argparse.Namespace) -> int:
    """Run until Ctrl+C, which is no failure. Raises DeviceError, DenoiserError, UsageError."""
    from pathlib import Path

    from app.mixed import mixing
    from app.monitor import hear
    from engine.account import Account, Settings

    if arguments.inputs or arguments.out:
        raise UsageError(
            "--live hears the microphone: leave out IN and --out; --record FILE.wav keeps what is heard"
        )
    target = Path(arguments.record) if arguments.record else None
    if target is not None and target.suffix != ".wav":
        raise UsageError(f"--record {target}: what is heard is written as .wav")
    if target is not None and target.exists():
        raise UsageError(f"--record {target}: this file is there already; give another name")
    settings = Settings(arguments.model, arguments.windows, mixing(arguments), buffer=arguments.buffer)
    job = hear(("device", arguments.input, 0), settings, arguments.output, None)
    tap, line = next(job).tap, _Line()
    say("Wear headphones: through a loudspeaker it howls. Ctrl+C ends it.")
    if target is not None:
        tap.begin(target)
    end = time.monotonic() + (arguments.seconds or float("inf"))
    try:
        while time.monotonic() < end:
            event: Any = job.send(None)
            if isinstance(event, Account):
                line.show(event)
    except KeyboardInterrupt:
        pass
    finally:
        job.close()
        line.end()
        _kept(tap, target)
    return 0


def _kept(tap: Any, target: Path | None) -> None:
    if target is None:
        return
    clip = tap.end()
    say(f"{target}: {clip.seconds:.1f} s" if clip is not None else "Nothing was heard, so nothing was kept.")


def words(account: Account) -> str:
    """How it goes, in one line."""
    late = f"{1e3 * account.latency:.0f} ms late ({1e3 * account.algorithmic:.0f} denoiser)"
    step = (
        f"load {100 * account.load:.0f} %, slowest step {1e3 * account.took:.1f} of {1e3 * account.allowed:.0f} ms"
    )
    lost = f"{account.dropped} dropped, {account.underruns} underruns, {account.overruns} too slow"
    return f"{late}; {step}; {lost}"


class _Line:
    """One line that moves in a terminal, else a line now and then; what was too slow is told at once."""

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()
        self._told, self._said = -float("inf"), ""

    def show(self, account: Account) -> None:
        now = time.monotonic()
        if (said := account.said()) != self._said:
            self._said = said
            sys.stderr.write(f"{self._clear()}{said}\n")
        if self._moving:
            sys.stderr.write(f"{self._clear()}{words(account)}")
            sys.stderr.flush()
        elif now - self._told >= _TOLD:
            self._told = now
            sys.stderr.write(f"{words(account)}\n")

    def end(self) -> None:
        if self._moving:
            sys.stderr.write("\n")

    def _clear(self) -> str:
        return "\r\x1b[K" if self._moving else ""
