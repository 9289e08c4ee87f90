"""Trials with recipes, checkpoints and sessions: mutated as bytes, as text, and inside a zip that is well."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, build, catalog, checkpoint, document, infer, recipe
from engine.audio.error import AudioError
from engine.blocks import StageError
from engine.build import WeightsError
from engine.checkpoint import CheckpointError
from engine.clip import Label, from_array
from engine.document import DocumentError
from engine.events import Restored, Traced
from engine.links import default_picture, default_sound_chain
from engine.recipe import RecipeError
from engine.session import Session, Span, State
from tests.hostile.mutation import mutated
from tests.hostile.sounds import refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.clip import Clip
    from engine.network import Network

_VALUES = re.compile(rb"(?<=[=:,\[ ])(-?\d+\.?\d*|true|false|\"[^\"]*\"|\[[^\[\]]*\])(?=[,\]}\s])")
_PUT = (
    *(b"0", b"-1", b"1e308", b"nan", b"inf", b"99999999999999999999", b"4294967296", b"true", b"0.5", b"3", b"7"),
    *(b'"../../../etc/passwd"', b'"/dev/zero"', b'"files/0-x.wav"', b'"\\u0000"', b"null", b'"noise"'),
    *(b"[[1,2],[3]]", b'""', b"[]", b"{}", b"16", b"0.01", b"1.5", b"false", b"2"),
)
_EVIL = ("../../evil.wav", "/tmp/evil.wav", "C:\\evil.wav", "/", "session.TOML", "sound.wav", "files/../../x")


@functools.cache
def network() -> Network:
    """A small one, with weights by chance."""
    module = catalog.load("models", "recurrent").Settings
    plain = checkpoint.untrained("phonemes", module(hidden=32, layers=1))
    made = build.fresh(plain.model, plain.settings, plain.inputs, len(plain.vocabulary), 0)
    return replace(plain, weights=build.weights(made))


@functools.cache
def _clip() -> Clip:
    sound = 0.1 * np.random.default_rng(0).standard_normal(8000)
    return from_array(sound, 16_000, "noise", (Label(0.1, 0.2, "one", "digit"),))


@functools.cache
def seeds() -> Mapping[str, tuple[bytes, ...]]:
    """Whole files by suffix."""
    with tempfile.TemporaryDirectory() as folder:
        weights = checkpoint.save(network(), Path(folder) / "a.safetensors").read_bytes()
        sessions = []
        for other in (network(), checkpoint.untrained("phonemes"), None):
            state = State(clip=_clip(), chain=default_sound_chain(), picture=default_picture(), network=other)
            path = Path(folder) / "a.oto"
            for _ in document.save(replace(state, view=Span(0.0, 0.4)), path):
                pass
            sessions.append(path.read_bytes())
    recipes = tuple(asset.path("recipes", f"{name}.toml").read_bytes() for name in recipe.bundled())
    return {".toml": recipes, ".safetensors": (weights,), ".oto": tuple(sessions)}


def whole(folder: Path) -> Iterator[Path]:
    for suffix, files in seeds().items():
        for number, data in enumerate(files):
            path = folder / f"whole-{number}{suffix}"
            path.write_bytes(data)
            yield path


def make(rng: np.random.Generator, stem: Path) -> Path:
    suffix = (".toml", ".safetensors", ".oto", ".oto")[int(rng.integers(4))]
    files = seeds()[suffix]
    data = files[int(rng.integers(len(files)))]
    how = rng.random()
    others = [each for files in seeds().values() for each in files]
    if suffix == ".oto" and how < 0.7:
        data = _repacked(data, others, rng)
    elif suffix != ".oto" and how < 0.6:
        data = reworded(data, rng)
    else:
        data = mutated(data, others, rng)
    path = stem.with_suffix(suffix)
    path.write_bytes(data)
    return path


def reworded(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three values of a text become others. In a checkpoint: those of its head, or of the text in that."""
    if data[8:9] != b"{":
        return _other_values(data, rng)
    size = 8 + int.from_bytes(data[:8], "little")
    head = json.loads(data[8:size])
    if rng.random() < 0.7:
        for key, text in head["__metadata__"].items():
            head["__metadata__"][key] = _other_values(text.encode(), rng).decode()
        told = json.dumps(head).encode()
    else:
        told = _other_values(json.dumps(head).encode(), rng)
    return len(told).to_bytes(8, "little") + told + data[size:]


def _other_values(text: bytes, rng: np.random.Generator) -> bytes:
    for _ in range(int(rng.integers(1, 4))):
        found = list(_VALUES.finditer(text))
        if found:
            one = found[int(rng.integers(len(found)))]
            text = text[: one.start()] + _PUT[int(rng.integers(len(_PUT)))] + text[one.end() :]
    return text


def _repacked(data: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:
    """The same zip with one member hurt, renamed, doubled, left out, packed, or a zip itself."""
    file, how = io.BytesIO(), int(rng.integers(7))
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        chosen = int(rng.integers(len(old.namelist())))
        for number, name in enumerate(old.namelist()):
            body = old.read(name)
            if number != chosen:
                new.writestr(name, body)
            elif how == 0:
                body = mutated(body, others, rng)
                new.writestr(name, body)
            elif how in (1, 2):
                new.writestr(name, reworded(body, rng))
            elif how == 3:
                new.writestr(_EVIL[int(rng.integers(len(_EVIL)))], body)
            elif how == 4:
                new.writestr(name, data)
            elif how == 5:
                new.writestr(name, bytes(1 << 22), zipfile.ZIP_DEFLATED)
    packed = bytearray(file.getvalue())
    if how == 6:  # the directory lies about a size
        place = packed.rfind(b"PK\1\2") + (20 if rng.random() < 0.5 else 24)
        packed[place : place + 4] = int(rng.choice((0, 1, 2**31, 2**32 - 1))).to_bytes(4, "little")
    return bytes(packed)


def use(path: Path) -> str:
    """What the window does with it."""
    kinds = {".toml": _read_recipe, ".safetensors": _open_network, ".oto": _open_session}
    try:
        kinds[path.suffix](path)
    except (RecipeError, CheckpointError, DocumentError) as error:
        return refused(path, error)
    return "read"


def _read_recipe(path: Path) -> None:
    found = recipe.read(path)
    assert recipe.parse(recipe.text(found), found.name) == found


def _open_network(path: Path) -> None:
    _inspect(_clip(), default_sound_chain(), default_picture(), checkpoint.load(path))


def _open_session(path: Path) -> None:
    values = dict(next(event for event in document.load(path) if isinstance(event, Restored)).values)
    values.pop("heard")
    session = Session()
    for key, value in values.items():
        session.set(key, value)
    state = session.state
    if state.clip is not None and state.picture is not None:
        try:
            assert len(state.clip.read()) == state.clip.frames
        except AudioError:  # a zip that is well around a sound that is not
            return
        _inspect(state.clip, state.chain, state.picture, state.network)


def _inspect(clip: Clip, chain: Any, picture: Any, network: Network | None) -> None:
    """A network or a chain that cannot do its work says so; what it gives can be drawn."""
    asked = infer.Inspection(clip, chain, picture, network, 0.0, 0.4, "cpu")
    with contextlib.suppress(StageError, WeightsError):
        traced = [each for each in infer.run(asked) if isinstance(each, Traced)]
        assert traced[-1].trace.series
