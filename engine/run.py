"""A run: the folder that a training leaves behind. What is written there is written in a thread, in order."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import checkpoint, metrics, recipe, snapshots, standing
from engine.board import Board
from engine.events import Evaluated, Notice, Step
from engine.lines import Lines
from engine.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.events import Began, Changed, Halted
    from engine.network import Network
    from engine.recipe import Recipe
    from engine.standing import Standing

OFTEN = 0.5
"""Seconds between two looks at what waits to be written of the metrics."""


class RunError(OSError):
    """A folder that cannot take a run; the message names it."""


class Run:
    """Writes the recipe, metrics, TensorBoard's event files, snapshots, the state, the best and the last network.

    A disk that is full or gone stops nothing: `notices` says so once, what is lines waits in memory, and all else
    is written anew when its time comes again.
    """

    def __init__(self, folder: str | Path, chosen: Recipe, began: Began, stood: Standing | None = None) -> None:
        """A new run, or one that goes on from where it stood. Raises RunError where the folder cannot take it."""
        self.folder = Path(folder)
        self.best, self.last = (self.folder / f"{name}{checkpoint.SUFFIX}" for name in ("best", "last"))
        self.kept: tuple[int, ...] = ()
        self.end = 0  # bytes of metrics.jsonl, those that still wait among them
        self._began, self._text = began, recipe.text(chosen)
        self._failing, self._notices = False, deque[Notice]()
        self._waiting, self._plotted = bytearray(), list[Step | Evaluated]()
        self._written = 0.0
        self._owed: dict[Path, Network] = {}
        self._best: Network | None = None
        self._lines = Lines(self.folder / metrics.NAME, self._anew)
        self._board: Board | None = None
        self._after = began.step
        self._pool = ThreadPoolExecutor(1, "otoscope-run")
        self._jobs: deque[Future[None]] = deque()
        self._stood: Future[None] | None = None
        try:
            self._begin(stood)
        except OSError as error:
            self._pool.shutdown()
            self._lines.close()
            reason = error.strerror or str(error)
            raise RunError(f"cannot write the run to {folder}: {reason}; choose another folder") from error

    def log(self, event: Began | Step | Evaluated | Changed | Halted) -> None:
        """Note an event."""
        said = metrics.line(event)
        self._waiting += said
        self.end += len(said)
        if isinstance(event, Step | Evaluated):
            # Of many steps between two writings TensorBoard gets the last one: it thins them all the same.
            if self._plotted and isinstance(self._plotted[-1], Step) and isinstance(event, Step):
                self._plotted.pop()
            self._plotted.append(event)
        if time.monotonic() - self._written > OFTEN:
            self._flush()

    def keep(self, network: Network, best: bool = False) -> None:
        """The network as the last, or as the best."""
        path = self.best if best else self.last
        self._best = network if best else self._best
        self._owed[path] = network
        self._do(self._save, path)

    def snapshot(self, network: Network, step: int, best: int) -> tuple[int, ...]:
        """Keep a network in the time line; the steps that are kept there now."""
        before = self.kept if step in self.kept else (*self.kept, step)
        self.kept = snapshots.thinned(before, (best,))
        self._do(self._snapshot, network, step, set(before) - set(self.kept))
        return self.kept

    def stand(self, stood: Standing) -> None:
        """What it takes to go on from here; `stood.course["end"]` is `end` as it was then."""
        self._flush()
        self._stood = self._do(self._stand, stood)

    def back(self, stood: Standing) -> None:
        """What was told since then is cut off: the training goes on from there."""
        self._flush()
        self.end = stood.course["end"]
        self._do(self._lines.cut, self.end)
        self._do(self._drop_board, stood.step)
        gone = {step for step in self.kept if step > stood.step}
        self.kept = tuple(step for step in self.kept if step <= stood.step)
        self._do(self._forget, gone)
        self._plotted.clear()

    @property
    def failing(self) -> bool:
        """Whether what was written last could not be."""
        return self._failing

    @property
    def is_standing(self) -> bool:
        """Whether the last state is still being written."""
        return self._stood is not None and not self._stood.done()

    @property
    def busy(self) -> bool:
        """Whether something is still being written."""
        while self._jobs and self._jobs[0].done():
            self._jobs.popleft()
        return bool(self._jobs)

    def notices(self) -> Iterator[Notice]:
        """What the user should know since this was last asked."""
        while self._notices:
            yield self._notices.popleft()

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._flush()
        self._do(self._end)
        self._pool.shutdown()

    def _begin(self, stood: Standing | None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if stood is None and (self.folder / standing.NAME).exists():
            raise OSError("a run lies there already, which can be resumed")
        self._lines.open()
        for place in (self.folder, self.folder / "snapshots"):
            for part in place.glob(".*.part"):  # of one that was killed while it wrote
                part.unlink(missing_ok=True)
        self._describe()
        if stood is None:
            self._lines.cut(0)
            self.log(self._began)
            return
        self.end = stood.course["end"]
        self._lines.cut(self.end)
        found = snapshots.steps(self.folder)
        self.kept = tuple(step for step in found if step <= stood.step)
        self._forget(set(found) - set(self.kept))
        if stood.course["total"] != self._began.total:
            self.log(self._began)

    def _anew(self) -> bytes:
        """The folder once more, where it is gone. Not its parents: a disk that is gone is not to be replaced."""
        if not self.folder.exists():
            self.folder.mkdir()
            self.kept = ()
            if self._best is not None:
                self._owed.setdefault(self.best, self._best)
        self._describe()
        self._drop_board()
        self._notices.append(Notice(
            f"The record in {self.folder} was gone and is made anew: what it told before is lost.", "warning"
        ))  # fmt: skip
        return metrics.line(self._began)

    def _describe(self) -> None:
        with replacing(self.folder / "recipe.toml") as part:
            part.write_text(self._text, encoding="utf-8")

    def _flush(self) -> None:
        if self._waiting:
            said, plotted = bytes(self._waiting), tuple(self._plotted)
            self._waiting.clear()
            self._plotted.clear()
            self._written = time.monotonic()
            self._do(self._lines.write, said)
            self._do(self._plot, plotted)

    def _do(self, function: Callable[..., Any], *arguments: Any) -> Future[None]:
        self._jobs.append(self._pool.submit(self._attempt, function, *arguments))
        return self._jobs[-1]

    def _attempt(self, function: Callable[..., Any], *arguments: Any) -> None:
        """In the thread of the run. Of several failures in a row the first is told."""
        try:
            function(*arguments)
        except (OSError, checkpoint.CheckpointError) as error:
            if not self._failing:
                reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
                self._notices.append(Notice(
                    f"The run cannot be written to {self.folder}: {reason}. The training goes on in memory, and "
                    "what was written before is whole; make room there, and it is written again.",
                    "error",
                ))  # fmt: skip
            self._failing = True
        else:
            if self._failing and function == self._stand:
                self._failing = False
                self._notices.append(Notice(f"The run is written to {self.folder} again."))

    def _snapshot(self, network: Network, step: int, gone: set[int]) -> None:
        place = snapshots.path(self.folder, step)
        place.parent.mkdir(exist_ok=True)
        checkpoint.save(network, place)
        self._forget(gone)

    def _save(self, path: Path) -> None:
        network = self._owed.get(path)
        if network is not None:
            checkpoint.save(network, path)
            if self._owed.get(path) is network:
                del self._owed[path]

    def _forget(self, gone: set[int]) -> None:
        for step in gone:
            snapshots.path(self.folder, step).unlink(missing_ok=True)

    def _stand(self, stood: Standing) -> None:
        self._lines.settle()
        for path in tuple(self._owed):
            self._save(path)
        course = {**stood.course, "end": stood.course["end"] - self._lines.lost}
        standing.save(dataclasses.replace(stood, course=course), self.folder / standing.NAME)

    def _plot(self, events: tuple[Step | Evaluated, ...]) -> None:
        if self._failing:
            return
        self._board = self._board or Board(self.folder, self._after)
        try:
            for event in events:
                self._board.add(event)
            self._board.flush()
        except OSError:
            self._drop_board()
            raise

    def _drop_board(self, after: int | None = None) -> None:
        """What comes goes into another file: this one is gone or breaks off, or does not count `after` a step."""
        self._after = self._after if after is None else after
        if self._board is not None:
            with contextlib.suppress(OSError):
                self._board.close()
            self._board = None

    def _end(self) -> None:
        for path in tuple(self._owed):
            self._attempt(self._save, path)
        self._attempt(self._lines.write)
        self._drop_board()
        self._lines.close()
