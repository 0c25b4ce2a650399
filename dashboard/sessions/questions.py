"""What is asked of a dropped file that does not say all, with what each answer would mean; and a look through a map."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph import files
from barograph.access.needs import needs
from barograph.errors import BarographError, FileFormatError, InvalidData
from barograph.files.doubts import nowhere
from barograph.files.given import Given, given
from barograph.files.map_draft import draft
from barograph.files.map_look import look
from barograph.files.mapping import MOST_BYTES, written
from barograph.files.parts import Frameful
from barograph.web.bodies import whole
from dashboard.dialogs.geometry_way import brings, fitting
from dashboard.drawing.geometry_picture import both_ways, sides_of
from dashboard.page.answers import json_text
from dashboard.sessions.told import told_of_files

LOOK_BYTES = 1 << 20  # of a text that are looked at; the page sends no more
LOOKS_AT_ONCE = 2
SEEN_BYTES = 32 << 20  # of frames that a question looks at
MOST_SIDE = 128  # rows and columns of its picture


def register(app: Quart) -> None:
    """Add the route that looks at the beginning of a text through a map."""
    turns = asyncio.Semaphore(LOOKS_AT_ONCE)

    @app.post("/import/look")
    @needs("import")
    async def seen() -> ResponseTypes:
        said = told_of_files()
        text = await whole(request, LOOK_BYTES)
        async with turns:
            found = await asyncio.to_thread(_looked, text, said.get("map", ""), said.get("pitch") or None)
        return Response(json_text(found), content_type="application/json")


def _asked(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        found = json.loads(text) if len(text) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidData(f"map: expected a JSON object of at most {MOST_BYTES} bytes", field="map")
    return found


def _looked(text: bytes, asked: str, pitch: str | None) -> dict[str, Any]:
    """Look at the whole lines of a text; what is wrong with the map is said as of a line that does not fit."""
    with tempfile.TemporaryDirectory(prefix="barograph-") as folder:
        path = Path(folder) / "file"
        path.write_bytes(text if len(text) < LOOK_BYTES else text[: text.rfind(b"\n") + 1] or text)
        try:
            return look(path, _asked(asked), given(pitch=pitch))
        except (InvalidData, FileFormatError) as error:
            return {"error": str(error).replace(f"{path}: ", "").replace(f"{path}, ", "")}


def question(path: Path, asks: tuple[str, ...], said: Given) -> dict[str, Any]:
    """Return what is asked of a file, with its largest value and a picture; of a text with a first map."""
    if "map" in asks:
        made, unknown = draft(path)
        return {"asks": ["map"], "map": written(made, unknown), "unknown": unknown}
    return {"asks": list(asks), **_consequences(path, said)}


def which_geometry(recordings: Sequence[Frameful]) -> dict[str, Any]:
    """Return the question which geometry the cells of a file have, each with its picture; {} where there is none."""
    bare = [one.layout for one in recordings if nowhere(one.layout)]
    known = fitting(bare)
    if not known:
        return {}
    choices = [
        {"name": one.name, "title": one.title, "says": brings(one),
         "picture": both_ways(sides_of(one.name), numbers=False)}
        for one in known
    ]  # fmt: skip
    cells = " or ".join(str(n) for n in sorted({layout.cells for layout in bare}))
    return {"asks": ["geometry"], "choices": choices, "error": f"does not say where its {cells} cells lie:"}


def _consequences(path: Path, said: Given) -> dict[str, Any]:
    """The largest stored value of a file and where it lies; nothing of a file that cannot be read with any answer."""
    any_answer = replace(
        said, rate_hz=said.rate_hz or 1.0, pitch_mm=said.pitch_mm or (1.0, 1.0), side=said.side or "left"
    )
    try:
        one = files.open_file(path, any_answer)[0]
        most = max(1, SEEN_BYTES // one.layout.frame_bytes)
        peak = np.zeros((one.layout.rows, one.layout.cols))
        for start, part in one.blocks(max(1, min(most, 1024))):
            peak = np.fmax(peak, np.fmax.reduce(part.values(), axis=0))
            if start + len(part) >= most:
                break
    except BarographError:
        return {}  # the answer to whatever is given says why
    picture = peak[:: 1 + peak.shape[0] // MOST_SIDE, :: 1 + peak.shape[1] // MOST_SIDE]
    return {"peak": float(peak.max()), "picture": np.nan_to_num(picture).tolist()}
