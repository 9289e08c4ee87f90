"""Many streams at once: one network in one batch, each stream with its own state; how many keep up with sound."""

from __future__ import annotations

from app.bench import Figure

SECONDS = 1.2
COUNT, MOST = 1000, 100_000


def measure(count: int = COUNT, model: str = "", seconds: float = SECONDS) -> list[Figure]:
    """The real-time factor of so many streams, front end and network; and how many there may be at most."""
    import torch

    from engine import device, streams

    device.limit_threads(live=False)
    chosen = streams.network(model or streams.SMALL)
    where = "cuda" if torch.cuda.is_available() else "cpu"
    threads = torch.get_num_threads()
    note = f"{chosen.name if model else streams.SMALL}, {where}, {threads} thread{'s' * (threads > 1)}"
    factor = streams.real_time(chosen, count, seconds, where)
    largest, its = list(streams.most(chosen, seconds, where))[-1]
    return [
        Figure(f"real-time factor of {count} streams", factor, "", 1.0, note=note),
        Figure("streams at once with a factor below 1, at most", float(largest), "", note=f"factor {its:.2f}"),
    ]
