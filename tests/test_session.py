"""The session: who hears of a change, who may write, and what undo brings back."""

import threading

import pytest

from engine.session import Cursor, Session


def test_a_listener_hears_its_key_alone_and_not_an_equal_value():
    session, heard = Session(device="cpu"), []
    session.on("device", lambda: heard.append(session.state.device))
    session.set("sort", "peak")
    session.set("device", "cpu")
    session.set("device", "cuda")
    assert heard == ["cuda"]


def test_an_ended_listener_is_silent():
    session, heard = Session(), []
    end = session.on("device", lambda: heard.append(1))
    end()
    session.set("device", "cpu")
    assert heard == []


def test_a_listener_may_write_other_keys_but_not_its_own():
    session = Session()
    keep = [lambda: session.set("sort", "peak"), lambda: session.set("device", "loop")]
    session.on("chain", keep[0])
    session.set("chain", (1,))
    assert session.state.sort == "peak"
    session.on("device", keep[1])
    with pytest.raises(Exception, match="wrote it back"):
        session.set("device", "cpu")


def test_another_thread_may_not_write():
    session, caught = Session(), []

    def write():
        try:
            session.set("device", "cpu")
        except RuntimeError as error:
            caught.append(str(error))

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert "another thread" in caught[0]
    assert session.state.device == "auto"


def test_one_drag_undoes_as_one_and_redo_returns_it():
    session = Session(chain=(0,))
    for value in (1, 2, 3):
        session.set("chain", (value,), merge="snr")
    session.end_merge()
    session.set("chain", (9,), merge="snr")
    assert session.undo()
    assert session.state.chain == (3,)
    assert session.undo()
    assert session.state.chain == (0,)
    assert not session.undo()
    assert session.redo()
    assert session.redo()
    assert not session.redo()
    assert session.state.chain == (9,)


def test_a_new_change_forgets_what_was_undone():
    session = Session(chain=(0,))
    session.set("chain", (1,))
    session.undo()
    session.set("chain", (2,))
    assert not session.redo()


def test_the_cursor_is_not_undone():
    session = Session()
    session.set("cursor", Cursor(1.0))
    assert not session.undo()


def test_what_is_changed_as_one_is_taken_back_and_made_again_as_one():
    session = Session(sort="index", device="auto", clip="a", network="b", edits=())
    session.set("edits", (1,))
    with session.as_one():
        session.set("clip", "c")
        session.set("network", "d")
    session.set("clip", "e")
    assert session.undo()
    assert (session.state.clip, session.state.network) == ("c", "d")
    assert session.undo()
    assert (session.state.clip, session.state.network, session.state.edits) == ("a", "b", (1,))
    assert session.redo()
    assert (session.state.clip, session.state.network) == ("c", "d")
    assert session.redo()
    assert session.state.clip == "e"
    assert not session.redo()


def test_what_changes_by_itself_is_taken_back_as_one_and_loses_no_undo():
    session = Session(network="untrained", chain=(0,), edits=())
    session.set("edits", (1,))
    session.mark("network")
    assert session.undo(), "nothing has come of the mark yet"
    assert session.state.edits == ()
    assert session.redo()
    session.amend("network", "step 1")
    session.set("chain", (1,))
    session.amend("network", "step 2")
    assert session.undo()
    assert (session.state.chain, session.state.network) == ((0,), "step 2")
    session.amend("network", "step 3")
    assert session.redo()
    assert (session.state.chain, session.state.network) == ((1,), "step 3")
    assert session.undo()
    assert session.undo(), "that was made again after the mark"
    assert (session.state.edits, session.state.network) == ((), "step 3")
    assert session.undo()
    assert session.state.network == "untrained"
    assert not session.undo()
    assert session.redo()
    assert session.state.network == "step 3"


def test_what_changes_by_itself_is_found_again_under_a_change_that_was_taken_back():
    session = Session(network="step 1")
    session.set("network", "another")
    assert session.undo()
    session.amend("network", "step 2")
    assert session.redo()
    assert session.state.network == "another"
    assert session.undo()
    assert session.state.network == "step 2"


def test_a_mark_after_which_nothing_came_is_no_change():
    session = Session(network="untrained")
    for _ in range(300):
        session.mark("network")
    assert not session.edited
    assert not session.undo()
    session.set("network", "another")
    for _ in range(300):
        session.mark("network")
    assert session.edited
    assert session.undo()
    assert session.state.network == "untrained"
