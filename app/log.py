"""The log: a file for what the message bar does not say."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

import platformdirs


def log_folder() -> Path:
    """Where the log file lies."""
    return Path(platformdirs.user_log_dir("otoscope", appauthor=False))


def keep_log() -> None:
    """A log file for what the message bar does not say; without a place for it there is none."""
    try:
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / "otoscope.log", maxBytes=1 << 20, backupCount=2, encoding="utf-8"
        )
    except OSError:
        logging.getLogger().addHandler(logging.NullHandler())  # else Python writes to the terminal
        return
    logging.raiseExceptions = False  # a disk that is full later on is told where it matters, not for each line
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)
