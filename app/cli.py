"""The command line: everything that Otoscope does, said in words. Imports no Qt and, until needed, no engine."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app import ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = "0.1.0"
TROUBLE, USAGE, BAD_FILE, STOPPED = 1, 2, 3, 130
"""Exit codes: the work failed; the arguments are wrong; a file, a device or a recording cannot be used; Ctrl+C."""

ABOUT = "See, hear and change what a recurrent network does with sound."
USE = """\
Without a command the window opens, with the files that are named:
  otoscope
  otoscope speech.wav

`otoscope COMMAND --help` explains one command."""


OWN_FILE = (
    "analyse", "associate", "bench", "compare", "data", "demo", "denoise", "doctor", "export", "generate",
    "gradcheck", "hear", "lesson", "lm", "probe", "profile", "quantize", "refs", "run", "score", "selftest",
    "serve", "shapes", "stream", "sweep", "transcribe",
)  # fmt: skip
"""Commands that are files of app/, with a `main`."""
OWN_ARGUMENTS = (
    "analyse", "denoise", "lm", "profile", "quantize", "run", "score", "selftest", "serve", "stream", "transcribe",
)  # fmt: skip
"""Those of them that declare their arguments themselves, by `add`; those of the others stand in app/arguments.py,
as what their files import would be waited for by every command."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments; `command` is "window" where none is named. Exits with code 2 when they are wrong."""
    parser, commands = _parser()
    if argv and argv[0] == "shot":  # its options are its own, and argparse would look at them here
        return argparse.Namespace(command="shot", rest=list(argv[1:]))
    if argv and (argv[0] in commands or argv[0] in ("-h", "--help", "--version")):
        return parser.parse_args(argv, argparse.Namespace(argv=list(argv)))
    window = argparse.ArgumentParser("otoscope", description=ABOUT, epilog=USE)
    window.add_argument("files", nargs="*", type=Path, metavar="FILE")
    window.add_argument("--in-process", action="store_true", help="train in a thread of this process")
    window.add_argument("--fresh", action="store_true", help="panels, theme and devices as at the first start")
    arguments = window.parse_args(argv)
    arguments.command = "window"
    _check_files(arguments.files, commands)
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say, but for the window; returns the exit code."""
    return run(parse(sys.argv[1:] if argv is None else argv))


def run(arguments: argparse.Namespace) -> int:
    """Carry out one command. Whatever goes wrong becomes one line on stderr, and an exit code."""
    try:
        return _work(arguments)
    except KeyboardInterrupt:
        return complain("stopped", STOPPED)
    except BrokenPipeError:  # `otoscope list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        if os.environ.get("OTOSCOPE_DEBUG"):
            raise
        return complain(_explain(error, arguments.command), _code(error))


def complain(text: str, code: int) -> int:
    """One line on stderr, or where the process that began this one looks for it; returns the exit code."""
    line = f"otoscope: {' '.join(text.split())}\n"
    if not ranks.complain(line):
        sys.stderr.write(line)
    return code


def _work(arguments: argparse.Namespace) -> int:
    name = arguments.command
    if name in OWN_FILE:
        return int(importlib.import_module(f"app.{name}").main(arguments))
    if name in ("lessons", "report"):
        return int(
            importlib.import_module({"lessons": "app.lesson", "report": "app.masking"}[name]).main(arguments)
        )
    from app import commands

    return int(getattr(commands, f"{name}_")(arguments))


def _explain(error: Exception, command: str) -> str:
    from app.trouble import explain

    if isinstance(error, UsageError | WorkFailed):
        return str(error)
    return explain(error, f"running {command}").replace("The log file has the details.", _HINT)


_HINT = "Set OTOSCOPE_DEBUG=1 to see where."


class UsageError(ValueError):
    """Arguments that do not fit together; the message says what to write instead."""


class WorkFailed(RuntimeError):
    """Work that a command gave to another process did not succeed; the message says which."""


def _code(error: Exception) -> int:
    if isinstance(error, UsageError) or type(error).__name__ in ("KnobError", "UnknownLeaf"):
        return USAGE
    if type(error).__name__ == "TrainingError":
        return TROUBLE
    if isinstance(error, OSError) or type(error).__module__.startswith("engine."):
        return BAD_FILE
    return TROUBLE


def _check_files(files: Sequence[Path], commands: Sequence[str]) -> None:
    for file in files:
        if not file.exists():
            known = f"; commands: {', '.join(commands)}" if not file.suffix else ""
            raise SystemExit(complain(f"{file}: there is no such file{known}", BAD_FILE))


def _parser() -> tuple[argparse.ArgumentParser, tuple[str, ...]]:
    """The parser of the commands, and their names."""
    from app import arguments

    parser = argparse.ArgumentParser(
        "otoscope", description=ABOUT, epilog=USE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"otoscope {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    arguments.add(commands)
    for name in OWN_ARGUMENTS:
        importlib.import_module(f"app.{name}").add(commands)
    return parser, tuple(commands.choices)
