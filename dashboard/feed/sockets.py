"""The feed's door: /feed/<workout>, one viewer a socket; and /wall/<team>/feed/<workout>, a tile of a team's wall.

Text messages are JSON (layout, state, pong), binary ones the binary form: an announcement, or blocks (frames, history)
one after the other. The socket is closed with 4401 when whoever opened it was signed out, revoked or disabled, with
4403 when the shared link by which it was opened is over, with 4410 when the session was erased, with 4429 when there
are too many.

The client sends `{"type": "ping", "t1_us": …}` for its clock, and, if it wants to be waited for
when it is slow, `{"type": "handled", "n": …}`: how many messages it has handled, 0 when it begins. With `{"type":
"columns", "keys": […]}` it asks for columns of choice (`dashboard.feed.columns`). Anything else is ignored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from quart import Quart, websocket

from barograph.access.acting import actor
from barograph.access.needs import needs
from barograph.access.principals import Share
from barograph.access.rights import Resource, decide
from barograph.access.shares import Shares
from barograph.access.sight import Sight
from barograph.errors import AccessDenied, InvalidData, NotFound, StorageAway
from barograph.frames import check_name
from barograph.store.ports import Workout
from barograph.web.websocket import Disconnected, bound_websockets
from dashboard.feed.columns import MOST_KEYS
from dashboard.feed.hub import Hub
from dashboard.feed.openings import Openings
from dashboard.feed.viewer import Viewer
from dashboard.page.limits import Limits

log = logging.getLogger("barograph.dashboard")

SEND_TIMEOUT_S = 5.0
LOOKED_S = 1.0  # how often it is asked whether who watches still may
MOST_RATE_HZ = 60.0
WALL_RATE_HZ = 30.0
SIGNED_OUT, SHARE_OVER, ERASED = 4401, 4403, 4410
MOST_REASON = 100  # characters of a close reason, of 123 bytes


@dataclass(frozen=True)
class Watching:
    """What the sockets of one process need; `lives` says whether a workout has not ended."""

    hub: Hub
    sight: Sight
    shares: Shares
    limits: Limits
    openings: Openings
    lives: Callable[[Workout], bool]


def register(app: Quart, watching: Watching) -> None:
    """Add the feed to an application."""
    bound_websockets(app)

    @app.websocket("/feed/<workout_id>")
    @needs("read", "live", shared=True)
    async def feed(workout_id: str) -> None:
        await serve(watching, workout_id)

    @app.websocket("/wall/<team>/feed/<workout_id>")
    @needs("read", "live", wall=True)
    async def wall_feed(team: str, workout_id: str) -> None:
        """A tile of a team's wall: what comes now, and nothing of before."""
        if not await may_watch(watching, team, workout_id):
            await websocket.accept()
            await websocket.close(SHARE_OVER, "this session is not on this wall")
            return
        await serve(watching, workout_id, team=team)


async def serve(watching: Watching, workout_id: str, *, team: str = "") -> None:
    """Serve one viewer, if there are not too many; with a `team` a tile of its wall."""
    who, address = actor(), websocket.remote_addr
    key = who.key if who.share else None
    if (refused := watching.limits.open_feed(address, key)) is not None:
        log.warning("%s: a feed more is refused: %s", address, refused)
        await websocket.accept()
        await websocket.close(4429, str(refused)[:MOST_REASON])
        return
    try:
        with watching.openings.opened(who) as ended:
            await _serve(watching, workout_id, team, ended)
    finally:
        watching.limits.close_feed(address, key)


async def may_watch(watching: Watching, team: str, workout_id: str) -> bool:
    """Return whether a workout is on the wall of a team, which whoever asks may see: of its athletes, and not ended."""
    sight = watching.sight
    if not decide(actor(), "read", Resource("team", team, teams=frozenset({team}))):
        return False
    try:
        workout = await sight.look("read", workout_id, "live")
    except NotFound:
        return False
    return team in (await sight.people()).teams(workout.athlete_uid) and watching.lives(workout)


