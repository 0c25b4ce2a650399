"""The promise as a state machine: one device with a spool, two servers, one archive, and everything that may go wrong.

Messages and acks get lost, batches are repeated and come in any order, servers restart at any point, writes time out
and land late, after the server has asked what is stored. Whatever happens: what the device may forget is stored once
and in order, or lies in a gap that is recorded; what is not acked is still in the device's spool.
"""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from analytics.columns import arrival_columns
from barograph.frames import Layout, Stream
from barograph.store.memory.archive import MemoryArchive
from barograph.store.reading_rule import reading_rule
from barograph.store.records import Clock, Unstored
from ingest.commit import ranges_of
from ingest.settled import MAX_SEQ, StreamBook
from ingest.stream_session import STATS_VERSION, Arrival, StreamSession

LAYOUT = Layout(rows=1, cols=2, dtype="uint16")
STREAM = Stream("w", "left")
T0 = 1_700_000_000_000_000
STEP_US = 10_000
SERVERS = ("a", "b")


def now(work):
    """The answer of a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the model never waits")


def cells(seq, n):
    return (np.arange(seq, seq + n, dtype="<u2")[:, None, None] * np.array([1, 3], "<u2")).astype("<u2")


class Promise(RuleBasedStateMachine):
    flights = Bundle("flights")  # blocks on their way to the archive: (server, session, block)
    late = Bundle("late")  # blocks of writes whose outcome nobody knows

    @initialize()
    def begin(self):
        self.archive = MemoryArchive()
        now(self.archive.open(STREAM, epoch="e", numbered=True, now_us=T0))
        now(self.archive.fix_layout(STREAM, LAYOUT, arrival_columns(LAYOUT), STATS_VERSION))
        now(self.archive.fix_clock(STREAM, 0, Clock(0)))
        self.recorded = 0
        self.acked = 0
        self.dropped = set()
        self.sessions = dict.fromkeys(SERVERS)
        self.at = None
        self.clock_us = T0

    # --- the device

    @rule(n=st.integers(1, 6))
    def record(self, n):
        self.recorded += n

    @rule(server=st.sampled_from(SERVERS))
    def connect(self, server):
        """A join: the lease moves, and the session is what the archive has."""
        info, epoch = now(self.archive.open(STREAM, epoch="e", numbered=True, now_us=T0, lease=server))
        stored = ranges_of(now(self.archive.keys_by_number(STREAM, 0, 0, MAX_SEQ)))
        if self.sessions[server] is None:
            self.sessions[server] = StreamSession(StreamBook.of(info), epoch, stored)
        self.at = server
        self.hear(self.sessions[server].ack())

    @precondition(lambda self: self.at is not None)
    @rule(target=flights, data=st.data(), n=st.integers(1, 8))
    def send(self, data, n):
        """Any part of what the device still has, also again, also out of order."""
        held = [seq for seq in range(self.acked, self.recorded) if seq not in self.dropped]
        if not held:
            return ("nothing", None, [])
        seq = data.draw(st.sampled_from(held))
        run = [number for number in range(seq, min(seq + n, self.recorded)) if number not in self.dropped]
        n = next((i for i, number in enumerate(run) if number != seq + i), len(run))
        session = self.sessions[self.at]
        times_us = T0 + STEP_US * np.arange(seq, seq + n, dtype=np.int64)
        self.clock_us += 1
        taken = session.take(Arrival(seq, times_us, cells(seq, n), self.clock_us))
        assert not taken.reused
        assert not taken.poison
        return (self.at, session, taken.blocks)

    @precondition(lambda self: self.at is not None and self.recorded > self.acked)
    @rule(data=st.data(), n=st.integers(1, 4))
    def drop_and_declare(self, data, n):
        """The spool is full: the device forgets frames, and says so."""
        seq = data.draw(st.integers(self.acked, self.recorded - 1))
        n = min(n, self.recorded - seq)
        session = self.sessions[self.at]
        spans = session.declared(seq, n)
        unstored = [Unstored(first, last - first, "declared: spool full") for first, last in spans]
        if unstored and not now(self.archive.settle(STREAM, 0, unstored, lease=self.at)):
            self.lose_lease(self.at)
            return
        self.dropped |= {number for first, last in spans for number in range(first, last)}
        for first, last in spans:
            session.settle_unstored(first, last - first)
        self.hear(session.ack())

    def hear(self, ack):
        self.acked = max(self.acked, ack["next_seq"])

    # --- the servers

    def lose_lease(self, server):
        self.sessions[server] = None
        if self.at == server:
            self.at = None

    @rule(flight=consumes(flights), heard=st.booleans())
    def store(self, flight, heard):
        """The archive takes the blocks and says so; the ack may still get lost."""
        server, session, blocks = flight
        for block in blocks:
            now(self.archive.append([(STREAM, block)]))
            session.settle(block)
        if heard and session is not None and session is self.sessions[server] and self.at == server:
            self.hear(session.ack())

    @rule(target=late, flight=consumes(flights), stored=st.integers(0, 8), heard=st.booleans())
    def store_with_unknown_outcome(self, flight, stored, heard):
        """A part is stored, a part lands later or never; the server asks, and writes what is missing."""
        server, session, blocks = flight
        for block in blocks:
            k = min(stored, len(block))
            if k:
                now(self.archive.append([(STREAM, block.part(0, k))]))
            have = ranges_of(now(self.archive.keys_by_number(STREAM, 0, block.seq, block.stop)))
            for first, last in have.missing(block.seq, block.stop):
                now(self.archive.append([(STREAM, block.part(first - block.seq, last - block.seq))]))
            session.settle(block)
        if heard and session is not None and session is self.sessions[server] and self.at == server:
            self.hear(session.ack())
        return blocks

    @rule(blocks=consumes(late))
    def land_late(self, blocks):
        for block in blocks:
            now(self.archive.append([(STREAM, block)]))

    @rule(target=late, server=st.sampled_from(SERVERS), flight=consumes(flights))
    def restart(self, server, flight):
        """Killed: what was on its way may still land, or never; nobody asks."""
        for other in SERVERS:
            if other in (server, flight[0]):
                self.lose_lease(other)
        return flight[2]

    @rule(server=st.sampled_from(SERVERS))
    def notice_a_lost_lease(self, server):
        session = self.sessions[server]
        if session is not None and (STREAM, 0) not in now(self.archive.leased(server, [STREAM])):
            self.lose_lease(server)

    @precondition(lambda self: self.at is not None)
    @rule(seconds=st.integers(1, 20))
    def wait_for_what_is_missing(self, seconds):
        """Gaps that nobody resent are recorded, but only what the device has forgotten may stay lost."""
        session = self.sessions[self.at]
        session.overdue(self.clock_us)
        self.clock_us += seconds * 1_000_000
        overdue = session.overdue(self.clock_us)
        unstored = [Unstored(first, last - first, "not_resent") for first, last in overdue]
        if not unstored:
            return
        if not now(self.archive.settle(STREAM, 0, unstored, lease=self.at)):
            self.lose_lease(self.at)
            return
        for first, last in overdue:
            session.settle_unstored(first, last - first)
        self.hear(session.ack())

    # --- the promise

    @invariant()
    def what_the_device_may_forget_is_stored_once_or_lies_in_a_recorded_gap(self):
        keys = now(self.archive.keys(STREAM))
        reading = reading_rule(keys, numbered=True)
        blocks = now(self.archive.load(STREAM, keys, reading.block.tolist())) if len(reading.block) else []
        numbers, values = [], []
        for block, start, stop in zip(blocks, reading.start.tolist(), reading.stop.tolist(), strict=True):
            numbers += range(block.seq + start, block.seq + stop)
            values += list(block.frames[start:stop])
        assert numbers == sorted(set(numbers)), "every number once, in order"
        assert all((frame == cells(number, 1)[0]).all() for number, frame in zip(numbers, values, strict=True))
        (epoch,) = now(self.archive.stream_info(STREAM)).epochs
        recorded = {number for item in epoch.unstored for number in range(item.seq, item.seq + item.n)}
        forgotten = set(range(self.acked)) - set(numbers) - recorded
        assert not forgotten, f"acked, but neither stored nor in a gap: {sorted(forgotten)}"
        assert set(numbers) <= set(range(self.recorded)), "nothing is invented"


TestPromise = Promise.TestCase
TestPromise.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
