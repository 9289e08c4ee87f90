"""Chains of stages by chance, with knobs by chance: pushed in any blocks they give what one push gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import catalog
from engine.blocks import StageError
from engine.knob import KnobError, knobs
from engine.links import Chain, compose, role
from engine.stages.stage import Format, Link

if TYPE_CHECKING:
    from numpy.typing import NDArray


def value(knob: Any, rng: np.random.Generator) -> Any:
    """A value of the knob: any choice, any number of its range, or its default where it has neither."""
    if knob.choices:
        return knob.choices[int(rng.integers(len(knob.choices)))]
    if knob.kind is bool:
        return bool(rng.integers(2))
    if knob.kind not in (int, float) or knob.low is None or knob.high is None:
        return knob.default
    if knob.kind is int:
        return int(rng.integers(knob.low, min(knob.high, 2**31 - 1) + 1))
    return float(rng.uniform(knob.low, knob.high))


def links(rng: np.random.Generator) -> tuple[Link, ...]:
    """Up to five stages on sound, then perhaps one transform with masks and features behind it."""
    by_role: dict[str, list[str]] = {}
    for name in catalog.names("stages"):
        by_role.setdefault(catalog.load("stages", name).ROLE, []).append(name)
    sounds = rng.permutation([*by_role["source"], *by_role["sound"]]).tolist()[: int(rng.integers(1, 6))]
    # Where pitch is shifted, places to cut are chosen: a rounding in the reverberation before it chooses others.
    sounds.sort(key=lambda name: "pitch" not in name)
    frames: list[str] = []
    if rng.random() < 0.7:
        frames = [str(rng.choice(by_role["transform"]))]
        frames += rng.permutation([*by_role["mask"], *by_role["feature"]]).tolist()[: int(rng.integers(0, 4))]
    found = []
    for name in (*sounds, *frames):
        kind = catalog.load("stages", name).Settings
        try:
            found.append(Link(name, kind(**{knob.name: value(knob, rng) for knob in knobs(kind)})))
        except KnobError:  # two knobs that do not go together
            found.append(Link(name, kind()))
    return compose(found, ())


def pushed(chain: Chain, sound: NDArray[np.float32], cuts: list[int]) -> NDArray[np.float32]:
    parts = [chain.push(sound[low:high]) for low, high in zip([0, *cuts], [*cuts, len(sound)], strict=True)]
    return np.concatenate([*parts, chain.flush()])


def keeps_the_law(seed: int) -> bool:
    """Whether a chain could be built; asserts that blocks do not matter, nor what was pushed before a reset."""
    refusal = ""
    rng = np.random.default_rng(seed)
    chosen, form = links(rng), Format(int(rng.choice([8000, 16000, 44100])), int(rng.integers(1, 3)))
    sound = (0.2 * rng.standard_normal((6000, form.width))).astype(np.float32)
    sound[2000:2600] = 0
    try:
        chain = Chain(chosen, form)
    except StageError as error:
        refusal = str(error)
    if refusal:
        assert refusal.split(":")[0] in catalog.names("stages")
        return False
    told = " > ".join(f"{link.stage} {link.settings}" for link in chosen)
    whole = pushed(chain, sound, [])
    assert np.isfinite(whole).all(), told
    assert whole.shape[1] == chain.output.width, told
    assert all(role(link) in ("source", "sound") for link in chosen) == chain.output.is_sound, told
    chain.reset()
    again = pushed(chain, sound, sorted(rng.integers(0, len(sound), 8).tolist()))
    assert again.shape == whole.shape, told
    scale = max(1e-3, float(np.abs(whole).max(initial=0)))
    np.testing.assert_allclose(again, whole, rtol=0, atol=1e-4 * scale, err_msg=told)
    return True


def test_chains_by_chance() -> None:
    assert sum(keeps_the_law(seed) for seed in range(12)) >= 4


@pytest.mark.long
@pytest.mark.parametrize("begin", range(100, 600, 50))
def test_hundreds_of_chains_by_chance(begin: int) -> None:
    assert sum(keeps_the_law(seed) for seed in range(begin, begin + 50)) >= 15
