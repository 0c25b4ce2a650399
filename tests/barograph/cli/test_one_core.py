"""A worker computes one thing after the other."""

from __future__ import annotations

import asyncio
import threading

from threadpoolctl import threadpool_info

from barograph.cli.one_core import compute_in_turn


def test_what_is_computed_side_by_side_is_computed_in_turn():
    running, most = threading.Semaphore(0), []

    def one() -> str:
        running.release()
        most.append(running._value)
        threading.Event().wait(0.02)
        running.acquire()
        return threading.current_thread().name

    async def several() -> list[str]:
        return list(await asyncio.gather(*(asyncio.to_thread(one) for _ in range(4))))

    async def in_turn() -> list[str]:
        compute_in_turn()
        return await several()

    assert max(asyncio.run(several()) and most) > 1
    most.clear()
    assert set(asyncio.run(in_turn())) == {"measures_0"}
    assert max(most) == 1
    assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} <= {1}
