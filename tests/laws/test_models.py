"""Laws that every model keeps: single steps equal the whole pass, and its declared lookahead is true."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from engine import build, catalog, pacing
from engine.knob import knobs

INPUTS, OUTPUTS, FRAMES = 12, 5, 48
SMALL = {"hidden": 32, "layers": 2, "window": 8}


def variants() -> tuple[tuple[str, str], ...]:
    """Every model as it comes, small, and with each choice of each knob that changes the network."""
    found = []
    for name in catalog.names("models"):
        found.append((name, "default"))
        for knob in knobs(catalog.load("models", name).Settings):
            if knob.effect == "rebuild" and knob.name not in SMALL:
                whole = range(int(knob.low or 0), int(knob.high or 0) + 1) if knob.kind is int else ()
                kinds = knob.choices or ((not knob.default,) if knob.kind is bool else tuple(whole))
                found += [(name, f"{knob.name}={kind}") for kind in kinds if kind != knob.default]
    return tuple(found)


def model(name: str, variant: str) -> Any:
    kind = catalog.load("models", name).Settings
    known = {each.name: each for each in knobs(kind)}
    small = {key: value for key, value in SMALL.items() if key in known}
    key, _, wanted = variant.partition("=")
    if wanted:
        small[key] = known[key].kind(wanted == "True" if known[key].kind is bool else wanted)
    made = build.fresh(name, kind(**small), INPUTS, OUTPUTS, 3)
    made.eval()
    return made


def frames(torch: Any, seed: int = 0, count: int = FRAMES) -> Any:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.standard_normal((1, count, INPUTS)).astype(np.float32))


def outputs(torch: Any, built: Any, x: Any) -> Any:
    with torch.no_grad():
        return built(x, torch.tensor([x.shape[1]]))[0]


@pytest.mark.parametrize(("name", "variant"), variants())
def test_steps_one_by_one_equal_the_whole_pass(name, variant):
    import torch

    built = model(name, variant)
    size, waits = pacing.block(built), getattr(built, "waits", False)
    if built.lookahead is None or (built.lookahead >= size and not waits):
        pytest.skip("it hears the future, and so cannot be stepped")
    for last in {0, size // 2} if hasattr(built, "pace") else {0}:
        count = 2 * FRAMES // size * size + last
        x, state, parts = frames(torch, count=count), built.init_state(1), []
        with torch.no_grad():
            for start in range(0, count, size):
                piece = x[:, start : start + size]
                y, steps, state = built(piece, torch.tensor([piece.shape[1]]), state)
                assert steps.tolist() == [y.shape[1]]
                parts.append(y)
            if waits:
                parts.append(built.finish(state)[0])
        torch.testing.assert_close(torch.cat(parts, 1), outputs(torch, built, x), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("name", "variant"), variants())
def test_lookahead_is_true(name, variant):
    """What lies further ahead than declared changes nothing; what lies as far ahead as declared may."""
    import torch

    built = model(name, variant)
    count = max(FRAMES, 4 * (1 + (built.lookahead or 0)))
    x = frames(torch, count=count)
    before = outputs(torch, built, x)
    middle = count // 2 // built.stride * built.stride
    for begin in {middle, middle + built.stride - 1}:  # where a step begins, and at its last frame
        other = x.clone()
        other[:, begin:] = frames(torch, 1, count)[:, begin:]
        after = outputs(torch, built, other)
        if built.lookahead is None:
            assert (before[:, 0] != after[:, 0]).any(), "it declares that it hears everything, but does not"
            continue
        safe = (begin - 1 - built.lookahead) // built.stride + 1
        assert safe > 0
        assert torch.equal(before[:, :safe], after[:, :safe])
        assert (before[:, begin // built.stride] != after[:, begin // built.stride]).any()


@pytest.mark.parametrize(("name", "variant"), variants())
def test_a_longer_neighbour_in_the_batch_changes_nothing(name, variant):
    import torch

    built = model(name, variant)
    long, short = frames(torch), frames(torch, 4)[:, : FRAMES // 3]
    padded = torch.nn.functional.pad(short, (0, 0, 0, FRAMES - short.shape[1]), value=7.0)
    with torch.no_grad():
        together, lengths, _ = built(torch.cat([long, padded]), torch.tensor([FRAMES, short.shape[1]]))
    alone = outputs(torch, built, short)
    assert int(lengths[1]) == alone.shape[1]
    torch.testing.assert_close(together[1, : alone.shape[1]], alone[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("name", "variant"), variants())
def test_the_probe_sees_and_changes_nothing(name, variant):
    """The same output with a probe as without, and what it is shown is finite and within its natural range."""
    import torch

    built, x, seen = model(name, variant), frames(torch), {}
    with torch.no_grad():
        probed = built(x, torch.tensor([FRAMES]), None, lambda key, value: seen.update({key: value}))[0]
    torch.testing.assert_close(probed, outputs(torch, built, x), rtol=0, atol=1e-6)
    assert any(key.name == "h" for key in seen)
    for key, value in seen.items():
        assert np.isfinite(np.asarray(value)).all(), str(key)
        if key.name.startswith("gate.") and key.name[5] in "ifrzo":
            assert 0 <= float(np.min(np.asarray(value))) <= float(np.max(np.asarray(value))) <= 1
        if key.name in ("gate.g", "gate.n"):
            assert np.abs(np.asarray(value)).max() <= 1


@pytest.mark.parametrize("name", catalog.names("models"))
def test_knobs_explain_themselves(name):
    kind = catalog.load("models", name).Settings
    assert dataclasses.is_dataclass(kind)
    assert all(each.help for each in knobs(kind))
