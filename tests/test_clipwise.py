"""Tasks of whole clips: targets, losses and answers against the plain definitions, whatever the readout."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from engine import build, catalog, checkpoint, clipwise, infer, recipe
from engine.clip import Label
from engine.events import Traced
from engine.models.recurrent import Settings
from engine.trace import Key
from engine.trainer import Trainer

TAGS = ("birds", "rain", "bell")


def task(kind: type[clipwise.Clipwise] = clipwise.Tags, names: tuple[str, ...] = TAGS) -> Any:
    return kind(None, None, names, clipwise.frontend(), "tag")


def batch(made: Any, *texts: tuple[str, ...]) -> Any:
    rng = np.random.default_rng(0)
    frames = [rng.standard_normal((5 + 3 * k, 40)).astype(np.float32) for k in range(len(texts))]
    return clipwise.collate([(x, made.target(each)) for x, each in zip(frames, texts, strict=True)])


def test_tags_are_judged_each_for_itself() -> None:
    made = task()
    asked = batch(made, ("rain",), ("bell", "birds"), ())
    assert asked.targets.tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0]]
    y = torch.randn(3, 1, 3, generator=torch.Generator().manual_seed(0))
    p, there = y[:, 0].sigmoid().numpy(), asked.targets
    wanted = -(there * np.log(p) + (1 - there) * np.log(1 - p)).mean()
    assert float(made.loss(y, [1, 1, 1], asked)["binary cross entropy"]) == pytest.approx(wanted, rel=1e-5)
    assert [made.truth(asked, item) for item in range(3)] == [("rain",), ("birds", "bell"), ()]


def test_tags_are_named_where_they_are_likelier_than_not() -> None:
    made = task()
    found = made.decode(np.array([[0.1, -0.1, 3.0]], np.float32), 2.5)
    assert found == (Label(0.0, 2.5, "birds", "tag"), Label(0.0, 2.5, "bell", "tag"))
    assert made.decode(np.zeros((0, 3), np.float32), 1.0) == ()
    assert made.errors(["bell", "birds"], ["birds", "bell"]) == (0, 2), "tags have no order"
    assert made.errors(["rain", "birds"], ["birds", "bell"]) == (1, 2)
    assert made.errors(["rain", "bell"], ["birds"]) == (2, 1)


def test_one_class_of_several() -> None:
    made = task(clipwise.Classes)
    asked = batch(made, ("rain",), ("bell",))
    y = torch.randn(2, 1, 3, generator=torch.Generator().manual_seed(0))
    wanted = -y[:, 0].log_softmax(-1)[[0, 1], [1, 2]].mean()
    assert float(made.loss(y, [1, 1], asked)["cross entropy"]) == pytest.approx(float(wanted))
    (label,) = made.decode(y[0].numpy(), 1.5)
    assert (label.text, label.end) == (TAGS[int(y[0, 0].argmax())], 1.5)
    with pytest.raises(ValueError, match="one label of the tier tag, of: birds, rain, bell; found"):
        made.target(("wind",))


@pytest.mark.parametrize("kind", [clipwise.Tags, clipwise.Classes])
def test_frames_that_vote_are_the_mean_of_the_states(kind: Any) -> None:
    """A network that answers at every frame and one that answers from the mean, with the same weights."""
    made = task(kind)
    asked = batch(made, ("rain",), ("bell",))
    found = []
    for readout in ("frames", "mean"):
        module: Any = build.fresh("recurrent", Settings(hidden=32, readout=readout), 40, 3, 0).eval()
        with torch.no_grad():
            y, lengths, _ = module(torch.from_numpy(asked.x), torch.from_numpy(asked.lengths))
        (loss,) = made.loss(y, lengths, asked).values()
        texts = [made.decode(y[k, : lengths[k]].numpy(), 1.0)[:1] for k in range(2)]
        found.append((float(loss), [[label.text for label in each] for each in texts]))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("name", ["many2one", "emotion", "tagging"])
@pytest.mark.parametrize("readout", ["last", "mean", "attention"])
def test_the_answer_and_its_evidence_cover_the_clip(name: str, readout: str) -> None:
    """The inspection of the pinned clip: one answer over all of it, and evidence that adds up to it."""
    network = checkpoint.untrained(name)
    assert network.settings.readout == "attention", "the task's own wish"  # type: ignore[attr-defined]
    network = checkpoint.untrained(network, network.settings.but(readout=readout))
    made = build.task_of(network)
    clip = made.pinned()
    *_, traced = infer.run(infer.Inspection(clip, (), None, network, 0.0, clip.seconds, "cpu"))
    assert isinstance(traced, Traced)
    series = traced.trace.series
    answer, evidence = series[Key("posterior")], series[Key("evidence")]
    assert answer.values.shape == (1, len(network.vocabulary))
    assert answer.first - 0.5 / answer.rate == pytest.approx(0.0, abs=0.02)
    assert answer.first + 0.5 / answer.rate == pytest.approx(clip.seconds, abs=0.02)
    assert evidence.rows == network.vocabulary
    assert float(series[Key("attention")].values.sum()) == pytest.approx(1.0, abs=1e-5)
    scores = evidence.values.sum(0) + build.build(network).head.bias.detach().numpy()
    if made.apart:  # type: ignore[attr-defined]
        np.testing.assert_allclose(1 / (1 + np.exp(-scores)), answer.values[0], atol=1e-5)
    else:
        scores -= build.build(network).head.bias.detach().numpy().mean()
        logs = np.log(answer.values[0])
        np.testing.assert_allclose(scores - scores.mean(), logs - logs.mean(), atol=1e-4)
    assert traced.length == len(clip.labels)
    for label in traced.trace.text:
        assert (label.start, label.end) == (pytest.approx(0.0, abs=0.02), pytest.approx(clip.seconds, abs=0.05))


def test_training_tells_the_map_of_the_whole_split() -> None:
    """Of a split in batches, as of all its clips at once."""
    module = catalog.load("tasks", "tagging")
    settings = module.Settings(clips=22, seconds=2.0)
    chosen = recipe.of("tagging", task_settings=settings, train=recipe.TrainSettings(batch=2))
    trainer = Trainer(dataclasses.replace(chosen, model_settings=Settings(hidden=32, readout="mean")), "cpu")
    *_, told = _events(trainer.evaluate("valid", 3))
    whole = trainer.task.batch("valid", 0, 4, 0)
    trainer.module.eval()
    with torch.no_grad():
        y, lengths, _ = trainer.module(torch.from_numpy(whole.x), torch.from_numpy(whole.lengths))
    wanted = trainer.task.figures(trainer.task.scores(y, lengths).numpy(), whole.targets)  # type: ignore[attr-defined]
    assert told.values["mAP"] == pytest.approx(wanted["mAP"], abs=1e-6)
    assert trainer.network(3, told).metrics["valid mAP"] == told.values["mAP"]


def _events(job: Any) -> Any:
    """What a generator yields, and at last what it returns."""
    yield (yield from job)
