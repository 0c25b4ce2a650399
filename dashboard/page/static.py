"""The files of assets/, from memory, and the order of the style sheets.

They are few and small. Quart's own static files are read in threads, and a browser that navigates away while one is
sent leaves an open file behind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs

FOLDER = Path(__file__).parents[1] / "assets"
# Of every page of Dash, in the order in which the later wins: what all pages share, then page by page.
STYLES = (
    "core/tokens.css", "core/base.css", "core/frame.css", "core/icons.css", "core/bar.css", "core/numbers.css",
    "core/resetview.css", "core/change.css", "core/crosshair.css", "athletes/one.css", "athletes/oneforms.css",
    "compare/compare.css", "compare/paired.css", "compare/change.css", "history/history.css", "live/live.css",
    "live/livetools.css", "live/sheets.css", "live/lookback.css", "map/cellprobe.css", "masks/masks.css",
    "masks/drawing.css", "record/record.css",
    "record/recordsetup.css", "record/recordtests.css", "record/recordtrial.css", "share/share.css",
    "system/system.css", "session/drawing.css", "session/session.css", "session/tabs.css", "session/values.css",
    "session/jump.css", "session/prints.css", "session/trials.css", "sessions/home.css", "sessions/importing.css",
    "sessions/mapping.css", "sessions/list.css", "athletes/roster.css",
)  # fmt: skip
KINDS = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class File:
    """What is sent."""

    content: bytes
    kind: str
    tag: str


def load(folder: Path = FOLDER) -> dict[str, File]:
    """Return every file under a folder that browsers are to have, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): _file(path) for path in sorted(folder.rglob("*")) if path.suffix in KINDS
    }


def _file(path: Path) -> File:
    content = path.read_bytes()
    return File(content, f"{KINDS[path.suffix]}; charset=utf-8", hashlib.sha256(content).hexdigest()[:16])


def register(app: Quart) -> None:
    """Add the files to an application, before Dash adds its own route for them."""
    files = load()

    @app.get("/assets/<path:name>")
    @needs("known", shared=True)
    async def asset(name: str) -> ResponseTypes:
        if name not in files:
            return Response("There is no such file.", status=404, content_type="text/plain; charset=utf-8")
        file = files[name]
        response = Response(file.content, content_type=file.kind)
        response.set_etag(file.tag)
        return await response.make_conditional(request)
