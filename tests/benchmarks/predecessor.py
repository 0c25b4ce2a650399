"""The predecessor's way, for comparison: Flask-SocketIO in threads, JSON frames, `insert_one` of nested lists.

python predecessor.py PORT     (the MongoDB URL comes on standard input)
"""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_socketio import SocketIO, emit, join_room
from pymongo import MongoClient

from analytics.columns import arrival_columns
from analytics.frames.basic_set import arrival_stats
from barograph.frames import Layout


def serve(port: int, mongo_url: str) -> None:
    import numpy as np

    app = Flask("predecessor")
    socketio = SocketIO(app, async_mode="threading", cors_allowed_origins="*")
    frames = MongoClient(mongo_url)["predecessor"]["frames"]
    frames.drop()
    counts: dict[str, int] = defaultdict(int)
    layouts: dict[tuple[int, int], Layout] = {}

    @socketio.on("join_session")
    def join(data: dict[str, Any]) -> None:
        join_room(data["workout_id"])
        emit("session_joined", {"workout_id": data["workout_id"], "status": "joined"})

    @socketio.on("pressure_frame")
    def frame(data: dict[str, Any]) -> None:
        matrix = np.array(data["matrix"], np.float64)
        layout = layouts.setdefault(matrix.shape, Layout(rows=matrix.shape[0], cols=matrix.shape[1]))
        stats = dict(zip(arrival_columns(layout), arrival_stats(matrix[None], layout)[0].tolist(), strict=True))
        frames.insert_one({**data, "received": datetime.now(UTC), "stats": stats})
        counts[data["workout_id"]] += 1
        said = {"stats": {name: value if value == value else None for name, value in stats.items()}}
        said |= {"frame_count": counts[data["workout_id"]], "timestamp": data["timestamp"]}
        emit("frame_processed", said, to=data["workout_id"])

    socketio.run(app, host="127.0.0.1", port=port, allow_unsafe_werkzeug=True, log_output=False)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.stdin.readline().strip())
