"""Metrics of denoised speech: what each says, between which ends, and what it needs."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import measures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATE = 16000
"""Samples a second at which PESQ-WB, STOI and DNSMOS are taken; other sounds are converted first."""
SHORTEST, LONGEST = 0.5, 60.0
"""Seconds of sound that a metric can be asked about."""
_SILENT = 1e-5  # peak; 16 bits resolve 3e-5
_FLAT, _RUN = 0.985, 4  # so many equal samples in a row at such a height are clipped


@dataclass(frozen=True)
class Metric:
    """`low` to `high` is its whole range, `usual` that of speech in noise (for colours and bars).

    Speech is called broken below `fails`: a choice, which who looks may change.

    `reference`: it needs the clean sound. `package` is imported for it and installed by `get`. `rate`: it is
    taken at RATE, and needs a sound of no less; 0 takes any.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    usual: tuple[float, float]
    fails: float
    about: str
    measure: Callable[..., float]
    reference: bool = True
    package: str = ""
    get: str = ""
    rate: int = 0
    more: bool = True

    @property
    def needs(self) -> str:
        """In words: what must be there for it."""
        wants = ["the clean sound"] if self.reference else []
        return " and ".join([*wants, *([f"the package {self.package}"] if self.package else [])]) or "nothing else"

    @property
    def scale(self) -> str:
        """Its range in words."""
        better = "more is better" if self.more else "less is better"
        ends = "any" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"
        return f"{ends}{f' {self.unit}' if self.unit else ''}, {better}"

    @property
    def missing(self) -> str:
        """How to get what it lacks on this machine, in one line; empty where nothing is lacking."""
        if not self.package or importlib.util.find_spec(self.package) is not None:
            return ""
        return f"{self.title} needs the package {self.package}: {self.get}"


@dataclass(frozen=True)
class Score:
    """What a metric says of a sound; without a value, `reason` says why."""

    value: float | None
    reason: str = ""


def _opinion(name: str, key: str, title: str, about: str) -> Metric:
    def measure(sound: Array, rate: float) -> float:
        return measures.dnsmos(sound)[key]

    about = f"{about}, guessed without the clean sound"
    get = "pip install speechmos"
    return Metric(name, title, "", 1.0, 5.0, (1.0, 4.5), 2.0, about, measure, False, "speechmos", get, RATE)


METRICS: dict[str, Metric] = {
    each.name: each
    for each in (
        Metric(
            "si_sdr",
            "SI-SDR",
            "dB",
            -math.inf,
            math.inf,
            (-5.0, 20.0),
            5.0,
            "speech over everything that is not the speech, at whatever level it comes out",
            measures.si_sdr,
        ),
        Metric(
            "pesq_wb",
            "PESQ-WB",
            "",
            1.04,
            4.64,
            (1.04, 3.5),
            1.5,
            "the quality that listeners would give it beside the clean sound (ITU-T P.862.2)",
            measures.pesq_wb,
            package="pesq",
            get="pip install pesq (it is built by a C compiler)",
            rate=RATE,
        ),
        Metric(
            "stoi",
            "STOI",
            "",
            0.0,
            1.0,
            (0.5, 1.0),
            0.75,
            "how much of it would be understood, by its slow changes in each band beside the clean sound",
            measures.stoi,
            package="pystoi",
            get="pip install pystoi",
            rate=RATE,
        ),
        Metric(
            "seg_snr",
            "segmental SNR",
            "dB",
            measures.LOW,
            measures.HIGH,
            (-5.0, 15.0),
            0.0,
            "speech over error, frame by frame where there is speech; another level counts as error",
            measures.segmental_snr,
        ),
        _opinion("dnsmos_ovrl", "ovrl_mos", "DNSMOS OVRL", "how good it sounds as a whole"),
        _opinion("dnsmos_sig", "sig_mos", "DNSMOS SIG", "how whole the speech sounds"),
        _opinion("dnsmos_bak", "bak_mos", "DNSMOS BAK", "how quiet the background sounds"),
        _opinion("dnsmos_p808", "p808_mos", "DNSMOS P.808", "one mark for everything (ITU-T P.808)"),
    )
}


