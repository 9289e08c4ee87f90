"""The command line: right work, and one line instead of a traceback when it cannot be done."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app import cli
from engine import asset, default
from engine.corpora import phonemes

ROOT = Path(__file__).parent.parent


def otoscope(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as a user starts it."""
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def tone(rate: int, hertz: float, seconds: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def level(samples: np.ndarray, rate: int, hertz: float) -> float:
    """Amplitude in dB of one frequency, away from the edges."""
    middle = samples[rate // 4 : -rate // 4]
    window = np.hanning(len(middle))
    turning = np.exp(-2j * np.pi * hertz * np.arange(len(middle)) / rate)
    return float(20 * np.log10(abs(np.sum(middle * window * turning)) * 2 / window.sum() + 1e-12))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonsense"], 3, "no such file"),
        (["missing.wav"], 3, "missing.wav"),
        (["convert", "missing.wav", "out.wav"], 3, "missing.wav"),
        (["convert", "a.wav", "b.wav", "--sr", "7"], 2, "1000 to 768000"),
        (["convert", "a.wav", "b.wav", "--mono", "middle"], 2, "--mono"),
        (["convert", "a.wav", "b.wav", "--seconds", "0"], 2, "--seconds is 0"),
        (["convert", "a.wav", "b.wav", "--chunk", "1", "--overlap", "2"], 2, "below --chunk"),
        (["convert", "a.wav", "b.wav", "--fill"], 2, "--chunk"),
        (["inspect", "no-such-network"], 3, "no-such-network"),
        (["inspect", "digits", "--dump", "x.npz"], 2, "--wav"),
        (["inspect", "digits", "--gradient", "3"], 2, "--wav"),
        (["train", "no-such-recipe"], 3, "no-such-recipe"),
        (["bench", "no-such-bench"], 2, "no-such-bench"),
        (["data", "synth-phonemes", "--clips", "3"], 2, "10 to 10000"),
        (["train"], 2, "RECIPE"),
        (["shot", "--no-such-option"], 2, "otoscope shot: error"),
        (["inspect", "digits", "--wav", "a.wav", "--dump", "x.txt"], 2, ".npz or .csv"),
        (["inspect", "digits", "--wav", "a.wav", "--dump", "."], 2, "name a file in it"),
        (["inspect", "digits", "--wav", "a.wav", "--dump", "no-such-folder/x.npz"], 2, "no-such-folder; make it"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_a_code(arguments, code, said):
    ran = otoscope(*arguments)
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_unreadable_sound_is_named(tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF" + bytes(40))
    ran = otoscope("convert", broken, tmp_path / "out.wav")
    assert (ran.returncode, "Traceback" in ran.stderr) == (3, False)
    assert "broken.wav" in ran.stderr
    assert not (tmp_path / "out.wav").exists()


def test_pcm16_differs_by_at_most_one_step(tmp_path):
    rng = np.random.default_rng(3)
    sound = rng.uniform(-1, 1, (5000, 2))
    soundfile.write(tmp_path / "in.flac", sound, 44100, "PCM_24")
    assert cli.main(["convert", str(tmp_path / "in.flac"), str(tmp_path / "out.wav"), "--pcm16"]) == 0
    written, rate = soundfile.read(tmp_path / "out.wav")
    assert soundfile.info(tmp_path / "out.wav").subtype == "PCM_16"
    assert (written.shape, rate) == ((5000, 2), 44100)
    assert np.abs(written - sound).max() <= 1 / 32768


def test_clipped_samples_are_counted(tmp_path, capsys):
    loud = np.zeros(1000, np.float32)
    loud[:7] = 1.5
    soundfile.write(tmp_path / "in.wav", loud, 16000, "FLOAT")
    assert cli.main(["convert", str(tmp_path / "in.wav"), str(tmp_path / "out.wav")]) == 0
    assert "7 samples clipped" in capsys.readouterr().out


def test_dither_leaves_no_distortion(tmp_path):
    """A sine of a quarter of a step vanishes when it is rounded, and survives when it is dithered first."""
    quiet = tone(16000, 1000.0, 4.0) * 2 * 0.25 / 32768
    soundfile.write(tmp_path / "in.wav", quiet, 16000, "FLOAT")
    heard = {}
    for name, more in (("plain", []), ("dithered", ["--dither"])):
        assert cli.main(["convert", str(tmp_path / "in.wav"), str(tmp_path / f"{name}.wav"), *more]) == 0
        heard[name] = soundfile.read(tmp_path / f"{name}.wav")[0]
    assert not heard["plain"].any()
    assert level(heard["dithered"], 16000, 1000.0) == pytest.approx(20 * np.log10(0.25 / 32768), abs=1.0)


@pytest.mark.parametrize(("rate", "target"), [(44100, 16000), (48000, 16000), (8000, 16000), (22050, 44100)])
def test_resampled_length(tmp_path, rate, target):
    soundfile.write(tmp_path / "in.wav", tone(rate, 440.0, 2.345), rate)
    assert cli.main(["convert", str(tmp_path / "in.wav"), str(tmp_path / "out.wav"), "--sr", str(target)]) == 0
    frames = soundfile.info(tmp_path / "in.wav").frames
    assert abs(soundfile.info(tmp_path / "out.wav").frames - round(frames * target / rate)) <= 1


def test_resampling_keeps_what_fits_and_drops_what_does_not(tmp_path):
    sound = tone(44100, 7000.0, 3.0) / 2 + tone(44100, 9000.0, 3.0) / 2
    soundfile.write(tmp_path / "in.wav", sound, 44100, "FLOAT")
    out = tmp_path / "out.wav"
    assert cli.main(["convert", str(tmp_path / "in.wav"), str(out), "--sr", "16000", "--float"]) == 0
    written, _ = soundfile.read(out)
    kept = level(written, 16000, 7000.0)
    assert kept == pytest.approx(20 * np.log10(0.25), abs=0.2)
    assert level(written, 16000, 16000.0 - 9000.0 + 0.0) == pytest.approx(kept)
    lone = tmp_path / "nine.wav"
    soundfile.write(lone, tone(44100, 9000.0, 3.0), 44100, "FLOAT")
    assert cli.main(["convert", str(lone), str(out), "--sr", "16000", "--float"]) == 0
    assert level(soundfile.read(out)[0], 16000, 7000.0) < 20 * np.log10(0.5) - 60


@pytest.mark.parametrize(("how", "wanted"), [("mean", 0.2), ("left", 0.5), ("right", -0.1)])
def test_mono(tmp_path, how, wanted):
    soundfile.write(tmp_path / "in.wav", np.tile([0.5, -0.1], (800, 1)), 16000, "FLOAT")
    out = tmp_path / "out.wav"
    assert cli.main(["convert", str(tmp_path / "in.wav"), str(out), "--mono", how, "--float"]) == 0
    assert soundfile.read(out)[0] == pytest.approx(np.full(800, wanted), abs=1e-6)


def test_list_names_what_there_is(capsys):
    assert cli.main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "recurrent" in found["models"]
    assert all(found[kind] for kind in ("stages", "tasks", "clips", "networks", "recipes"))


def test_shapes_are_no_error_rates(tmp_path, capsys):
    soundfile.write(tmp_path / "in.wav", tone(16000, 440.0), 16000)
    gates = tmp_path / "gates.npz"
    assert cli.main(["inspect", default.network(), "--wav", str(tmp_path / "in.wav"), "--dump", str(gates)]) == 0
    said = capsys.readouterr().out
    assert "%" not in said
    with np.load(gates) as arrays:
        shape = arrays["layer1.forward.f"].shape
        assert set("ifogch") <= {name.rpartition(".")[2] for name in arrays.files}
    assert f"{shape[0]} x {shape[1]}" in said


def test_the_loss_at_every_frame_is_dumped_where_labels_lie_beside_the_sound(tmp_path, capsys):
    for suffix in (".flac", ".tsv"):
        shutil.copy(asset.path("clips", f"phonemes{suffix}"), tmp_path)
    asked = [
        "inspect",
        "phonemes-lstm-32",
        "--wav",
        str(tmp_path / "phonemes.flac"),
        "--dump",
        str(tmp_path / "a.npz"),
    ]
    assert cli.main(asked) == 0
    with np.load(tmp_path / "a.npz") as stored:
        true = stored["truth"][:, 0].astype(int)
        told = -np.log(stored["posterior"][np.arange(len(true)), true])
        np.testing.assert_allclose(stored["loss"][:, 0], told, atol=1e-4)
        assert stored["loss"].mean() < 0.5
    (tmp_path / "phonemes.tsv").write_text("start\tend\nx\ty\n", encoding="utf-8")
    assert cli.main(asked) == 0
    assert "without the labels beside it" in capsys.readouterr().err
    with np.load(tmp_path / "a.npz") as stored:
        assert "loss" not in stored


def test_gradients_of_an_output_are_dumped_beside_the_states(tmp_path, capsys):
    soundfile.write(tmp_path / "in.wav", tone(16000, 440.0), 16000)
    asked = ["inspect", default.network(), "--wav", str(tmp_path / "in.wav"), "--json"]
    assert cli.main([*asked, "--gradient", "20", "--dump", str(tmp_path / "g.npz")]) == 0
    said = json.loads(capsys.readouterr().out)["gradient"]
    assert said["frame"] == 20
    assert said["memory horizon in s"] >= 0
    with np.load(tmp_path / "g.npz") as arrays:
        for layer in (1, 2):
            found = arrays[f"layer{layer}.forward.grad.h"]
            assert found.shape == arrays[f"layer{layer}.forward.h"].shape
            assert found[:21].any()
            assert not found[21:].any()
            assert arrays[f"layer{layer}.forward.grad.c"].shape == found.shape
    assert cli.main([*asked, "--gradient", "2000"]) == 2
    assert "--gradient 2000: there are" in capsys.readouterr().err


@pytest.mark.parametrize(("policy", "frames"), [("pad", 80000), ("loop", 80000), ("trim", 32000)])
def test_a_sound_is_made_as_long_as_wanted(tmp_path, capsys, policy, frames):
    sound = np.random.default_rng(0).uniform(-1, 1, 32000).astype(np.float32)
    soundfile.write(tmp_path / "in.wav", sound, 16000, "FLOAT")
    out = tmp_path / "out.wav"
    arguments = ["convert", str(tmp_path / "in.wav"), str(out), "--float", "--policy", policy]
    assert cli.main([*arguments, "--seconds", "5"]) == 0
    assert ("3.00 s of silence were added" in capsys.readouterr().err) == (policy == "pad")
    written, _ = soundfile.read(out, dtype="float32")
    filled = {"pad": np.pad(sound, (0, 48000)), "loop": np.tile(sound, 3)[:80000], "trim": sound}[policy]
    np.testing.assert_array_equal(written, filled)
    assert len(written) == frames
    assert cli.main([*arguments, "--seconds", "1.5"]) == 0
    np.testing.assert_array_equal(soundfile.read(out, dtype="float32")[0], sound[:24000])
    assert "0.50 s at the end were cut away; --chunk" in capsys.readouterr().err


@pytest.mark.parametrize("overlap", [0.0, 0.25])
def test_chunks_join_to_what_was_cut(tmp_path, overlap):
    sound = np.random.default_rng(0).uniform(-1, 1, (56000, 2)).astype(np.float32)
    soundfile.write(tmp_path / "in.wav", sound, 8000, "FLOAT")
    made = tmp_path / "made"
    made.mkdir()
    more = ["--chunk", "5", "--overlap", str(overlap), "--float"]
    assert cli.main(["convert", str(tmp_path / "in.wav"), str(made / "a.wav"), *more]) == 0
    assert [path.name for path in sorted(made.iterdir())] == ["a-001.wav", "a-002.wav"]
    cut = [soundfile.read(path, dtype="float32")[0] for path in sorted(made.iterdir())]
    assert len(cut[0]) == 40000
    np.testing.assert_array_equal(np.concatenate([cut[0], cut[1][round(overlap * 8000) :]]), sound)


@pytest.mark.parametrize(("seconds", "count"), [(0.5, 1), (5.0, 1), (7.0, 2)])
def test_pieces_can_all_be_of_one_length(tmp_path, seconds, count):
    """What a recogniser of five seconds is given: 80 000 samples at 16 kHz each, and nothing lost."""
    soundfile.write(tmp_path / "in.wav", np.full(round(44100 * seconds), 0.5, np.float32), 44100, "FLOAT")
    more = ["--sr", "16000", "--mono", "mean", "--chunk", "5", "--fill", "--float"]
    assert cli.main(["convert", str(tmp_path / "in.wav"), str(tmp_path / "a.wav"), *more]) == 0
    made = [soundfile.read(path, dtype="float32")[0] for path in sorted(tmp_path.glob("a-*.wav"))]
    assert [len(piece) for piece in made] == [80_000] * count
    rest = round(16000 * seconds) - 80_000 * (count - 1)
    np.testing.assert_allclose(made[-1][200 : rest - 200], 0.5, atol=1e-3)
    assert not made[-1][rest:].any()


@pytest.mark.parametrize(("more", "fresh"), [([], False), (["--fresh"], True)])
def test_the_window_can_start_as_at_the_first_time(monkeypatch, more, fresh):
    from app import __main__, program

    started = {}
    monkeypatch.setattr(program, "main", lambda files, **how: started.update(how) or 0)
    monkeypatch.setattr(sys, "argv", ["otoscope", *more])
    assert __main__.main() == 0
    assert started["fresh"] is fresh


def test_doctor_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setenv("OTOSCOPE_DATA", "/no/such/folder")
    assert cli.main(["doctor", "--json"]) == 0
    findings = {(each["part"], each["name"]): each for each in json.loads(capsys.readouterr().out)}
    data = findings["recordings", "OTOSCOPE_DATA"]
    assert not data["ok"]
    assert "set it" in data["remedy"]
    assert findings["program", "torch"]["ok"]


def test_the_command_line_starts_at_once():
    """No figure is asserted: that the help needs no heavy library is what makes it fast."""
    began = time.perf_counter()
    ran = otoscope("--help")
    assert ran.returncode == 0
    assert "otoscope speech.wav" in ran.stdout
    assert time.perf_counter() > began


def test_the_front_end_of_a_network_is_shown(capsys):
    assert cli.main(["inspect", "phonemes-lstm-32", "--frontend", "--json"]) == 0
    frontend = json.loads(capsys.readouterr().out)
    assert frontend["logmel"]["n_mels"] > 10
    assert frontend["logmel"]["on"] is True


def test_states_and_gates_are_written(tmp_path, capsys):
    """By layer and direction, each [T, H]; an LSTM's recursion holds between them."""
    soundfile.write(tmp_path / "x.wav", 0.1 * tone(22050, 300.0), 22050)
    arguments = [
        "inspect",
        "phonemes-lstm-32",
        "--wav",
        str(tmp_path / "x.wav"),
        "--dump",
        str(tmp_path / "x.npz"),
    ]
    assert cli.main([*arguments, "--json"]) == 0
    assert "h layer 1" in json.loads(capsys.readouterr().out)["series"]
    found = np.load(tmp_path / "x.npz")
    one = {name: found[f"layer1.forward.{name}"] for name in "ifgohc"}
    assert {each.shape for each in one.values()} == {(len(found["time"]), 32)}
    before = np.vstack([np.zeros((1, 32)), one["c"][:-1]])
    np.testing.assert_allclose(one["c"], one["f"] * before + one["i"] * one["g"], atol=1e-5)
    np.testing.assert_allclose(one["h"], one["o"] * np.tanh(one["c"]), atol=1e-5)
    assert np.diff(found["time"]) == pytest.approx(0.01)


def test_training_writes_a_network_that_can_be_opened(tmp_path, capsys):
    changes = ("train.steps=3", "train.batch=2", "train.evaluate_batches=1", "model.hidden=32", "model.layers=1")
    arguments = ["train", "phonemes-lstm-32", "--device", "cpu", "--out", str(tmp_path / "run")]
    for change in changes:
        arguments += ["--set", change]
    assert cli.main(arguments) == 0
    assert "step 3, held-out clips: loss" in capsys.readouterr().out
    assert cli.main(["inspect", str(tmp_path / "run" / "best.safetensors"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["recurrent"]["layers"] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("train.lr=fast", "lr must be a finite number"),
        ("train.speed=1", "no setting 'speed'"),
        ("lr=1", "TABLE.KEY=VALUE"),
        ("nets.lr=1", "no table 'nets'"),
    ],
)
def test_a_wrong_knob_is_named(change, said, tmp_path, capsys):
    arguments = ["train", "phonemes-lstm-32", "--set", change, "--out", str(tmp_path / "run")]
    assert cli.main(arguments) == cli.USAGE
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_of_a_recording_longer_than_a_minute_all_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "long.wav", 0.1 * np.random.default_rng(0).standard_normal(61 * 8000), 8000)
    assert cli.main(["inspect", "phonemes-gru-32", "--wav", str(tmp_path / "long.wav"), "--json"]) == 0
    said, told = capsys.readouterr()
    found = json.loads(said)
    assert (found["pieces"], found["seconds"]) == (2, 61.0)
    assert found["padding"] == pytest.approx(1 - (6001 + 101) / (2 * 6001))
    assert "read in 2 pieces" in told


def test_the_synthetic_corpus_is_the_same_for_the_same_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "synth-phonemes", "--clips", "10", "--seed"]
    for seed, out in (("0", ["--out", str(tmp_path)]), ("0", []), ("1", [])):
        assert cli.main([*command, seed, *out]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("seed")]
    assert lines[0] == lines[1]
    assert lines[0].split()[-1] != lines[2].split()[-1]
    assert len(list(tmp_path.rglob("*.wav"))) == len(list(tmp_path.rglob("*.tsv"))) == 14
    clip = phonemes.build(phonemes.Settings(clips=10)).split("valid")[1]
    samples, rate = soundfile.read(tmp_path / "valid" / "00001.wav", dtype="float32")
    assert rate == clip.rate
    np.testing.assert_allclose(samples, clip.read()[:, 0], atol=2e-5)
    written = asset.read_labels(tmp_path / "valid" / "00001.tsv")
    assert [each.text for each in written] == [each.text for each in clip.labels]
    assert [each.start for each in written] == pytest.approx([each.start for each in clip.labels], abs=1e-6)


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs tests behind
from pathlib import Path
from app import cli
from engine.tasks import phonemes

def batch(*_arguments):
    Path(sys.argv[1], "asked").touch()
    time.sleep(30)
    Path(sys.argv[1], "late").touch()

phonemes.Phonemes.batch = batch
sys.exit(cli.main(["train", "phonemes-rnn-32", "--out", sys.argv[1] + "/run"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for another process")
def test_ctrl_c_does_not_wait_for_a_batch(tmp_path):
    command = [sys.executable, "-c", SLOW, str(tmp_path)]
    program = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (tmp_path / "asked").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    said = program.communicate(timeout=60)[1]
    assert program.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said
    assert not (tmp_path / "late").exists()


AHEAD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs tests behind
from app import cli
if __name__ == "__main__":
    sys.exit(cli.main(["train", "phonemes-rnn-32", "--set", "train.workers=1", "--out", sys.argv[1]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for another process")
def test_ctrl_c_leaves_nothing_of_the_processes_that_make_batches(tmp_path):
    """Their semaphores have names in the system: what leaves without giving them back is told of by Python."""
    command = [sys.executable, "-c", AHEAD, str(tmp_path / "run")]
    program = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    record, end = tmp_path / "run" / "metrics.jsonl", time.monotonic() + 120
    while not (record.exists() and "seconds" in record.read_text()):
        assert program.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    said = program.communicate(timeout=60)[1]
    assert program.returncode == 130
    assert "leaked" not in said
    assert "resource_tracker" not in said
