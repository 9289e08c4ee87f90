"""A host: a job runs in a process of its own, and this generator passes on what it yields. No Qt in it.

A loop that holds the interpreter then slows nobody, and what crashes there leaves the program standing.
"""

from __future__ import annotations

import contextlib
import copyreg
import multiprocessing
import pickle
import signal
import time
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.loader import deaf, leave

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from multiprocessing.connection import Connection

    Function = Callable[..., Generator[Any, Any, None]]

LOOK = 0.1
"""Seconds between two looks whether something has come, or whether to stop."""
AHEAD = 0.02
"""Seconds that the process may go on before its last event was taken: less, and it waits for the window."""
GRACE = 10.0
"""Seconds that a stopped process may take to save what it has; then it is killed."""
MUTE = 0.5
"""The same for one that has said nothing yet: it has nothing to save, and may still be importing."""

_STOP, _TAKEN = b"stop", b"taken"


def _frozen(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


copyreg.pickle(MappingProxyType, lambda mapping: (_frozen, (dict(mapping),)))


class HostError(RuntimeError):
    """The process of a job ended without a word: killed from outside, or out of memory."""


def hosted(function: Function, *arguments: Any, grace: float | None = None) -> Generator[Any, Any, None]:
    """What `function(*arguments)`, a generator, yields in a spawned process; None while nothing has come.

    Function, arguments and events must be picklable; arrays arrive read-only. What is sent in is sent on to the
    job, which hears it at its next `yield`. Closing lets the job end by itself, `grace` seconds at the most: few
    for one that has nothing to save. Raises what the job raises, and HostError where its process dies.
    """
    context, starved = multiprocessing.get_context("spawn"), _starved()
    ours, theirs = context.Pipe()
    # Not a daemon: a job may have processes of its own, and is to save what it has before it ends.
    process = context.Process(target=_serve, args=(theirs, function, arguments), name="otoscope-job", daemon=False)
    with deaf():
        process.start()
    theirs.close()
    may_take = MUTE
    try:
        while True:
            while not ours.poll(LOOK):
                _tell(ours, (yield None))
            try:
                kind, value = _receive(ours)
            except (EOFError, OSError):
                process.join(GRACE)
                raise HostError(_died(process.exitcode, starved)) from None
            may_take = GRACE if grace is None else grace
            if kind == "ended":
                return
            if kind == "failed":
                raise value
            command = yield value
            _say(ours, _TAKEN)
            _tell(ours, command)
    finally:
        _end(process, ours, may_take)


def _tell(pipe: Connection, command: Any) -> None:
    if command is not None:
        _say(pipe, pickle.dumps(command))


def _say(pipe: Connection, words: bytes) -> None:
    """A process that has gone hears nothing; what it said last can be read all the same."""
    with contextlib.suppress(OSError):
        pipe.send_bytes(words)


def _starved() -> int | None:
    """How many processes the system has ended so far because memory ran out; None where it does not tell."""
    with contextlib.suppress(OSError, ValueError), open("/proc/vmstat", encoding="ascii") as file:
        for line in file:
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return None


def _died(code: int | None, starved: int | None) -> str:
    """Why a process has gone; `starved` is what _starved said when it began."""
    if code is None or code >= 0:
        return f"its process ended with code {code}"
    now, name = _starved(), signal.Signals(-code).name
    if code != -9:
        word = "it was ended from outside" if code == -15 else "it crashed"
    elif now is None or starved is None:
        word = "it may have run out of memory, or was killed from outside"
    else:
        word = "the machine was out of memory" if now > starved else "it was killed from outside"
    return f"its process was ended by {name}: {word}"


def _end(process: Any, pipe: Connection, grace: float) -> None:
    """Ask the process to stop, take what it still says so that it is never stuck, and wait for its end."""
    last = time.monotonic() + grace
    try:
        pipe.send_bytes(_STOP)
        while process.is_alive() and time.monotonic() < last:
            if pipe.poll(LOOK):
                pipe.recv_bytes()
    except (EOFError, OSError):  # it has gone, or is going
        process.join(max(0.0, last - time.monotonic()))
    if process.is_alive():
        process.kill()
    process.join()
    process.close()
    pipe.close()


def _serve(pipe: Connection, function: Function, arguments: tuple[Any, ...]) -> None:
    """The other side: run the job, say what it yields, hear commands between its steps."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides what Ctrl+C ends, on Windows too
    last: tuple[str, Any] = ("ended", None)
    try:
        _run(pipe, function(*arguments))
    except Exception as error:
        last = ("failed", _portable(error))
    with contextlib.suppress(OSError):  # the program may be gone: then nobody is to be told
        _send(pipe, *last)
    pipe.close()
    leave(0)  # a thread that still makes what nobody wants any more is not waited for


def _run(pipe: Connection, steps: Generator[Any, Any, None]) -> None:
    """Raises what the job raises, and EOFError or OSError where the program is gone; closes the job then too."""
    ear, command = _Ear(pipe), None
    try:
        while not ear.stopped:
            event = steps.send(command)
            if event is not None:
                _send(pipe, "event", event)
                ear.said()
            command = ear.listen()
    except StopIteration:
        pass
    finally:
        steps.close()


class _Ear:
    """Hears what the program says; waits where the job is too far ahead of it."""

    def __init__(self, pipe: Connection) -> None:
        self.stopped = False
        self._pipe = pipe
        self._untaken: deque[float] = deque()
        self._commands: deque[Any] = deque()

    def said(self) -> None:
        self._untaken.append(time.monotonic())

    def listen(self) -> Any:
        """The next command, or None. Raises EOFError where the program is gone."""
        while not self.stopped:
            ahead = self._is_ahead()
            if self._pipe.poll(LOOK if ahead else 0):
                self._hear(self._pipe.recv_bytes())
            elif not ahead:
                break
        return self._commands.popleft() if self._commands else None

    def _is_ahead(self) -> bool:
        return bool(self._untaken) and time.monotonic() - self._untaken[0] > AHEAD

    def _hear(self, said: bytes) -> None:
        if said == _TAKEN:
            self._untaken.popleft()
        elif said == _STOP:
            self.stopped = True
        else:
            self._commands.append(pickle.loads(said))


def _send(pipe: Connection, kind: str, value: Any) -> None:
    """One message: its pickle, then its arrays as they lie in memory."""
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps((kind, value), protocol=5, buffer_callback=arrays.append)
    parts = [each.raw() for each in arrays]
    pipe.send_bytes(pickle.dumps((len(parts), head)))
    for part in parts:
        pipe.send_bytes(part)


def _receive(pipe: Connection) -> tuple[str, Any]:
    count, head = pickle.loads(pipe.recv_bytes())
    return pickle.loads(head, buffers=[pipe.recv_bytes() for _ in range(count)])


def _portable(error: Exception) -> Exception:
    """The error, or its words where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # anything may be wrong with it; what it says is what has to arrive
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
