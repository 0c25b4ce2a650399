"""The spool: what was committed is there after any kill, in order, once; what could not be kept is a declared gap."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from barograph import codec
from barograph.frames import Layout, Place, Stream
from barograph.ranges import Ranges
from ingest.device.spool import Lost, Spool
from ingest.device.spoolfile import NoRoom, SpoolError, SpoolFile

LAYOUT = Layout(rows=4, cols=3, dtype="uint16")
STREAM = Stream("w", "left")
START_US = 1_700_000_000_000_000


def frames_of(names):
    """One frame a name, that says it in its cells, and is noise where that does not pack."""
    cells = np.array([np.random.default_rng(name).integers(0, 65536, (4, 3)) for name in names]).reshape(-1, 4, 3)
    cells[:, 0, 0] = np.asarray(names) % 65536
    return cells.astype("<u2")


def times_of(names):
    return START_US + 10_000 * np.asarray(names, np.int64)


def content(spool, first, stop):
    """Number by number: a frame's name, checked cell by cell, or why there is none."""
    out, seq = [], first
    while seq < stop:
        item = spool.at(seq)
        assert item.seq <= seq < item.stop
        if isinstance(item, Lost):
            out += [item.reason] * (min(item.stop, stop) - seq)
        else:
            part = item.part(seq, min(item.stop, stop))
            names = ((part.times_us - START_US) // 10_000).tolist()
            cells = np.frombuffer(codec.unpack(part.data, part.nbytes, part.encoding), "<u2").reshape(-1, 4, 3)
            np.testing.assert_array_equal(cells, frames_of(names))
            out += names
        seq = min(item.stop, stop)
    return out


def copy_of(path, to):
    """The spool as a kill would leave it: its file and what is in its log."""
    shutil.copy(path, to)
    shutil.copy(f"{path}-wal", f"{to}-wal")
    return to


class Spooling(RuleBasedStateMachine):
    """A spool beside a dictionary, through writes, acks, refusals, full disks, new epochs and kills."""

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed):
        self.folder = Path(os.environ["SPOOLING_FOLDER"]) / uuid.uuid4().hex
        self.folder.mkdir()
        self.path = self.folder / "0.spool"
        self.file = SpoolFile(self.path)
        self.spool = Spool(self.file, STREAM, LAYOUT)
        self.kept, self.settled, self.named, self.lost, self.copies = [], 0, 0, 0, 0

    @rule(n=st.integers(1, 6))
    def append(self, n):
        names = list(range(self.named, self.named + n))
        self.spool.append(times_of(names), frames_of(names))
        self.kept += ["disk full"] * self.lost + names
        self.named, self.lost = self.named + n, 0

    @rule(n=st.integers(1, 3))
    def lose(self, n):
        self.spool.lose(n)
        self.named, self.lost = self.named + n, self.lost + n

    @rule(share=st.floats(0, 1))
    def settle(self, share):
        to = round(share * len(self.kept))
        self.spool.settle(self.spool.epoch, to)
        self.settled = max(self.settled, to)

    @rule()
    def flush(self):
        self.spool.flush()

    @precondition(lambda self: self.settled < len(self.kept))
    @rule(where=st.floats(0, 1), n=st.integers(1, 5))
    def refuse(self, where, n):
        first = self.settled + round(where * (len(self.kept) - 1 - self.settled))
        stop = min(first + n, len(self.kept))
        frames = sum(isinstance(name, int) for name in self.kept[first:stop])
        before = self.spool.tally.nacked
        self.spool.remove(self.spool.epoch, first, stop)
        assert self.spool.tally.nacked - before == frames
        self.kept[first:stop] = ["no longer on the device"] * (stop - first)

    @rule(reused=st.lists(st.floats(0, 1), max_size=2), sent=st.floats(0, 1))
    def begin_epoch(self, reused, sent):
        sent_to = self.settled + round(sent * (len(self.kept) - self.settled))
        again = Ranges()
        for share in reused:
            first = self.settled + round(share * (sent_to - self.settled))
            again.add(first, min(first + 3, sent_to))
        former = self.spool.epoch
        self.spool.begin_epoch(sent_to, again)
        rest = [*again, (sent_to, len(self.kept))]
        self.kept = [name for a, b in rest for name in self.kept[a:b] if name != "no longer on the device"]
        self.settled = 0
        assert self.spool.epoch != former
        self.spool.settle(former, 10**6)  # an ack of the former epoch that comes late

    @rule()
    def kill(self):
        """Go on with a copy of the files as they are now."""
        self.copies += 1
        self.path = copy_of(self.path, self.folder / f"{self.copies}.spool")
        self.file.close()
        self.file = SpoolFile(self.path)
        epoch = self.spool.epoch
        self.spool = Spool(self.file, STREAM, LAYOUT)
        assert self.spool.epoch == epoch
        self.named -= self.lost  # what was never on the disk: the source gives it again
        self.lost = 0
        assert not {*self.kept[self.settled : self.spool.settled_to]} - {"no longer on the device"}
        self.settled = max(self.settled, self.spool.settled_to)
        self.spool.settle(epoch, self.settled)

    @invariant()
    def holds_what_it_should(self):
        if not hasattr(self, "spool"):
            return
        assert self.spool.next == len(self.kept)
        assert content(self.spool, self.settled, self.spool.next) == self.kept[self.settled :]
        assert self.spool.at(self.spool.next) is None
        unsettled = sum(isinstance(name, int) for name in self.kept[self.settled :])
        assert unsettled <= self.spool.held <= unsettled + 6  # whole batches
        assert self.spool.held == 0 or self.settled < len(self.kept)
        assert self.spool.taken == self.named - self.lost
        assert self.spool.done == (self.settled >= len(self.kept) and not self.lost)

    def teardown(self):
        if hasattr(self, "file"):
            self.file.close()
            shutil.rmtree(self.folder)


