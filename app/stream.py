"""`otoscope stream`: a sound file as if it came live, in windows that slide over it; words as they are settled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app import spoken, transcribe, transcribed
from app.cli import UsageError

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("stream", help="a sound file as if it came live: words as they are settled")
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument(
        "--window", type=float, default=8.0, metavar="S", help="the most sound that is read at once, 5 to 25 s (8)"
    )
    one.add_argument("--hop", type=float, default=0.4, metavar="S", help="between two readings, 0.2 to 3 s (0.4)")
    one.add_argument("--real-time", action="store_true", help="as fast as it plays, not as fast as it is read")
    one.add_argument("--jsonl", action="store_true", help="a line of JSON for each word and line")
    transcribe.add_settings(one)


def main(arguments: argparse.Namespace) -> int:
    """Write the words of a file as a microphone would give them. Raises AudioError, RecogniserError, KnobError."""
    from app.commands import open_sound
    from engine.audio.feed import Feed
    from engine.captioning import Speech, caption
    from engine.transcribing import replay

    if arguments.file.is_dir():
        raise UsageError(f"{arguments.file} is a folder; otoscope transcribe reads all in it")
    settings = transcribe.settings(arguments, longest=arguments.window, interval=arguments.hop)
    clip, reader = open_sound(arguments.file), transcribe.build(arguments)
    writer = spoken.Writer(arguments.jsonl)
    if not arguments.real_time:
        captions = None
        for captions in replay(transcribed.blocks(clip), clip.rate, reader, settings):
            writer.show(captions)
        assert captions is not None
        writer.end(captions)
        return 0
    feed = Feed(clip, 16_000)
    feed.start()
    spoken.show(caption(Speech(lambda: spoken.heard(feed), feed.rate, settings, recogniser=reader)), writer)
    return 0
