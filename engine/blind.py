"""Blind listening tests: what is hidden is drawn from a seed, answers are counted, and told when all is over.

Two kinds. ABX: X is A or B, over and over, and p is the chance to be right so often by guessing. A sheet: hidden
versions of a clip are rated from 0 to 100 side by side, as in ITU-R BS.1534, with or without a reference.
"""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.knob import Settings, knob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REFERENCE, ANCHOR = "reference", "anchor"
"""The hidden reference of a sheet, and its low anchor: a version that is plainly bad."""
LEVEL = 0.05
"""The p below which two sounds are said to be told apart."""
_KEEN = 90
"""What a hidden reference is rated at the least by who finds it (BS.1534-3, 4.1.2)."""

Side = Literal["A", "B"]


class BlindError(ValueError):
    """A test that cannot be made or read; the message says what to do."""


@dataclass(frozen=True)
class Plan(Settings):
    """What is settled before a test begins."""

    trials: int = knob(16, 5, 100, help="ABX: how often X is asked. Chosen before, for p to be what it says")
    reference: bool = knob(
        True, help="Rating: the clean sound is there to be compared with, and hidden among the others too"
    )
    anchor: bool = knob(
        True, help="Rating: a version without anything above 3.5 kHz is hidden among the others, as a lower bound"
    )


def tail(right: int, count: int) -> float:
    """The chance that guessing is right `right` times or more of `count`: one-sided binomial, exact."""
    return sum(math.comb(count, each) for each in range(right, count + 1)) / 2**count


def needed(count: int, level: float = LEVEL) -> int | None:
    """How many of `count` answers have to be right for p to be below `level`; None where even all do not do."""
    return next((each for each in range(count + 1) if tail(each, count) < level), None)


@dataclass(frozen=True)
class Abx:
    """X is A or B. `pair` are the versions that A and B stand for, `hidden` what X is by trial, `order` the clip
    of each trial; `answers` are those given so far. `peeked`: somebody has looked how it stands before the end.
    """

    seed: int
    begun: str
    clips: tuple[str, ...]
    pair: tuple[str, str]
    hidden: tuple[Side, ...]
    order: tuple[int, ...]
    answers: tuple[Side, ...] = ()
    peeked: bool = False

    @property
    def trials(self) -> int:
        return len(self.hidden)

    @property
    def over(self) -> bool:
        return len(self.answers) == self.trials

    @property
    def right(self) -> int:
        return sum(mine == true for mine, true in zip(self.answers, self.hidden, strict=False))

    @property
    def p(self) -> float:
        return tail(self.right, len(self.answers))

    def answer(self, side: Side) -> Abx:
        """The test with one answer more. Raises BlindError after the last."""
        if self.over:
            raise BlindError("All trials of this test are answered: begin another.")
        return replace(self, answers=(*self.answers, side))

    def verdict(self) -> str:
        """How it stands, or ended, in words."""
        given, (one, other) = len(self.answers), self.pair
        words = f"{self.right} of {given} right, p = {self.p:.3g}"
        if not self.over:
            planned = f" Only {given} of the {self.trials} trials planned are answered: p does not hold."
        else:
            planned = " Somebody has looked before the end: p is a little too small." if self.peeked else ""
        told = f"{one} and {other} are told apart" if self.p < LEVEL else f"{one} and {other} are not told apart"
        return f"{words}. {told}.{planned}" if given else "Nothing was answered."

    def rows(self) -> list[dict[str, Any]]:
        """One row an answer."""
        return [
            {
                "date": self.begun, "seed": self.seed, "trial": trial + 1, "clip": self.clips[self.order[trial]],
                "A": self.pair[0], "B": self.pair[1], "X": self.hidden[trial], "answer": answer,
                "right": int(answer == self.hidden[trial]), "p": self.p,
            }
            for trial, answer in enumerate(self.answers)
        ]  # fmt: skip

    def found(self) -> dict[str, Any]:
        """What came of it."""
        return {"answered": len(self.answers), "right": self.right, "p": self.p, "verdict": self.verdict()}


