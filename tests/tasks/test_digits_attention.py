"""Digits by attention: strings that end, the loss of each output, and a network that learns where to look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import asset, build, checkpoint, evaluate, recipe, score
from engine.clip import Clip, Label, from_array
from engine.models import seq2seq
from engine.stepper import NotLive, Stepper
from engine.tasks import digits_attention

RATE, FRAME = 16000, 0.03
AROUND = 0.08
"""Seconds before and after a piece."""


def made() -> digits_attention.DigitsByAttention:
    return digits_attention.build(digits_attention.Settings())


def pieces() -> list[Clip]:
    """Every run of one to three digits of a bundled clip, cut out of it."""
    whole = asset.open_bundled("digits")
    sound, said = whole.read()[:, 0], [each for each in whole.labels if each.tier == "digit"]
    found: list[Clip] = []
    for count in (1, 2, 3):
        for first in range(len(said) - count + 1):
            some = said[first : first + count]
            start = max(0.0, some[0].start - AROUND)
            cut = sound[round(start * RATE) : round((some[-1].end + AROUND) * RATE)]
            labels = tuple(Label(each.start - start, each.end - start, each.text, each.tier) for each in some)
            found.append(from_array(cut, RATE, f"piece {len(found)}", labels))
    return found


def batch(clips: list[Clip]) -> Any:
    task = made()
    return task.collate([task.example(clip.read()[:, 0], clip.labels) for clip in clips])


def test_a_batch_holds_the_digits_and_one_end_that_counts() -> None:
    clips = [pieces()[-1], pieces()[0], from_array(np.zeros(RATE // 2, np.float32), RATE, "silence", ())]
    found, said = batch(clips), [[int(each.text) for each in clip.labels] for clip in clips]
    assert [len(each) for each in said] == [3, 1, 0]
    assert found.target_lengths.tolist() == [4, 2, 1]
    assert found.targets.tolist() == [[1 + each for each in row] + [0] * (4 - len(row)) for row in said]
    for row, clip in enumerate(clips):
        assert made().truth(found, row) == clip.text("digit")


def test_it_hears_a_frame_every_30_ms_as_any_sound_does() -> None:
    network, clip = checkpoint.untrained("digits_attention"), pieces()[-1]
    heard = evaluate.features(network, clip.read()[:, 0])
    np.testing.assert_allclose(batch([clip]).x[0], heard, atol=1e-5)
    assert len(heard) == 1 + clip.frames // round(FRAME * RATE)
    usual: Any = checkpoint.untrained("digits").frontend[0].settings
    assert usual.but(hop=480, win=960) == network.frontend[0].settings
    assert (usual.hop, usual.win) == (160, 400)


def test_the_loss_is_torchs_over_what_counts() -> None:
    import torch

    found = batch(pieces()[-3:] + pieces()[:2])
    y = torch.randn(5, found.targets.shape[1], 11, generator=torch.Generator().manual_seed(0))
    wanted = torch.from_numpy(found.targets).clone()
    for row, count in enumerate(found.target_lengths):
        wanted[row, count:] = -100  # what torch leaves out
    reference = torch.nn.CrossEntropyLoss()(y.double().flatten(0, 1), wanted.flatten())
    loss = made().loss(y, torch.full((5,), 4), found)["cross entropy"]
    assert float(loss) == pytest.approx(float(reference), rel=1e-5)
    assert (found.targets[found.target_lengths < 4] == 0).any(), "ends behind the end are in the batch"


def test_nothing_counts_behind_the_end() -> None:
    task, classes = made(), np.array([4, 2, 0, 7, 7])
    logits = np.where(np.eye(11, dtype=bool)[classes], 10.0, 0.0).astype(np.float32)
    found = task.decode(logits, 0.4)
    assert [each.text for each in found] == ["3", "1"]
    assert [each.tier for each in found] == ["digit"] * 2
    assert found[1].end - found[1].start == pytest.approx(0.4)
    assert [each.text for each in task.decode(logits[3:], 0.4)] == ["6", "6"], "it may never end"
    assert task.decode(logits[:0], 0.4) == task.decode(logits[2:], 0.4) == ()
    three = batch([pieces()[-1]])
    assert score.errors(task, logits[None, 2:], [3], three, FRAME) == (3, 3)


def test_it_cannot_run_live_and_says_why() -> None:
    with pytest.raises(NotLive, match="only when it has heard all"):
        Stepper(checkpoint.untrained("digits_attention"))


def test_the_recipe_is_of_this_network() -> None:
    chosen = recipe.read("digits_attention")
    assert (chosen.task, chosen.model) == ("digits_attention", "seq2seq")
    assert not hasattr(chosen.task_settings, "alignment"), "CTC has no part in it"


def test_a_few_clips_are_learnt_and_looked_at_where_they_are_said() -> None:
    """Taught by torch's own loop; then it writes by itself. With its weights shuffled it reads none of them."""
    import torch

    from engine.trace import Key

    clips = pieces()
    found, task = batch(clips), made()
    x, lengths, told = (torch.from_numpy(each) for each in (found.x, found.lengths, found.targets))
    module: Any = build.fresh("seq2seq", seq2seq.Settings(hidden=32), x.shape[2], 11, 0)
    optimiser = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(150):
        y, counts, _ = module(x, lengths, taught=told)
        optimiser.zero_grad()
        task.loss(y, counts, found)["cross entropy"].backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
    module.eval()
    seen: dict[Key, Any] = {}
    with torch.inference_mode():
        y, counts, _ = module(x, lengths, probe=lambda key, value: seen.update({key: value}))
    wrong, among = score.errors(task, y.numpy(), counts.tolist(), found, FRAME)
    assert (wrong, among) == (0, sum(len(clip.labels) for clip in clips))

    weights, near, chance = seen[Key("alignment")].numpy(), [], []
    for row, clip in enumerate(clips):
        times = np.arange(weights.shape[1]) * FRAME
        for place, label in enumerate(clip.labels):
            within = (times > label.start - FRAME) & (times < label.end + 2 * FRAME)
            near.append(weights[row, within, place].sum())
            chance.append(within[: lengths[row]].mean())
    assert np.mean(near) > np.mean(chance) + 0.1, "it looks where the digit is said"

    generator = torch.Generator().manual_seed(1)
    held = module.state_dict()
    module.load_state_dict(
        {
            name: each.flatten()[torch.randperm(each.numel(), generator=generator)].reshape(each.shape)
            for name, each in held.items()
        }
    )
    with torch.inference_mode():
        y, counts, _ = module(x, lengths)
    wrong, among = score.errors(task, y.numpy(), counts.tolist(), found, FRAME)
    assert wrong > 0.8 * among
