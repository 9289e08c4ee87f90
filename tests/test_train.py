"""Training: the same run for the same seed, commands that act, and a folder from which it can be told."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import multiprocessing
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import torch

from app.trouble import is_memory
from engine import checkpoint, loader, recipe, train
from engine.events import Evaluated, Notice, Progress, Set, Snapshot, Step
from engine.models.recurrent import Settings
from engine.recipe import RecipeError
from engine.tasks import phonemes
from tests.training import TASK, small

if TYPE_CHECKING:
    from pathlib import Path


def events(chosen: recipe.Recipe, folder: Path | None = None) -> list[Any]:
    return list(train.train(chosen, "cpu", folder))


def weights(found: list[Any]) -> dict[str, bytes]:
    snapshot = next(event for event in reversed(found) if isinstance(event, Snapshot))
    held = snapshot.network.weights
    assert held is not None
    return {name: value.tobytes() for name, value in held.items()}


def test_the_same_seed_is_the_same_run() -> None:
    chosen = dataclasses.replace(small(), model_settings=Settings(hidden=32, layers=1, output_dropout=0.3))
    one = events(chosen)
    torch.rand(7)  # what others draw in this process is no part of the run
    two = events(chosen)
    assert [event.loss for event in one if isinstance(event, Step)] == [
        event.loss for event in two if isinstance(event, Step)
    ]
    assert weights(one) == weights(two)
    other = events(dataclasses.replace(chosen, train=chosen.train.but(seed=1)))
    assert weights(one) != weights(other)


def test_the_loss_falls_and_the_end_is_evaluated() -> None:
    found = events(small(steps=50, lr=0.01, batch=8))
    losses = [event.loss for event in found if isinstance(event, Step)]
    assert np.mean(losses[-3:]) < 0.7 * np.mean(losses[:3])
    assert [type(event) for event in found[-3:]] == [Progress, Evaluated, Snapshot]
    evaluated = found[-2]
    assert (evaluated.step, evaluated.split) == (50, "valid")
    assert evaluated.length > 0
    snapshot = found[-1]
    assert snapshot.network.trained
    assert not any(value.flags.writeable for value in snapshot.network.weights.values())


def test_epochs_are_augmented_anew() -> None:
    task = phonemes.build(TASK)
    count = task.batches("train", 8)
    batches = loader.training(task, "phonemes", TASK, 8, 0, 0)
    first = list(itertools.islice(filter(None, batches), 2 * count))
    assert first[0].x.tobytes() != first[count].x.tobytes()
    assert first[count].x.tobytes() == task.batch("train", 0, 8, 1).x.tobytes()


def test_processes_prepare_the_same_batches() -> None:
    task = phonemes.build(TASK)
    here = loader.training(task, "phonemes", TASK, 4, 7, 0)
    there = loader.training(task, "phonemes", TASK, 4, 7, 1)
    for one, two in itertools.islice(zip(filter(None, here), filter(None, there), strict=False), 3):
        assert one.x.tobytes() == two.x.tobytes()
        assert one.targets.tobytes() == two.targets.tobytes()
    there.close()


def test_a_command_turns_the_rate_while_it_runs() -> None:
    job = train.train(small(), "cpu")
    rates = []
    command = None
    while True:
        try:
            event = job.send(command)
        except StopIteration:
            break
        command = None
        if isinstance(event, Step):
            rates.append(event.values["lr"])
            if event.step == 2:
                command = Set("lr", 5e-4)
    assert rates == [2e-3, 2e-3, 5e-4, 5e-4]


def test_a_command_is_heard_while_something_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    width, make = checkpoint.width, phonemes.Phonemes.batch
    built, tried = threading.Event(), threading.Event()

    def slow_width(task: Any) -> int:
        built.wait(10)
        return width(task)

    def slow_batch(self: phonemes.Phonemes, split: str, *arguments: Any) -> Any:
        if split == "valid":
            tried.wait(10)
        return make(self, split, *arguments)

    monkeypatch.setattr(checkpoint, "width", slow_width)
    monkeypatch.setattr(phonemes.Phonemes, "batch", slow_batch)
    job = train.train(small(evaluate_every=2), "cpu")
    assert next(job) is None
    event, rates = job.send(Set("lr", 1e-3)), []
    built.set()
    while not isinstance(event, Evaluated):
        if isinstance(event, Step):
            rates.append(event.values["lr"])
        if event is None and len(rates) == 2:
            event = job.send(Set("lr", 5e-4))
            tried.set()
        else:
            event = next(job)
    rates += [event.values["lr"] for event in job if isinstance(event, Step)]
    assert rates == [1e-3, 1e-3, 5e-4, 5e-4]


def test_processes_do_not_outlive_the_one_that_was_killed() -> None:
    text = (
        "from engine import loader\nfrom engine.tasks import phonemes\nimport multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    chosen = phonemes.Settings(clips=10, words=1)\n"
        "    for batch in loader.training(phonemes.build(chosen), 'phonemes', chosen, 4, 0, 1):\n"
        "        if batch is not None: print(multiprocessing.active_children()[0].pid, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        number = int(program.stdout.readline())
        program.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(number).wait(10)


def test_a_killed_process_that_prepares_may_have_lacked_memory(tmp_path: Path) -> None:
    job = train.train(small(workers=1, steps=1000), "cpu", tmp_path)
    next(event for event in job if isinstance(event, Step))
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(train.TrainingError, match=r"smaller batches or with fewer train\.workers") as caught:
        list(job)
    assert is_memory(caught.value), "smaller parts of a batch are offered"


def test_stopping_ends_the_processes_too(tmp_path: Path) -> None:
    job = train.train(small(workers=1, steps=1000), "cpu", tmp_path)
    next(event for event in job if isinstance(event, Step))
    job.close()
    # Not by the processes' own word: the pool's thread looks after them too, and one of the two may come too late.
    for process in multiprocessing.active_children():
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(process.pid).wait(30)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_stop_does_not_wait_for_a_batch(split: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one takes seconds where voices are synthesised or the machine is busy."""
    asked, enough = threading.Event(), threading.Event()
    make = phonemes.Phonemes.batch

    def slow(self: phonemes.Phonemes, which: str, *arguments: Any) -> Any:
        if which == split:
            asked.set()
            assert enough.wait(20)
        return make(self, which, *arguments)

    monkeypatch.setattr(phonemes.Phonemes, "batch", slow)
    job = train.train(small(evaluate_every=1), "cpu")
    try:
        while not asked.is_set():
            next(job)
        assert [next(job) for _ in range(3)] == [None] * 3
        job.close()
        assert not enough.is_set()
    finally:
        enough.set()