@dataclass(frozen=True)
class Sheet:
    """Pages of hidden versions to be rated. Page k is clip `order[k]`; `shown[k]` are its versions as they stand
    there from left to right, and `scores[k]` what each of them was rated. `open_`: the version that is there to be
    compared with, under its name; empty for none.
    """

    seed: int
    begun: str
    clips: tuple[str, ...]
    order: tuple[int, ...]
    shown: tuple[tuple[str, ...], ...]
    open_: str = ""
    scores: tuple[tuple[int, ...], ...] = ()

    @property
    def over(self) -> bool:
        return len(self.scores) == len(self.shown)

    def answer(self, scores: Sequence[int]) -> Sheet:
        """The test with one page more. Raises BlindError."""
        if self.over:
            raise BlindError("All pages of this test are rated: begin another.")
        wanted = len(self.shown[len(self.scores)])
        if len(scores) != wanted or not all(0 <= each <= 100 for each in scores):
            raise BlindError(f"A page of {wanted} versions takes {wanted} ratings from 0 to 100.")
        return replace(self, scores=(*self.scores, tuple(int(each) for each in scores)))

    def by_version(self) -> dict[str, list[int]]:
        """What each version was rated, by its name, best first."""
        found: dict[str, list[int]] = {}
        for names, scores in zip(self.shown, self.scores, strict=False):
            for name, score in zip(names, scores, strict=True):
                found.setdefault(name, []).append(score)
        return dict(sorted(found.items(), key=lambda pair: -float(np.mean(pair[1]))))

    def verdict(self) -> str:
        """How it ended, in words."""
        if not self.scores:
            return "Nothing was rated."
        rated = self.by_version()
        words = ", ".join(f"{name} {interval(scores)}" for name, scores in rated.items())
        missed = [each for each in rated.get(REFERENCE, ()) if each < _KEEN]
        of = "" if self.over else f" of {len(self.shown)}"
        pages = f"{len(self.scores)}{of} page{'s' if len(self.shown) > 1 else ''}"
        if missed and len(missed) > 0.15 * len(rated[REFERENCE]):
            hint = f" The hidden reference was rated below {_KEEN} on {len(missed)} of them: by the rule of "
            return f"{pages}: {words}.{hint}BS.1534 these ratings are left out."
        return f"{pages}: {words}."

    def rows(self) -> list[dict[str, Any]]:
        """One row a rating; `label` is what the version was called while it was hidden."""
        return [
            {
                "date": self.begun, "seed": self.seed, "page": page + 1, "clip": self.clips[self.order[page]],
                "label": label(place), "version": name, "score": score,
            }
            for page, scores in enumerate(self.scores)
            for place, (name, score) in enumerate(zip(self.shown[page], scores, strict=True))
        ]  # fmt: skip

    def found(self) -> dict[str, Any]:
        """What came of it."""
        versions = {
            name: {"mean": float(np.mean(scores)), "half_width_95": half_width(scores), "pages": len(scores)}
            for name, scores in self.by_version().items()
        }
        return {"versions": versions, "verdict": self.verdict()}


Test = Abx | Sheet


def draw_abx(clips: Sequence[str], pair: tuple[str, str], plan: Plan, seed: int | None = None) -> Abx:
    """A test whose hidden part follows from the seed; without one it is drawn. Raises BlindError."""
    if pair[0] == pair[1] or not clips:
        raise BlindError("ABX compares two versions of at least one clip: choose two that are not the same.")
    seed = secrets.randbelow(2**31) if seed is None else seed
    rng = np.random.default_rng(seed)
    one, other = (pair[each] for each in rng.permutation(2))
    sides: tuple[Side, Side] = "A", "B"
    hidden = tuple(sides[each] for each in rng.integers(2, size=plan.trials))
    order = rng.permutation(np.arange(plan.trials) % len(clips))
    return Abx(seed, _now(), tuple(clips), (one, other), hidden, tuple(order.tolist()))


def draw_sheet(clips: Mapping[str, Sequence[str]], open_: str = "", seed: int | None = None) -> Sheet:
    """A sheet of clips, each with its versions, in an order of clips and of versions that follows from the seed.

    `open_` names the version that is shown openly; it is hidden among them too, as `reference`. Raises BlindError.
    """
    if not clips or min(len(each) for each in clips.values()) < 2:
        raise BlindError("A sheet rates at least two versions of a clip beside each other.")
    seed = secrets.randbelow(2**31) if seed is None else seed
    rng, names = np.random.default_rng(seed), tuple(clips)
    order = tuple(rng.permutation(len(names)).tolist())
    shown = []
    for place in order:
        versions = [REFERENCE if each == open_ else each for each in clips[names[place]]]
        shown.append(tuple(versions[each] for each in rng.permutation(len(versions))))
    return Sheet(seed, _now(), names, order, tuple(shown), open_)


def label(place: int) -> str:
    """What a hidden version of a sheet is called: 1, 2, 3, the keys that let it be heard."""
    return str(place + 1)


def half_width(scores: Sequence[int]) -> float | None:
    """Half of the 95 % interval of the mean, by Student's t; None of a single rating."""
    if len(scores) < 2:
        return None
    from scipy.stats import t

    return float(t.ppf(0.975, len(scores) - 1) * np.std(scores, ddof=1) / math.sqrt(len(scores)))


def interval(scores: Sequence[int]) -> str:
    """The mean, with half of its 95 % interval where there is one."""
    half = half_width(scores)
    return f"{np.mean(scores):.0f}" + (f" ± {half:.0f}" if half is not None else "")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
