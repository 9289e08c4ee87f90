"""Training from the command line: by recipe, resumed, forked, in several processes; and what it says."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from app import cli, estimate, progress
from app import training as app_training
from engine import checkpoint, device, loader, recipe, standing, train
from engine.events import Began, Changed, Evaluated, Notice, Progress, Set, Step
from engine.tasks import phonemes
from engine.trainer import Trainer
from tests import training

ROOT = Path(__file__).parents[2]
SMALL = {"task.clips": 12, "task.words": 1, "model.hidden": 32, "model.layers": 1, "train.batch": 3}
TELL = {"train.train_batches": 1, "train.evaluate_every": 2, "train.warmup": 0, "train.schedule": "constant"}


def command(out: Path | None, *more: str | Path, **knobs: Any) -> list[str]:
    """`otoscope train` of a small network on the CPU."""
    given = SMALL | TELL | {f"train.{key}": value for key, value in knobs.items()}
    changes = [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
    where = [] if out is None else ["--out", str(out)]
    return ["train", "phonemes-rnn-32", "--device", "cpu", *where, *changes, *map(str, more)]


def weights(run: Path) -> dict[str, np.ndarray]:
    return dict(checkpoint.load(run / "last.safetensors").weights or {})


def record(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    if device.count("cpu") < 2:
        pytest.skip("one core")
    assert cli.main(command(tmp_path / "one", steps=4, batch=5)) == 0
    both = [sys.executable, "-m", "app", *command(tmp_path / "two", "--devices", "2", steps=4, batch=5)]
    ran = subprocess.run(both, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("step 4, held-out clips") == 1  # one of them speaks
    assert ran.stdout.splitlines()[-1] == str(tmp_path / "two")
    assert "distributed" not in ran.stderr
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, atol=2e-6, err_msg=name)
    losses = [[each["loss"] for each in record(tmp_path / run) if "loss" in each] for run in ("one", "two")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert len(losses[0]) == 4 + 2 * 2


def test_how_large_full_pooling_gets_is_told_before_it_is_built(capsys, monkeypatch) -> None:
    """K363, without the window: who gives --set has decided, and reads what it means."""
    monkeypatch.setattr(estimate, "main", lambda chosen, device: 0)
    for hidden, counted in ((256, "67,109,120"), (64, "")):
        assert cli.main(["train", "ains-full", "--estimate", "--set", f"model.hidden={hidden}"]) == 0
        said = capsys.readouterr().err
        assert counted in said
        assert bool(said) == bool(counted)


def test_a_stop_in_the_midst_of_a_step_tells_what_is_kept(tmp_path: Path, capsys, monkeypatch) -> None:
    """It is taken back to the state before, step 4 here, not to the step that was told last."""
    whole = Trainer.step

    def step(self: Trainer, number: int, batch: Any) -> Step:
        done = whole(self, number, batch)
        if number == 6:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(loader, "leave", lambda code: None)
    cli.main(command(tmp_path, steps=9, evaluate_every=4))
    assert standing.load(tmp_path / standing.NAME).step == 4
    assert f"stopped at step 4; to go on: otoscope train --resume {tmp_path}" in capsys.readouterr().err


SLURM = {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_JOB_NAME": "train", "SLURM_JOB_ID": "4321"}
SLURM |= {"SLURM_NODELIST": "127.0.0.1", "SLURM_NODEID": "0"}


@pytest.mark.long
@pytest.mark.parametrize("how", ["slurm", "torchrun", "two machines"])
def test_a_cluster_trains_as_one_process_does(tmp_path: Path, how: str) -> None:
    """As srun or torchrun starts it, or by hand on two machines, which here are one."""
    assert cli.main(command(tmp_path / "one", steps=3)) == 0
    several = ("--devices", "1", "--nodes", "2") if how == "two machines" else ("--devices", "2")
    program = [sys.executable, "-m", "app", *command(tmp_path / "two", *several, steps=3)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    here = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    if how == "torchrun":
        launcher = [sys.executable, "-m", "torch.distributed.run", "--no-python", "--nproc-per-node", "2"]
        started = [subprocess.Popen([*launcher, "--master-port", port, *program], cwd=ROOT)]
    else:
        places = [
            SLURM | {"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)}
            if how == "slurm"
            else {"NODE_RANK": str(rank)}
            for rank in range(2)
        ]
        started = [subprocess.Popen(program, cwd=ROOT, env=here | place) for place in places]
    assert [each.wait(280) for each in started] == [0] * len(started)
    for name, value in weights(tmp_path / "one").items():
        np.testing.assert_allclose(weights(tmp_path / "two")[name], value, atol=2e-6, err_msg=name)


def test_the_loss_is_halved_on_the_synthetic_set(tmp_path: Path) -> None:
    """By the bundled recipe: 80 steps, which are 8 s of a CPU. (All 600 clips take half a minute.)"""
    more = ["--set", "train.steps=80", "--set", "train.evaluate_every=0", "--set", "train.evaluate_batches=1"]
    fewer = ["--set", "task.clips=48", "--set", "task.words=2", "--set", "train.train_batches=0"]
    out = ["--device", "cpu", "--out", str(tmp_path / "run")]
    assert cli.main(["train", "phonemes-lstm-32", *out, *more, *fewer]) == 0
    steps = [each for each in record(tmp_path / "run") if "epoch" in each]
    assert len(steps) == 80
    assert np.mean([each["loss"] for each in steps[-5:]]) < 0.5 * steps[0]["loss"]


def test_a_run_goes_on_as_if_nothing_had_been(tmp_path: Path, capsys: Any) -> None:
    assert cli.main(command(tmp_path / "whole", steps=6)) == 0
    assert cli.main(command(tmp_path / "parts", steps=3)) == 0
    capsys.readouterr()
    assert (
        cli.main(["train", "--resume", str(tmp_path / "parts"), "--device", "cpu", "--set", "train.steps=6"]) == 0
    )
    said = capsys.readouterr()
    assert "going on from step 3, to step 6" in said.err
    assert "step 6, held-out clips: loss" in said.out
    for name, value in weights(tmp_path / "whole").items():
        np.testing.assert_array_equal(weights(tmp_path / "parts")[name], value)


def test_a_knob_that_was_turned_in_the_window_is_turned_back(tmp_path: Path, capsys: Any) -> None:
    """The recipe has the same value: it acts all the same."""
    steps: Any = train.train(training.small(steps=4), "cpu", tmp_path)
    next(event for event in steps if isinstance(event, Step))
    steps.send(Set("clip", 0.0))
    steps.close()
    again = ["train", "--resume", str(tmp_path), "--device", "cpu", "--set", "train.clip=1"]
    assert cli.main(again) == 0
    assert "clip is 1" in capsys.readouterr().err
    assert standing.load(tmp_path / standing.NAME).trainer["live"]["clip"] == 1.0


def test_a_new_run_begins_with_the_weights_of_a_network(tmp_path: Path, capsys: Any) -> None:
    assert cli.main(command(tmp_path / "first", steps=2)) == 0
    start = tmp_path / "first" / "last.safetensors"
    again = ["train", "--from", str(start), "--device", "cpu", "--out", str(tmp_path / "second")]
    assert cli.main([*again, "--set", "train.lr=0.000001", "--set", "train.steps=4"]) == 0
    assert "going on from step 2 of" in capsys.readouterr().err
    for name, value in weights(tmp_path / "first").items():
        np.testing.assert_allclose(weights(tmp_path / "second")[name], value, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train"], 2, "name a RECIPE"),
        (["train", "--resume", "here", "--out", "there"], 2, "leave --out and --from out"),
        (["train", "--resume", "no-such-run"], 3, "no-such-run is no run: name the folder"),
        (["train", "--from", "no-such-network"], 3, "no-such-network"),
        (["train", "digits", "--from", "phonemes-rnn-32", "--out", "never"], 1, "cannot begin with the weights"),
        (["train", "phonemes-rnn-32", "--devices", "0"], 2, "1 or more"),
        (
            ["train", "phonemes-rnn-32", "--devices", "9999", "--device", "cpu"],
            2,
            "--devices 9999: this machine has",
        ),
        (
            ["train", "phonemes-rnn-32", "--nodes", "2", "--device", "cpu"],
            2,
            "MASTER_ADDR, MASTER_PORT, NODE_RANK",
        ),
        (["train", "phonemes-rnn-32", "--devices", "two"], 2, "--devices"),
        (["train", "phonemes-rnn-32", "--device", "tpu"], 2, "--device"),
        (["train", "crnn", "--set", "task.name=spech"], 2, "there is no 'spech' among the tasks; there are:"),
        (["train", "crnn", "--set", "model.name=conf"], 2, "there is no 'conf' among the models; there are:"),
    ],
)
def test_what_does_not_fit_together_is_said(
    arguments: list[str], code: int, said: str, capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        found = cli.main(arguments)
    except SystemExit as end:  # argparse ends by itself
        found = int(end.code or 0)
    assert found == code
    assert said in capsys.readouterr().err


def test_a_recipe_takes_another_task_or_model() -> None:
    base = recipe.read("crnn")
    words = app_training.change(base, "task", "name", "speech")
    assert (words.task, words.model_settings, words.train) == ("speech", base.model_settings, base.train)
    dense = app_training.change(app_training.change(base, "model", "name", "recurrent"), "model", "hidden", 32)
    assert (dense.task_settings, dense.model) == (base.task_settings, "recurrent")
    assert dense.model_settings.to_dict()["stack"] == 2, "as the task hello wants its networks"
    assert dense.model_settings.to_dict()["hidden"] == 32


def test_processes_that_were_started_outside_are_counted(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert cli.main(["train", "phonemes-rnn-32", "--devices", "2"]) == cli.USAGE
    assert "one of 4 processes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (3599.9, "1 h 0 min")],
)
def test_durations_are_said_in_words(seconds: float, said: str) -> None:
    assert estimate.lasting(seconds) == said


def test_an_estimate_trains_nothing(tmp_path: Path, capsys: Any) -> None:
    assert cli.main(command(tmp_path / "run", "--estimate", steps=50)) == 0
    cost = r"phonemes-rnn-32: about .*s for 50 steps of .* ms, and [\d,]+ MB of memory"
    assert re.match(cost + r"; sequences of up to \d\.\d s, \d+ frames", capsys.readouterr().out)
    assert not (tmp_path / "run").exists()


def test_a_folder_with_a_run_is_not_written_over(tmp_path: Path, capsys: Any) -> None:
    assert cli.main(command(tmp_path / "run", steps=1)) == 0
    before = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    assert cli.main(command(tmp_path / "run", steps=2)) == cli.BAD_FILE
    assert "a run lies there already" in capsys.readouterr().err
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == before


def test_a_loss_that_is_no_number_ends_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    own, asked = phonemes.Phonemes.loss, []

    def loss(*arguments: Any) -> Any:
        asked.append(arguments)
        return {name: term * (np.nan if len(asked) > 2 else 1.0) for name, term in own(*arguments).items()}

    monkeypatch.setattr(phonemes.Phonemes, "loss", loss)
    assert cli.main(command(tmp_path / "run", steps=9, evaluate_every=0)) == cli.TROUBLE
    said = capsys.readouterr().err
    assert "the loss is no number at step 3" in said
    assert "lower learning rate" in said
    assert "Traceback" not in said
    assert f"otoscope train --resume {tmp_path / 'run'} --set train.lr=" in said
    monkeypatch.setattr(phonemes.Phonemes, "loss", own)
    assert (
        cli.main(["train", "--resume", str(tmp_path / "run"), "--device", "cpu", "--set", "train.lr=0.001"]) == 0
    )
    assert "lr is 0.001" in capsys.readouterr().err


def told(*events: Any) -> str:
    """What is printed where there is no terminal."""
    out = io.StringIO()
    with progress.Teller(Console(file=out, width=200, highlight=False), recipe.of("phonemes")) as teller:
        for event in events:
            teller.hear(event)
    return out.getvalue()


def test_what_is_told_of_a_training() -> None:
    steps = [Step(n, 0, 1.5 / n, {"lr": 0.01, "frames": 500.0}) for n in (6, 7)]
    said = told(
        Began("name", "", 40, step=5, parent="other"),
        None,
        Evaluated(5, "valid", 0.75, 3, 40, {"mAP": 0.8125}),
        Progress(0.5, "trying"),
        Changed(6, "lr", 0.1, 0.01),
        Notice("the disk is full"),
        *steps,
    )
    assert "going on from step 5 of other, to step 40" in said
    assert "step 5, held-out clips: loss 0.7500, PER 7.50% (3 of 40), mAP 0.812" in said
    assert "lr is 0.01" in said
    assert "the disk is full" in said
    assert "7/40" in said
    assert "loss 0.2143, PER 7.5%, rate 0.01" in said


@pytest.mark.parametrize("width", [80, 200])
def test_the_figures_fit_into_the_terminal(width: int) -> None:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    with progress.Teller(
        console, dataclasses.replace(recipe.of("phonemes"), name="a name as long as this")
    ) as teller:
        teller.hear(Began("name", "", 100_000))
        teller.hear(Evaluated(5, "valid", 0.75, 3, 40))
        for number in (99_998, 99_999):
            teller.hear(Step(number, 0, 1.23456, {"lr": 0.00012, "frames": 500.0}))
    said = next(line for line in reversed(out.getvalue().splitlines()) if "loss" in line)
    assert "loss 1.2346, PER 7.5%, rate 0.00012" in said
    assert said.rstrip().endswith("frames/s")
    assert ("a name as long as this" in said) == (width == 200)


def test_where_no_line_can_move_one_is_written_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "OFTEN", 0.0)
    assert "step 3 of 2000: loss 2.0000" in told(Step(3, 0, 2.0, {"lr": 0.1}))


def test_the_environment_is_left_alone() -> None:
    assert "LOCAL_RANK" not in os.environ
