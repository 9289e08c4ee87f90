"""Laws that every stage keeps: the same in blocks as in one piece, on time, bounded, and forgetful when told."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import catalog
from engine.blocks import StageError
from engine.knob import KnobError, knobs
from engine.stages.stage import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MONO = Format(16000)
STEREO = Format(16000, 2)
MELS = Format(100, 40, "mel", tuple(np.linspace(60, 7900, 40).tolist()), 0.0, "dB", floor=-100.0)


def variants() -> Iterator[tuple[str, str]]:
    """Every stage as it comes, with each choice of each knob, and with all numbers at either end."""
    for name in catalog.names("stages"):
        yield name, "default"
        yield name, "lowest"
        yield name, "highest"
        for knob in knobs(catalog.load("stages", name).Settings):
            kinds = knob.choices or ((not knob.default,) if knob.kind is bool else ())
            yield from ((name, f"{knob.name}={kind}") for kind in kinds if kind != knob.default)


def settings(name: str, variant: str) -> Any:
    kind = catalog.load("stages", name).Settings
    known = knobs(kind)
    if variant in ("lowest", "highest"):
        ends = {each.name: each.low if variant == "lowest" else each.high for each in known if not each.choices}
        return kind(**{each: value for each, value in ends.items() if value is not None})
    if variant == "default":
        return kind()
    key, _, wanted = variant.partition("=")
    knob = next(each for each in known if each.name == key)
    return kind(**{key: next(each for each in (*knob.choices, not knob.default) if str(each) == wanted)})


def stage(name: str, variant: str, source: Format) -> Any:
    """The built stage; skipped where it refuses in words, as it may (a file not given, too few frequencies)."""
    try:
        return catalog.load("stages", name).build(settings(name, variant), source)
    except (StageError, KnobError) as refusal:
        pytest.skip(f"refused: {refusal}")


def source(name: str) -> Format:
    return MONO if catalog.load("stages", name).ROLE in ("source", "sound", "transform") else MELS


def items(form: Format, seed: int = 0) -> NDArray[np.float32]:
    """Half a second of sound with a pause and a tone in it, or a second of features."""
    rng = np.random.default_rng(seed)
    if not form.is_sound:
        return rng.normal(-40, 15, (101, form.width)).astype(np.float32)
    sound = 0.1 * rng.standard_normal((8000, form.width))
    sound[3000:3600] = 0
    sound[4000:] += 0.3 * np.sin(2 * np.pi * 440 * np.arange(4000) / form.rate)[:, None]
    return sound.astype(np.float32)


def run(built: Any, whole: NDArray[np.float32], cuts: list[int]) -> NDArray[np.float32]:
    """What comes out when `whole` is pushed in pieces."""
    edges = itertools.pairwise([0, *cuts, len(whole)])
    return np.concatenate([*(built.push(whole[low:high]) for low, high in edges), built.flush()])


def cuts(length: int, seed: int) -> list[int]:
    """Where to cut: single items, an empty block, and long stretches."""
    rng = np.random.default_rng(seed)
    return sorted([1, 2, 2, *rng.integers(0, length, 9).tolist()])


def apart(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """The largest difference, as a share of the largest value; infinite where the shapes differ."""
    if found.shape != wanted.shape:
        return math.inf
    scale = max(1e-3, float(np.abs(wanted).max(initial=0)))
    return float(np.abs(found - wanted).max(initial=0)) / scale


@pytest.mark.parametrize(("name", "variant"), tuple(variants()))
def test_blocks_do_not_matter(name, variant):
    form = source(name)
    whole = items(form)
    before = whole.copy()
    wanted = run(stage(name, variant, form), whole, [])
    for seed in (1, 2):
        assert apart(run(stage(name, variant, form), whole, cuts(len(whole), seed)), wanted) <= 2e-5
    assert np.array_equal(whole, before), "a stage may not change what it is given"
    assert wanted.dtype == np.float32
    assert wanted.shape[1] == stage(name, variant, form).output.width
    assert np.isfinite(wanted).all()


@pytest.mark.parametrize(("name", "variant"), tuple(variants()))
def test_output_is_on_time(name, variant):
    """With a finite lookahead the output never lags further; without one nothing comes before the end."""
    form = source(name)
    built = stage(name, variant, form)
    whole = items(form)
    came = 0
    size = 160 if form.is_sound else 1
    for start in range(0, len(whole), size):
        came += len(built.push(whole[start : start + size]))
        given = min(len(whole), start + size)
        if built.lookahead is None:
            assert came == 0
        else:
            assert came >= math.floor((given - built.lookahead) * built.output.rate / form.rate)


@pytest.mark.parametrize("length", [0, 1, 3000])
@pytest.mark.parametrize("name", catalog.names("stages"))
def test_silence_and_hardly_anything(name, length):
    form = source(name)
    out = run(stage(name, "default", form), np.full((length, form.width), form.floor, np.float32), [])
    assert np.isfinite(out).all()
    if length == 0:
        assert len(out) == 0


@pytest.mark.parametrize("name", catalog.names("stages"))
def test_reset_forgets(name):
    form = source(name)
    built, whole = stage(name, "default", form), items(form)
    wanted = run(stage(name, "default", form), whole, [])
    built.push(items(form, seed=5)[: len(whole) // 3])
    built.reset()
    assert apart(run(built, whole, []), wanted) <= 2e-5


@pytest.mark.parametrize("name", catalog.names("stages"))
def test_a_stage_works_again_after_its_end(name):
    """Same settings, same bytes: nothing is left of the first run, and chance begins anew."""
    form = source(name)
    whole = items(form)
    first, second = (run(stage(name, "default", form), whole, []) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", [n for n in catalog.names("stages") if source(n) is MONO])
def test_two_channels_are_kept_or_refused_in_words(name):
    try:
        built = catalog.load("stages", name).build(settings(name, "default"), STEREO)
    except StageError as refusal:
        built, said = None, str(refusal)
    if built is None:
        assert "mix" in said
        return
    out = run(built, items(STEREO), [100, 5000])
    assert out.shape[1] == built.output.width
    assert np.isfinite(out).all()


@pytest.mark.parametrize("name", catalog.names("stages"))
def test_a_stage_that_needs_everything_names_a_twin_that_does_not(name):
    module = catalog.load("stages", name)
    if module.TWIN:
        twin = catalog.load("stages", module.TWIN)
        assert twin.ROLE == module.ROLE
        assert twin.build(twin.Settings(), source(name)).lookahead is not None
