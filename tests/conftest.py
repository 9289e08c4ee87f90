"""What every test may rely on: no screen, no leftovers, none of the user's files touched."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before Qt or NumPy is imported: a platform without a screen, one thread a pool (two pools on two cores fight),
# and settings and caches of our own. Programs that tests start inherit all of it.
_HOME = tempfile.mkdtemp(prefix="otoscope-test-")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["XDG_CONFIG_HOME"] = f"{_HOME}/config"
os.environ["XDG_CACHE_HOME"] = f"{_HOME}/cache"
os.environ["XDG_DATA_HOME"] = f"{_HOME}/share"

import pytest  # noqa: E402 - the environment comes first
from hypothesis import HealthCheck, settings  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

# A shell's job in the background ignores Ctrl+C, and so would all that it starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine may stand still for a moment: time is no property of what is tested.
settings.register_profile("otoscope", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("otoscope")

_REAL = frozenset({"pulse", "screen"})
"""Fixtures that start a sound server or an X server."""


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is heard or seen in real time runs `alone`, as do the modules that say so of themselves."""
    for item in items:
        if _REAL.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("alone")


@pytest.fixture(autouse=True)
def _no_thread_survives() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 3.0
    while time.monotonic() < deadline and _new_threads(before):
        time.sleep(0.01)
    left = _new_threads(before)
    assert not left, f"threads that outlived the test: {[thread.name for thread in left]}"


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    # _DummyThread stands for a thread that C code made (PortAudio's callback): Python cannot join it.
    dummy = threading._DummyThread
    return [one for one in threading.enumerate() if one not in before and not isinstance(one, dummy)]


@pytest.fixture(autouse=True)
def _no_timer_survives(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from PySide6.QtCore import QTimer
    from shiboken6 import isValid

    started: list[weakref.ref[Any]] = []
    start = QTimer.start

    def remember(timer: QTimer, *arguments: Any) -> None:
        started.append(weakref.ref(timer))
        start(timer, *arguments)

    monkeypatch.setattr(QTimer, "start", remember)
    yield
    timers = [timer for timer in (one() for one in started) if timer is not None]
    left = [repr(timer) for timer in timers if isValid(timer) and timer.isActive() and not timer.isSingleShot()]
    assert not left, f"timers that outlived the test: {left}; stop them in closeEvent or in the test"


@pytest.fixture(autouse=True, scope="module")
def _no_window_survives() -> Iterator[None]:
    """Windows that a module leaves are taken away: a theme paints all there are, and thousands take long."""
    yield
    if "PySide6.QtWidgets" not in sys.modules:
        return
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    for window in QApplication.topLevelWidgets():
        window.hide()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def data() -> Path:
    """The folder of real recordings. Tests that ask for it are skipped where there is none."""
    folder = os.environ.get("OTOSCOPE_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("OTOSCOPE_DATA names no folder of recordings")
    return Path(folder)


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of a test run are kept: the folder that continuous integration names, or a scratch one."""
    folder = Path(os.environ.get("OTOSCOPE_SCREENSHOTS") or f"{_HOME}/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def qtbot(qtbot: Any) -> Any:
    """pytest-qt's, but for holding what is shown: it keeps weak references, and a view is a ring of references.

    Events are handled once more after a test has returned. The garbage collector may then take the view away in
    the middle of its own paint, which ends the program with a segmentation fault.
    """
    held: list[Any] = []
    add = qtbot.addWidget

    def hold(widget: Any, **more: Any) -> None:
        held.append(widget)
        add(widget, **more)

    qtbot.addWidget = hold
    return qtbot
