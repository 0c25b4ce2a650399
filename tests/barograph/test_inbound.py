"""The queue of messages that a connection has sent: bounded by their number and by their bytes."""

from __future__ import annotations

import asyncio

import pytest

from barograph.web.websocket import INBOUND_BYTES, INBOUND_MESSAGES, Disconnected, Inbound


@pytest.mark.parametrize(
    ("message", "taken"),
    [("x", INBOUND_MESSAGES), (bytes(INBOUND_BYTES // 4), 4), (bytes(INBOUND_BYTES // 4 + 1), 4), (b"", 16),
     (bytes(9 * INBOUND_BYTES), 1)],
)  # fmt: skip
async def test_it_takes_messages_until_either_bound_and_more_when_some_are_handled(
    message: str | bytes, taken: int
) -> None:
    queue = Inbound(INBOUND_MESSAGES, INBOUND_BYTES)
    for _ in range(taken):
        assert not queue.full()
        await queue.put(message)
    late = asyncio.create_task(queue.put("late"))
    await asyncio.sleep(0)
    assert queue.full()
    assert await queue.get_waiting() == [message] * taken
    await late
    assert await queue.get() == "late"
    assert not queue.full()


async def test_what_was_sent_before_the_end_is_handled_first() -> None:
    queue = Inbound(INBOUND_MESSAGES, INBOUND_BYTES)
    await queue.put(bytes(INBOUND_BYTES - 1))
    await queue.put("last")
    end = asyncio.create_task(queue.put(None))
    assert len(await queue.get_waiting()) == 2
    await end
    for _ in range(2):
        with pytest.raises(Disconnected):
            await queue.get()
