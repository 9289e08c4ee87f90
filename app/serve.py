"""`otoscope serve`: words of sound over HTTP, for other programs of this machine and nobody else.

POST a sound file to /transcribe and get its words as JSON; GET /health. Requests wait for each other.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import transcribe
from app.commands import say

if TYPE_CHECKING:
    import argparse

HOST = "127.0.0.1"
LARGEST = 512.0
"""Megabytes of a request at the most."""
WAITING = 16
"""Requests that may be here at once, the one that is read among them; more are told to come again."""
_PATIENCE = 30.0
"""Seconds in which a client has to go on sending."""
_BLOCK = 1 << 16
_DIGITS = 15  # of a length that anybody means


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("serve", help="words of sound over HTTP, on this machine alone")
    one.add_argument("--port", type=int, default=8765, metavar="N", help="0: any that is free (default: 8765)")
    one.add_argument("--largest", type=float, default=LARGEST, metavar="MB", help=f"of a request ({LARGEST:g})")
    transcribe.add_settings(one)


def main(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl+C, which is no failure. Raises RecogniserError, KnobError."""
    from app.cli import UsageError

    if not 0 <= arguments.port <= 65535 or not 0 < arguments.largest <= 4096:
        raise UsageError("--port is 0 to 65535, --largest up to 4096 MB")
    work = transcribe.Work(
        transcribe.build(arguments), transcribe.settings(arguments, longest=transcribe.LONGEST), "json"
    )
    try:
        server = Server(work, arguments.port, arguments.largest)
    except OSError as error:
        raise UsageError(f"--port {arguments.port} cannot be had ({error.strerror}); choose another") from error
    say(f"http://{HOST}:{server.server_port}/transcribe takes sound files by POST; Ctrl+C ends it.")
    with contextlib.suppress(KeyboardInterrupt), server:
        try:
            server.serve_forever()
        finally:
            server.end()
    return 0


class Server(ThreadingHTTPServer):
    """Bound to this machine alone. One request is read at a time; the others wait in line."""

    daemon_threads = True

    def __init__(self, work: transcribe.Work, port: int = 0, largest: float = LARGEST) -> None:
        """Raises OSError for a port that cannot be had."""
        self.work, self.largest = work, round(largest * 1e6)
        self.reading = threading.Lock()
        self._counting = threading.Lock()
        self.waiting = 0
        self.ending = False
        super().__init__((HOST, port), _Handler)

    def enter(self) -> bool:
        """A request takes its place in line. False where that is full."""
        with self._counting:
            there = self.waiting < WAITING
            self.waiting += there
        return there

    def leave(self) -> None:
        """A request is over."""
        with self._counting:
            self.waiting -= 1

    def end(self) -> None:
        """Read no more, and wait for the step at work: a thread cut off inside torch aborts the program."""
        self.ending = True
        with self.reading:
            pass

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else goes to standard error."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = _PATIENCE

    def do_GET(self) -> None:
        if self.path != "/health":
            self._tell(HTTPStatus.NOT_FOUND, "there is only /health; sound goes by POST to /transcribe")
            return
        facts = {"ok": True, "recogniser": self.server.work.recogniser.name, "waiting": self.server.waiting}
        self._send(HTTPStatus.OK, facts)

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if self.path != "/transcribe":
            self._tell(HTTPStatus.NOT_FOUND, "sound goes by POST to /transcribe")
        elif not size.isdecimal() or len(size) > _DIGITS:
            self._tell(HTTPStatus.LENGTH_REQUIRED, "say in Content-Length how large the sound file is")
        elif int(size) > self.server.largest:
            most = f"{self.server.largest / 1e6:g} MB"
            self._tell(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the file is larger than {most}; send it in parts")
        elif not self.server.enter():
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, f"{WAITING} files wait already; come again later")
        else:
            try:
                self._transcribe(int(size))
            except (ConnectionError, TimeoutError):  # nobody is left to be told
                raise
            except Exception:
                self._tell(HTTPStatus.INTERNAL_SERVER_ERROR, "it went wrong here; the terminal of serve says how")
                raise
            finally:
                self.server.leave()

    def _transcribe(self, size: int) -> None:
        """Receive the file, wait for its turn, and answer."""
        from engine.audio.error import AudioError
        from engine.denoising import DenoiserError
        from engine.recognisers.recogniser import RecogniserError
        from engine.subtitles import to_dict

        with tempfile.TemporaryDirectory(prefix="otoscope-") as folder:
            file = Path(folder) / "sound"
            if not self._receive(file, size):
                return
            try:
                with self.server.reading:
                    self._go_on()
                    lines, facts = transcribe.read_file(file, self.server.work, self._go_on)
            except (AudioError, DenoiserError, RecogniserError) as error:
                self._tell(HTTPStatus.UNPROCESSABLE_ENTITY, str(error).replace(str(file), "the file"))
                return
        self._send(HTTPStatus.OK, {**facts, "lines": [to_dict(line) for line in lines]})

    def _go_on(self, share: float = 0.0) -> None:
        """Raises ConnectionAbortedError where the server ends: whoever asked is told by that alone."""
        if self.server.ending:
            raise ConnectionAbortedError

    def _receive(self, file: Path, size: int) -> bool:
        """The body into a file. False where the client went away before its end."""
        with file.open("wb") as out:
            while size:
                try:
                    block = self.rfile.read(min(size, _BLOCK))
                except OSError:
                    block = b""
                if not block:
                    self.close_connection = True
                    return False
                out.write(block)
                size -= len(block)
        return True

    def _tell(self, status: HTTPStatus, text: str) -> None:
        self.close_connection = True  # what of the request was not read is not taken for the next one
        self._send(status, {"error": text})

    def _send(self, status: HTTPStatus, told: dict[str, Any]) -> None:
        body = json.dumps(told, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *what: object) -> None:
        """Nothing: standard error is for what went wrong."""
