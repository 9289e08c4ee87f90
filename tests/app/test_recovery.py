"""Recovery: what a program held is found again when it has died, by one other program and by no running one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from app import recovering
from app.recovering import RecoveryError
from app.recovery import Recovery, recordings
from engine import asset, checkpoint
from engine.audio.file import open_clip
from engine.audio.take import Take
from engine.chain import default_picture, default_sound_chain
from engine.clip import from_array
from engine.document import load, save
from engine.events import Notice, Opened, Restored
from engine.recipe import TrainSettings
from engine.session import Cursor, Span, State


def died(recovery):
    """The program that held this is no more: the system has freed its locks."""
    recovery.release(*list(recovery._locks))


@pytest.fixture
def start():
    """Starts a program's recovery; at the end all of them let go of their locks."""
    started = []

    def begin(root):
        started.append(Recovery(root))
        return started[-1]

    yield begin
    for each in started:
        died(each)


@pytest.fixture
def restored(start):
    """What the next program restores: its events."""

    def begin(root):
        (lost,) = start(root).lost()
        return list(recovering.restore(lost))

    return begin


def values(events):
    (event,) = [each for each in events if isinstance(each, Restored)]
    return event.values


@pytest.fixture
def state():
    return State(
        clip=asset.open_bundled("digits"),
        chain=default_sound_chain(),
        picture=default_picture(),
        network=checkpoint.open_network("phonemes-gru-32"),
        training=TrainSettings(steps=77),
        view=Span(0.1, 0.9),
        cursor=Cursor(0.3),
    )


def test_all_of_a_state_comes_back_as_an_unsaved_session(state, tmp_path, start, restored):
    first = start(tmp_path)
    first.write(state, tmp_path / "mine.oto")
    died(first)
    events = restored(tmp_path)
    found = values(events)
    for key in ("chain", "picture", "view", "cursor", "training"):
        assert found[key] == getattr(state, key), key
    np.testing.assert_array_equal(found["clip"].read(), state.clip.read())
    assert (found["clip"].labels, found["clip"].name) == (state.clip.labels, "digits")
    for name, weights in state.network.weights.items():
        np.testing.assert_array_equal(found["network"].weights[name], weights)
    assert (events[0].path, events[0].unsaved) == (tmp_path / "mine.oto", True)


def test_a_running_program_is_left_alone_and_so_is_what_one_other_has_found(state, tmp_path, start):
    running, dead = start(tmp_path), start(tmp_path)
    running.write(state, None)
    dead._own = tmp_path / "dead"
    dead._own.mkdir()
    assert dead._claim(dead._own)
    dead.write(replace(state, network=None), None)
    died(dead)
    second, third = start(tmp_path), start(tmp_path)
    assert [each.path.name for each in second.lost()] == ["dead"]
    assert third.lost() == ()
    second.close(kept=(tmp_path / "dead",))
    assert [each.path.name for each in third.lost()] == ["dead"], "who did not decide leaves it to the next"
    third.close()
    running.close()
    assert list(tmp_path.iterdir()) == []


def test_a_program_killed_frees_its_folder(tmp_path, start):
    script = (
        "import sys, time; from pathlib import Path; from app.recovery import Recovery; "
        "from engine.session import State; r = Recovery(Path(sys.argv[1])); r.write(State(), None); "
        "print(1, flush=True); time.sleep(60)"
    )
    program = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE)
    program.stdout.readline()
    following = start(tmp_path)
    assert following.lost() == ()
    program.kill()
    program.wait()
    program.stdout.close()
    (lost,) = following.lost()
    assert "not ended properly" in lost.told()


def test_a_file_of_the_users_is_named_and_not_copied(state, tmp_path, start, restored):
    sound = tmp_path / "mine.wav"
    soundfile.write(sound, np.zeros(16000), 16000)
    first = start(tmp_path / "kept")
    first.write(replace(state, clip=open_clip(sound)), None)
    assert not list(first.folder().glob("sound-*"))
    died(first)
    events = restored(tmp_path / "kept")
    assert values(events)["clip"].path == sound


@pytest.mark.parametrize("change", ["gone", "other"])
def test_a_users_file_that_is_no_more_what_it_was_is_told(state, tmp_path, change, start, restored):
    sound = tmp_path / "mine.wav"
    soundfile.write(sound, np.zeros(16000), 16000)
    first = start(tmp_path / "kept")
    first.write(replace(state, clip=open_clip(sound)), None)
    died(first)
    if change == "gone":
        sound.unlink()
    else:
        soundfile.write(sound, np.ones(8000), 16000)
    events = restored(tmp_path / "kept")
    (notice,) = [each for each in events if isinstance(each, Notice)]
    assert str(sound) in notice.text
    assert values(events)["chain"] == state.chain, "and all else is there"


