"""Subtitles: settled captions as SubRip, WebVTT, plain text, or JSON with words, times and confidences."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.captions import Captions, Line
    from engine.recognisers.recogniser import Word

FORMATS = ("srt", "vtt", "txt", "json")
WIDE, HIGH = 42, 2
"""Characters of a row and rows of a subtitle, as broadcasters have them (BBC Subtitle Guidelines)."""
LONGEST, SHORTEST = 7.0, 1.0
"""Seconds for which a subtitle stands."""
_GAP = 1.0
"""Seconds of silence that part two subtitles."""
_APART = 0.001
"""Seconds between two subtitles: the times are written in thousandths."""


_ALIKE = {
    ord("<"): "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
    ord(">"): "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
}


class SubtitleError(ValueError):
    """A file that cannot be written as subtitles; the message says what to do."""


@dataclass(frozen=True)
class Cue:
    """Rows that stand from `start` to `stop`, in seconds."""

    start: float
    stop: float
    rows: tuple[str, ...]


def cues(lines: Sequence[Line]) -> tuple[Cue, ...]:
    """Lines as subtitles: in order, at most HIGH rows of WIDE characters, none over the next one.

    They part where somebody pauses or a sentence ends, else where they are full. A word longer than a row is a row
    of its own. Each stands SHORTEST seconds if the next one lets it, and no longer than LONGEST.
    """
    groups = [group for line in lines for group in _groups([word for word in line.words if word.text.strip()])]
    found: list[Cue] = []
    for place, group in enumerate(groups):
        start = max(group[0].start, found[-1].stop + _APART if found else 0.0)
        stop = min(max(group[-1].stop, start + SHORTEST), start + LONGEST)
        if place + 1 < len(groups):
            stop = min(stop, max(groups[place + 1][0].start - _APART, start + _APART))
        found.append(Cue(start, max(stop, start + _APART), _rows([word.text for word in group])))
    return tuple(found)


def text(lines: Sequence[Line], form: str, **facts: Any) -> str:
    """Lines in a format; `facts` go into JSON. Raises SubtitleError for a format that there is not."""
    if form == "srt":
        numbered = enumerate(cues(lines), 1)
        return "".join(f"{number}\n{_span(cue, ',')}\n{_plain(cue.rows)}\n\n" for number, cue in numbered)
    if form == "vtt":
        shown = (f"{_span(cue, '.')}\n{_marked(cue.rows)}\n\n" for cue in cues(lines))
        return "WEBVTT\n\n" + "".join(shown)
    if form == "txt":
        return "".join(f"{line.text}\n" for line in lines)
    if form == "json":
        return (
            json.dumps({**facts, "lines": [to_dict(line) for line in lines]}, ensure_ascii=False, indent=1) + "\n"
        )
    raise SubtitleError(f"there is no format {form!r}; there are: {', '.join(FORMATS)}")


def to_dict(line: Line) -> dict[str, Any]:
    """A line as plain values; times in seconds."""
    return {
        "start": round(line.words[0].start, 3) if line.words else None,
        "stop": round(line.words[-1].stop, 3) if line.words else None,
        "text": line.text,
        "words": [word_dict(word) for word in line.words],
    }


def word_dict(word: Word) -> dict[str, Any]:
    """A word as plain values; a confidence that nobody tells is null."""
    sure = None if word.confidence is None else round(word.confidence, 4)
    return {"text": word.text, "start": round(word.start, 3), "stop": round(word.stop, 3), "confidence": sure}


def whole(captions: Captions) -> tuple[Line, ...]:
    """The finished lines, and what is settled of the one that is being said."""
    from engine.captions import Line

    return captions.lines + ((Line(captions.words),) if captions.words else ())


def write(captions: Captions, path: str | Path, **facts: Any) -> Path:
    """Write what is settled, as the file ends; `facts` go into JSON. Raises SubtitleError, OSError."""
    return write_lines(whole(captions), Path(path), **facts)


def write_lines(lines: Sequence[Line], path: Path, **facts: Any) -> Path:
    """The same of lines; `facts` go into JSON."""
    form = path.suffix.lower().lstrip(".")
    if form not in FORMATS:
        raise SubtitleError(f"{path.name}: subtitles are written as {', '.join(f'.{each}' for each in FORMATS)}")
    made = text(lines, form, **facts)
    with replacing(path) as part:
        Path(part).write_text(made, encoding="utf-8", newline="\n")
    return path


def _groups(words: Sequence[Word]) -> list[list[Word]]:
    """The words of each subtitle."""
    found: list[list[Word]] = []
    for word in words:
        if found and _joins(found[-1], word):
            found[-1].append(word)
        else:
            found.append([word])
    return found


def _joins(group: Sequence[Word], word: Word) -> bool:
    """Whether a word may stand in the same subtitle as those before it."""
    texts = [each.text for each in group]
    if word.start - group[-1].stop > _GAP or word.stop - group[0].start > LONGEST:
        return False
    if texts[-1][-1:] in ".?!" and len(" ".join(texts)) > WIDE // 2:
        return False
    rows = _rows([*texts, word.text])
    return len(rows) <= HIGH


def _rows(texts: Sequence[str]) -> tuple[str, ...]:
    """Words in rows of at most WIDE characters; two rows about as long as each other."""
    whole = " ".join(texts)
    if len(whole) <= WIDE:
        return (whole,)
    halves = [(" ".join(texts[:place]), " ".join(texts[place:])) for place in range(1, len(texts))]
    fitting = [pair for pair in halves if max(map(len, pair)) <= WIDE]
    if fitting:
        return min(fitting, key=lambda pair: (pair[0][-1:] not in ",.;:?!", abs(len(pair[0]) - len(pair[1]))))
    rows: list[str] = []
    for each in texts:
        if rows and len(rows[-1]) + 1 + len(each) <= WIDE:
            rows[-1] += f" {each}"
        else:
            rows.append(each)
    return tuple(rows)


def _span(cue: Cue, point: str) -> str:
    return f"{_time(cue.start, point)} --> {_time(cue.stop, point)}"


def _time(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    hours, rest = divmod(whole, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _plain(rows: Sequence[str]) -> str:
    """SubRip knows no escapes: what players take for a mark or a time gets signs that only look like it."""
    return "\n".join(row.replace("-->", "→").translate(_ALIKE) for row in rows)


def _marked(rows: Sequence[str]) -> str:
    """WebVTT knows those of HTML; an arrow may not be in a text either, and is escaped with them."""
    return "\n".join(html.escape(row, quote=False) for row in rows)
