"""Where the time of a mat goes: each part of the ingest's way by itself, least processor time of twelve runs.

    python tests/benchmarks/bench_mat.py [ROWS COLS]

In batches of five, as `bench_ingest` sends them. What the system takes for sockets, and the event loop, is not in it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the ingest does

import bson
import numpy as np
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from analytics import arrival_stats
from analytics.columns import arrival_columns
from analytics.sim import gait_frames
from barograph import codec
from barograph.frames import Block, Layout, Stream
from barograph.store.documents import arrivals_of, frames_documents
from barograph.store.records import StreamInfo
from barograph.store.sealer import AesSealer
from barograph.store.sealing import FEED, Owner, Sealed
from ingest.messages import parse

BATCH, RUNS, READ_BYTES = 5, 12, 256 << 10


class OneKey:
    """The same key for everybody."""

    def key(self, owner: Owner, *, new: bool) -> bytes:
        return bytes(32)


def received(wire: bytes) -> None:
    """A message as it comes from the socket, parsed and unmasked."""
    reader = StreamReader()
    parser = Frame.parse(reader.read_exact, mask=True, max_size=None)
    next(parser)
    try:
        for at in range(0, len(wire), READ_BYTES):
            reader.feed_data(wire[at : at + READ_BYTES])
            next(parser)
    except StopIteration:
        return
    raise RuntimeError("expected the end of a message with its last bytes")


def parts(rows: int, cols: int) -> dict[str, Callable[[], Any]]:
    layout, stream = Layout(rows=rows, cols=cols, dtype="uint16"), Stream("mat")
    frames, now_us = gait_frames(BATCH, rows, cols, "uint16", 0), time.time_ns() // 1000
    stats, sealing = arrival_stats(frames, layout), Sealed(AesSealer(OneKey()))
    whole = Block(0, 0, now_us + np.arange(BATCH), now_us, frames, stats, 0)
    info = StreamInfo(stream, layout=layout, columns=arrival_columns(layout), k=0, epochs=(), workout_uid="mat")
    arrivals = arrivals_of([(stream, whole.part(i, i + 1)) for i in range(BATCH)])
    head = {"type": "frames", "workout_id": "mat", "stream": "main", "epoch": "e", "seq": 0, "n": BATCH}
    message = codec.encode(head | {"t0_us": now_us, "dt_us": 1, "encoding": "raw"}, frames.tobytes())
    wire, published = Frame(Opcode.BINARY, message).serialize(mask=True), codec.encode_block(whole, head)
    raw = [codec.bytes_of(frame) for frame in frames]

    def documents() -> list[dict[str, Any]]:
        return frames_documents(arrivals, {stream: info}, {stream: {}}, sealing)

    made = documents()
    return {
        "WebSocket: parse, unmask, copy": lambda: received(wire),
        "read the message": lambda: parse(message),
        "statistics": lambda: arrival_stats(frames, layout),
        "message of the live feed": lambda: codec.encode_block(whole, head),
        "its encryption": lambda: sealing.seal("feed", FEED, {"m": published}),
        "pack": lambda: codec.compress_all(raw),
        "pack, seal, make documents": documents,
        "BSON": lambda: [bson.encode(document) for document in made],
    }


def least_us(part: Callable[[], Any]) -> float:
    """Processor time of a frame."""
    part()
    spent = []
    for _ in range(RUNS):
        begun = time.process_time()
        for _ in range(BATCH):
            part()
        spent.append(time.process_time() - begun)
    return 1e6 * min(spent) / BATCH / BATCH


def main() -> None:
    rows, cols = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (240, 720)
    for name, part in parts(rows, cols).items():
        sys.stdout.write(f"{least_us(part):8.1f} us a frame  {name}\n")


if __name__ == "__main__":
    main()
