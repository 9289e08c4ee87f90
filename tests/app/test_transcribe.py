"""`otoscope transcribe`, `stream` and `serve`: words of files, of a folder as it fills, as a stream, over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import threading
import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile as sf
import webvtt

from app import cli, serve, spoken, transcribe, transcribed
from app.commands import open_sound
from engine import asset, recognising
from engine.captions import Captions, Line
from engine.recognisers.recogniser import Word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGITS = ("--recogniser", "digits")


def truth() -> list[str]:
    return [label.text for label in asset.open_bundled("digits").labels if label.tier == "digit"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Digits as FLAC and, in two channels at another rate, as WAV in a folder; a broken file; a note."""
    place = tmp_path / "in"
    (place / "more").mkdir(parents=True)
    clip = asset.open_bundled("digits")
    sound = clip.read()[:, 0]
    sf.write(place / "one.flac", sound, clip.rate)
    import soxr

    wide = soxr.resample(np.stack([sound, sound], axis=1), clip.rate, 44_100)
    sf.write(place / "more" / "two.wav", wide, 44_100, subtype="PCM_U8")
    (place / "broken.wav").write_bytes(b"RIFF\x00\x00")
    (place / "note.txt").write_text("no sound")
    return place


def test_a_folder_is_read_and_what_is_broken_is_named(folder: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    assert cli.main(["transcribe", str(folder), *DIGITS, "--format", "json", "--out", str(out)]) == 3
    said = capsys.readouterr()
    assert "broken.wav" in said.err
    assert "Traceback" not in said.err
    assert "broken.wav: left out" in said.out
    for name in ("one.json", "more/two.json"):
        told = json.loads((out / name).read_text("utf-8"))
        words = [word for line in told["lines"] for word in line["words"]]
        assert [word["text"] for word in words] == truth()
        assert all(0 <= word["confidence"] <= 1 for word in words)
        assert told["recogniser"] == "digits"
    assert not list(out.rglob("*.part"))


def test_what_is_there_is_not_read_again(folder: Path, tmp_path: Path, capsys: Any) -> None:
    (folder / "broken.wav").unlink()
    out = tmp_path / "out"
    line = ["transcribe", str(folder), *DIGITS, "--format", "vtt", "--out", str(out)]
    assert cli.main(line) == 0
    first = {path: path.stat().st_mtime_ns for path in out.rglob("*.vtt")}
    assert len(first) == 2
    assert [each.text for each in webvtt.read(str(out / "one.vtt")).captions]
    capsys.readouterr()
    assert cli.main(line) == 0
    assert capsys.readouterr().out.count("is there, with the same settings") == 2
    shutil.copy(folder / "one.flac", folder / "three.flac")
    (out / "one.vtt").write_text("changed")  # as by somebody else
    assert cli.main([*line, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [("skipped" in each) for each in files] == [True, False, False]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("two.vtt")}.items() <= first.items()
    assert cli.main([*line, "--json", "--denoise", "gate"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert not any("skipped" in each for each in files), "it is asked otherwise"


def test_one_file_goes_to_the_terminal(folder: Path, capsys: Any) -> None:
    assert cli.main(["transcribe", str(folder / "one.flac"), *DIGITS]) == 0
    assert capsys.readouterr().out.split() == truth()
    assert cli.main(["transcribe", str(folder / "one.flac"), *DIGITS, "--format", "srt"]) == 0
    assert capsys.readouterr().out.startswith("1\n00:00:0")


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ([], 2, "needs IN"),
        (["missing.wav"], 3, "missing.wav"),
        (["FOLDER", "--watch"], 2, "--out DIR"),
        (["FOLDER", "--recogniser", "nobody"], 3, "no recogniser 'nobody'"),
        (["FOLDER", "--recogniser", "wav2vec2"], 3, "weights are not here"),
        (["FOLDER", "--json"], 2, "--out DIR"),
        (["FOLDER", "--out", "FOLDER/note.txt"], 2, "is a file"),
        (["FOLDER/more/none"], 3, "none"),
        (["--live", "x.wav"], 2, "leave out IN"),
        (["--live", "--out", "FOLDER"], 2, "keep it by > FILE"),
        (["--live", "--format", "srt"], 2, "keep it by > FILE"),
        (["FOLDER", "--jsonl"], 2, "for --live"),
        (["FOLDER", "--seconds", "3"], 2, "for --live or --watch"),
    ],
)
def test_what_does_not_fit_is_said_in_a_line(
    line: list[str],
    code: int,
    words: str,
    folder: Path,
    tmp_path: Path,
    capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "no cache"))
    found = cli.main(["transcribe", *(part.replace("FOLDER", str(folder)) for part in line)])
    said = capsys.readouterr().err
    assert (found, words in said) == (code, True), said
    assert "Traceback" not in said
    assert said.count("otoscope:") == 1


def test_names_that_differ_in_their_ending_alone_do_not_meet(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac", "b.wav"):
        (tmp_path / name).touch()
    found = transcribed.tasks([tmp_path], tmp_path / "out", "srt")
    assert sorted(str(task.target.name) for task in found if task.target) == ["a.flac.srt", "a.wav.srt", "b.srt"]


def test_two_files_never_become_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.wav").touch()
    with pytest.raises(cli.UsageError, match=r"would both become .*same\.wav\.srt"):
        transcribed.tasks([tmp_path / "a", tmp_path / "b"], tmp_path / "out", "srt")
    found = transcribed.tasks([tmp_path], tmp_path / "out", "srt")
    assert [task.target for task in found] == [tmp_path / "out" / name / "same.srt" for name in ("a", "b")]


def test_folders_that_are_watched_go_on_beside_a_name_that_is_there_twice(
    folder: Path, tmp_path: Path, rests: list[Any], capsys: Any
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("one", "later"):
        shutil.copyfile(folder / "one.flac", other / f"{name}.flac")
    (folder / "broken.wav").unlink()
    out = tmp_path / "out"
    asked = ["transcribe", str(folder), str(other), "--watch", *DIGITS, "--out", str(out), "--seconds", "6"]
    assert cli.main(asked) == 0
    assert (out / "later.txt").read_text("utf-8").split() == truth()
    assert capsys.readouterr().out.count("would both become") == 1


def test_a_file_is_whole_when_it_has_not_changed_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, path = [100.0], tmp_path / "a.wav"
    monkeypatch.setattr("app.transcribed.time.monotonic", lambda: now[0])
    watch = transcribed.Watch()
    assert not watch.due(path)
    path.write_bytes(b"RIFF")
    for wait, grown in ((0.0, False), (0.3, False), (0.5, True), (0.9, False)):
        now[0] += wait
        if grown:
            path.write_bytes(b"RIFF and more")
        assert not watch.due(path)
    now[0] += 0.2
    assert watch.due(path)
    assert not watch.due(path), "once"


def test_channels_are_mixed_and_what_was_read_is_told(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (16_000 * 12, 2)).astype(np.float32)
    sf.write(tmp_path / "two.wav", sound, 16_000, "FLOAT")
    clip = open_sound(tmp_path / "two.wav")
    np.testing.assert_allclose(np.concatenate(list(transcribed.blocks(clip))), sound.mean(axis=1), atol=1e-6)
    told: list[float] = []
    from engine.captioning import Settings

    work = transcribe.Work(recognising.build("digits"), Settings(), "txt")
    transcribe.read_file(tmp_path / "two.wav", work, told.append)
    assert len(told) >= 3
    assert told == sorted(told)
    assert 0 < told[0] < 0.5 < told[-1] <= 1


def test_an_hour_is_read_in_pieces(tmp_path: Path) -> None:
    """What is held of a long file is what lies between two pauses."""
    clip, biggest = asset.open_bundled("digits"), [0]

    class Blocks:
        rate, frames = clip.rate, clip.frames * 40

        def read(self, start: int, stop: int) -> Any:
            biggest[0] = max(biggest[0], stop - start)
            return clip.read()[np.arange(start, stop) % clip.frames]

    from engine.transcribing import transcribe as lines

    source: Any = Blocks()
    reader, sizes = recognising.build("digits"), []
    read = reader.read

    class Sized:
        rate, name = reader.rate, reader.name

        def read(self, sound: Any) -> Any:
            sizes.append(len(sound) / self.rate)
            return read(sound)

    found = [each for each in lines(transcribed.blocks(source), clip.rate, Sized()) if isinstance(each, Line)]
    words = [word.text for line in found for word in line.words]
    assert len(words) == pytest.approx(40 * len(truth()), rel=0.05)
    assert max(sizes) < 9
    assert biggest[0] <= 5 * clip.rate


def test_what_cannot_be_written_is_named_and_not_the_sound(folder: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "more").write_text("in the way of a folder")
    assert cli.main(["transcribe", str(folder), *DIGITS, "--out", str(out)]) == 3
    said = capsys.readouterr()
    assert f"{out / 'more' / 'two.txt'} cannot be written" in said.err
    assert "choose another --out" in said.err
    assert (out / "one.txt").read_text("utf-8").split() == truth(), "the others are done"


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is called, one after the other, where a watch rests between two looks: its clock knows these alone."""
    now, calls = [0.0], list[Any]()

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if calls:
            calls.pop(0)()

    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep, perf_counter=time.perf_counter)
    for module in (transcribe, transcribed):
        monkeypatch.setattr(module, "time", clock)
    return calls


def test_a_watched_folder_waits_until_a_file_is_whole(
    folder: Path, tmp_path: Path, rests: list[Any], capsys: Any
) -> None:
    out = tmp_path / "out"
    whole, target = (folder / "one.flac").read_bytes(), folder / "growing.flac"
    (folder / "more" / "two.wav").unlink()
    (folder / "broken.wav").unlink()
    size = len(whole) // 5 + 1
    for start in range(0, len(whole), size):  # at every second look it has not grown
        rests += [partial(_append, target, whole[start : start + size]), lambda: None]
    assert cli.main(["transcribe", str(folder), "--watch", *DIGITS, "--out", str(out), "--seconds", "8"]) == 0
    assert (out / "growing.txt").read_text("utf-8").split() == truth()
    assert (out / "one.txt").read_text("utf-8").split() == truth()
    assert capsys.readouterr().err.count("otoscope:") == 0  # nothing was read in its middle


def _append(path: Path, more: bytes) -> None:
    with path.open("ab") as file:
        file.write(more)


def test_a_watched_file_that_is_written_on_after_a_rest_is_read_again(
    folder: Path, tmp_path: Path, rests: list[Any]
) -> None:
    """As over a network that stood still: its first half is a sound of its own, its words are not the file's."""
    out, target = tmp_path / "out", folder / "more" / "two.wav"
    whole = target.read_bytes()
    target.write_bytes(whole[: len(whole) // 2])
    (folder / "broken.wav").unlink()
    halves = []

    def go_on() -> None:
        if not (out / "more" / "two.txt").exists():
            rests.append(go_on)
            return
        halves.append((out / "more" / "two.txt").read_text("utf-8").split())
        _append(target, whole[len(whole) // 2 :])

    rests.append(go_on)
    assert cli.main(["transcribe", str(folder), "--watch", *DIGITS, "--out", str(out), "--seconds", "9"]) == 0
    assert halves[0] != truth()
    assert (out / "more" / "two.txt").read_text("utf-8").split() == truth()


# stream


def test_a_stream_gives_the_words_of_the_whole_file_for_a_causal_network(folder: Path, capsys: Any) -> None:
    """Each bundled clip of digits: the same words as read offline, in the order in which they are settled."""
    for name in ("digits", "digits-2"):
        clip = asset.open_bundled(name)
        path = folder / f"{name}.flac"
        sf.write(path, clip.read(), clip.rate)
        assert cli.main(["transcribe", str(path), *DIGITS]) == 0
        offline = capsys.readouterr().out.split()
        assert cli.main(["stream", str(path), *DIGITS, "--window", "6", "--hop", "0.3", "--jsonl"]) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [each["text"] for each in events if each["type"] == "word"] == offline
        assert offline == [label.text for label in clip.labels if label.tier == "digit"]
        assert events[-1]["type"] == "end"
        ends = [each["stop"] for each in events if each["type"] == "word"]
        assert ends == sorted(ends)


def test_a_stream_of_read_speech_gives_what_is_read_offline_k329(tmp_path: Path, capsys: Any) -> None:
    """By the causal network that writes any word, whatever it makes of them."""
    for name in ("speech-1", "speech-2", "speech-3"):
        clip = asset.open_bundled(name)
        path = tmp_path / f"{name}.flac"
        sf.write(path, clip.read(), clip.rate)
        assert cli.main(["transcribe", str(path), "--recogniser", "speech"]) == 0
        offline = capsys.readouterr().out.split()
        assert len(offline) > 4
        assert cli.main(["stream", str(path), "--recogniser", "speech", "--window", "6", "--hop", "0.8"]) == 0
        assert capsys.readouterr().out.split() == offline


def test_a_stream_in_real_time_ends_with_what_was_said_last(folder: Path, capsys: Any) -> None:
    clip = asset.open_bundled("digits-2")
    sf.write(folder / "short.wav", clip.read(), clip.rate)
    began = time.monotonic()
    assert cli.main(["stream", str(folder / "short.wav"), *DIGITS, "--real-time"]) == 0
    assert time.monotonic() - began >= clip.seconds - 0.1
    assert capsys.readouterr().out.split() == [label.text for label in clip.labels if label.tier == "digit"]


def test_stream_says_what_is_out_of_range(folder: Path, capsys: Any) -> None:
    assert cli.main(["stream", str(folder / "one.flac"), *DIGITS, "--window", "100"]) == 2
    assert "5 to 25 s" in capsys.readouterr().err
    assert cli.main(["stream", str(folder), *DIGITS]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_what_was_written_is_never_written_again(capsys: Any) -> None:
    def words(*texts: str) -> tuple[Word, ...]:
        return tuple(Word(n, n + 0.5, text, 0.5) for n, text in enumerate(texts))

    writer = spoken.Writer(jsonl=False)
    writer.show(Captions((), words("one"), words("maybe")))
    writer.show(Captions((), words("one", "two")))
    writer.show(Captions((Line(words("one", "two", "three")),), words("four")))
    writer.end(Captions((Line(words("one", "two", "three")),), words("four")))
    assert capsys.readouterr().out == "one two three\nfour\n"


# serve


@pytest.fixture
def server() -> Iterator[serve.Server]:
    from engine.captioning import Settings

    made = serve.Server(transcribe.Work(recognising.build("digits"), Settings(), "json"), largest=1.0)
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def ask(server: serve.Server, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_words_over_http(server: serve.Server, folder: Path) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert ask(server, "GET", "/health") == (200, {"ok": True, "recogniser": "digits", "waiting": 0})
    status, told = ask(server, "POST", "/transcribe", (folder / "one.flac").read_bytes())
    assert status == 200
    assert [word["text"] for line in told["lines"] for word in line["words"]] == truth()
    results: list[Any] = []
    body = (folder / "more" / "two.wav").read_bytes()
    many = [
        threading.Thread(target=lambda: results.append(ask(server, "POST", "/transcribe", body))) for _ in range(4)
    ]
    for each in many:
        each.start()
    for each in many:
        each.join()
    assert [status for status, _ in results] == [200] * 4
    assert len({json.dumps(told["lines"]) for _, told in results}) == 1


def test_http_says_what_is_wrong_and_goes_on(server: serve.Server, tmp_path: Path) -> None:
    assert ask(server, "GET", "/")[0] == 404
    assert ask(server, "POST", "/other", b"x")[0] == 404
    status, told = ask(server, "POST", "/transcribe", b"this is no sound")
    assert status == 422
    assert "Traceback" not in told["error"]
    assert "/tmp" not in told["error"]
    status, told = ask(server, "POST", "/transcribe", b"", **{"Content-Length": "5000000"})
    assert status == 413
    assert "1 MB" in told["error"]
    assert ask(server, "POST", "/transcribe", b"", **{"Transfer-Encoding": "chunked"})[0] == 411
    assert ask(server, "POST", "/transcribe", b"")[0] == 422
    assert ask(server, "GET", "/health")[0] == 200


def test_http_says_when_it_cannot_go_on(
    server: serve.Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (folder / "one.flac").read_bytes()
    digits = "9" * 5000  # more than Python reads as a number
    assert ask(server, "POST", "/transcribe", b"", **{"Content-Length": digits})[0] == 411
    asked = replace(server.work.settings, denoise=True, denoiser="nobody")
    monkeypatch.setattr(server, "work", replace(server.work, settings=asked))
    status, told = ask(server, "POST", "/transcribe", body)
    assert status == 422
    assert "nobody" in told["error"]
    monkeypatch.setattr(transcribe, "read_file", lambda *_: 1 / 0)
    assert ask(server, "POST", "/transcribe", body)[0] == 500
    assert ask(server, "GET", "/health")[1]["waiting"] == 0


def test_more_requests_than_may_wait_are_told_to_come_again(
    server: serve.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "WAITING", 2)
    facts: dict[str, Any] = {}
    monkeypatch.setattr(transcribe, "read_file", lambda *_: ([], facts))
    answers: list[int] = []
    with server.reading:
        first = [threading.Thread(target=lambda: answers.append(_status(server))) for _ in range(2)]
        for each in first:
            each.start()
        while ask(server, "GET", "/health")[1]["waiting"] < 2:
            time.sleep(0.01)
        assert _status(server) == 503
    for each in first:
        each.join()
    assert answers == [200, 200]


def _status(server: serve.Server) -> int:
    return ask(server, "POST", "/transcribe", b"a sound")[0]


def test_the_end_waits_for_the_step_that_is_at_work_and_reads_no_more(
    server: serve.Server, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A thread that is cut off inside torch aborts the program."""
    steps: list[str] = []
    gone: list[BaseException] = []

    def read(file: Path, work: Any, told: Any) -> None:
        while True:
            steps.append("begun")
            time.sleep(0.05)
            steps.append("done")
            told(0.5)

    def post() -> None:
        try:
            _status(server)
        except http.client.RemoteDisconnected as error:
            gone.append(error)

    monkeypatch.setattr(transcribe, "read_file", read)
    asked = [threading.Thread(target=post) for _ in range(2)]
    for each in asked:
        each.start()
    while not steps:
        time.sleep(0.001)
    server.end()
    assert steps[-1] == "done"
    count = len(steps)
    for each in asked:
        each.join()
    assert len(gone) == 2
    assert len(steps) == count
    assert capsys.readouterr().err == ""


def test_a_port_that_is_taken_is_said(server: serve.Server, capsys: Any) -> None:
    assert cli.main(["serve", "--port", str(server.server_port), *DIGITS]) == 2
    assert "--port" in capsys.readouterr().err


# The microphone: a device stands in.


class Microphone:
    """Gives the bundled digits block by block; then `after` is called once, and nothing comes any more."""

    after: Any = None
    rate = 16_000

    def __init__(self, device: str | None, rate: int) -> None:
        import soxr

        clip = asset.open_bundled("digits-2")
        sound = soxr.resample(clip.read()[:, 0], clip.rate, rate).astype(np.float32)
        self._blocks = [sound[start : start + 1600] for start in range(0, len(sound), 1600)]
        self.error: str | None = None
        self.stopped = False

    def start(self) -> None: ...

    def stop(self) -> None:
        self.stopped = True

    def read(self) -> Any:
        if self._blocks:
            return self._blocks.pop(0)
        if (after := type(self).after) is not None:
            type(self).after = None
            after(self)
        return np.zeros(0, np.float32)


def live(monkeypatch: pytest.MonkeyPatch, after: Any, *more: str) -> int:
    from engine.audio import record

    monkeypatch.setattr(record, "Recorder", Microphone)
    monkeypatch.setattr(Microphone, "after", staticmethod(after))
    return cli.main(["transcribe", "--live", *DIGITS, *more])


def test_live_ctrl_c_writes_what_was_spoken_before_it_ends(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    said = [label.text for label in asset.open_bundled("digits-2").labels if label.tier == "digit"]
    before = signal.getsignal(signal.SIGINT)
    assert live(monkeypatch, lambda device: os.kill(os.getpid(), signal.SIGINT)) == 0
    assert capsys.readouterr().out.split() == said
    assert signal.getsignal(signal.SIGINT) is before


def test_live_a_device_that_goes_away_is_told_and_its_words_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    said = [label.text for label in asset.open_bundled("digits-2").labels if label.tier == "digit"]
    gone = "The microphone gives no more sound: it was unplugged."
    assert live(monkeypatch, lambda device: setattr(device, "error", gone), "--jsonl") == 3
    told = capsys.readouterr()
    events = [json.loads(line) for line in told.out.splitlines()]
    assert [each["text"] for each in events if each["type"] == "word"] == said
    assert "unplugged" in told.err


def test_live_ends_after_so_many_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    assert live(monkeypatch, lambda device: None, "--seconds", "1.5") == 0
    assert time.monotonic() - began >= 1.5
