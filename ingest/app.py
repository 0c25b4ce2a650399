"""The ingest as a Quart application: the WebSocket door, the first HTTP endpoints, and the tasks behind them."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec
from quart import Quart, abort, current_app, request, websocket

from barograph import __version__, states
from barograph.access import Access, Verb
from barograph.errors import BarographError, NotFound
from barograph.ports import Archive, Live, StreamInfo, Workout
from barograph.settings import Settings
from barograph.websocket import BoundedWebsocketConnection, Disconnected
from ingest.feed import Publisher
from ingest.outbox import Outbox
from ingest.sessions import Ingest, Peer, now_us

log = logging.getLogger("barograph.ingest")

SEND_TIMEOUT_S = 10.0
DRAIN_TIMEOUT_S = 15.0
PAGE = 100
VERBS: dict[str, Verb] = {"GET": "read", "HEAD": "read", "DELETE": "erase"}


def create_app(settings: Settings, archive: Archive, live: Live, access: Access) -> Quart:
    """The application over its ports; tasks start with serving and end with it."""
    app = Quart("ingest", static_folder=None)
    app.asgi_websocket_class = BoundedWebsocketConnection
    app.config["MAX_CONTENT_LENGTH"] = settings.max_message_bytes
    publisher = Publisher(live)
    ingest = Ingest(archive, publisher)
    app.extensions["barograph"] = {"ingest": ingest, "archive": archive, "access": access, "settings": settings}
    _add_tasks(app, ingest, publisher)
    _add_http(app, settings, archive, live)
    app.websocket("/ws")(_ws)

    @app.before_request
    @app.before_websocket
    async def admit() -> None:
        asked: Any = request if request else websocket
        who = access.principal(asked)
        verb = VERBS.get(asked.method, "write") if request else "write"
        if who is None or not access.allowed(who, verb, asked.path):
            abort(403)

    return app


def _add_tasks(app: Quart, ingest: Ingest, publisher: Publisher) -> None:
    tasks: list[asyncio.Task[None]] = []

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical(
                "%s failed; the process ends so that devices keep their frames", task.get_name(), exc_info=error
            )
            signal.raise_signal(signal.SIGTERM)

    @app.before_serving
    async def start() -> None:
        runs: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "commit": ingest.committer.run, "publish": publisher.run, "marks": ingest.keep_marks,
            "rollups": ingest.keep_rollups,
        }  # fmt: skip
        for name, run in runs.items():
            task = asyncio.create_task(run(), name=f"ingest-{name}")
            task.add_done_callback(ended)
            tasks.append(task)

    @app.after_serving
    async def stop() -> None:
        try:
            await asyncio.wait_for(ingest.committer.drain(), DRAIN_TIMEOUT_S)
            await ingest.write_marks()
        except TimeoutError:
            log.exception("the archive did not take what was left within %.0f s; it was not acked", DRAIN_TIMEOUT_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ws() -> None:
    """One device or viewer: messages in, in their order; events out through its outbox."""
    ingest: Ingest = current_app.extensions["barograph"]["ingest"]
    peer = Peer(Outbox())
    address = websocket.remote_addr
    log.info("connected %s", address)
    sender = asyncio.create_task(_send_all(peer.outbox), name="ingest-send")
    try:
        while not peer.outbox.lost:
            await ingest.receive(peer, await websocket.receive())
        log.info("%s does not read; its connection is closed", address)
        await websocket.close(4408, "the client does not read")
    except Disconnected:
        log.info("disconnected %s", address)
    finally:
        await ingest.closed(peer)
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def _send_all(outbox: Outbox) -> None:
    """Send until cancelled, until the peer is gone (what it sent before is still handled), or does not read."""
    encode = msgspec.json.encode
    try:
        while True:
            for event in await outbox.next():
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await websocket.send(encode(event).decode())
    except TimeoutError:
        outbox.lost = True
    except OSError:  # uvicorn's ClientDisconnected is one
        outbox.close()


def _add_http(app: Quart, settings: Settings, archive: Archive, live: Live) -> None:
    @app.get("/api/workouts")
    async def workouts() -> dict[str, Any]:
        """Workouts, newest first."""
        page = await archive.workouts(limit=PAGE, skip=request.args.get("skip", 0, int))
        return {"workouts": [describe(workout, settings.idle_timeout_s) for workout in page]}

    @app.get("/api/workouts/<workout_id>")
    async def workout(workout_id: str) -> dict[str, Any]:
        """One workout."""
        return describe(await archive.workout(workout_id), settings.idle_timeout_s)

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz")
    async def readyz() -> tuple[dict[str, Any], int]:
        """Both servers answer; names the part that does not."""
        parts = {"archive": await _state(archive.ping), "live": await _state(live.ping)}
        ready = parts["archive"] == "ready"
        return {"status": "ready" if ready else "not ready", **parts}, 200 if ready else 503

    @app.errorhandler(NotFound)
    async def not_found(error: NotFound) -> tuple[dict[str, Any], int]:
        return {"error": {"code": "not_found", "message": str(error)}}, 404

    @app.errorhandler(BarographError)
    async def failed(error: BarographError) -> tuple[dict[str, Any], int]:
        log.warning("request failed: %s", error)
        return {"error": {"code": "archive_away", "message": str(error)}}, 503

    for code, name in (
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (413, "too_large"),
        (500, "internal"),
    ):
        app.register_error_handler(code, _json_error(code, name))


def _json_error(status: int, name: str) -> Callable[[Any], Awaitable[tuple[dict[str, Any], int]]]:
    async def answer(error: Any) -> tuple[dict[str, Any], int]:
        message = getattr(error, "description", "") if status < 500 else "something went wrong here; the log says what"
        return {"error": {"code": name, "message": message}}, status

    return answer


async def _state(ping: Callable[[], Awaitable[None]]) -> str:
    try:
        await ping()
    except BarographError as error:
        return f"away: {error}"
    return "ready"


def describe(workout: Workout, idle_timeout_s: float) -> dict[str, Any]:
    """A workout as the HTTP API gives it; times in µs since 1970 and ISO 8601."""
    about = workout.about
    return {
        "workout_id": workout.workout_id, "state": states.state(workout, now_us(), idle_timeout_s),
        "frame_count": workout.frames, "created_us": workout.created_us, "athlete": about.athlete, "kind": about.kind,
        "mass_kg": about.mass_kg, "tags": list(about.tags),
        "streams": [_describe_stream(info) for info in workout.streams],
    }  # fmt: skip


def _describe_stream(info: StreamInfo) -> dict[str, Any]:
    return {
        "stream": info.stream.stream, "frame_count": info.frames, "first_us": info.first_us, "last_us": info.last_us,
        "layout": info.layout.to_dict() if info.layout else None, "epochs": len(info.epochs),
    }  # fmt: skip
