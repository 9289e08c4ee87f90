"""Inspection and live inference: what is shown is what the network computed, offline as live."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from engine import build, checkpoint, infer, labelling
from engine.blocks import StageError
from engine.chain import Memo, default_picture, render
from engine.clip import Clip, Label, from_array
from engine.events import Frames, Notice, Set, Traced
from engine.links import default_link
from engine.live import Stream, live
from engine.models.recurrent import Settings
from engine.trace import Key
from engine.transcript import KEPT, LABELS, Transcript

if TYPE_CHECKING:
    from engine.network import Network
from engine.tasks import phonemes

RATE = 16000


def network(**knobs: Any) -> Network:
    return checkpoint.untrained("phonemes", Settings(**({"hidden": 32, "layers": 2} | knobs)))


def clip(seconds: float = 1.5, rate: int = RATE, channels: int = 1, labels: tuple[Label, ...] = ()) -> Clip:
    """Bursts of three tones in noise."""
    rng, t = np.random.default_rng(0), np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * np.array([300, 900, 2500])[(t * 4).astype(int) % 3] * t)
    x = 0.3 * tone * (np.sin(2 * np.pi * 2 * t) > 0) + 0.01 * rng.standard_normal(len(t))
    return from_array(np.repeat(x[:, None], channels, 1), rate, "tones", labels)


def inspected(
    sound: Clip, net: Network | None, chain: Any = (), start: float = 0.0, memo: Any = None
) -> list[Any]:
    asked = infer.Inspection(sound, chain, default_picture(), net, start, sound.seconds, "cpu")
    return list(infer.run(asked, memo))


def traced(*arguments: Any, **more: Any) -> Traced:
    found = inspected(*arguments, **more)[-1]
    assert isinstance(found, Traced)
    return found


def test_the_trace_is_what_the_network_computes() -> None:
    net, sound = network(), clip()
    found = traced(sound, net).trace
    module = build.build(net)
    frames = render(net.frontend, sound, 0.0, sound.seconds).frames
    assert frames is not None
    with torch.no_grad():
        h, _ = module.layers[0](torch.tensor(frames[None]), torch.tensor([len(frames)]))
        y, _, _ = module(torch.tensor(frames[None]), torch.tensor([len(frames)]))
    np.testing.assert_array_equal(found.series[Key("features")].values, frames)
    np.testing.assert_allclose(found.series[Key("h", 1)].values, h[0], atol=1e-6)
    np.testing.assert_allclose(found.series[Key("posterior")].values, y[0].softmax(1), atol=1e-6)
    assert found.series[Key("posterior")].rows == net.vocabulary
    names = {str(key) for key in found.series}
    for layer in (1, 2):
        assert {f"{name} layer {layer}" for name in ("h", "c", "gate.i", "gate.f", "gate.g", "gate.o")} <= names
    assert {"picture", "features", "features.unmasked", "posterior"} <= names
    assert "untrained" in found.note


def test_a_picture_that_loses_sound_says_so() -> None:
    asked = infer.Inspection(clip(), (), default_link("stft", win=400, hop=640), None, 0.0, 1.5, "cpu")
    found = list(infer.run(asked))[-1]
    assert isinstance(found, Traced)
    assert "window and hop lose sound" in found.trace.note


def test_every_series_lies_on_one_clock() -> None:
    found = traced(clip(3.0), network(), (), 1.0)
    assert found.trace.start == 1.0
    for key, series in found.trace.series.items():
        assert series.first == pytest.approx(1.0, abs=0.02), str(key)
        assert len(series.values) / series.rate == pytest.approx(2.0, abs=0.03), str(key)
    assert found.sound.frames == found.clean.frames == 2 * RATE
    assert all(1.0 <= label.start <= label.end <= 3.02 for label in found.trace.text)


@pytest.mark.parametrize("stack", [1, 3])
def test_a_burst_is_seen_when_it_sounds(stack: int) -> None:
    x, net = np.zeros(RATE, np.float32), network(stack=stack)
    silent = traced(from_array(x, RATE, "silence"), net).trace.series
    x[8000:8400] = 0.5 * np.random.default_rng(0).standard_normal(400)
    series = traced(from_array(x, RATE, "burst"), net).trace.series
    for key in (Key("picture"), Key("h", 1)):
        other = np.abs(series[key].values - silent[key].values).max(1) > 1e-5
        assert series[key].time(int(other.argmax())) == pytest.approx(0.5, abs=0.02)


def test_errors_are_counted_against_the_labels() -> None:
    labels = (Label(0.1, 0.3, "a", "phone"), Label(0.4, 0.6, "t", "phone"), Label(0.0, 1.0, "word", "word"))
    found = traced(clip(labels=labels), network())
    assert found.length == 2
    text = [label.text for label in found.trace.text]
    assert found.edits == build.task_of(network()).errors(text, ["a", "t"])[0]
    assert traced(clip(), network()).length == 0


def test_without_a_network_sound_and_picture_remain() -> None:
    found = traced(clip(), None)
    assert set(found.trace.series) == {Key("picture")}
    assert (found.network_id, found.trace.text) == ("", ())


def test_other_features_leave_the_network_out_with_the_reason() -> None:
    events = inspected(clip(), network(), (default_link("logmel", n_mels=40), default_link("normalise_running")))
    assert "logmel.n_mels: network 80, chain 40" in next(e.text for e in events if isinstance(e, Notice))
    series = events[-1].trace.series
    assert series[Key("features")].values.shape[1] == 40
    assert Key("posterior") not in series


def test_a_drawn_mask_is_what_the_network_hears() -> None:
    mask = default_link("specaugment", drawn=((0.5, 1.0, 0.0, 1e9),))
    series = traced(clip(), network(), (mask,)).trace.series
    plain = traced(clip(), network()).trace.series
    for key in (Key("features"), Key("h", 1)):
        np.testing.assert_array_equal(series[key].values[:50], plain[key].values[:50])
        assert not np.allclose(series[key].values[50:100], plain[key].values[50:100])
    np.testing.assert_array_equal(series[Key("features.unmasked")].values, plain[Key("features.unmasked")].values)


def test_another_rate_and_two_channels_are_brought_to_the_networks() -> None:
    found = traced(clip(1.0, 44100, 2), network())
    assert found.sound.rate == RATE
    assert "resampled 44.1 → 16 kHz" in found.trace.note
    assert len(found.trace.series[Key("h", 1)].values) == 101


@pytest.mark.parametrize(
    "knobs", [{"bidirectional": True}, {"readout": "attention"}, {"attention": "self"}, {"cell": "rnn"}]
)
def test_every_shape_of_network_is_inspected(knobs: dict[str, Any]) -> None:
    found = traced(clip(), network(**knobs)).trace
    assert len(found.series[Key("posterior")].values) == (1 if "readout" in knobs else 151)
    assert bool(found.find("attention")) == bool({"attention", "readout"} & set(knobs))
    assert len(found.find("h")) == (4 if "bidirectional" in knobs else 2)


def test_what_has_heard_no_sound_says_so() -> None:
    """Of one name and front end with another that learnt from sound, and the same memo."""
    memo, notes = Memo(), dict[str, str]()
    for source in ("real", "mock"):
        settings = phonemes.Settings(source=source)
        net = checkpoint.untrained("phonemes", Settings(hidden=32, layers=1), settings)
        notes[source] = inspected(clip(), net, memo=memo)[-1].trace.note
    assert "learnt from painted features alone" in notes["mock"]
    assert "painted" not in notes["real"]
    told = [each.text for each in streamed(clip(), net, 1600) if isinstance(each, Notice)]
    assert any("painted features" in text for text in told)


def test_a_long_range_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infer, "LONGEST", 1.0)
    found = traced(clip(1.5), network()).trace
    assert found.stop == 1.0
    assert "the first 1 s of the range are analysed" in found.note
    assert len(found.series[Key("h", 1)].values) == 101


def test_a_part_of_a_clip_says_what_the_network_did_not_hear() -> None:
    assert "begins at 0.5 s, with empty states" in traced(clip(), network(), (), 0.5).trace.note
    assert "sees 0.5 to 1.5 s alone" in traced(clip(), network(bidirectional=True), (), 0.5).trace.note
    assert "begins" not in traced(clip(), network()).trace.note


def test_an_empty_range_is_no_accident() -> None:
    found = traced(from_array(np.zeros(0, np.float32), RATE, "nothing"), network()).trace
    assert found.text == ()


def test_a_second_run_builds_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memo, net, sound = Memo(), network(), clip()
    one = traced(sound, net, memo=memo)
    monkeypatch.setattr(build, "build", None)
    monkeypatch.setattr(build, "task_of", None)
    runs = memo.runs["normalise_running"]
    two = traced(sound, net, memo=memo)
    assert memo.runs["normalise_running"] == runs
    np.testing.assert_array_equal(one.trace.series[Key("h", 2)].values, two.trace.series[Key("h", 2)].values)
    assert (one.sound.id, one.clean.id) == (two.sound.id, two.clean.id)
    assert one.sound.id != one.clean.id


def test_it_can_be_stopped_between_its_parts() -> None:
    events = inspected(clip(), network())
    assert sum(event is None for event in events) >= 3
    assert set(events[-1].timings) == {"chain", "picture", "network", "total"}


# Live.


def streamed(sound: Clip, net: Network | None, size: int, chain: Any = (), rate: int = RATE) -> list[Any]:
    samples = sound.read()[:, 0]
    blocks = iter([samples[place : place + size] for place in range(0, len(samples), size)])
    return list(live(Stream(chain, net, default_picture(), rate, lambda: next(blocks, None))))


def joined(events: list[Any]) -> tuple[dict[Key, np.ndarray], list[Frames]]:
    frames = [event for event in events if isinstance(event, Frames)]
    parts: dict[Key, list[np.ndarray]] = {}
    for each in frames:
        for key, series in each.series.items():
            done = sum(len(part) for part in parts.get(key, ()))
            assert series.first == pytest.approx(each.series[key].first)
            if key == Key("features"):
                assert series.first == pytest.approx(done / series.rate)
            parts.setdefault(key, []).append(series.values)
    return {key: np.concatenate(values) for key, values in parts.items()}, frames


@pytest.mark.parametrize("size", [37, 160, 1000, 100_000])
def test_live_gives_what_an_inspection_gives(size: int) -> None:
    net, sound = network(attention="pooling"), clip()
    offline = traced(sound, net).trace
    found, frames = joined(streamed(sound, net, size))
    for key, series in offline.series.items():
        if key != Key("features.unmasked"):
            np.testing.assert_allclose(found[key], series.values, atol=2e-5, err_msg=str(key))
    np.testing.assert_allclose(np.concatenate([each.samples for each in frames]), sound.read()[:, 0])
    assert [label.text for label in frames[-1].text] == [label.text for label in offline.text]
    for one, two in zip(frames[-1].text, offline.text, strict=True):
        assert (one.start, one.end) == pytest.approx((two.start, two.end))
    picture = next(each.series[Key("picture")] for each in frames if Key("picture") in each.series)
    wanted = offline.series[Key("picture")]
    assert (picture.low, picture.high, picture.rows) == (wanted.low, wanted.high, wanted.rows)


def test_what_waits_is_told_until_it_is_shown() -> None:
    """A second of sound comes at once, as after a machine was busy: then a little at a time."""
    sizes = [RATE, 0, 0, *[160] * 20]
    came, said = [0], clip(2.0).read()[:, 0]

    def read() -> Any:
        if not sizes:
            return None
        first, came[0] = came[0], came[0] + sizes.pop(0)
        return said[first : came[0]]

    told = []
    for event in live(Stream((), None, default_picture(), RATE, read)):
        if isinstance(event, Frames):
            told.append(event.behind)
            shown = event.start + len(event.samples) / RATE
            assert shown + event.behind == pytest.approx(came[0] / RATE, abs=0.006)
    assert max(told) > 0.5
    assert told[-1] == 0.0


def test_live_at_another_rate_is_resampled() -> None:
    found, frames = joined(streamed(clip(1.0, 48000), network(), 480, rate=48000))
    assert {each.rate for each in frames} == {16000}
    assert len(found[Key("h", 2)]) == 101


def test_a_stage_for_the_whole_clip_gives_way_to_its_twin() -> None:
    events = streamed(clip(), network(), 160, (default_link("noise"),))
    assert any(
        "Live, noise goes by what was heard so far" in event.text and event.level == "info"
        for event in events
        if isinstance(event, Notice)
    )
    assert any(isinstance(event, Frames) for event in events)


def test_a_stage_without_a_twin_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.stages import noise

    monkeypatch.setattr(noise, "TWIN", "")
    with pytest.raises(StageError, match="noise needs the whole clip"):
        streamed(clip(), network(), 160, (default_link("noise"),))


def test_a_network_that_needs_the_future_is_left_out_live() -> None:
    net = dataclasses.replace(network(bidirectional=True), name="Live from Paris")
    events = streamed(clip(), net, 160)
    (notice,) = (event for event in events if isinstance(event, Notice))
    assert "runs backwards" in notice.text
    assert notice.level == "warning", "it stays until it is closed, whatever the network is called"
    found, _ = joined(events)
    assert set(found) == {Key("picture")}


def test_a_muted_microphone_is_a_quiet_room() -> None:
    muted = from_array(np.concatenate([np.zeros(RATE, np.float32), clip().read()[:, 0]]), RATE, "muted")
    found, frames = joined(streamed(muted, network(), 160))
    samples = np.concatenate([each.samples for each in frames])
    assert -72 < 20 * np.log10(samples[:RATE].std()) < -68
    np.testing.assert_array_equal(samples[RATE:], clip().read()[:, 0])
    # Real zeros would lie more than twice as far from what the network knows.
    assert np.abs(found[Key("features")][50:95]).max() < 4


def turned(sound: Clip, before: Stream, at: int, **value: Any) -> list[Any]:
    """A stream of blocks of 10 ms that gets other knobs after `at` of them."""
    blocks = iter(np.split(sound.read()[:, 0], range(160, sound.frames, 160)))
    given = 0

    def read() -> Any:
        nonlocal given
        given += 1
        return next(blocks, None)

    job, events, sent = live(dataclasses.replace(before, read=read)), [], False
    command = None
    try:
        while True:
            events.append(job.send(command))
            command = Set("stream", value) if given >= at and not sent else None
            sent = sent or command is not None
    except StopIteration:
        return events


def test_the_same_knobs_change_nothing() -> None:
    net, picture = network(), default_picture()
    plain, _ = joined(streamed(clip(), net, 160))
    given = Stream((), net, picture, RATE, lambda: None)
    same, frames = joined(turned(clip(), given, 70, chain=(), network=net, picture=picture))
    for key, values in plain.items():
        np.testing.assert_allclose(same[key], values, atol=1e-6, err_msg=str(key))
    np.testing.assert_array_equal(np.concatenate([each.samples for each in frames]), clip().read()[:, 0])


def test_a_knob_turned_live_acts_and_the_sound_goes_on() -> None:
    net, picture = network(), default_picture()
    given = Stream((default_link("gain"),), net, picture, RATE, lambda: None)
    value = {"chain": (default_link("gain", gain=-20.0),), "network": net, "picture": picture}
    found, frames = joined(turned(clip(), given, 70, **value))
    samples = np.concatenate([each.samples for each in frames])
    ends = [each.start + len(each.samples) / each.rate for each in frames]
    np.testing.assert_allclose([each.start for each in frames[1:]], ends[:-1], atol=1e-6)
    np.testing.assert_allclose(samples[: 69 * 160], clip().read()[: 69 * 160, 0])
    np.testing.assert_allclose(samples[72 * 160 :], 0.1 * clip().read()[72 * 160 :, 0], rtol=1e-5)
    plain, _ = joined(streamed(clip(), net, 160))
    assert len(found[Key("h", 1)]) == len(plain[Key("h", 1)])


def test_other_weights_go_on_in_the_state_of_those_before() -> None:
    net, picture = network(), default_picture()
    assert net.weights is None
    weights = build.weights(build.build(net))
    moved = dataclasses.replace(net, id="moved", weights={name: 1.01 * each for name, each in weights.items()})
    given = Stream((), dataclasses.replace(net, weights=weights), picture, RATE, lambda: None)
    found, _ = joined(turned(clip(), given, 70, chain=(), network=moved, picture=picture))
    plain, _ = joined(streamed(clip(), dataclasses.replace(net, weights=weights), 160))
    difference = np.abs(found[Key("h", 1)] - plain[Key("h", 1)]).max(1)
    assert len(difference) == len(plain[Key("h", 1)])
    assert difference[:68].max() < 1e-6
    assert 1e-5 < difference[75:].max() < 0.1


def test_another_shape_begins_anew_where_the_sound_is() -> None:
    picture = default_picture()
    given = Stream((), network(), picture, RATE, lambda: None)
    events = turned(clip(), given, 70, chain=(), network=network(hidden=64), picture=picture)
    frames = [each for each in events if isinstance(each, Frames)]
    wide = [
        each for each in frames if Key("h", 1) in each.series and each.series[Key("h", 1)].values.shape[1] == 64
    ]
    assert wide[0].series[Key("h", 1)].first == pytest.approx(0.7, abs=0.04)
    assert wide[0].start == pytest.approx(0.7, abs=0.04)


def test_silence_from_the_device_is_waited_for() -> None:
    blocks = iter([np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(1600, np.float32), None])
    events: list[Any] = list(live(Stream((), network(), None, RATE, lambda: next(blocks), dropped=lambda: 3)))
    assert events[:2] == [None, None]
    assert events[-1].dropped == 3


class Warm(phonemes.Phonemes):
    """Decodes nothing in its first second, as one that has to look around itself."""

    def decode(self, logits: Any, seconds_per_frame: float) -> tuple[Label, ...]:
        return tuple(each for each in super().decode(logits, seconds_per_frame) if each.start > 1.0)


@pytest.mark.parametrize("kind", [phonemes.Phonemes, Warm])
def test_a_long_transcript_is_that_of_the_whole(kind: type[phonemes.Phonemes]) -> None:
    task: Any = kind(phonemes.Settings(delay=8))  # labels lie before the frames that show them
    rng, rate = np.random.default_rng(1), 100.0
    logits: Any = np.repeat(8 * rng.standard_normal((300, len(task.vocabulary))), rng.integers(4, 60, 300), 0)
    logits = logits.astype(np.float32)
    transcript, place = Transcript(task), 0
    text: tuple[Label, ...] = ()
    while place < len(logits):
        size = int(rng.integers(1, 90))
        transcript.add(logits[place : place + size])
        place += size
        text = transcript.labels(rate, 0.25)
        assert len(transcript._logits) <= KEPT + 90
        whole = task.decode(logits[:place], 1 / rate)[-len(text) :]
        assert [label.text for label in text] == [label.text for label in whole]
    for one, two in zip(text, whole, strict=True):
        assert (one.start, one.end) == pytest.approx((two.start + 0.25, two.end + 0.25))
    assert len(text) > LABELS
    transcript.add(np.full((4 * KEPT, len(task.vocabulary)), logits[-1]))  # one sound that does not end
    assert len(transcript.labels(rate, 0.25)) <= LABELS + 100


def test_a_snapshot_of_other_weights_is_another_network() -> None:
    memo, net, sound = Memo(), network(), clip()
    weights = {name: value * 0.5 for name, value in build.weights(build.build(net)).items()}
    other = dataclasses.replace(net, weights=build.frozen(weights), id="other")
    one, two = traced(sound, net, memo=memo), traced(sound, other, memo=memo)
    assert not np.allclose(one.trace.series[Key("h", 1)].values, two.trace.series[Key("h", 1)].values)
    assert two.network_id == "other"


@pytest.mark.parametrize("both", [False, True])
def test_padding_changes_nothing_that_the_network_does_and_no_error(both: bool) -> None:
    labels = (Label(0.1, 0.3, "a", "phone"), Label(0.4, 0.6, "t", "phone"))
    net, sound = network(bidirectional=both), clip(1.5, labels=labels)
    plain = traced(sound, net)
    for seconds in (1.7, 6.0):
        padded = traced(sound, net, (default_link("length", seconds=seconds),))
        assert padded.sound.frames == round(seconds * RATE)
        assert padded.padding == pytest.approx(seconds - 1.5)
        assert (padded.edits, padded.length, padded.trace.text) == (plain.edits, plain.length, plain.trace.text)
        for key in (Key("h", 1), Key("posterior")):
            found, wanted = padded.trace.series[key].values, plain.trace.series[key].values
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_the_features_of_a_network_on_mfccs_say_what_is_kept() -> None:
    masked = (default_link("mfcc", n_mels=40), default_link("specaugment", drawn=((0.2, 0.4, 0.0, 1e9),)))
    series = traced(clip(), None, masked).trace.series
    plain = traced(clip(), None, masked[:1]).trace.series
    assert series[Key("features")].note.startswith("13 of 40 coefficients<br>envelope ±")
    assert series[Key("features")].note == plain[Key("features")].note, "masks hide, they do not blur"
    assert traced(clip(), network()).trace.series[Key("features")].note == ""


def test_a_training_does_not_fill_the_memo_with_what_it_was():
    """Every snapshot is another network; the one before is let go."""
    memo, net, sound = Memo(), network(), clip()
    weights, held = build.weights(build.build(net)), []
    for number in range(4):
        moved = build.frozen({name: value * (1 + 0.01 * number) for name, value in weights.items()})
        traced(sound, dataclasses.replace(net, id=f"snapshot {number}", weights=moved), memo=memo)
        held.append(memo._bytes)
    assert held[-1] == held[0]


@pytest.mark.parametrize("delay", [0, 8])
def test_the_mean_of_the_loss_of_each_frame_is_the_reported_cross_entropy(delay: int) -> None:
    task = phonemes.build(phonemes.Settings(clips=10, words=1, delay=delay))
    net = dataclasses.replace(network(), task_settings=task.settings, frontend=task.frontend)
    sound = task.corpus.split("valid")[0]
    found = traced(sound, net, net.frontend).trace.series
    batch = labelling.collate([task.example(sound.read()[:, 0], sound.labels)])
    with torch.no_grad():
        y, lengths, _ = build.build(net)(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
    np.testing.assert_array_equal(found[Key("truth")].values[:, 0], batch.targets[0])
    lost = found[Key("loss")].values
    assert lost.shape == (len(batch.targets[0]), 1)
    assert float(lost.mean(dtype=float)) == pytest.approx(
        float(task.loss(y, lengths, batch)["cross entropy"]), abs=1e-6
    )


def test_without_truth_there_is_no_loss() -> None:
    assert Key("loss") not in traced(clip(), network()).trace.series