@pytest.mark.parametrize("how", [GeneratorExit, KeyboardInterrupt])
def test_what_was_learnt_before_a_stop_is_kept(tmp_path: Path, how: type[BaseException]) -> None:
    job = train.train(small(steps=1000, snapshot_every=2, evaluate_every=1000), "cpu", tmp_path)
    snapshot = next(event for event in job if isinstance(event, Snapshot))
    assert snapshot.step == 1, "until then another network is on the screen"
    with pytest.raises(how):
        job.throw(how)
    kept = checkpoint.load(tmp_path / "last.safetensors")
    assert kept.metrics["step"] == snapshot.step
    assert {name: value.tobytes() for name, value in (kept.weights or {}).items()} == weights([snapshot])


def test_processes_that_prepare_batches_do_not_hear_ctrl_c() -> None:
    if not hasattr(signal, "pthread_sigmask"):
        pytest.skip("no signal masks here")
    with loader.deaf():
        said = subprocess.run(
            [sys.executable, "-c", "import signal; print(signal.pthread_sigmask(0, []))"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    assert "SIGINT" in said
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_the_run_folder_tells_the_run(tmp_path: Path) -> None:
    chosen = small(evaluate_every=2)
    found = events(chosen, tmp_path / "run æ")
    folder = tmp_path / "run æ"
    assert recipe.read(folder / "recipe.toml") == dataclasses.replace(chosen, name="recipe")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 1, 2, 2, 3, 4, 4]
    assert lines[0] == {"step": 0, "began": "small", "total": 4, "parent": "", "error is": "PER"}
    assert lines[1]["loss"] == next(event.loss for event in found if isinstance(event, Step))
    tried = [event for event in found if isinstance(event, Evaluated)]
    best = checkpoint.load(folder / "best.safetensors")
    assert best.metrics["valid error"] == min(event.error for event in tried)
    last = checkpoint.load(folder / "last.safetensors")
    assert last.metrics["step"] == 4
    assert "[train]" in last.card["recipe"]
    assert {name: value.tobytes() for name, value in (last.weights or {}).items()} == weights(found)
    assert isinstance(found[-1], Notice)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"cannot write the run to .*file.*choose another folder"):
        events(small(), tmp_path / "file" / "run")


