"""What an analyst may change at another machine, by the ingest's HTTP API.

A recording is sent as a Parquet file, part by part, and stored there as `barograph import` stores one. It is named by
its content: what the server has of it already is not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from barograph import files
from barograph.codec import Header, whole
from barograph.errors import CodecError, NotFound
from barograph.files.encoding import CHUNK_FRAMES, encoded
from barograph.files.parts import Frameful
from barograph.frames import Frames, Ints, Stream
from barograph.layout import Named
from barograph.remote import forms
from barograph.remote.archive import RemoteArchive
from barograph.remote.client import BINARY, Body, Client, Params, Patience, Unanswered, error_of, json_body, path_of
from barograph.remote.trials import told
from barograph.store.calibration_records import GIVEN, Made
from barograph.store.corrections import MaskVersion, PrintsVersion, mask_of, prints_of
from barograph.store.imports import Imported, check_importable, identity
from barograph.store.records import Marker, StreamInfo
from barograph.store.trials import Trial
from barograph.store.writing import Progress, counting

Take = Callable[[Header, memoryview], None]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RemoteWriter:
    """The port for changes, over HTTP."""

    def __init__(self, client: Client, archive: RemoteArchive) -> None:
        self._client, self._archive = client, archive

    async def mark(self, workout_id: str, marker: Marker) -> None:
        """Keep an annotation; the same one twice is one."""
        moment = (EPOCH + timedelta(microseconds=marker.t_us)).isoformat(timespec="microseconds")
        path = path_of("api", "workouts", workout_id, "markers")
        await self._client.json("POST", path, {"label": marker.label, "timestamp": moment})

    async def add_trial(self, workout_id: str, protocol: str, fields: Mapping[str, Any]) -> Trial:
        """Make a trial by a protocol that the server has; the same twice is one."""
        path = path_of("api", "workouts", workout_id, "trials")
        return told(await self._client.json("POST", path, {**fields, "protocol": protocol}))

    async def edit_trial(self, workout_id: str, number: int, fields: Mapping[str, Any]) -> Trial:
        """Change a trial: move, name or judge it."""
        path = path_of("api", "workouts", workout_id, "trials", str(number))
        return told(await self._client.json("PUT", path, dict(fields)))

    async def add_masks(self, workout_id: str, fields: Mapping[str, Any]) -> MaskVersion:
        """Keep masks as a new version, of plain values as `correcting.add_mask` takes them."""
        return mask_of(await self._client.json("POST", _masks(workout_id), dict(fields)))

    async def copy_masks(self, workout_id: str, source: str, number: int | None = None) -> list[MaskVersion]:
        """Copy masks from another session of the athlete."""
        asked: dict[str, Any] = {"from": source} | ({} if number is None else {"number": number})
        said = await self._client.json("POST", _masks(workout_id, "copy"), asked)
        return [mask_of(one) for one in said["masks"]]

    async def withdraw_masks(self, workout_id: str, number: int, withdrawn: bool = True) -> MaskVersion:
        """Withdraw a version of masks, or bring it back."""
        return mask_of(await self._client.json("PUT", _masks(workout_id, str(number)), {"withdrawn": withdrawn}))

    async def correct_prints(
        self, workout_id: str, items: Sequence[Mapping[str, Any]], reason: str = ""
    ) -> PrintsVersion:
        """Keep all corrections of prints as a new version."""
        path = path_of("api", "workouts", workout_id, "print-corrections")
        return prints_of(
            await self._client.json("POST", path, {"items": [dict(one) for one in items], "reason": reason})
        )

    async def withdraw_prints(self, workout_id: str, number: int, withdrawn: bool = True) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back."""
        path = path_of("api", "workouts", workout_id, "print-corrections", str(number))
        return prints_of(await self._client.json("PUT", path, {"withdrawn": withdrawn}))

    async def describe(self, workout_id: str, changes: Mapping[str, Any]) -> None:
        """Change what is said of a workout: fields of `About`; None and () unsay."""
        await self._client.json("PUT", path_of("api", "workouts", workout_id), dict(changes))

    async def calibrate(self, stream: Stream, changes: Mapping[str, Any], made: Made = GIVEN) -> StreamInfo:
        """Change the calibration of a stream; `made` says how it was found."""
        return await self._changed(
            "PUT", stream, "calibration", dict(changes) if made == GIVEN else {**changes, "made": made}
        )

    async def undo_calibration(self, stream: Stream, uid: str) -> StreamInfo:
        """Take back the newest calibration of a stream that holds, whose record has this uid."""
        return await self._changed("POST", stream, "calibration/undo", {"uid": uid})

    async def _changed(self, method: str, stream: Stream, what: str, said: Mapping[str, Any]) -> StreamInfo:
        found: list[StreamInfo] = []

        def take(header: Header, payload: memoryview) -> None:
            found[:] = [forms.stream_info_of(header, payload)]

        await self._ask(method, stream, what, forms.named(stream), lambda: json_body(_plain(said)), take)
        if not found or found[0].stream != stream:
            raise CodecError(f"calibration: expected {stream} from {self._client.address}, got something else")
        return found[0]

    async def import_recording(
        self, stream: Stream, recording: Frameful, start_us: int | None = None, progress: Progress | None = None
    ) -> Imported:
        """Store what of a recording is not stored yet; `start_us` is when one without a date began."""
        check_importable(stream, recording)
        name = await asyncio.to_thread(identity, recording, counting(progress, "read"))
        if await self._stored(stream, name, len(recording)):
            if progress is not None:
                progress("stored", len(recording))
            return Imported(stream, len(recording), 0)
        asked: dict[str, str | int] = {"stream": stream.stream}
        if start_us is not None:
            asked["start_us"] = start_us
        done: list[Imported] = []

        def take(header: Header, payload: memoryview) -> None:
            if header["type"] == "progress":
                if progress is not None and "frames" in header:  # servers of version 0.1 do not say
                    progress("stored", whole(header, "frames", 0, len(recording)))
                return
            if header["type"] == "error":
                said = msgspec.json.encode({"error": header})
                raise error_of(whole(header, "status", 400, 599), None, said, f"import of {stream}")
            forms.require_type(header, "imported")
            frames = whole(header, "frames", 0, 1 << 53)
            done[:] = [Imported(stream, frames, whole(header, "stored", 0, frames))]
            if progress is not None:
                progress("stored", frames)

        await self._ask("POST", stream, "recording", asked, lambda: Body(BINARY, _parquet(recording, progress)), take)
        if not done:
            raise CodecError(f"import: expected {self._client.address} to say what it stored, got nothing")
        return done[0]

    async def _stored(self, stream: Stream, epoch: str, frames: int) -> bool:
        """Return whether the server has all of an epoch."""
        try:
            info = await self._archive.stream_info(stream)
        except NotFound:
            return False
        return any(one.epoch == epoch and one.frames >= frames for one in info.epochs)

    async def _ask(
        self, method: str, stream: Stream, what: str, params: Params, body: Callable[[], Body], take: Take
    ) -> None:
        """Send something, and again where there is no whole answer: the same twice is one."""
        patience, path = Patience(), path_of("api", "archive", "workouts", stream.workout_id, *what.split("/"))
        while True:
            try:
                asked = self._client.messages(path, params, method=method, body=body())
                async with aclosing(asked) as messages:
                    async for message in messages:
                        take(*message)
                return
            except Unanswered as error:
                await patience.wait(error)


async def _parquet(recording: Frameful, progress: Progress | None) -> AsyncIterator[bytes]:
    """The file, part by part; sent again, it is counted again from its first frame."""
    encoder = files.encoder("parquet", recording.layout, len(recording), provenance=recording.provenance)
    parts = encoded(encoder, _chunks(recording, counting(progress, "sent")))
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part


def _chunks(recording: Frameful, sent: Callable[[int], Any] | None) -> Iterator[tuple[Ints, Frames]]:
    for _, part in recording.blocks(CHUNK_FRAMES):
        yield part.times_us, part.frames
        if sent is not None:  # the next part is asked for when this one is on its way
            sent(len(part.times_us))


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Curves, geometries and places as the JSON that they are made of again."""
    return {name: value.to_dict() if isinstance(value, Named) else value for name, value in changes.items()}


def _masks(workout_id: str, *more: str) -> str:
    return path_of("api", "workouts", workout_id, "masks", *more)
