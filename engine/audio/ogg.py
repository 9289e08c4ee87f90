"""OGG files: whether one ends where its encoder ended it. Its header does not tell how long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PAGE = b"OggS\0"  # and the version
_LONGEST = 27 + 255 + 255 * 255  # bytes of a page
_LAST = 0x04  # the flag of the last page of a stream


def is_cut(path: Path) -> bool:
    """Whether the last page is incomplete, or is not marked as the last one. False for what is no OGG file.

    A page is 27 bytes, the last of them the number of its segments, the length of each in a byte, and the segments
    (RFC 3533, section 6). Raises OSError.
    """
    with path.open("rb") as file:
        if file.read(len(_PAGE)) != _PAGE:
            return False
        size = file.seek(0, 2)
        file.seek(max(0, size - 2 * _LONGEST))
        tail = file.read()
    page = tail[tail.rfind(_PAGE) :]
    if len(page) < 27:
        return True
    lengths = page[27 : 27 + page[26]]
    return len(lengths) < page[26] or len(page) < 27 + len(lengths) + sum(lengths) or not page[5] & _LAST
