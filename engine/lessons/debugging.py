"""Lesson 11: the errors of the notes on speech recognition, each run as it stands there, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog, exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.clip import Clip

NETWORK = "hello"
CLASSES = 28
"""Letters of the notes' transformer."""
_RIGHT = 0.1  # of characters may be wrong


def failing(tried: Callable[[], Any]) -> str:
    """The name of the error that something ends with, and what it says; empty where it ends well."""
    try:
        tried()
    except Exception as error:  # whatever the notes' line raises is what this lesson shows
        words = " ".join(str(error).split())
        return f"{type(error).__name__}: {words[:110]}{'…' if len(words) > 110 else ''}"
    return ""


def check_argument(through: Through = exercise.as_they_are) -> Outcome:
    """`T.MelSpectrogram(sr=16000)`: the argument is called sample_rate. Its filters are ours, then."""
    from engine import device, dsp

    transforms = device.torchaudio().transforms
    failed = failing(lambda: transforms.MelSpectrogram(sr=16000, n_mels=80, hop_length=160, f_max=8000))
    mended = transforms.MelSpectrogram(sample_rate=16000, n_fft=512, n_mels=80, hop_length=160, f_max=8000.0)
    bank = through({"bank": mended.mel_scale.fb.numpy()})["bank"]
    apart = exercise.furthest(bank, dsp.mel_bank(16000, 512, 80, 0.0, 8000.0, "htk", False))
    values = (
        ("as in the notes", failed or "it runs"),
        ("mended", "MelSpectrogram(sample_rate=16000, …)"),
        ("its filters against ours", exercise.tiny(apart)),
    )
    passed = failed.startswith("TypeError") and apart < 1e-5
    return Outcome(passed, "an argument that does not exist", values, "TypeError", (_clip(),))


def check_masks(through: Through = exercise.as_they_are) -> Outcome:
    """`T.SpecAugment(time_mask_param=20, freq_mask_param=20)`: how many masks? Nobody says."""
    import torch

    from engine import build, device

    transforms = device.torchaudio().transforms
    failed = failing(lambda: transforms.SpecAugment(time_mask_param=20, freq_mask_param=20))
    mended = transforms.SpecAugment(
        n_time_masks=1, time_mask_param=20, n_freq_masks=1, freq_mask_param=20, zero_masking=True
    )
    x = np.random.default_rng(3).uniform(1.0, 2.0, (1, 80, 200)).astype(np.float32)
    with build.drawn(0):
        masked = mended(torch.from_numpy(x)).numpy()
    hidden = masked == 0
    rows, columns = (int(hidden[0].all(axis=axis).sum()) for axis in (1, 0))
    kept = through({"x": x})["x"]
    same = bool((kept[~hidden] == masked[~hidden]).all())
    values = (
        ("as in the notes", failed or "it runs"),
        ("mended", "SpecAugment(n_time_masks=1, time_mask_param=20, n_freq_masks=1, freq_mask_param=20)"),
        ("bands and frames that one draw hides", f"{rows} and {columns}"),
    )
    passed = failed.startswith("TypeError") and rows < 20 and columns < 20 and same
    return Outcome(passed, "two arguments are missing", values, "how many masks", (_clip(),))


def check_shape(through: Through = exercise.as_they_are) -> Outcome:
    """The notes give a dense layer for 1280 inputs 8000 of them; ours answers (8, 250, 28), item by item."""
    import torch

    from engine import build

    x = torch.from_numpy(np.random.default_rng(5).standard_normal((8, 80, 501)).astype(np.float32))
    failed = failing(lambda: _as_noted(x))
    model: Any = catalog.load("models", "transformer")
    module = build.fresh("transformer", model.Settings(), 80, CLASSES, 0).eval()
    frames, lengths = x.transpose(1, 2), torch.full((8,), 501)
    order = [1, 0, *range(2, 8)]
    with torch.no_grad():
        y = module(frames, lengths)[0]
        changed = {name: torch.from_numpy(np.array(v)) for name, v in through(build.weights(module)).items()}
        module.load_state_dict(changed)
        swapped = module(frames[order], lengths)[0]
    apart = exercise.furthest(y[order].numpy(), swapped.numpy())
    values = (
        ("as in the notes", failed or "it runs"),
        ("mended: shape of the answers", " x ".join(map(str, y.shape))),
        ("two items swapped: answers swapped, and else apart by", exercise.tiny(apart)),
    )
    passed = failed.startswith("RuntimeError") and tuple(y.shape) == (8, 250, CLASSES) and apart < 1e-4
    return Outcome(passed, "axes that were mixed up", values, "250", (_clip(),))