def test_a_spool_is_what_its_commits_made_it_through_any_history(tmp_path, monkeypatch):
    monkeypatch.setenv("SPOOLING_FOLDER", str(tmp_path))
    Spooling.TestCase.settings = settings(
        max_examples=40, stateful_step_count=25, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    Spooling.TestCase().runTest()


def test_a_log_cut_at_any_byte_gives_the_state_after_an_earlier_commit(tmp_path):
    path = tmp_path / "a.spool"
    file = SpoolFile(path)
    spool = Spool(file, STREAM, LAYOUT)
    states = {(spool.next, 0)}
    for number in range(12):
        names = list(range(3 * number, 3 * number + 3))
        spool.append(times_of(names), frames_of(names))
        if number % 4 == 3:
            spool.settle(spool.epoch, 3 * number - 3)
            spool.flush()
        states.add((spool.next, content(spool, spool.settled_to, spool.next)[0]))
    log = Path(f"{path}-wal").read_bytes()
    rng = random.Random(5)
    seen = set()
    for cut in [len(log), *(rng.randrange(len(log)) for _ in range(60))]:
        shutil.copy(path, tmp_path / "cut.spool")
        (tmp_path / "cut.spool-wal").write_bytes(log[:cut])
        with SpoolFile(tmp_path / "cut.spool") as again:
            found = Spool(again, STREAM, LAYOUT)
            names = content(found, found.settled_to, found.next)
            assert names == list(range(found.settled_to, found.next))
            assert found.next % 3 == 0
            seen.add(found.next)
    file.close()
    assert len(seen) > 5
    assert max(seen) == 36


def spool_until_killed(path, told):
    file = SpoolFile(Path(path))
    spool = Spool(file, STREAM, LAYOUT)
    name = spool.taken
    while True:
        names = list(range(name, name + 5))
        spool.append(times_of(names), frames_of(names))
        if name % 3 == 0:
            spool.settle(spool.epoch, spool.next - 50)
        name += 5
        os.write(told, f"{name}\n".encode())


def test_a_process_killed_at_any_moment_loses_nothing_that_it_had_spooled(tmp_path):
    path, rng = tmp_path / "a.spool", random.Random(3)
    context = multiprocessing.get_context("fork")
    promised = 0
    for _ in range(8):
        reader, writer = os.pipe()
        process = context.Process(target=spool_until_killed, args=(path, writer))
        process.start()
        os.close(writer)
        with os.fdopen(reader) as told:
            for _ in range(rng.randrange(1, 120)):
                promised = int(told.readline())
            os.kill(process.pid, signal.SIGKILL)
            promised = max([promised, *(int(line) for line in told if line.endswith("\n"))])
        process.join()
        with SpoolFile(path) as file:
            spool = Spool(file, STREAM, LAYOUT)
            assert spool.next in (promised, promised + 5)  # the kill may come between the commit and the word
            assert content(spool, spool.settled_to, spool.next) == list(range(spool.settled_to, spool.next))
            assert spool.next - spool.settled_to >= 50 or spool.settled_to == 0


@contextmanager
def full_disk(path):
    """Files of this process cannot grow beyond what the spool's log has: the kernel refuses the write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{path}-wal").stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_a_full_disk_does_not_take_is_a_gap_when_there_is_room_again(tmp_path):
    path = tmp_path / "a.spool"
    with SpoolFile(path) as file:
        spool = Spool(file, STREAM, LAYOUT)
        spool.append(times_of([0, 1]), frames_of([0, 1]))
        with full_disk(path):
            for _ in range(3):
                with pytest.raises(NoRoom, match=r"a\.spool: the disk takes nothing"):
                    spool.append(times_of([2, 3]), frames_of([2, 3]))
                spool.lose(2)
            with pytest.raises(NoRoom):
                spool.write_lost()
            assert content(spool, 0, 2) == [0, 1]
            assert (spool.next, spool.unwritten, spool.done) == (2, 6, False)
        spool.append(times_of([8]), frames_of([8]))
        assert content(spool, 0, 9) == [0, 1, *["disk full"] * 6, 8]
        spool.lose(1)
        spool.write_lost()
        assert spool.at(9) == Lost(9, 1, "disk full")
    with SpoolFile(path) as file:
        assert content(Spool(file, STREAM, LAYOUT), 0, 10) == [0, 1, *["disk full"] * 6, 8, "disk full"]


def test_one_process_has_a_spool(tmp_path):
    path = tmp_path / "a.spool"
    script = (
        "import sys; from pathlib import Path; from ingest.device.spoolfile import SpoolFile; "
        "SpoolFile(Path(sys.argv[1]))"
    )
    with SpoolFile(path):
        other = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=30, check=False
        )
        assert "in use by another process" in other.stderr
    with SpoolFile(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_epoch_ends_at_one_number_in_every_later_copy_and_a_new_one_has_no_end(tmp_path):
    with SpoolFile(tmp_path / "one") as file:
        spool = Spool(file, STREAM, LAYOUT)
        spool.append(times_of(range(5)), frames_of(range(5)))
        assert spool.end_epoch() == 5
        spool.append(times_of(range(5, 8)), frames_of(range(5, 8)))
        assert spool.end_epoch() == 5
    with SpoolFile(tmp_path / "one") as file:
        copy = Spool(file, STREAM, LAYOUT)
        assert (copy.ends, copy.next) == (5, 8)
        copy.begin_epoch(5, Ranges())
        assert (copy.ends, content(copy, 0, copy.next)) == (None, [5, 6, 7])
    with SpoolFile(tmp_path / "one") as file:
        assert Spool(file, STREAM, LAYOUT).ends is None


def test_a_spool_of_the_first_format_is_opened_with_its_frames(tmp_path):
    with SpoolFile(tmp_path / "old") as file:
        Spool(file, STREAM, LAYOUT).append(times_of(range(3)), frames_of(range(3)))
    with sqlite3.connect(tmp_path / "old") as other:
        other.execute("ALTER TABLE streams DROP COLUMN ends")
        other.execute("PRAGMA user_version = 1")
    other.close()
    with SpoolFile(tmp_path / "old") as file:
        spool = Spool(file, STREAM, LAYOUT)
        assert (content(spool, 0, spool.next), spool.end_epoch()) == ([0, 1, 2], 3)


def test_a_file_that_is_no_spool_is_refused_and_left_as_it_is(tmp_path):
    text, database, later = tmp_path / "text", tmp_path / "database", tmp_path / "later"
    text.write_text("these are not frames, and this is long enough to be a page of a database\n" * 20)
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE streams(id)")
    other.close()
    SpoolFile(later).close()
    with sqlite3.connect(later) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    for path, reason in ((text, "another kind of file"), (database, "another program"), (later, "later version")):
        before = path.read_bytes()
        with pytest.raises(SpoolError, match=f"{path.name}: .*{reason}"):
            SpoolFile(path)
        assert path.read_bytes() == before
    with pytest.raises(SpoolError, match="cannot be opened"):
        SpoolFile(tmp_path / "no-such-folder" / "a.spool")
    with pytest.raises(SpoolError, match="too small"):
        SpoolFile(None, 1000)


def filled(path):
    with SpoolFile(path) as file:
        spool = Spool(file, STREAM, LAYOUT)
        for number in range(200):
            spool.append(times_of([number]), frames_of([number]))
    return path


def test_a_damaged_spool_is_refused(tmp_path):
    path = filled(tmp_path / "a.spool")
    data = bytearray(path.read_bytes())
    data[4096 : 2 * 4096] = os.urandom(4096)
    path.write_bytes(data)
    with pytest.raises(SpoolError, match="damaged"):
        SpoolFile(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(SpoolError, match="damaged"):
        SpoolFile(path)


def test_frames_that_rotted_on_the_disk_become_a_gap(tmp_path):
    path = filled(tmp_path / "a.spool")
    cells = frames_of([77]).tobytes()
    assert cells in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(cells, bytes([cells[0] ^ 1]) + cells[1:]))
    with SpoolFile(path) as file:
        spool = Spool(file, STREAM, LAYOUT)
        expected = [*range(77), "damaged in the spool", *range(78, 200)]
        assert content(spool, 0, 200) == expected
        assert spool.held == 199
        assert content(spool, 0, 200) == expected


def test_a_source_that_was_interrupted_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "a.spool"
    with SpoolFile(path) as file:
        spool = Spool(file, STREAM, LAYOUT, {"athlete": "A"})
        spool.begin_source("walk.asf", START_US)
        spool.append(times_of([0, 1, 2]), frames_of([0, 1, 2]))
        spool.settle(spool.epoch, 3)
    with SpoolFile(path) as file:
        spool = Spool(file, STREAM, LAYOUT)
        spool.begin_source("walk.asf", START_US + 10**9)
        assert (spool.taken, spool.start_us, spool.about) == (3, START_US, {"athlete": "A"})
        spool.finish_source()
        spool.begin_source("walk.asf", START_US + 10**9)
        assert (spool.taken, spool.start_us, spool.next) == (0, START_US + 10**9, 3)
        spool.append(times_of([3]), frames_of([3]))
        spool.begin_source("", START_US)
        assert spool.taken == 0


def test_a_stream_keeps_its_layout(tmp_path):
    with SpoolFile(tmp_path / "a.spool") as file:
        first = Spool(file, STREAM, LAYOUT)
        assert Spool(file, STREAM, LAYOUT).epoch == first.epoch
        assert Spool(file, Stream("w", "right"), LAYOUT).epoch != first.epoch
        assert Spool(file, STREAM, replace(LAYOUT, contact_kpa=0.0)).epoch == first.epoch
        assert Spool(file, STREAM, replace(LAYOUT, place=Place(x_mm=5.0))).epoch == first.epoch
        with pytest.raises(SpoolError, match="another layout"):
            Spool(file, STREAM, Layout(rows=3, cols=4, dtype="uint16"))