class _Over(Exception):
    """The socket has to end: with a close code, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


async def _serve(watching: Watching, workout_id: str, team: str, ended: asyncio.Event) -> None:
    try:
        await _watch(watching, workout_id, team, ended)
    except* _Over as over:
        error = _first(over)
        await websocket.close(error.code, str(error))


def _first(group: BaseExceptionGroup[_Over]) -> _Over:
    error = group.exceptions[0]
    return error if isinstance(error, _Over) else _first(error)


async def _watch(watching: Watching, workout_id: str, team: str, ended: asyncio.Event) -> None:
    hub, sight, share = watching.hub, watching.sight, actor().share
    try:
        check_name("workout_id", workout_id)
        rate_hz = _rate(websocket.args.get("rate_hz"))
        if team:
            rate_hz = min(rate_hz or WALL_RATE_HZ, WALL_RATE_HZ)
        viewer = Viewer(rate_hz=rate_hz, called=await sight.called(workout_id), past=not team)
    except InvalidData as error:
        await websocket.close(4400, str(error)[:MOST_REASON])
        return
    await websocket.accept()
    try:
        async with hub.watch(workout_id, viewer), asyncio.TaskGroup() as tasks:
            tasks.create_task(_receive(viewer), name="receive what the page says")
            tasks.create_task(_send(viewer), name="send frames")
            tasks.create_task(_until_over(viewer, watching, workout_id, team), name="wait for the end")
            tasks.create_task(_until_ended(ended, share), name="wait until its key stands no more")
            if not team:
                tasks.create_task(_columns(hub, workout_id, viewer), name="begin what the page asks for")
    except* TimeoutError:
        log.info("%s: a viewer took nothing for %g s and was let go", workout_id, SEND_TIMEOUT_S)
    except* Disconnected:
        log.debug("%s: a viewer left", workout_id)


async def _until_over(viewer: Viewer, watching: Watching, workout_id: str, team: str) -> None:
    """Wait until the workout is erased, the share link is over, or whoever watches may not see it any more."""
    share = actor().share
    try:
        async with asyncio.timeout(share.left_s if share else None):
            while not await _over(viewer):
                await _require(watching, workout_id, team, viewer)
    except TimeoutError:
        raise _Over(SHARE_OVER, "the shared link is over") from None
    raise _Over(ERASED, "the session was erased")


async def _over(viewer: Viewer) -> bool:
    """Whether the workout was erased, after a look every second."""
    try:
        async with asyncio.timeout(LOOKED_S):
            return await viewer.over.wait()
    except TimeoutError:
        return False


async def _require(watching: Watching, workout_id: str, team: str, viewer: Viewer) -> None:
    try:
        if not await watching.shares.stands(actor()):
            raise _Over(SHARE_OVER, "the shared link is over")
        await watching.sight.require("read", workout_id, "live")
        on_wall = not team or await may_watch(watching, team, workout_id)
    except StorageAway as error:
        log.info("%s: whether a viewer may go on is not known now: %s", workout_id, error)
        return
    except (NotFound, AccessDenied):
        on_wall = False
    if not on_wall and not await _over(viewer):  # one that was erased is over in a moment, and is told so
        raise _Over(SHARE_OVER, "this session is not open to you any more")


async def _until_ended(ended: asyncio.Event, share: Share | None) -> None:
    await ended.wait()
    raise _Over(SHARE_OVER if share else SIGNED_OUT, "the shared link is over" if share else "signed out")


async def _receive(viewer: Viewer) -> None:
    while True:
        said = _said(await websocket.receive())
        if said.get("type") == "ping" and (t1_us := _number(said.get("t1_us"))) is not None:
            viewer.ping(t1_us)
        elif said.get("type") == "handled" and (count := _number(said.get("n"))) is not None:
            viewer.handled(count)
        elif said.get("type") == "columns" and isinstance(keys := said.get("keys"), list):
            viewer.want(key for key in keys[:MOST_KEYS] if isinstance(key, str))


async def _columns(hub: Hub, workout_id: str, viewer: Viewer) -> None:
    while True:
        await hub.ask(workout_id, viewer, await viewer.wanted_columns())


async def _send(viewer: Viewer) -> None:
    while True:
        for message in await viewer.take():
            # A peer that reads nothing would hold this task for ever.
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await websocket.send(message)
            viewer.sent()
        if viewer.rate_hz:
            await asyncio.sleep(1 / viewer.rate_hz)


def _said(message: str | bytes) -> dict[str, Any]:
    """A message of the client, empty when it is no object in JSON."""
    try:
        content: Any = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62 else None


def _rate(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        rate = float(value)
    except ValueError as error:
        raise InvalidData(f"rate_hz: expected a number, got {value[:20]!r}", field="rate_hz") from error
    if not 0 < rate <= MOST_RATE_HZ:
        raise InvalidData(f"rate_hz: expected above 0 and at most {MOST_RATE_HZ:g}, got {rate:g}", field="rate_hz")
    return rate