def check_split(through: Through = exercise.as_they_are) -> Outcome:
    """`for mel_db, target in train_loader`: what is called a test was learnt from."""
    from engine import leakage

    network = exercise.network(NETWORK, through)
    task = _task()
    refused = failing(lambda: leakage.check(task, "train"))
    held = failing(lambda: leakage.check(task, "test"))
    wrong, count = exercise.reading(network, list(task.corpus.split("test"))[::6])
    values = (
        ("a test on the training clips", refused or "it is measured"),
        ("sounds of training among the held-out ones", "none" if not held else held),
        ("held-out characters read wrongly", f"{wrong} of {count}"),
    )
    passed = refused.startswith("LeakageError") and not held and wrong < _RIGHT * count
    return Outcome(passed, "a test must be on other clips", values, "0", (_clip(),))


def check_pairing(through: Through = exercise.as_they_are) -> Outcome:
    """Cross entropy of 100 frames against 5 letters: which frame is which letter? CTC finds that by itself."""
    import torch

    from engine import build, evaluate

    network = exercise.network(NETWORK, through)
    task, clip = _task(), _clip()
    module: Any = catalog.load("tasks", "hello")
    noted = module.build(module.Settings(loss="cross entropy"))
    batch = noted.collate([noted.item(clip)])
    answers = evaluate.outputs(build.build(network), [evaluate.features(network, clip.read()[:, 0])])[0]
    y, steps = torch.from_numpy(answers)[None], torch.tensor([len(answers)])
    failed = failing(lambda: noted.loss(y, steps, batch))
    loss = float(task.loss(y, steps, batch)["CTC"])
    text = "".join(label.text for label in task.decode(answers, 0.02))
    values = (
        ("frames, and letters", f"{batch.x.shape[1]}, {int(batch.target_lengths[0])}"),
        ("cross entropy, as in the notes", failed or "it runs"),
        ("CTC, nats a character", f"{loss:.3f}"),
        ("the network writes", text or "nothing"),
    )
    passed = failed.startswith("TargetError") and loss < 0.5 and text == "".join(clip.text("character"))
    return Outcome(passed, "frames and letters are not pairs", values, "CTC", (clip,))


def check_absent(through: Through = exercise.as_they_are) -> Outcome:
    """`torchaudio.functional.ctc_loss` and `torchaudio.streaming` are not there; torch's own loss is."""
    import torch

    from engine import device
    from engine.pairs import ctc

    audio = device.torchaudio()
    absent = [failing(lambda: audio.functional.ctc_loss), failing(lambda: audio.streaming)]
    x = np.random.default_rng(11).standard_normal((7, 4))
    ours = float(ctc.in_numpy(np.asarray(through({"x": x})["x"])))
    theirs = float(ctc.in_torch(torch.from_numpy(x)))
    values = (
        ("torchaudio.functional.ctc_loss", absent[0] or "is there"),
        ("torchaudio.streaming", absent[1] or "is there"),
        ("torch.nn.functional.ctc_loss", f"{theirs:.6f}"),
        ("the sum over all alignments", f"{ours:.6f}"),
    )
    passed = all(each.startswith("AttributeError") for each in absent) and abs(ours - theirs) < 1e-9
    return Outcome(passed, "functions that nobody has written", values, "torch", (_clip(),))


def _as_noted(x: Any) -> Any:
    """The forward pass of the notes, of mel features [B, 80, T]."""
    import torch
    from torch import nn

    h = nn.MaxPool2d(2)(nn.Conv2d(1, 32, 3, padding=1)(x.unsqueeze(1)))
    h = h.permute(0, 2, 1, 3).reshape(h.size(0), h.size(2), -1)
    return torch.nn.Linear(32 * 40, 256)(h)


def _task() -> Any:
    """The task of the forty clips."""
    module: Any = catalog.load("tasks", "hello")
    return module.build(module.Settings())


def _clip() -> Clip:
    """A held-out voice."""
    clip: Clip = _task().pinned()
    return clip


_SETUP = Setup(network=NETWORK, shown=("features", "hidden", "posteriors"))


LESSON = Lesson(
    number=11,
    file="11_Debug_the_Seed",
    about="The errors of a page of code, each run and mended",
    needs=(8, 9),
    steps=(
        Step(
            "argument",
            "An argument that does not exist",
            check_argument,
            _SETUP,
            Guess("What does MelSpectrogram(sr=16000) raise?", ("ValueError", "TypeError", "nothing")),
        ),
        Step(
            "masks",
            "How many masks?",
            check_masks,
            _SETUP,
            Guess("What must SpecAugment be told besides widths?", ("how many masks", "the rate", "nothing")),
        ),
        Step(
            "shape",
            "Axes mixed up",
            check_shape,
            _SETUP,
            Guess("Of 501 frames, how many answers does the mended network give?", unit="answers", near=1.0),
        ),
        Step(
            "split",
            "A test on what was learnt",
            check_split,
            _SETUP,
            Guess("How many held-out sounds may be among those of training?", ("0", "1", "any")),
        ),
        Step(
            "pairing",
            "Frames are not letters",
            check_pairing,
            _SETUP,
            Guess("Which loss needs no letter for every frame?", ("cross entropy", "CTC")),
        ),
        Step(
            "absent",
            "Functions that are not there",
            check_absent,
            _SETUP,
            Guess("Which package has a CTC loss?", ("torchaudio", "torch")),
        ),
    ),
)
