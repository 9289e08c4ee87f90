"""Pipelines: stations that are bypassed, files that run again to the same bits, and what a broken file gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from app import cli
from app.commands import result
from engine import asset, build, catalog, checkpoint, decoding, description, pipeline, replay
from engine.chain import render
from engine.clip import Label, from_array
from engine.links import default_link, default_sound_chain
from engine.memo import Memo
from engine.session import State
from engine.trace import Key

if TYPE_CHECKING:
    from engine.network import Network

ROOT = Path(__file__).parent.parent
NETWORK = "digits-lstm-32"


@pytest.fixture(scope="module")
def digits() -> replay.Pipeline:
    clip = asset.open_bundled("digits")
    return replay.Pipeline(clip, 0.0, clip.seconds, default_sound_chain(), checkpoint.open_network(NETWORK))


@pytest.fixture(scope="module")
def saved(digits, tmp_path_factory) -> Path:
    return result(replay.save(digits, tmp_path_factory.mktemp("pipelines") / "digits.json"))


def switches(asked: replay.Pipeline) -> dict[str, bool]:
    return {each.name: each.on for each in pipeline.stations(asked.chain, asked.network, asked.bypassed)}


def test_the_way_has_exactly_these_stations_each_with_its_time(digits):
    ran = result(replay.run(digits))
    assert tuple(each.name for each in ran.stations) == pipeline.STATIONS
    timed = {each.name for each in ran.stations if each.milliseconds is not None}
    assert timed == {"load", "mono", "resample", "disturb", "mel", "features", "network", "decode"}
    assert all(each.milliseconds >= 0 for each in ran.stations if each.milliseconds is not None)
    parts = sum(each.milliseconds or 0.0 for each in ran.stations)
    assert 0 < parts <= ran.traced.timings["total"] * 1.01
    assert ran.stations[-1].detail == " ".join(each.text for each in ran.traced.trace.text)


def test_a_file_runs_again_to_the_same_bits(digits, saved):
    again = replay.load(saved)
    ran = result(replay.run(again))
    assert set(again.expected) == {"sound", "features", "posterior", "text"}
    assert dict(ran.digests) == dict(again.expected)
    assert again.clip.labels == digits.clip.labels
    assert again.network is not None
    assert (again.chain, again.bypassed, again.network.id) == (digits.chain, (), digits.network.id)
    first = result(replay.run(digits))
    np.testing.assert_array_equal(
        first.traced.trace.series[Key("posterior")].values, ran.traced.trace.series[Key("posterior")].values
    )


def test_another_process_with_other_threads_gets_the_same_bits(saved):
    """Sums over several threads come out in another order: a pipeline runs on one."""
    import torch

    threads = {"OMP_NUM_THREADS": "2" if torch.get_num_threads() == 1 else "1"}
    command = [sys.executable, "-m", "app", "run", str(saved), "--check", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=os.environ | threads)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["identical"] is True
    assert [each["name"] for each in told["stations"]] == list(pipeline.STATIONS)


def test_a_changed_knob_is_found_out(saved, tmp_path, capsys):
    told = json.loads(saved.read_text())
    noise = next(each for each in told["chain"] if each["stage"] == "noise")
    noise["settings"]["snr"] -= 1.0
    other = tmp_path / "other.json"
    other.write_text(json.dumps(told))
    assert cli.main(["run", str(other)]) == 0
    assert "not as it was saved: sound, features, posterior" in capsys.readouterr().out
    assert cli.main(["run", str(other), "--check"]) == cli.TROUBLE


@pytest.fixture(scope="module")
def cepstral() -> Network:
    """A network that hears MFCC."""
    task = catalog.load("tasks", "phonemes").Settings(features="mfcc")
    return checkpoint.untrained("phonemes", catalog.load("models", "recurrent").Settings(), task)


@pytest.mark.parametrize("name", [each for each in pipeline.STATIONS if each not in pipeline.ENDS])
def test_every_station_is_bypassed_and_comes_back(digits, cepstral, name):
    network = cepstral if name == "mfcc" else digits.network
    chain = tuple(replace(each, on=True) for each in digits.chain)
    asked = replace(digits, chain=chain, network=network)
    before = switches(asked)
    chain, bypassed = pipeline.turned(asked.chain, asked.bypassed, name)
    off = replace(asked, chain=chain, bypassed=bypassed)
    gone = {each for each, on in before.items() if on and not switches(off)[each]}
    of_no_use = {"mel", "mfcc", "features", "network", "decode"} & {each for each in before if before[each]}
    assert gone == ({name} if name not in of_no_use or name == "decode" else of_no_use)
    assert pipeline.turned(off.chain, off.bypassed, name) == (asked.chain, asked.bypassed)


def test_mfcc_are_two_stations_each_with_its_time(digits, cepstral):
    """Together they take what the stage takes, which is timed around both."""
    memo, link = Memo(), default_link("mfcc", n_mfcc=13)
    chain = (default_link("mix"), default_link("resample"), link)
    render(chain, digits.clip, 0.0, digits.clip.seconds, memo)
    took = {each.name: each.milliseconds for each in pipeline.stations(chain, None, (), memo.took)}
    assert 0 < took["mfcc"] < took["mel"]
    assert took["mel"] + took["mfcc"] == pytest.approx(memo.took["mfcc"])
    found = {each.name: each for each in pipeline.stations(digits.chain, cepstral)}
    assert (found["mel"].detail, found["mfcc"].detail) == ("80 mel bands", "13 coefficients")


def test_a_network_that_hears_no_mfcc_has_no_such_station(digits, cepstral):
    found = {each.name: each for each in pipeline.stations(digits.chain, digits.network)}
    assert (found["mfcc"].there, found["mfcc"].on, found["mfcc"].detail) == (False, False, "not in this chain")
    assert found["mel"].there
    assert pipeline.runs(digits.network, ("mfcc",)) is digits.network, "what is not there stops nothing"
    assert pipeline.runs(cepstral, ("mfcc",)) is None
    alone = {each.name: each for each in pipeline.stations(digits.chain, None)}
    assert not any(alone[name].there for name in ("mel", "mfcc", "features", "network", "decode"))


def test_padding_is_a_station_and_every_policy_tells_itself(digits):
    for policy in ("pad", "loop", "trim"):
        length = default_link("length", policy=policy, seconds=7.5)
        chain = tuple(length if each.stage == "length" else each for each in digits.chain)
        found = {each.name: each for each in pipeline.stations(chain, None, ("disturb",))}
        assert (found["pad"].on, found["pad"].detail) == (True, f"{policy} to 7.5 s")
        assert not found["disturb"].on
        off, bypassed = pipeline.turned(chain, (), "pad")
        assert [each.on for each in off if each.stage == "length"] == [False]
        assert bypassed == ()


def test_a_file_of_before_there_was_padding_gives_the_same_bits(digits, tmp_path):
    """The length was a part of what disturbs, and was bypassed with it."""
    length = default_link("length", seconds=7.0)
    chain = tuple(length if each.stage == "length" else each for each in digits.chain)
    path = result(replay.save(replace(digits, chain=chain, bypassed=("disturb",)), tmp_path / "old.json"))
    told = json.loads(path.read_text())
    new = result(replay.run(replay.load(path)))
    assert new.traced.sound.seconds == pytest.approx(7.0)
    for each in told["chain"]:
        each["station"] = "disturb" if each["stage"] == "length" else each["station"]
    path.write_text(json.dumps(told))
    old = result(replay.run(replay.load(path)))
    np.testing.assert_array_equal(old.traced.sound.read(), digits.clip.read())
    assert dict(old.digests) == dict(result(replay.run(replace(digits, bypassed=("disturb",)))).digests)


@pytest.mark.parametrize("name", pipeline.ENDS)
def test_the_ends_cannot_be_bypassed(digits, name):
    with pytest.raises(ValueError, match=name):
        pipeline.turned(digits.chain, (), name)


def test_without_disturbance_the_sound_is_that_of_the_clip(digits):
    ran = result(replay.run(replace(digits, bypassed=("disturb",))))
    np.testing.assert_array_equal(ran.traced.sound.read(), digits.clip.read())


def test_without_decoding_the_text_is_the_likeliest_class_of_every_frame(digits):
    ran = result(replay.run(replace(digits, bypassed=("decode",))))
    posterior = ran.traced.trace.series[Key("posterior")]
    names = [digits.network.vocabulary[each] or "_" for each in posterior.values.argmax(axis=1)]
    assert [each.text for each in ran.traced.trace.text] == names
    for frame, label in enumerate(ran.traced.trace.text):
        assert (label.start + label.end) / 2 == pytest.approx(posterior.time(frame))


def test_a_pipeline_reads_by_the_search_that_it_names(saved, tmp_path, capsys):
    """A beam with a language model: text, station and what --check compares are its own, the answers are not."""
    clip, network = asset.open_bundled("speech-1"), checkpoint.open_network("speech")
    asked = replay.Pipeline(clip, 0.0, clip.seconds, default_sound_chain(), network)
    reading = decoding.named("words").but(width=8, weight=0.8)
    plain, searched = (result(replay.run(replace(asked, reading=each))) for each in (None, reading))
    posterior = searched.traced.trace.series[Key("posterior")]
    best = decoding.search(np.log(np.maximum(posterior.values, 1e-30)), tuple(network.vocabulary), reading)
    wanted = [each.text for each in decoding.words(best, tuple(network.vocabulary), 1.0, "word")]
    assert [each.text for each in searched.traced.trace.text] == wanted
    assert wanted != [each.text for each in plain.traced.trace.text]
    assert searched.digests["posterior"] == plain.digests["posterior"]
    assert next(each for each in searched.stations if each.name == "decode").detail == "beam of 8, words × 0.8"
    path = result(replay.save(replace(asked, reading=reading), tmp_path / "read.json"))
    assert replay.load(path).reading == reading
    capsys.readouterr()
    assert cli.main(["run", str(path), "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == wanted
    assert cli.main(["run", str(path), "--decode", "greedy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == [each.text for each in plain.traced.trace.text]


def test_a_search_that_cannot_be_is_told(saved, tmp_path, capsys):
    assert cli.main(["run", str(saved), "--check", "--decode", "beam"]) == cli.USAGE
    assert cli.main(["run", str(saved), "--width", "3"]) == cli.USAGE
    assert cli.main(["run", str(saved), "--decode", "beam", "--lm", str(tmp_path / "none.arpa")]) == cli.BAD_FILE
    assert "none.arpa" in capsys.readouterr().err
    told = json.loads(saved.read_text()) | {"decoding": {"search": "magic"}}
    broken = tmp_path / "magic.json"
    broken.write_text(json.dumps(told))
    assert cli.main(["run", str(broken)]) == cli.BAD_FILE
    assert "magic" in capsys.readouterr().err


def test_without_a_network_there_is_sound_and_no_text(digits):
    ran = result(replay.run(replace(digits, bypassed=("network",))))
    assert ran.traced.trace.text == ()
    assert set(ran.digests) == {"sound", "text"}
    assert {each.name: each.on for each in ran.stations}["decode"] is False


def test_a_recorded_sound_and_a_network_of_ones_own_lie_beside_the_file(tmp_path, digits):
    rng = np.random.default_rng(0)
    samples = (0.1 * rng.normal(size=(24000, 2))).astype(np.float32)
    clip = from_array(samples, 24000, "take 1", (Label(0.1, 0.5, "7", "digit"),))
    own = checkpoint.untrained(digits.network, seed=9)
    own = replace(own, name="mine", weights=build.weights(build.build(own)))
    asked = replay.Pipeline(clip, 0.0, clip.seconds, (default_link("mix"), default_link("resample")), own)
    path = result(replay.save(asked, tmp_path / "mine.json"))
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {"mine.json", "mine-sound.flac", "mine-network.safetensors"}
    again = replay.load(path)
    assert again.clip.labels == clip.labels
    assert np.abs(again.clip.read() - samples).max() < 2**-22  # FLAC has 24 bits
    for name, each in own.weights.items():
        np.testing.assert_array_equal(again.network.weights[name], each)
    assert dict(result(replay.run(again)).digests) == dict(again.expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(format="recipe"), "no pipeline of Otoscope"),
        (lambda told: told.update(version=99), "later version"),
        (lambda told: told.pop("chain"), "'chain' is missing"),
        (lambda told: told["chain"][0].update(stage="nonsense"), "nonsense"),
        (lambda told: told["chain"][0]["settings"].update(channel="middle"), "channel"),
        (lambda told: told.update(bypassed=["text"]), "text"),
        (lambda told: told["clip"].update(bundled="nobody"), "nobody"),
        (lambda told: told["clip"].update(stop=float("inf")), "inf"),
        (lambda told: told["clip"].update(stop=-1), "-1"),
        (lambda told: told["network"].update(id="0" * 24), "other weights"),
        (lambda told: told["network"].update(bundled="no-such"), "no-such"),
        (lambda told: told.update(network=7), "no pipeline"),
        (lambda told: told.update(clip=None), "no pipeline"),
    ],
)
def test_a_broken_file_is_told_in_a_line(saved, tmp_path, capsys, change, said):
    told = json.loads(saved.read_text())
    change(told)
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(told))
    assert cli.main(["run", str(broken)]) == cli.BAD_FILE
    out = capsys.readouterr()
    assert said in out.err
    assert len(out.err.splitlines()) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_what_is_no_json_is_told_too(tmp_path, capsys, content):
    broken = tmp_path / "broken.json"
    broken.write_bytes(content)
    assert cli.main(["run", str(broken)]) == cli.BAD_FILE
    assert str(broken) in capsys.readouterr().err


def test_another_sound_goes_through_the_same_pipeline(saved, tmp_path, capsys):
    other = asset.open_bundled("digits-2")
    soundfile.write(tmp_path / "other.wav", other.read()[:, 0], other.rate, "FLOAT")
    assert (
        cli.main(["run", str(saved), "--wav", str(tmp_path / "other.wav"), "--bypass", "disturb", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["identical"] is None
    assert told["text"] == list(other.text("digit"))
    assert not {each["name"]: each["on"] for each in told["stations"]}["disturb"]


def test_arguments_that_do_not_fit_together(saved, capsys):
    assert cli.main(["run", str(saved), "--bypass", "load"]) == cli.USAGE
    assert cli.main(["run", str(saved), "--bypass", "nonsense"]) == cli.USAGE
    assert cli.main(["run", str(saved), "--bypass", "noise", "--check"]) == cli.USAGE
    assert cli.main(["run", str(saved), "--bypass", "disturb", "--check"]) == cli.USAGE
    assert "leave --wav, --bypass and --decode out" in capsys.readouterr().err.splitlines()[-1]


def test_a_length_that_was_bypassed_with_what_disturbs_is_off_when_the_session_is_opened():
    """As it was before it had a station; a session of now tells the station, and its length works."""
    chain = tuple(replace(each, on=True) if each.stage == "length" else each for each in default_sound_chain())
    told = description.describe(State(chain=chain, bypassed=("disturb",)))
    assert description.values(told, Path, None, None)["chain"] == chain
    for each in told["chain"]:
        del each["station"]
    off = tuple(replace(each, on=False) if each.stage == "length" else each for each in chain)
    assert description.values(told, Path, None, None)["chain"] == off
    del told["bypassed"]
    assert description.values(told, Path, None, None)["chain"] == chain


def test_a_session_keeps_what_is_bypassed_and_nothing_that_there_is_not():
    state = State(chain=default_sound_chain(), bypassed=("decode", "disturb"))
    told = description.describe(state)
    assert description.values(told, Path, None, None)["bypassed"] == ("disturb", "decode")
    told["bypassed"] = ["nonsense", "network"]
    assert description.values(told, Path, None, None)["bypassed"] == ("network",)
    told.pop("bypassed")
    assert description.values(told, Path, None, None)["bypassed"] == ()
