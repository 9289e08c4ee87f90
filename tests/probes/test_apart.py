"""Gradients of classes that do not exclude each other: each one's probability is its own sigmoid."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import build, checkpoint, echo, infer
from engine.events import Attributed, Echo, Traced
from engine.memo import Memo
from engine.trace import Key

NETWORK = checkpoint.untrained("tagging")


@pytest.fixture(scope="module")
def asked() -> echo.Asked:
    clip = build.task_of(NETWORK).pinned()
    *_, traced = infer.run(infer.Inspection(clip, (), None, NETWORK, 0.0, clip.seconds, "cpu"))
    assert isinstance(traced, Traced)
    return echo.Asked(NETWORK, traced, 1.0, 4, echo.Settings(method="times input"))


def test_the_share_is_the_sigmoid_of_the_class_alone(asked: echo.Asked) -> None:
    share = float(asked.traced.trace.series[Key("posterior")].values[0, 4])
    *_, found = echo.echo(asked, Memo())
    assert isinstance(found, Echo)
    assert found.share == pytest.approx(share, abs=1e-5)
    *_, told = echo.attribution(asked, Memo())
    assert isinstance(told, Attributed)
    assert told.share == pytest.approx(share, abs=1e-4)


def test_attribution_is_of_its_own_log_odds(asked: echo.Asked) -> None:
    """Gradient times input, against autograd of the one logit."""
    *_, told = echo.attribution(asked, Memo())
    assert isinstance(told, Attributed)
    x = torch.tensor(asked.features[None], requires_grad=True)
    y = build.build(NETWORK)(x, torch.tensor([x.shape[1]]))[0]
    (slope,) = torch.autograd.grad(y[0, 0, 4], x)
    np.testing.assert_allclose(told.series.values, (x * slope)[0].detach().numpy(), atol=1e-5)
