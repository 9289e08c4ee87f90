"""The encoder and decoder: equal to its formulas, taught or on its own, blind to padding, and never live."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from engine import build, checkpoint, chunked, infer, placing, recipe, rerun
from engine.events import Traced
from engine.models import seq2seq
from engine.probes import gradient
from engine.probes.record import Recorder
from engine.probes.terms import terms
from engine.stepper import NotLive, Stepper
from engine.surgery import Edit
from engine.trace import Direction, Key
from engine.trainer import Trainer

INPUTS, OUTPUTS, HIDDEN, FRAMES = 6, 5, 7, 11


def lively(layers: int = 1) -> Any:
    import torch

    made: Any = build.fresh("seq2seq", seq2seq.Settings(hidden=HIDDEN, layers=layers), INPUTS, OUTPUTS, 3).eval()
    with torch.no_grad():
        made.head.bias[0] -= 1.0  # it does not end at once
        made.head.weight *= 5.0
    return made


@pytest.fixture
def module() -> Any:
    return lively()


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
    assert not chunked.takes(network)


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


EDITS = [
    Edit("set", 0.025, 0.075, "z", 1, "forward", value=1.0),
    Edit("set", 0.025, 0.075, "r", 2, "backward", (1, 4), 0.0),
    Edit("freeze", 0.025, 0.075, "n", 1, "backward"),
    Edit("reset", 0.05),
]
"""At 100 frames a second of frames 3 to 7, or between 4 and 5."""


def run(module: Any, x: Any) -> tuple[dict[Key, Any], Any]:
    """All values and the logits [U, C] of one sound."""
    import torch

    recorder = Recorder()
    with torch.inference_mode():
        y, counts, _ = module(torch.tensor(x[None]), torch.tensor([len(x)]), probe=recorder)
    return recorder.values, y[0, : int(counts[0])].numpy()


def hook(edit: Edit, way: Direction) -> Any:
    """What makes of a cell's values what the edit makes of them; its steps are counted as the cell goes."""
    import torch

    a, b = (3, 8) if way == "forward" else (FRAMES - 8, FRAMES - 3)
    at, kept = 5 if way == "forward" else FRAMES - 5, dict[int, Any]()
    units = torch.zeros(HIDDEN, dtype=torch.bool)
    units[list(edit.units) or slice(None)] = True

    def put(t: int, name: str, value: Any) -> Any:
        if edit.how == "reset":
            return torch.zeros_like(value) if (name, t) == ("h'", at) else None
        if name != edit.name:
            return None
        kept[t] = value
        if not a <= t < b:
            return None
        return kept[a - 1] if edit.how == "freeze" else torch.where(units, edit.value, value)

    return put


@pytest.mark.parametrize("edit", EDITS)
def test_states_of_the_encoder_are_changed_as_with_hooks_in_torch(edit: Edit) -> None:
    module, x = lively(2), batch()[0][0].numpy()
    before, _ = run(module, x)
    values, logits = rerun.rerun(module, x, before, placing.place([edit], module.settings, 0.0, 100.0, FRAMES))
    for layer, way, cell in gradient.cells(module):
        if edit.layer in (0, layer) and (edit.layer == 0 or edit.direction == way):
            cell.edit = hook(edit, way)
    wanted, said = run(module, x)
    assert values.keys() == wanted.keys()
    for key in wanted:
        np.testing.assert_allclose(values[key], wanted[key], atol=2e-6, err_msg=str(key))
    np.testing.assert_allclose(logits, said, atol=1e-5)
    assert max(np.abs(values[key] - before[key]).max() for key in before if key.name == "h") > 0.01


@pytest.mark.parametrize("edit", [*EDITS, Edit("set", 0.0, 0.115, "h", 2, "backward", value=-1.0)])
def test_gradients_are_of_what_is_written_with_the_edits(edit: Edit) -> None:
    module, x = lively(2), batch()[0][0].numpy()
    placed = placing.place([edit], module.settings, 0.0, 100.0, FRAMES)
    values, logits = rerun.rerun(module, x, run(module, x)[0], placed)
    assert (len(logits) == FRAMES) == (edit in EDITS), "with the last one it writes something else"
    doubled = gradient.doubled(module)
    odds = np.exp(logits - logits.max(1, keepdims=True))
    for step in (0, FRAMES // 2, FRAMES - 1):
        found = gradient.backward(doubled, x, step, placed=placed)
        row = int((step + 0.5) * len(logits) / FRAMES)
        assert found.output == logits[row].argmax()
        assert found.share == pytest.approx(odds[row].max() / odds[row].sum(), abs=1e-5)
    for key, each in found.values.items():
        np.testing.assert_allclose(each, values[key], atol=1e-5, err_msg=str(key))


def traced(network: Any, *edits: Edit) -> Traced:
    clip = build.task_of(network).pinned()
    asked = infer.Inspection(clip, (), None, network, 0.0, clip.seconds, "cpu", edits)
    (found,) = (each for each in infer.run(asked) if isinstance(each, Traced))
    return found


def test_terms_of_the_encoder_add_up_to_its_gates() -> None:
    network = checkpoint.untrained("seq2seq_char", seq2seq.Settings(hidden=32, layers=2))
    network = dataclasses.replace(network, weights=build.weights(build.build(network)))
    trace = traced(network).trace
    ways: tuple[Direction, ...] = ("forward", "backward")
    for layer, way, frame, unit in itertools.product((1, 2), ways, (0, 3, -1), (0, 31)):
        count = len(trace.series[Key("h", layer, way)].values)
        for name, found in terms(network, trace, layer, way, unit, frame % count).items():
            value = float(trace.series[Key(f"gate.{name}", layer, way)].values[frame, unit])
            made = np.tanh(found.sum) if name == "n" else 1 / (1 + np.exp(-found.sum))
            assert made == pytest.approx(value, abs=1e-5)


def test_its_layers_are_counted() -> None:
    network = checkpoint.untrained("seq2seq_char", seq2seq.Settings(hidden=32, layers=3))
    held = build.weights(build.build(network))
    assert len(network.sizes) == 3
    for size in network.sizes:
        mine = sum(each.size for name, each in held.items() if name.startswith(f"layers.{size.layer - 1}."))
        assert 2 * (size.plan["gru"] + size.biases["gru"]) == mine


def test_a_tone_that_no_state_takes_up_is_the_one_that_is_not_written() -> None:
    """z = 1 keeps h: with that while a tone sounds, both ways, all letters are written but its own."""
    network = checkpoint.open_network("seq2seq_char")
    clip = build.task_of(network).pinned()
    whole = clip.text("written")
    tones = [each for each in clip.labels if each.tier == "tone" and each.text in whole]
    assert len(tones) == len(set(whole)) == 6
    ways: tuple[Direction, ...] = ("forward", "backward")
    for tone in tones:
        found = traced(network, *(Edit("set", tone.start, tone.end, "z", 1, way, value=1.0) for way in ways))
        said, told = tuple(label.text for label in found.trace.text), found.difference
        assert said == tuple(each for each in whole if each != tone.text)
        assert told is not None
        assert (tuple(label.text for label in told.text), told.words, told.count) == (whole, 1, len(whole) + 1)
        assert told.spans[Key("gate.z", 1)]
        looked, posterior = (found.trace.series[Key(name)] for name in ("alignment", "posterior"))
        assert looked.rows == (*said, "end")
        heard = found.trace.series[Key("features")]
        assert len(posterior.values) / posterior.rate == pytest.approx(len(heard.values) / heard.rate)
