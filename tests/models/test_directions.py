"""Both directions: the two halves of what a bidirectional layer gives."""

from __future__ import annotations

import pytest
import torch

from engine.cells import GATES
from engine.layer import Layer

HIDDEN = 5


@pytest.mark.parametrize("kind", GATES)
def test_the_output_is_two_halves_that_reversing_swaps_k219(kind: str) -> None:
    """It is exactly 2 H wide; with the same weights both ways, the reversed input gives the halves swapped."""
    layer = Layer(kind, 3, HIDDEN, bidirectional=True).eval()  # type: ignore[arg-type]
    assert layer.backwards is not None
    layer.backwards.load_state_dict(layer.forwards.state_dict())
    x, lengths = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([9, 9])
    with torch.no_grad():
        one, _ = layer(x, lengths)
        other, _ = layer(x.flip(1), lengths)
    assert one.shape == (2, 9, 2 * HIDDEN)
    assert not torch.allclose(one[..., :HIDDEN], one[..., HIDDEN:])
    torch.testing.assert_close(other.flip(1), torch.cat([one[..., HIDDEN:], one[..., :HIDDEN]], -1))
