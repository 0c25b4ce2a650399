"""A device of the tests: recordings of one workout, through the ports as the ingest sends them, without a socket."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

import numpy as np

from analytics import arrival_stats
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph import codec
from barograph.frames import Block, Recording, Stream
from barograph.store.ports import Archive, Live
from barograph.store.records import About


@dataclass
class Device:
    """Opens streams, and stores and publishes frames of its recordings by their numbers."""

    archive: Archive
    live: Live
    workout_id: str
    recordings: dict[str, Recording] = field(default_factory=dict)
    about: About = field(default_factory=About)

    async def open_streams(self) -> None:
        """Open every stream under a new epoch, from the time of its first frame."""
        for name, recording in self.recordings.items():
            stream, layout, start_us = Stream(self.workout_id, name), recording.layout, int(recording.times_us[0])
            await self.archive.open(
                stream, epoch=str(uuid.uuid4()), numbered=True, now_us=start_us, about=self.about, spool=True
            )
            await self.archive.fix_layout(stream, layout, arrival_columns(layout), ARRIVAL_VERSION)

    def frames(self, name: str, first: int, last: int, received_us: int | None = None) -> Block:
        """Return frames of a stream with their statistics, received now or when it is said."""
        part = self.recordings[name].part(first, last)
        received_us = time.time_ns() // 1000 if received_us is None else received_us
        stats = arrival_stats(part.frames, part.layout)
        return Block(0, first, part.times_us, received_us, np.array(part.frames), stats)

    async def publish_block(self, name: str, block: Block) -> None:
        """Hand frames to whoever watches."""
        head = {"type": "frames", "workout_id": self.workout_id, "stream": name}
        await self.live.publish([(Stream(self.workout_id, name), codec.encode_block(block, head))])

    async def store_block(self, name: str, block: Block, *, now_us: int | None = None) -> None:
        """Store frames, and say how far the stream is."""
        stream = Stream(self.workout_id, name)
        await self.archive.append([(stream, block)])
        await self.archive.mark(
            stream, 0, next_seq=block.stop, frames=(await self.archive.stream_info(stream)).frames,
            first_us=int(block.times_us[0]), last_us=int(block.times_us[-1]), now_us=now_us or block.received_us,
        )  # fmt: skip

    async def publish_event(self, name: str, **event: object) -> None:
        """Hand an event to whoever watches."""
        await self.live.publish([(Stream(self.workout_id, name), codec.encode(event))])