def test_a_sound_in_no_file_is_written_once_and_its_successor_takes_its_place(state, tmp_path, start):
    first = start(tmp_path)
    first.write(state, None)
    (sound,) = first.folder().glob("sound-*")
    before = sound.stat().st_mtime_ns
    first.write(replace(state, view=Span(0.0, 0.5)), None)
    assert sound.stat().st_mtime_ns == before
    first.write(replace(state, clip=from_array(np.ones(100), 8000, "other")), None)
    assert len(list(first.folder().glob("sound-*"))) == 1
    assert not sound.exists()
    first.close()


def test_a_session_opened_from_its_file_is_kept_without_the_cache(state, tmp_path, monkeypatch, start, restored):
    list(save(replace(state, network=None), tmp_path / "a.oto"))
    opened = next(each for each in load(tmp_path / "a.oto") if isinstance(each, Restored))
    first = start(tmp_path / "kept")
    first.write(replace(state, clip=opened.values["clip"]), tmp_path / "a.oto")
    opened.values["clip"].source.path.unlink()
    died(first)
    events = restored(tmp_path / "kept")
    np.testing.assert_allclose(values(events)["clip"].read(), state.clip.read(), atol=2**-24)


def test_a_recording_cut_off_is_found_with_and_without_a_session(state, tmp_path, start, restored):
    sound = np.random.default_rng(0).uniform(-1, 1, 32000).astype(np.float32)
    first = start(tmp_path)
    take = Take(first.recording(), 16000)
    take.add(sound)
    take._drain()
    died(first)
    events = restored(tmp_path)
    take.end()
    (event,) = [each for each in events if isinstance(each, Opened)]
    np.testing.assert_array_equal(event.clip.read()[:, 0], sound)


def test_a_recording_that_the_session_does_not_tell_of_yet_is_found(state, tmp_path, start, restored):
    first = start(tmp_path)
    first.write(state, None)
    time.sleep(0.02)
    take = Take(first.recording(), 16000)
    take.add(np.ones(16000, np.float32))
    clip = take.end()
    assert len(recordings(first.folder())) == 1
    time.sleep(0.02)
    first.write(replace(state, clip=clip), None)
    assert recordings(first.folder()) == []
    died(first)
    events = restored(tmp_path)
    np.testing.assert_array_equal(values(events)["clip"].read(), clip.read())


@pytest.mark.parametrize("damage", [b"", b"format = 1\n", b"\xff\xfe", b"format = 9\n"])
def test_damaged_it_is_told_where_it_lies_and_stays(state, tmp_path, damage, start):
    first = start(tmp_path)
    first.write(state, None)
    folder = first.folder()
    (folder / "session.toml").write_bytes(damage)
    died(first)
    following = start(tmp_path)
    (lost,) = following.lost()
    with pytest.raises(RecoveryError, match=folder.name):
        list(recovering.restore(lost))
    following.release(lost.path)
    assert len(list(folder.glob("sound-*"))) == 1
    following.lost()
    following.close()
    assert not folder.exists(), "it was not adopted, but who closes has decided"


def test_what_is_saved_or_discarded_is_not_found(state, tmp_path, start):
    first = start(tmp_path)
    first.write(state, None)
    first.clear()
    died(first)
    assert start(tmp_path).lost() == ()
    second = start(tmp_path)
    second.write(state, None)
    died(second)
    third = start(tmp_path)
    (lost,) = third.lost()
    third.discard(lost.path)
    assert start(tmp_path).lost() == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_a_place_nothing_is_kept_and_that_is_told(state, tmp_path, start):
    tmp_path.chmod(0o500)
    recovery = start(tmp_path / "kept")
    assert recovery.recording() is None
    (event,) = recovering.keep(recovery, state, None)
    assert event.error
    tmp_path.chmod(0o700)


def test_a_place_that_cannot_be_made_is_told(state, tmp_path, start):
    (tmp_path / "kept").write_text("a file, not a folder")
    recovery = start(tmp_path / "kept")
    assert recovery.recording() is None
    (event,) = recovering.keep(recovery, state, None)
    assert event.error
    assert recovery.lost() == ()
    recovery.close()


def test_the_sound_of_captions_goes_with_the_program_that_heard_it(state, tmp_path, start):
    """Where words were kept it stays beside them until they are restored or discarded; alone, it goes."""
    for kept in (True, False):
        first = start(tmp_path)
        take = Take(first.recording("captions"), 16000)
        take.add(np.ones(16000, np.float32))
        if kept:
            first.write(state, None)
        folder = first.folder()
        assert list(folder.glob("captions-*"))
        died(first)
        os.utime(folder, (time.time() - 3600,) * 2)
        second = start(tmp_path)
        lost = second.lost()
        assert len(lost) == kept
        assert all("recording" not in each.told() for each in lost)
        second.close()
        take.end()
        assert not list(tmp_path.iterdir())
