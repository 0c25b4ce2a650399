"""The auditor finds whatever is wrong: what it passes is worth something."""

from __future__ import annotations

import numpy as np
import pytest
from harness import frames
from harness.audit import Findings, Read, compare, take
from harness.device import Log
from harness.spooled import Run, compare_runs

from barograph import codec
from barograph.frames import Block

T0 = 1_700_000_000_000_000
N = 40


def log(tag: int = 7, epoch: str = "one", n: int = N) -> Log:
    times_us = [T0 + 10_000 * i for i in range(n)]
    return Log("run", "left", epoch, tag, times_us, list(times_us), sent=n, acked=n)


def read_of(*logs: Log) -> Read:
    found = Read()
    for e, each in enumerate(logs):
        for seq in range(each.made):
            add(found, e, each.epoch, seq, each.times_us[seq], frames.make(each.tag, seq, 1))
    return found


def add(found: Read, e: int, epoch: str, seq: int, t_us: int, cells: bytes, at: int | None = None) -> None:
    at = len(found.seq) if at is None else at
    for column, value in zip((found.e, found.epoch, found.seq, found.times_us, found.cells),
                             (e, epoch, seq, t_us, cells), strict=True):  # fmt: skip
        column.insert(at, value)


def drop(found: Read, at: int) -> None:
    for column in (found.e, found.epoch, found.seq, found.times_us, found.cells):
        del column[at]


def swap(found: Read, at: int) -> None:
    for column in (found.e, found.epoch, found.seq, found.times_us, found.cells):
        column[at], column[at + 1] = column[at + 1], column[at]


def spoil(found: Read, at: int) -> None:
    cells = bytearray(found.cells[at])
    cells[9] ^= 1
    found.cells[at] = bytes(cells)


def delay(found: Read, by_us: int) -> None:
    found.times_us = [t_us + by_us for t_us in found.times_us]


def findings(found: Read, *logs: Log, gaps: tuple[dict, ...] = ()) -> Findings:
    out = Findings()
    compare(found, {each.epoch: each for each in logs}, list(gaps), out)
    return out


def gap(seq: int, n: int, reason: str = "") -> dict:
    return {"epoch": "one", "e": 0, "seq": seq, "n": n, "reason": reason}


def test_what_is_whole_is_clean():
    first, second = log(), log(8, "two")
    out = findings(read_of(first, second), first, second)
    assert out.clean, out
    assert out.read == 2 * N


@pytest.mark.parametrize(
    ("name", "harm", "gaps"),
    [
        ("lost", lambda found: drop(found, 5), (gap(5, 1),)),
        ("lost", lambda found: drop(found, N - 1), ()),
        ("undeclared", lambda found: drop(found, 5), (gap(5, 1),)),
        ("notes", lambda found: drop(found, 5), ()),
        ("notes", lambda found: None, (gap(5, 1),)),
        ("doubled", lambda found: add(found, 0, "one", 5, T0 + 50_000, frames.make(7, 5, 1), at=6), ()),
        ("disordered", lambda found: swap(found, 5), ()),
        ("changed", lambda found: spoil(found, 5), ()),
        ("changed", lambda found: found.cells.__setitem__(5, frames.make(7, 6, 1)), ()),
        ("changed", lambda found: found.cells.__setitem__(5, frames.make(9, 5, 1)), ()),
        ("invented", lambda found: add(found, 0, "one", N, T0, frames.make(7, N, 1)), ()),
        ("invented", lambda found: add(found, 1, "two", 0, T0, frames.make(8, 0, 1)), ()),
        ("mistimed", lambda found: found.times_us.__setitem__(5, T0), ()),
        ("mistimed", lambda found: delay(found, 3_000_000), ()),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_by_its_name(name, harm, gaps):
    mine = log()
    found = read_of(mine)
    harm(found)
    out = findings(found, mine, gaps=gaps)
    assert getattr(out, name), out
    assert not out.clean


def test_a_frame_that_was_sent_and_not_acked_is_lost_too():
    mine = log()
    mine.acked = 10
    found = read_of(mine)
    drop(found, N - 1)
    assert findings(found, mine).lost == 1


def test_a_declared_gap_is_neither_lost_nor_undeclared():
    mine = log()
    mine.declared.append((5, 2, "sensor off"))
    found = read_of(mine)
    drop(found, 5)
    drop(found, 5)
    assert findings(found, mine, gaps=(gap(5, 2, "sensor off"),)).clean


def test_a_gap_declared_after_the_last_frame_is_shown_and_one_that_is_not_shown_is_found():
    mine = log()
    mine.declared.append((N - 2, 2, "sensor off"))
    found = read_of(mine)
    drop(found, N - 1)
    drop(found, N - 2)
    assert findings(found, mine, gaps=(gap(N - 2, 2, "sensor off"),)).clean
    assert findings(found, mine).notes == [f"{mine.stream}: missing and no gap: {N - 2}…{N - 1}"]


def test_the_binary_form_is_read_as_it_is_written():
    cells = np.frombuffer(frames.make(7, 3, 4), "<u2").reshape(4, 4, 4)
    for times_us in ([1, 2, 3, 4], [4, 3, 9, 9]):
        message = codec.encode_block(Block(2, 3, np.array(times_us), 0, cells), {"epoch": "one"})
        found = Read()
        take(len(message).to_bytes(8, "little") + message, found)
        assert (found.e, found.epoch, found.seq, found.times_us) == ([2] * 4, ["one"] * 4, [3, 4, 5, 6], times_us)
        assert b"".join(found.cells) == frames.make(7, 3, 4)


def test_frames_of_a_device_process_are_found_by_what_they_hold(tmp_path):
    run = Run("", "run", tmp_path, tag=7, must=10, said={"spooled": 12})
    found = read_of(log(7, n=9))
    add(found, 1, "two", 0, T0, frames.make(7, 8, 1))
    out = Findings()
    compare_runs(found, [run], [gap(9, 3)], out)
    assert (out.lost, out.doubled, out.undeclared, out.invented, out.changed) == (1, 1, 3, 0, 0)


def test_only_a_gap_that_says_why_may_stand_for_frames(tmp_path):
    for reason, lost in (("disk full", 0), ("", 1)):
        run = Run("", "run", tmp_path, tag=7, must=10, may_declare=True, said={"spooled": 9})
        out = Findings()
        compare_runs(read_of(log(7, n=9)), [run], [gap(9, 1, reason)], out)
        assert out.lost == lost
