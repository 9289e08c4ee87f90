"""Live words in the terminal: each as soon as it is settled, as text or as lines of JSON for other programs."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from app.commands import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from engine.audio.feed import Feed
    from engine.captions import Captions, Line
    from engine.recognisers.recogniser import Word


class Writer:
    """Writes to standard output what captions have settled; once written, nothing is taken back.

    As lines of JSON: {"type": "word", "text", "start", "stop", "confidence"} for each word when it is settled,
    {"type": "line", "start", "stop", "text"} where its line ends, and one {"type": "end", ...} at last.
    """

    def __init__(self, jsonl: bool) -> None:
        self._jsonl = jsonl
        self._lines = self._words = 0
        self._moving = sys.stderr.isatty() and not jsonl
        self._note = ""

    def show(self, captions: Captions) -> None:
        for line in captions.lines[self._lines :]:
            self._settle(line.words)
            self._end(line)
        self._settle(captions.words)
        if captions.note != self._note:
            self._note = captions.note
            sys.stderr.write(f"{captions.note or 'All is recognised as asked again.'}\n")
        if self._moving:
            tentative = " ".join(word.text for word in captions.tentative)
            sys.stderr.write(f"\x1b[2m{tentative}\x1b[0m\x1b[K\x1b[{len(tentative)}D" if tentative else "\x1b[K")
            sys.stderr.flush()

    def end(self, captions: Captions) -> None:
        """Nothing more comes."""
        if self._jsonl:
            facts = {"seconds": round(captions.heard, 3), "shown": captions.late, "settled": captions.settled}
            say(json.dumps({"type": "end", **facts}))
        elif self._words:
            say("")
        sys.stdout.flush()

    def _settle(self, words: tuple[Word, ...]) -> None:
        from engine.subtitles import word_dict

        for word in words[self._words :]:
            if self._jsonl:
                say(json.dumps({"type": "word", **word_dict(word)}, ensure_ascii=False))
            else:
                sys.stdout.write(f" {word.text}" if self._words else word.text)
            self._words += 1
        sys.stdout.flush()

    def _end(self, line: Line) -> None:
        from engine.subtitles import to_dict

        if self._jsonl:
            told = {name: value for name, value in to_dict(line).items() if name != "words"}
            say(json.dumps({"type": "line", **told}, ensure_ascii=False))
        else:
            say("")
        self._lines, self._words = self._lines + 1, 0


def microphone(arguments: argparse.Namespace) -> int:
    """`otoscope transcribe --live`: until Ctrl+C, after which what was spoken is still written."""
    from app.cli import BAD_FILE, UsageError, complain
    from app.transcribe import build, settings
    from engine.audio.record import Recorder
    from engine.captioning import Speech, caption

    if arguments.inputs or arguments.watch:
        raise UsageError("--live hears the microphone: leave out IN and --watch")
    if arguments.out is not None or arguments.format != "txt" or arguments.json:
        raise UsageError(
            "--live writes to the terminal, as text or with --jsonl with times: leave out --out, --format and "
            "--json, and keep it by > FILE"
        )
    reader, writer = build(arguments), Writer(arguments.jsonl)
    recorder = Recorder(arguments.input, 16_000)
    recorder.start()
    end = time.monotonic() + (arguments.seconds or float("inf"))
    with _Stop() as stop:

        def read() -> Any:
            block = recorder.read()
            over = not len(block) and (recorder.error or stop.asked or time.monotonic() >= end)
            return None if over else block

        sys.stderr.write("Listening. Ctrl+C ends it.\n")
        try:
            show(caption(Speech(read, recorder.rate, settings(arguments), lambda: stop.asked, reader)), writer)
        finally:
            recorder.stop()
    if recorder.error:
        return complain(recorder.error, BAD_FILE)
    return 0


def heard(feed: Feed) -> NDArray[np.float32] | None:
    """What is new of a feed; None at its end."""
    block = feed.read()
    return None if not len(block) and (feed.ended or feed.error) else block


def show(events: Iterable[Any], writer: Writer) -> None:
    """Write what a captions job yields."""
    from engine.events import Captioned

    for event in events:
        if isinstance(event, Captioned):
            writer.show(event.captions)
            if event.over:
                writer.end(event.captions)


class _Stop:
    """The first Ctrl+C asks to stop, so that what was spoken is still read; a second one is the usual one."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> _Stop:
        self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _heard(self, number: int, frame: object) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self._before)
