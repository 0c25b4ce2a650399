"""What is settled without being stored, leases and clocks: one contract for both archives."""

import pytest

from barograph.errors import NotFound
from barograph.frames import Stream
from barograph.store.records import Clock, Moved, Rejected, Unstored

STREAM = Stream("w", "left")
NOW_US = 1_700_000_000_000_000


async def opened(archive, epoch="e0", lease="a"):
    return await archive.open(STREAM, epoch=epoch, numbered=True, now_us=NOW_US, lease=lease)


async def test_an_epochs_clock_is_fixed_once(archive):
    _, epoch = await opened(archive)
    assert epoch.clock is None
    first = Clock(5_000, 120, False)
    assert await archive.fix_clock(STREAM, 0, first) == first
    assert await archive.fix_clock(STREAM, 0, Clock(9_000, None, True)) == first
    info, epoch = await opened(archive)
    assert epoch.clock == first
    assert not info.clock_suspect


async def test_a_suspect_clock_flags_the_stream(archive):
    await opened(archive)
    await archive.fix_clock(STREAM, 0, Clock(-(10**12), None, True))
    assert (await archive.stream_info(STREAM)).clock_suspect


async def test_a_lease_is_taken_from_whoever_had_it(archive):
    await opened(archive, "e0", "a")
    await opened(archive, "e1", "a")
    both = [STREAM, Stream("w", "right")]
    assert await archive.leased("a", both) == {(STREAM, 0), (STREAM, 1)}
    _, epoch = await opened(archive, "e0", "b")
    assert (epoch.e, epoch.lease) == (0, "b")
    assert await archive.leased("a", both) == {(STREAM, 1)}
    assert await archive.leased("b", both) == {(STREAM, 0)}
    assert await archive.leased("b", both[1:]) == await archive.leased("b", []) == set()


async def test_without_the_lease_marks_and_gaps_change_nothing(archive):
    await opened(archive, lease="a")
    marks = {"next_seq": 5, "frames": 5, "first_us": NOW_US, "last_us": NOW_US + 9, "now_us": NOW_US}
    await archive.mark(STREAM, 0, **marks, lease="b")
    assert not await archive.settle(STREAM, 0, [Unstored(0, 3, "gap: full")], lease="b")
    info = await archive.stream_info(STREAM)
    assert (info.epochs[0].next_seq, info.epochs[0].unstored, info.last_us) == (0, (), None)
    await archive.mark(STREAM, 0, **marks, lease="a")
    epoch = (await archive.stream_info(STREAM)).epochs[0]
    assert (epoch.next_seq, epoch.first_us, epoch.last_us) == (5, NOW_US, NOW_US + 9)


async def test_what_is_settled_without_being_stored_is_kept_once(archive):
    await opened(archive)
    spans = [Unstored(3, 2, "gap: spool full"), Unstored(9, 1, "not_resent")]
    assert await archive.settle(STREAM, 0, spans, lease="a")
    assert await archive.settle(STREAM, 0, spans[:1], lease="a")
    assert (await opened(archive))[1].unstored == tuple(spans)


async def test_what_was_refused_is_kept_with_its_reason_until_the_workout_is_erased(archive):
    await opened(archive)
    one = Rejected("left", 4, 2, "bad_field", "data: infinite", NOW_US, b"\x00\x01")
    await archive.reject(STREAM, 0, one)
    assert await archive.rejected("w") == [one]
    assert await archive.rejected("other") == []
    await archive.delete("w")
    assert await archive.rejected("w") == []


async def test_an_epoch_that_is_not_there_is_not_found(archive):
    await opened(archive)
    with pytest.raises(NotFound):
        await archive.settle(STREAM, 7, [Unstored(0, 1, "gap")], lease="a")


async def test_two_epochs_at_one_time_overlap(archive):
    await opened(archive, "e0")
    await opened(archive, "e1")
    for e, (first, last) in enumerate([(0, 100), (50, 150)]):
        await archive.mark(STREAM, e, next_seq=1, frames=1, first_us=first, last_us=last, now_us=1, lease="a")
    assert (await archive.stream_info(STREAM)).overlap


async def test_the_room_that_is_left_is_known_or_said_to_be_unknown(archive):
    free = await archive.free_bytes()
    assert free is None or free > 0


async def test_later_offsets_of_a_clock_are_kept_in_order_of_their_numbers(archive):
    await archive.open(STREAM, epoch="one", numbered=True, now_us=1)
    await archive.fix_clock(STREAM, 0, Clock(5, relative=True, tick_us=1000))
    await archive.move_clock(STREAM, 0, Moved(40, 9, 1000))
    moved = await archive.move_clock(STREAM, 0, Moved(20, 7))
    assert moved == Clock(5, relative=True, tick_us=1000, moved=(Moved(20, 7), Moved(40, 9, 1000)))
    info = await archive.stream_info(STREAM)
    assert info.epochs[0].clock == moved
    assert info.clock_relative
    assert (moved.last_offset_us, moved.offsets_us) == (9, (5, 7, 9))