def score(
    sound: Array, rate: float, reference: Array | None = None, names: Iterable[str] = tuple(METRICS)
) -> dict[str, Score]:
    """The metrics of a mono sound [n], in the order of `names`; each has a number or a reason why not.

    Without a `reference` [n], those that need it have none. Raises KeyError for an unknown name.
    """
    trouble = _trouble(sound, rate, "the sound")
    against = _against(sound, rate, reference)
    given: dict[int, list[Array]] = {}  # by rate: the sound, and the reference where there is one
    found = {}
    for name in names:
        metric = METRICS[name]
        reason = metric.missing or trouble or (against if metric.reference else _beyond(sound))
        if not reason and metric.rate > rate:
            reason = f"it is defined from {metric.rate} Hz on; this has {rate:g} Hz"
        if reason:
            found[name] = Score(None, reason)
            continue
        at = metric.rate or round(rate)
        if at not in given:
            both = [sound] if against or reference is None else [sound, reference]
            given[at] = [_converted(each, rate, at) for each in both]
        found[name] = _measured(metric, given[at][: 1 + metric.reference], at)
    return found


def means(scores: Iterable[Mapping[str, Score]]) -> dict[str, float]:
    """The mean of each metric over the sounds that have a number for it; a metric without any is left out."""
    values: dict[str, list[float]] = {}
    for each in scores:
        for name, one in each.items():
            if one.value is not None:
                values.setdefault(name, []).append(one.value)
    return {name: float(np.mean(every)) for name, every in values.items()}


def _measured(metric: Metric, given: list[Array], rate: int) -> Score:
    try:
        value = metric.measure(*given, rate)
    except measures.Unmeasurable as error:
        return Score(None, str(error))
    return Score(value) if math.isfinite(value) else Score(None, "it gives no number for this sound")


def _converted(sound: Array, rate: float, to: float) -> Array:
    if rate == to:
        return sound
    import soxr

    converted = soxr.resample(sound, rate, to)
    # A filter overshoots where samples stand near full scale.
    return np.clip(converted, -1.0, 1.0) if np.max(np.abs(sound)) <= 1.0 else converted


def _trouble(sound: Array, rate: float, what: str) -> str:
    """Why nothing can be said of it; empty where something can."""
    if sound.ndim != 1:
        return f"{what} has {sound.ndim} axes; one channel is asked for"
    if not np.isfinite(sound).all():
        return f"{what} holds samples that are no numbers (NaN or infinite)"
    seconds = len(sound) / rate
    if seconds < SHORTEST:
        return f"{what} lasts {seconds:.2f} s; at least {SHORTEST:g} s are needed"
    if seconds > LONGEST:
        return f"{what} lasts {seconds:.0f} s; choose a stretch of at most {LONGEST:g} s"
    if np.max(np.abs(sound)) < _SILENT:
        return f"{what} is silent"
    return ""


def _against(sound: Array, rate: float, reference: Array | None) -> str:
    """Why the sound cannot be set beside a reference; empty where it can."""
    if reference is None:
        return "it needs the clean sound, which is not known here"
    if trouble := _trouble(reference, rate, "the clean sound"):
        return trouble
    if len(reference) != len(sound):
        return f"the clean sound has {len(reference)} samples, this one {len(sound)}: cut them to one length"
    if count := _clipped(reference):
        return f"the clean sound is clipped ({count} times): nothing can be measured against it"
    return ""


def _clipped(sound: Array) -> int:
    """Runs of _RUN equal samples or more at the very top or bottom."""
    top = float(np.max(np.abs(sound)))
    if top < _FLAT:
        return 0
    flat = np.concatenate([[0], np.abs(sound) >= top * (1 - 1e-6), [0]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(flat)).reshape(-1, 2)
    return int(np.sum(edges[:, 1] - edges[:, 0] >= _RUN))


def _beyond(sound: Array) -> str:
    count = int(np.sum(np.abs(sound) > 1.0))
    return f"{count} samples lie beyond full scale: lower the sound" if count else ""
