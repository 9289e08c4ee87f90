"""What has been learnt: which steps of which lessons have passed, in a file among the user's data."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import platformdirs

from engine.replacing import replacing

log = logging.getLogger(__name__)


def path() -> Path:
    return Path(platformdirs.user_data_dir("otoscope", appauthor=False)) / "lessons.json"


def read() -> frozenset[tuple[int, str]]:
    """(lesson, step) of all that have passed; none where the file is missing or is none of ours."""
    try:
        stored = json.loads(path().read_text(encoding="utf-8"))
        return frozenset((int(number), str(step)) for number, steps in stored.items() for step in steps)
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, AttributeError, TypeError) as error:
        log.warning("%s cannot be read: %s", path(), error)
        return frozenset()


def write(done: frozenset[tuple[int, str]]) -> None:
    """Keep what has passed. Raises OSError."""
    stored: dict[str, list[str]] = {}
    for number, step in sorted(done):
        stored.setdefault(str(number), []).append(step)
    path().parent.mkdir(parents=True, exist_ok=True)
    with replacing(path()) as part:
        part.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
