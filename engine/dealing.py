"""Dealing: which split a recording falls into by its name alone, whatever other recordings are there."""

from __future__ import annotations

import hashlib

_BUCKETS = 1 << 27


def split(name: str, valid: float = 10.0, test: float = 10.0) -> str:
    """`train`, `valid` or `test`, by the SHA-1 of a name, so many per cent of which validate and test.

    What stands behind "_nohash_" does not count: recordings of one speaker stay together. It is the rule by which
    the lists of Speech Commands were made (P. Warden, "Speech Commands", 2018, section 7).
    """
    digest = int(hashlib.sha1(name.partition("_nohash_")[0].encode()).hexdigest(), 16)
    share = digest % _BUCKETS * (100.0 / (_BUCKETS - 1))
    if share < valid:
        return "valid"
    return "test" if share < valid + test else "train"
