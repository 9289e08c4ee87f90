"""Session files: what is opened is what was saved; what is damaged is refused by name, and nothing is lost."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from engine import asset, checkpoint, document, generate, infer
from engine.audio.file import open_clip
from engine.chain import default_picture, default_sound_chain
from engine.clip import Label, from_array
from engine.document import DocumentError
from engine.events import Composed, Restored, Traced
from engine.links import default_link
from engine.recipe import TrainSettings
from engine.session import Cursor, Span, State, Transport
from engine.surgery import Edit
from engine.trace import Key


def saved(state, path):
    for _ in document.save(state, path):
        pass
    return path


def opened(path):
    return next(event for event in document.load(path) if isinstance(event, Restored)).values


def traced(state):
    asked = (state.clip, state.chain, state.picture, state.network, 0.0, state.clip.seconds, "cpu", state.edits)
    return [event for event in infer.run(infer.Inspection(*asked)) if isinstance(event, Traced)][-1]


@pytest.fixture
def state():
    clip = asset.open_bundled("digits")
    return State(
        clip=replace(clip, labels=(*clip.labels, Label(0.1, 0.4, "größer", "word"))),
        chain=(*default_sound_chain(), default_link("specaugment")),
        picture=default_picture(),
        network=checkpoint.open_network("phonemes-gru-32"),
        cursor=Cursor(0.5, Key("h", 1), 7),
        view=Span(0.25, 1.5),
        selection=Span(0.5, 0.75),
        transport=Transport(heard="clip"),
        sort="peak",
        training=TrainSettings(steps=300, lr=0.01),
        edits=(Edit("set", 0.2, 0.5, "z", 1, units=(1, 2), value=1.0), Edit("reset", 1.0)),
    )


def test_what_is_opened_is_what_was_saved(state, tmp_path):
    values = opened(saved(state, tmp_path / "a.oto"))
    for key in ("chain", "picture", "cursor", "view", "selection", "sort", "training", "edits"):
        assert values[key] == getattr(state, key), key
    assert values["heard"] == "clip"
    clip = values["clip"]
    assert (clip.name, clip.rate, clip.labels) == (state.clip.name, state.clip.rate, state.clip.labels)
    np.testing.assert_allclose(clip.read(), state.clip.read(), atol=2**-24)
    network = values["network"]
    assert (network.settings, network.frontend) == (state.network.settings, state.network.frontend)
    for name, weights in state.network.weights.items():
        np.testing.assert_array_equal(network.weights[name], weights)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.oto"], "something was left beside it"


def test_the_same_picture_is_seen_elsewhere(state, tmp_path):
    before = traced(state)
    values = opened(saved(state, tmp_path / "a.oto"))
    after = traced(replace(state, clip=values["clip"], chain=values["chain"], network=values["network"]))
    assert after.trace.text == before.trace.text
    for key, series in before.trace.series.items():
        np.testing.assert_allclose(after.trace.series[key].values, series.values, atol=1e-3, err_msg=str(key))


def test_a_file_that_a_knob_names_goes_with_it(state, tmp_path):
    noise = tmp_path / "mine.wav"
    soundfile.write(noise, np.random.default_rng(1).normal(0, 0.1, 16000), 16000)
    os.utime(noise, (0, 0))  # as from an archive without dates
    chain = tuple(
        replace(link, settings=link.settings.but(kind="file", file=str(noise))) if link.stage == "noise" else link
        for link in state.chain
    )
    path = saved(replace(state, chain=chain), tmp_path / "a.oto")
    content = noise.read_bytes()
    noise.unlink()
    (link,) = [each for each in opened(path)["chain"] if each.stage == "noise"]
    with open(link.settings.file, "rb") as file:
        assert file.read() == content


@pytest.mark.parametrize("peak", [0.5, 3.0], ids=["within", "beyond full scale"])
def test_stereo_of_any_level_is_kept(state, tmp_path, peak):
    samples = np.random.default_rng(2).uniform(-peak, peak, (4410, 2)).astype(np.float32)
    path = saved(replace(state, clip=from_array(samples, 44100, "two")), tmp_path / "a.oto")
    np.testing.assert_allclose(opened(path)["clip"].read(), samples, atol=2**-24)


def test_an_untrained_network_is_drawn_from_its_seed_again(state, tmp_path):
    network = checkpoint.untrained("phonemes", seed=5)
    values = opened(saved(replace(state, network=network), tmp_path / "a.oto"))
    assert values["network"].id == network.id


def test_an_empty_session_is_one(tmp_path):
    values = opened(saved(State(), tmp_path / "a.oto"))
    assert values["chain"] == ()
    assert values["clip"] is None, "an earlier one would stay"
    assert values["network"] is None


def test_a_later_version_is_named(state, tmp_path):
    path = saved(state, tmp_path / "a.oto")
    later = tmp_path / "b.oto"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(later, "w") as new:
        new.writestr("session.toml", old.read("session.toml").replace(b"format = 1", b"format = 2"))
    with pytest.raises(DocumentError, match=r"b\.oto.*later version"):
        opened(later)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [(b"time = 0.5", b"time = nan"), (b"time = 0.5", b"time = -1"), (b"unit = 7", b"unit = [7]")],
    ids=["no number", "before the clip", "no unit"],
)
def test_a_cursor_that_points_nowhere_is_refused(state, tmp_path, was, becomes):
    path, changed = saved(replace(state, clip=None, network=None), tmp_path / "a.oto"), tmp_path / "b.oto"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        text = old.read("session.toml")
        assert was in text
        new.writestr("session.toml", text.replace(was, becomes))
    with pytest.raises(DocumentError, match=r"b\.oto"):
        opened(changed)


def test_a_place_that_cannot_be_written_is_named_and_the_old_file_stays(state, tmp_path, monkeypatch):
    path = saved(state, tmp_path / "a.oto")
    before = path.read_bytes()
    with pytest.raises(DocumentError, match="nowhere"):
        saved(state, tmp_path / "nowhere" / "b.oto")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(DocumentError, match=r"a\.oto.*No space left"):
        saved(state, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_cache_that_cannot_be_written_is_named(state, tmp_path, monkeypatch):
    path = saved(state, tmp_path / "a.oto")
    (tmp_path / "full").touch()
    monkeypatch.setattr(document.cache, "slot", lambda name: tmp_path / "full" / name)
    with pytest.raises(DocumentError, match=r"a\.oto cannot be unpacked into .*full"):
        opened(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip" * 100], ids=["empty", "two bytes", "text"])
def test_what_is_no_session_is_refused_by_name(tmp_path, content):
    path = tmp_path / "x.oto"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=r"x\.oto"):
        opened(path)


def test_damaged_sessions_are_opened_or_refused_by_name(state, tmp_path):
    short = replace(state, clip=from_array(state.clip.read()[:4000], 16000, "short"), network=None)
    whole = saved(short, tmp_path / "a.oto").read_bytes()
    rng, path = np.random.default_rng(3), tmp_path / "damaged.oto"
    refused: list[str] = []
    for _ in range(120):
        damaged = bytearray(whole[: rng.integers(len(whole)) if rng.random() < 0.3 else None])
        for place in rng.integers(len(damaged) or 1, size=rng.integers(1, 20)):
            damaged[place : place + 1] = bytes([rng.integers(256)])
        path.write_bytes(damaged)
        try:
            opened(path)
        except DocumentError as error:
            refused.append(str(error))
    assert len(refused) > 30
    assert all("damaged.oto" in text for text in refused)


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_sound_that_lies_in_a_file_is_packed_byte_for_byte(state, tmp_path, kind):
    sound = tmp_path / f"mine.{kind.upper()}"
    soundfile.write(sound, np.random.default_rng(1).uniform(-1, 1, (8000, 2)), 44100, "PCM_24", format=kind)
    path = saved(replace(state, clip=open_clip(sound)), tmp_path / "a.oto")
    with zipfile.ZipFile(path) as pack:
        assert pack.read(f"sound.{kind}") == sound.read_bytes()
    found = opened(path)["clip"]
    np.testing.assert_array_equal(found.read(), open_clip(sound).read())
    assert (found.name, found.path) == ("mine", None)


@pytest.mark.parametrize("change", ["gone", "replaced"])
def test_a_file_that_is_no_more_what_was_opened_is_not_packed(state, tmp_path, change):
    sound = tmp_path / "mine.wav"
    samples = np.random.default_rng(1).uniform(-0.9, 0.9, 8000)
    soundfile.write(sound, samples, 16000)
    clip = open_clip(sound)
    sound.unlink()
    if change == "replaced":
        soundfile.write(sound, np.zeros(9000), 16000)
    found = opened(saved(replace(state, clip=clip), tmp_path / "a.oto"))["clip"]
    np.testing.assert_allclose(found.read()[:, 0], samples, atol=2**-15)


def test_a_folder_is_no_place_for_a_session(state, tmp_path):
    (tmp_path / "a.oto").mkdir()
    with pytest.raises(DocumentError, match=r"a\.oto is a folder"):
        saved(state, tmp_path / "a.oto")
    assert list((tmp_path / "a.oto").iterdir()) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_a_melody_is_kept_with_its_notes_and_what_was_expected(tmp_path):
    network = checkpoint.open_network("melody-lstm-64")
    settings = generate.Settings(bars=1, temperature=0.5, scale="G pentatonic")
    made = [each for each in generate.compose(network, (8, 10), settings) if isinstance(each, Composed)][-1]
    state = State(
        clip=made.clip, network=network, melodies=(made,), composing=settings, opening=(8, 10),
        view=Span(0.0, 2.0), training=TrainSettings(), picture=default_picture(),
    )  # fmt: skip
    values = opened(saved(state, tmp_path / "a.oto"))
    assert values["composing"] == settings
    assert values["opening"] == (8, 10)
    again = State(clip=values["clip"], network=values["network"], melodies=values["melodies"]).melody
    assert (again.notes, again.given, again.settings) == (made.notes, 2, settings)
    np.testing.assert_allclose(again.logits, made.logits, atol=1e-5)
    assert (again.begin, again.beat, again.names) == (made.begin, made.beat, made.names)


@pytest.mark.parametrize(
    "change",
    [("notes = [", "notes = [99, "), ("opening = [", "opening = [0, "), ("given = 1", "given = 9"),
     ("logits = [", "logits = [[0.5], ")],
)  # fmt: skip
def test_notes_that_are_none_are_refused(tmp_path, change):
    network = checkpoint.open_network("melody-rnn-64")
    made = [
        each for each in generate.compose(network, (3,), generate.Settings(bars=1)) if isinstance(each, Composed)
    ]
    state = State(clip=made[0].clip, network=network, melodies=tuple(made), opening=(3,), view=Span(0.0, 2.0))
    path = saved(state, tmp_path / "a.oto")
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    text = parts["session.toml"].decode().replace("[\n    ", "[")
    assert change[0] in text
    with zipfile.ZipFile(path, "w") as pack:
        for name, data in {**parts, "session.toml": text.replace(*change, 1).encode()}.items():
            pack.writestr(name, data)
    with pytest.raises(DocumentError, match=r"a\.oto does not fit this program: "):
        opened(path)
