"""Mutations: what chance, a broken disk or an enemy does to the bytes of a file."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    Mutation = Callable[[bytes, Sequence[bytes], np.random.Generator], bytes]

_MARKS = (
    *(b"RIFF", b"RF64", b"WAVE", b"fmt ", b"ds64", b"fact", b"data", b"riff", b"FORM", b"COMM", b"SSND", b".snd"),
    *(b"caff", b"desc", b"pakt", b"fLaC", b"OggS", b"vorbis", b"OpusHead", b"OpusTags", b"Xing", b"Info", b"ID3"),
    *(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"\xff\xfb"),
)
"""Where the parts of a file begin: sound's, and a zip's."""
_EXTREMES = (
    0,
    1,
    2,
    3,
    255,
    256,
    1023,
    1024,
    *(2**k + d for k in (15, 16, 31, 32, 40, 47, 63) for d in (-1, 0, 1)),
)


def mutated(data: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """The file after one to three mutations. `others` are files of other kinds."""
    for _ in range(int(rng.choice((1, 1, 2, 3)))):
        data = MUTATIONS[int(rng.integers(len(MUTATIONS)))](data, others, rng)
        if not data:
            break
    return data


def _bits(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    found = bytearray(data)
    for place in rng.integers(0, len(found), int(rng.choice((1, 4, 50)))):
        found[place] ^= 1 << int(rng.integers(8))
    return bytes(found)


def _head(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Bytes where lengths, rates and channels are told."""
    found = bytearray(data)
    for place in rng.integers(0, min(100, len(found)), int(rng.integers(1, 4))):
        found[place] = int(rng.choice((0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256)))))
    return bytes(found)


def _field(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """A number behind a mark becomes an extreme one: sizes up to terabytes, rates of nothing."""
    found = bytearray(data)
    places = _places(data) or [0]
    width = int(rng.choice((1, 2, 4, 4, 8)))
    place = places[int(rng.integers(len(places)))] + int(rng.integers(0, 40))
    value = _EXTREMES[int(rng.integers(len(_EXTREMES)))] % 256**width
    found[place : place + width] = value.to_bytes(width, "little" if rng.random() < 0.5 else "big")
    return bytes(found)


def _cut(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    return data[: _place(data, rng)]


def _missing(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    start = _place(data, rng)
    return data[:start] + data[start + int(rng.integers(1, 2000)) :]


def _replaced(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    start, length = _place(data, rng), int(rng.integers(1, 2000))
    what = bytes(length) if rng.random() < 0.5 else rng.bytes(length)
    return data[:start] + what + data[start + length :]


def _inserted(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    start = _place(data, rng)
    return data[:start] + rng.bytes(int(rng.integers(1, 2000))) + data[start:]


def _parts(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Parts that begin with a mark in another order, or one of them twice, or not at all."""
    places = [0, *_places(data), len(data)]
    parts = [data[a:b] for a, b in itertools.pairwise(places) if b > a]
    chosen = int(rng.integers(len(parts)))
    how = int(rng.integers(3))
    if how == 0:
        parts = [parts[k] for k in rng.permutation(len(parts))]
    elif how == 1:
        parts.insert(int(rng.integers(len(parts) + 1)), parts[chosen])
    else:
        del parts[chosen]
    return b"".join(parts)


def _spliced(data: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """The head of this file and the tail of another."""
    other = others[int(rng.integers(len(others)))]
    return data[: _place(data, rng)] + other[_place(other, rng) :]


def _tail(data: bytes, _others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    return data + rng.bytes(int(rng.integers(1, 3000)))


def _places(data: bytes) -> list[int]:
    """Where marks are; the first few of each."""
    found: set[int] = set()
    for mark in _MARKS:
        place = -1
        for _ in range(4):
            place = data.find(mark, place + 1)
            if place < 0:
                break
            found.add(place)
    return sorted(found)


def _place(data: bytes, rng: np.random.Generator) -> int:
    """Anywhere, and half the time in the head."""
    return int(rng.integers(len(data) if rng.random() < 0.5 else min(len(data), 200))) if data else 0


MUTATIONS: tuple[Mutation, ...] = (
    _bits, _head, _head, _field, _field, _field, _cut, _missing, _replaced, _inserted, _parts, _spliced, _tail,
)  # fmt: skip
"""Those that hurt headers come more often: it is there that a file lies about its size."""
