"""The entry point: the window, or one command without it."""

from __future__ import annotations

import os
import sys

from app import cli


def main() -> int:
    """Start what the command line asks for; returns the exit code."""
    arguments = cli.parse(sys.argv[1:])
    if arguments.command != "window":
        return cli.run(arguments)
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _SCREENS):
        return cli.complain(
            "there is no screen here; `otoscope demo` does the same work without one", cli.BAD_FILE
        )
    try:
        from app import program

        return program.main(arguments.files, in_process=arguments.in_process, fresh=arguments.fresh)
    except KeyboardInterrupt:  # before the window is there to be closed
        return cli.complain("stopped", cli.STOPPED)


_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")

if __name__ == "__main__":
    sys.exit(main())
