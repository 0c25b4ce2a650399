"""An answer that comes in pieces, begun before its status is sent: what goes wrong at once has a status and a reason.

What goes wrong later can only cut the answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

AHEAD = 2  # the first piece is often a head, which needs no reading


async def begun(body: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Return all pieces, of which the first are made now; raises what they raise."""
    made: list[bytes] = []
    while len(made) < AHEAD and (piece := await anext(body, None)) is not None:
        made.append(piece)
    return _all(made, body)


async def _all(made: list[bytes], body: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async with aclosing(cast("AsyncGenerator[bytes, None]", body)):
        for piece in made:
            yield piece
        async for piece in body:
            yield piece