def test_a_recipe_is_read_as_it_was_written(tmp_path: Path) -> None:
    chosen = small(lr=0.0123)
    assert recipe.parse(recipe.text(chosen), "small") == chosen
    recipe.write(chosen, tmp_path / "small.toml")
    assert recipe.read(tmp_path / "small.toml") == chosen
    with pytest.raises(RecipeError, match="gone"):
        recipe.write(chosen, tmp_path / "gone" / "small.toml")
    assert [each.name for each in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "not TOML"),
        ("[task]\n", r"\[task\] needs name"),
        ("task = 3\n", r"task is a table: write \[task\]"),
        ("[task]\nname = 'phonemes'\n[trian]\n", r"no table \[trian\]"),
        ("[task]\nname = 'phonemes'\nwrods = 2\n", "did you mean 'words'"),
        ("[task]\nname = 'phonemes'\n[augment]\nworts = 2\n", "did you mean"),
        ("[task]\nname = 'phonemes'\n[model]\nhidden = 0\n", "hidden is 0 units; its range is 1 to 2048"),
        ("[task]\nname = 'phonemes'\n[train]\nlr = -1.0\n", "range is 1e-06 to 1"),
        ("[task]\nname = 'birds'\n", "no 'birds' among the tasks"),
        ("[task]\nname = 'phonemes'\n[model]\nname = 'oracle'\n", "no 'oracle' among the models"),
    ],
)
def test_a_wrong_recipe_is_said_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=rf"odd\.toml: .*{said}"):
        recipe.read(path)


def test_a_missing_recipe_lists_the_bundled_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"there is no recipe .*bundled are: "):
        recipe.read(tmp_path / "gone.toml")


@pytest.mark.parametrize("name", recipe.bundled())
def test_bundled_recipes_are_right(name: str) -> None:
    assert recipe.read(name).name == name


@pytest.mark.parametrize("kind", ["phonemes", "ctc"])
def test_mixup_learns_from_two_examples_by_their_shares(kind: str) -> None:
    """share * L(own) + (1 - share) * L(partner's), item by item against the formula; alpha 0 mixes none."""
    trainer = train.Trainer(small(mixup=0.4), "cpu")
    batch = trainer.task.batch("train", 0, 4, 0)
    if kind == "ctc":
        trainer.task = Strings(trainer.task)  # type: ignore[assignment] # only its loss is asked for
        short = np.array([[1, 2, 0], [2, 1, 2], [1, 0, 0], [2, 2, 0]])
        batch = dataclasses.replace(batch, targets=short, target_lengths=np.array([2, 3, 1, 2]))
    mixed = trainer.mixed(1, batch)
    assert mixed is not None
    assert 0.0 < mixed.share < 1.0
    assert (mixed.partner != np.arange(4)).any()
    trainer.module.eval()
    with torch.no_grad():
        y, lengths, _ = trainer.module(torch.from_numpy(mixed.x), torch.from_numpy(mixed.lengths))
    (found,) = trainer._loss(y, lengths, batch, mixed).values()
    own = trainer.task.loss(y, batch.lengths, batch)
    swapped = {name: getattr(batch, name)[mixed.partner] for name in ("x", "lengths", "targets", "target_lengths")}
    other = trainer.task.loss(y, swapped["lengths"], dataclasses.replace(batch, **swapped))
    (first,), (second,) = own.values(), other.values()
    assert float(first) != pytest.approx(float(second))
    wanted = mixed.share * float(first) + (1 - mixed.share) * float(second)
    assert float(found) == pytest.approx(wanted, rel=1e-5)
    assert train.Trainer(small(), "cpu").mixed(1, batch) is None


class Strings:
    """CTC on the outputs of another task."""

    def __init__(self, task: Any) -> None:
        self.vocabulary = task.vocabulary

    def loss(self, y: Any, out_lengths: Any, batch: Any) -> dict[str, Any]:
        targets, steps, counts = map(torch.as_tensor, (batch.targets, out_lengths, batch.target_lengths))
        return {"ctc": torch.nn.functional.ctc_loss(y.log_softmax(-1).transpose(0, 1), targets, steps, counts)}


def test_mixup_changes_the_run_and_its_loss_falls() -> None:
    plain, mixed = events(small()), events(small(mixup=0.4))
    assert weights(plain) != weights(mixed)
    losses = [event.loss for event in events(small(steps=40, lr=0.01, mixup=0.4)) if isinstance(event, Step)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
