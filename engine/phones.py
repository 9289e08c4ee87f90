"""Phones of English speech: the 39 classes in which recognisers are compared, and alphabets folded to them.

The 61 symbols of TIMIT are folded as in K.-F. Lee and H.-W. Hon, Speaker-independent phone recognition using
hidden Markov models, IEEE Transactions on Acoustics, Speech and Signal Processing 37 (1989): closures, pauses and
the ends are one silence, and the glottal stop q is left out. SAMPA, as the aligner MAUS writes it, is folded by
sound.
"""

from __future__ import annotations

from engine.labelling import SILENCE

_ALIKE = {
    "aa": "ao", "ah": "ax ax-h", "er": "axr", "hh": "hv", "ih": "ix", "l": "el", "m": "em", "n": "en nx",
    "ng": "eng", "sh": "zh", "uw": "ux", SILENCE: "pcl tcl kcl bcl dcl gcl h# pau epi",
}  # fmt: skip
_ALONE = "ae aw ay b ch d dh dx eh ey f g iy jh k ow oy p r s t th uh v w y z"

FOLD = {name: name for name in (*_ALIKE, *_ALONE.split())} | {
    other: name for name, others in _ALIKE.items() for other in others.split()
}
"""The class of each symbol of TIMIT, but for q."""
VOCABULARY = (SILENCE, *sorted(set(FOLD.values()) - {SILENCE}))
"""The 39 classes, silence first."""

_SAMPA = {
    "aa": "Q O A O: A: a a:", "ae": "{", "ah": "V @", "aw": "aU", "ay": "aI", "ch": "tS", "dh": "D", "dx": "4",
    "eh": "E E: e", "er": "3` 3: 3 @` 6 9 2:", "ey": "eI e:", "hh": "h h-", "ih": "I", "iy": "i i:", "jh": "dZ",
    "l": "l l=", "m": "m m=", "n": "n n=", "ng": "N", "ow": "@U oU o o:", "oy": "OI OY", "r": "r R", "sh": "S Z",
    "th": "T", "uh": "U", "uw": "u u:", "y": "j", SILENCE: "<p:>",
}  # fmt: skip
SAMPA = {other: name for name, others in _SAMPA.items() for other in others.split()} | {
    name: name for name in "b d f g k p s t v w z".split()
}
"""The class of each symbol of SAMPA, but for the glottal stop ? and noises of speakers."""
STOPS = ("b", "ch", "d", "g", "jh", "k", "p", "t")
"""Those that begin with a closure, which TIMIT marks apart, as silence."""
