"""The curves of a run for TensorBoard, where tensorboardX is installed; the program itself reads none of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from engine.events import Evaluated, Step

if TYPE_CHECKING:
    from pathlib import Path


class Board:
    """Writes event files beside the run's other files. Raises OSError."""

    def __init__(self, folder: Path, after: int = 0) -> None:
        """`after`: of earlier event files of the run, what lies beyond that step does not count any more."""
        self._writer: Any = None
        try:
            from tensorboardX.record_writer import RecordWriter
        except ImportError:
            return
        # TensorBoard looks for "tfevents", and reads several files of a run in the order of their names.
        self._writer = RecordWriter(str(folder / f"events.out.tfevents.{time.time_ns()}.otoscope"))
        self._write(0, file_version="brain.Event:2")
        if after:
            from tensorboardX.proto.event_pb2 import SessionLog

            self._write(after + 1, session_log=SessionLog(status=SessionLog.SessionStatus.Value("START")))

    def add(self, event: Step | Evaluated) -> None:
        """Loss, its terms and all that was measured; an evaluation under the name of its split."""
        if isinstance(event, Step):
            terms = {"loss": event.loss, "epoch": float(event.epoch)} | {
                f"step/{name}": value for name, value in event.values.items()
            }
        else:
            told = {"loss": event.loss, "error": event.error, **event.values}
            terms = {f"{event.split}/{name}": value for name, value in told.items()}
        if self._writer is not None:
            from tensorboardX.proto.summary_pb2 import Summary

            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in terms.items()]
            self._write(event.step, summary=Summary(value=values))

    def flush(self) -> None:
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write(self, step: int, **what: Any) -> None:
        from tensorboardX.proto.event_pb2 import Event

        self._writer.write(Event(wall_time=time.time(), step=step, **what).SerializeToString())
