"""Hello, world from the command line: errors, smaller files, a simulated device, the bench, and the whole demo."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app import cli, hello, profile, quantize
from app.benches import live_network
from engine import checkpoint, exercise, onnxport, shrunk, written
from engine.ported import Ported

if TYPE_CHECKING:
    from engine.network import Network
    from engine.wer import Score

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def network() -> Network:
    return checkpoint.open_network("hello")


@pytest.fixture(scope="module")
def score(network: Network) -> Score:
    return written.measure(network)


def test_the_bundled_network_reaches_the_targets_on_voices_it_never_heard_k334_k339(score: Score) -> None:
    right, low, high = written.accuracy(score)
    assert len(score.clips) >= 100
    assert low > 0.90
    assert low <= right <= high
    assert score.words.error < 0.05
    kinds = written.by_voice(score)
    assert set(kinds) == {"espeak", "flite", "piper"}
    assert sum(each.words.count for each in kinds.values()) == score.words.count == len(score.clips)


def test_a_network_that_has_forgotten_reaches_none(network: Network) -> None:
    assert network.weights is not None
    found = written.measure(dataclasses.replace(network, weights=exercise.shuffled(network.weights)))
    assert found.words.error > 0.5
    assert written.accuracy(found)[0] < 0.5


def test_eval_tells_the_word_error_rate_k334(score: Score, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["eval", "--task", "hello-world", "--metric", "wer", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["wer"]["error"] == score.words.error
    assert told["normaliser"]
    assert cli.main(["eval", "hello", "--metric", "cer"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"  all +CER .*95 % between .*", lines[1])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["eval"], 2, "name one network"),
        (["eval", "hello", "--task", "hello"], 2, "name one network"),
        (["eval", "many2one", "--metric", "wer"], 2, "write texts"),
        (["eval", "hello", "--metric", "wer", "--split", "train"], 3, "were trained on"),
        (["eval", "hello", "--split", "train"], 3, "were trained on"),
        (["quantize", "none"], 3, "no network 'none'"),
        (["profile", "hello", "--cpu-quota", "2"], 2, "share of one core"),
        (["profile", "none.onnx"], 1, "could not be profiled"),
        (["demo", "hello-world", "--seeds", "0"], 2, "its range is 1 to 20"),
        (["demo", "hello-world", "--own", "nowhere"], 3, "there is no folder"),
        (["bench", "live", "--model", "digits-lstm-64-bidirectional"], 2, "causal"),
        (["bench", "live", "--model", "convtasnet_mini"], 2, "causal"),
        (["bench", "live", "--model", "kws_causal", "--seconds", "0"], 2, "--seconds"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    more = ["--out", str(tmp_path / "out")] if arguments[0] == "demo" else []
    assert cli.main([*arguments, *more]) == code
    assert said in capsys.readouterr().err


def test_int8_is_small_and_as_good_k298_k321_k340(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["quantize", "hello", "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    forms = {each["form"]: each for each in told["forms"]}
    assert list(forms) == ["FP32", "FP16", "INT8"]
    assert told["failed"] == []
    for each in forms.values():
        assert each["bytes"] == Path(each["file"]).stat().st_size
        assert 0 < each["step ms p50"] <= each["step ms p95"]
    assert forms["FP16"]["bytes"] < 0.55 * forms["FP32"]["bytes"]
    assert forms["INT8"]["bytes"] <= 0.35 * forms["FP32"]["bytes"]
    for name in ("FP16", "INT8"):
        assert abs(forms[name]["character accuracy"] - forms["FP32"]["character accuracy"]) <= 0.05
    assert forms["FP32"]["largest difference"] < 1e-4 < forms["INT8"]["largest difference"]


def test_a_form_that_is_too_large_or_too_different_is_told(network: Network, score: Score) -> None:
    assert network.weights is not None
    lost = written.measure(dataclasses.replace(network, weights=exercise.shuffled(network.weights)))
    whole = shrunk.Form("FP32", Path("a"), 1000, 0.1, 0.2, 0.0, score)
    small = dataclasses.replace(whole, name="INT8", size=400, score=lost)
    assert f"WER (texts as {score.normaliser})" in quantize.table((whole, small)).splitlines()[0]
    said = shrunk.trouble((whole, small))
    assert len(said) == 2
    assert "40% of the bytes" in said[0]
    assert shrunk.trouble((whole, dataclasses.replace(small, size=300, score=score))) == []


def test_half_weights_answer_almost_the_same(network: Network, tmp_path: Path) -> None:
    onnxport.export(network, tmp_path / "a.onnx", half=True)
    onnxport.export(network, tmp_path / "b.onnx")
    x = np.random.default_rng(0).standard_normal((40, network.inputs)).astype(np.float32)
    half, whole = (Ported(tmp_path / name).push(x) for name in ("a.onnx", "b.onnx"))
    assert np.abs(half - whole).max() < 0.02 * np.abs(whole).max()


def test_a_profile_is_of_a_simulated_device_k338(tmp_path: Path, network: Network) -> None:
    path = onnxport.export(network, tmp_path / "a.onnx", int8=True).path
    slow, quick = (profile.profile(path, 1, quota, 4.0) for quota in (0.02, 1.0))
    for each in (slow, quick):
        assert each["simulated"] is True
        assert "simulated" in each["device"]
        assert each["block p50 ms"] <= each["block p95 ms"]
        assert each["audio in to result p95 ms"] == pytest.approx(each["algorithmic ms"] + each["block p95 ms"])
        assert 10e6 < each["memory of the process bytes"] < 1e9
        assert each["model bytes"] == path.stat().st_size
    assert slow["block p50 ms"] > 10 * quick["block p50 ms"]
    # A block of 10 ms, half a window of 25, and one more frame of 10: 32.5 ms.
    assert quick["algorithmic ms"] == pytest.approx(32.5)


def test_a_file_that_takes_sound_is_profiled_too(tmp_path: Path, network: Network) -> None:
    found = profile.measured(onnxport.export(network, tmp_path / "a.onnx", sound=True).path, 1, 1.0, 2.5)
    assert found["algorithmic ms"] == pytest.approx(32.5)
    assert 0 < found["block p50 ms"] <= found["block p95 ms"]
    assert found["end of a recording to result p95 ms"] > 0


def test_the_bench_of_a_network_that_reads_k335(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_network, "EACH", 2.5)
    found = {each.name.partition(",")[0] + each.name.rpartition(",")[2]: each for each in live_network.measure()}
    assert found["audio in to result p95"].target == 50.0
    assert found["algorithmic: block a step's frames"].value == pytest.approx(32.5)
    assert found["computing p50"].value > 0
    both = found["algorithmic: block a step's frames"].value + found["computing p50"].value
    assert found["audio in to result p95"].value >= both
    names = {each for each in found if each.startswith("labels")}
    assert all(found[each].met for each in names)


def test_a_recipe_is_timed_untrained_k335(capsys: pytest.CaptureFixture[str]) -> None:
    """Its name and its length are taken, and what it computes stands in the table; nothing is said to be read."""
    assert cli.main(["bench", "live", "--model", "kws_causal", "--seconds", "1", "--json"]) == 0
    (bench,) = json.loads(capsys.readouterr().out)["benches"].items()
    assert bench[0] == "live_network"
    found = {each["name"]: each for each in bench[1]}
    assert found["algorithmic: block, half a window, a step's frames"]["value"] == pytest.approx(22.5)
    assert 0 < found["computing, p50"]["value"] < 1000
    assert found["audio in to result, p95"]["note"] == "kws_causal, 1 s"
    assert not any("labels" in name for name in found)


def test_the_demo_tells_what_it_misses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After two steps nothing is learnt: it says so, and does not succeed."""
    made = hello.recipe_of

    def short(folder: str, seed: int = 0) -> Any:
        chosen = made(folder, seed)
        shape = chosen.model_settings.but(hidden=16, layers=1)
        return dataclasses.replace(
            chosen, model_settings=shape, train=chosen.train.but(steps=20, evaluate_every=0, train_batches=0)
        )

    monkeypatch.setattr(hello, "recipe_of", short)
    assert cli.main(["demo", "hello-world", "--seeds", "1", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "collect: 20 of 'hello' and 20 of 'world'; tried on 120 clips of 51 other voices; 0 clips" in said
    assert "FAILED: seed 0" in said
    found = json.loads((tmp_path / "results.json").read_text())
    assert len(found["failed"]) >= 2
    assert [each["form"] for each in found["forms"]] == ["FP32", "FP16", "INT8"]
    assert len(found["trainings"][0]["curve"]) == 1
    assert "min of one processor" in said
    assert 0 < found["trainings"][0]["seconds of a processor"] / 60 < found["minutes of a processor"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<img") == 3
    assert "Missed." in page


def test_the_time_of_a_processor_is_counted_in_other_programs_too() -> None:
    """A loop of a second in another process counts; a second of sleep does not."""
    code = "import time\nwhile time.process_time() < 1.0: pass"
    before = hello.worked()
    subprocess.run([sys.executable, "-c", code], check=True)
    middle = hello.worked()
    assert middle - before >= 0.99
    time.sleep(1.0)
    assert hello.worked() - middle < 0.5


def test_nothing_uses_what_torchaudio_does_not_have_k360() -> None:
    """But the lesson that shows it."""
    absent = re.compile(r"torchaudio\.(functional\.ctc_loss|streaming|io)\b")
    files = [path for folder in ("app", "engine", "widgets", "assets") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    assert [path.name for path in files if absent.search(path.read_text(encoding="utf-8"))] == ["debugging.py"]


def test_counts_of_units_belong_to_their_corpus_and_stand_in_no_code_k367() -> None:
    """59 characters and 87436 syllables were those of one collection of texts."""
    counted = re.compile(r"\b(59|87_?436)\b")
    files = list((ROOT / "engine").rglob("*.py"))
    assert len(files) > 200
    assert [path.name for path in files if counted.search(path.read_text(encoding="utf-8"))] == []
