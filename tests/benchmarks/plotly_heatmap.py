"""The same picture as the live page's, as a Plotly heat map that Dash pushes over its own socket, to compare with.

python plotly_heatmap.py PORT RATE_HZ; every frame is a new figure of both feet, the way one would write it first.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import numpy as np
import plotly.graph_objects as go
import uvicorn
from dash import Dash, Input, Output, dcc, html, set_props
from quart import Quart

from analytics import sim

# When a figure comes, the age of the frame in it at the next picture of the browser.
DRAWN = """(figure) => {
  const sent = figure?.layout?.meta;
  if (sent) requestAnimationFrame(() => (window.ages ??= []).push(Date.now() - sent));
  return "";
}"""


def figure(frame: np.ndarray[Any, Any]) -> go.Figure:
    made = go.Figure(go.Heatmap(z=frame, zmin=0, zmax=4000, colorscale="Viridis"))
    return made.update_layout(meta=time.time() * 1000, width=500, height=700)


def create_app(rate_hz: float) -> Quart:
    server = Quart("comparison")
    app = Dash("comparison", server=server, websocket_callbacks=True, websocket_batch_delay=0)  # type: ignore[arg-type]
    app.layout = html.Div([dcc.Store(id="go", data=1), dcc.Graph(id="heat"), html.Span(id="said")])
    walk = sim.walk(20.0, rate_hz=rate_hz)
    frames = np.concatenate([walk["left"].frames, walk["right"].frames], axis=2)
    app.clientside_callback(DRAWN, Output("said", "children"), Input("heat", "figure"))  # type: ignore[no-untyped-call]

    @app.callback(Input("go", "data"), websocket=True, persistent=True)
    async def push(_go: int) -> None:
        begun, sent = time.monotonic(), 0
        while True:
            set_props("heat", {"figure": figure(frames[sent % len(frames)])})
            sent += 1
            await asyncio.sleep(max(0.0, begun + sent / rate_hz - time.monotonic()))

    return server


if __name__ == "__main__":
    uvicorn.run(create_app(float(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
