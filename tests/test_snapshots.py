"""The time line of a run: dense at its end, ever thinner before, and never without its first and its best."""

from __future__ import annotations

import itertools

import pytest

from engine import checkpoint, snapshots


def grown(every: int, total: int, stay: tuple[int, ...] = ()) -> tuple[int, ...]:
    kept: tuple[int, ...] = ()
    for step in range(every, total + 1, every):
        kept = snapshots.thinned((*kept, step), stay)
    return kept


def test_all_of_a_short_run_stay():
    assert grown(10, 200) == tuple(range(10, 201, 10))


@pytest.mark.parametrize(("every", "total"), [(10, 100_000), (100, 1_000_000)])
def test_a_long_run_keeps_about_a_hundred(every, total):
    kept = grown(every, total)
    assert 60 <= len(kept) <= 130
    assert kept[0] == every
    assert kept[-20:] == tuple(range(total - 19 * every, total + 1, every))
    old = kept[:-20]
    for one, two in itertools.pairwise(old):
        assert two - one <= max(2 * every, 0.16 * (total - two)), "a hole in the time line"


def test_the_best_stays_though_it_is_old():
    assert 12_340 not in grown(10, 100_000)
    assert 12_340 in grown(10, 100_000, (12_340,))


def test_what_lies_in_the_folder_is_listed_in_order(tmp_path):
    assert snapshots.steps(tmp_path) == ()
    for step in (100, 20, 3):
        snapshots.path(tmp_path, step).parent.mkdir(exist_ok=True)
        snapshots.path(tmp_path, step).write_bytes(b"")
    for other in (".0000007.safetensors.12-34.part", "best.safetensors", "0000008.txt"):
        (tmp_path / "snapshots" / other).write_bytes(b"")
    assert snapshots.steps(tmp_path) == (3, 20, 100)


def test_one_that_is_gone_is_said(tmp_path):
    with pytest.raises(checkpoint.CheckpointError, match=r"no file .*0000005"):
        snapshots.load(tmp_path, 5)
