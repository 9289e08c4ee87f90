"""The encoder and decoder: equal to its formulas, taught or on its own, blind to padding, and never live."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest

from engine import build, checkpoint, recipe
from engine.models import seq2seq
from engine.stepper import NotLive, Stepper
from engine.trace import Key
from engine.trainer import Trainer

INPUTS, OUTPUTS, HIDDEN, FRAMES = 6, 5, 7, 11


@pytest.fixture
def module() -> Any:
    import torch

    made: Any = build.fresh("seq2seq", seq2seq.Settings(hidden=HIDDEN), INPUTS, OUTPUTS, 3).eval()
    with torch.no_grad():
        made.head.bias[0] -= 1.0  # it does not end at once
        made.head.weight *= 5.0
    return made


def batch() -> tuple[Any, Any]:
    import torch

    return torch.randn(3, FRAMES, INPUTS, generator=torch.Generator().manual_seed(0)), torch.tensor([11, 4, 8])


def test_rows_of_the_attention_sum_to_one_and_padding_has_none(module: Any) -> None:
    import torch

    seen: dict[Key, Any] = {}
    x, lengths = batch()
    with torch.no_grad():
        y, steps, _ = module(x, lengths, probe=lambda key, value: seen.update({key: value}))
    weights = seen[Key("alignment")].numpy()
    assert weights.shape == (3, FRAMES, y.shape[1])
    assert (steps <= lengths).all()
    np.testing.assert_allclose(weights.sum(1), 1.0, atol=1e-6)
    for item, length in enumerate(lengths.tolist()):
        assert not weights[item, length:].any()
        assert (weights[item, :length] > 0).all()


def test_taught_what_it_writes_itself_it_says_the_same(module: Any) -> None:
    import torch

    x, lengths = batch()
    with torch.no_grad():
        alone, _, _ = module(x, lengths)
        written = alone.argmax(-1)
        taught, counts, _ = module(x, lengths, taught=written)
        other, _, _ = module(x, lengths, taught=(written + 1) % OUTPUTS)
    assert alone.shape[1] > 3
    torch.testing.assert_close(taught, alone)
    assert counts.tolist() == [alone.shape[1]] * 3
    torch.testing.assert_close(other[:, 0], alone[:, 0])  # the first follows on nothing
    assert (other[:, 1] - alone[:, 1]).abs().max() > 1e-3


def test_it_ends_with_class_0_or_with_as_many_outputs_as_frames(module: Any) -> None:
    import torch

    x, lengths = batch()
    with torch.no_grad():
        y, steps, _ = module(x, lengths)
        module.head.bias[0] = 1e6
        at_once, ones, _ = module(x, lengths)
        module.head.bias[0] = -1e6
        never, all_steps, _ = module(x, lengths)
    for row, count, length in zip(y.argmax(-1).tolist(), steps.tolist(), lengths.tolist(), strict=True):
        assert 0 not in row[: count - 1]
        assert count == length or row[count - 1] == 0
    assert at_once.shape[1] == 1
    assert ones.tolist() == [1, 1, 1]
    assert all_steps.tolist() == lengths.tolist()
    assert never.shape[1] == FRAMES


def test_it_is_what_its_formulas_say(module: Any) -> None:
    """The decoder once more in NumPy, from the encoder's states."""
    import torch

    x, _ = batch()
    length = torch.tensor([FRAMES])
    with torch.no_grad():
        y, _, _ = module(x[:1], length)
        h = module.layers[0](x[:1], length)[0][0].double().numpy()
    w = {name: each.double().numpy() for name, each in module.state_dict().items()}

    def sigmoid(a: Any) -> Any:
        return 1 / (1 + np.exp(-a))

    ends = np.r_[h[-1, :HIDDEN], h[0, HIDDEN:]]
    s, written = np.tanh(w["begin.weight"] @ ends + w["begin.bias"]), OUTPUTS
    for logits in y[0].double().numpy():
        keys = h @ w["key.weight"].T + w["key.bias"]
        e = np.tanh(w["query.weight"] @ s + keys) @ w["energy.weight"][0]
        a = np.exp(e - e.max())
        context = (a / a.sum()) @ h
        inputs = np.r_[w["embed.weight"][written], context]
        ir, iz, i_n = np.split(w["cell.weight_ih"] @ inputs + w["cell.bias_ih"], 3)
        hr, hz, hn = np.split(w["cell.weight_hh"] @ s + w["cell.bias_hh"], 3)
        r, z = sigmoid(ir + hr), sigmoid(iz + hz)
        s = (1 - z) * np.tanh(i_n + r * hn) + z * s
        said = w["head.weight"] @ np.r_[s, context] + w["head.bias"]
        np.testing.assert_allclose(logits, said, atol=1e-4)
        written = int(np.argmax(said))


def test_every_weight_is_learnt_and_training_goes_on_behind_the_end(module: Any) -> None:
    import torch

    x, lengths = batch()
    module.train()
    y, _, _ = module(x, lengths, taught=torch.tensor([[1, 2, 0], [3, 0, 0], [4, 4, 0]]))
    y.square().sum().backward()
    for name, each in module.named_parameters():
        assert each.grad is not None, name
        assert each.grad.abs().max() > 0, name
    assert module(x, lengths)[0].shape[1] == FRAMES


def test_wrong_axes_and_no_frames(module: Any) -> None:
    import torch

    with pytest.raises(ValueError, match="x must be"):
        module(torch.zeros(1, 4, INPUTS + 1), torch.tensor([4]))
    y, steps, _ = module(torch.zeros(1, 0, INPUTS), torch.tensor([0]))
    assert y.shape == (1, 0, OUTPUTS)
    assert steps.tolist() == [0]


def test_it_says_that_it_cannot_run_live() -> None:
    network = checkpoint.untrained("seq2seq_char")
    assert not network.live
    with pytest.raises(NotLive, match="only when it has heard all"):
        Stepper(network)


@pytest.mark.parametrize("parts", [1, 3])
def test_while_it_learns_it_is_taught_whatever_the_parts_of_a_batch(parts: int) -> None:
    import torch

    chosen = recipe.read("seq2seq_char")
    settings = chosen.train.but(batch=6, accumulate=parts, clip=0.0, warmup=0)
    trainer = Trainer(dataclasses.replace(chosen, train=settings), "cpu")
    batch = trainer.task.batch("train", 0, 6, 0)
    twin = copy.deepcopy(trainer.module)
    x, lengths, told = (torch.from_numpy(each) for each in (batch.x, batch.lengths, batch.targets))
    y, _, _ = twin(x, lengths, taught=told)
    (loss,) = trainer.task.loss(y, lengths, batch).values()
    loss.backward()
    norm = float(torch.nn.utils.get_total_norm([each.grad for each in twin.parameters()]))
    step = trainer.step(1, batch)
    assert step.loss == pytest.approx(float(loss.detach()), rel=1e-5)
    assert step.values["gradient"] == pytest.approx(norm, rel=1e-4)
    y, counts, _ = twin(x, lengths)
    (alone,) = trainer.task.loss(y, counts, batch).values()
    assert abs(float(alone.detach()) - step.loss) > 1e-3, "what it writes itself is another thing to go on from"
