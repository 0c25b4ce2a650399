"""The documentation at `/docs`, where it was built (`make docs`); else how to build it.

The site is plain files that load nothing from elsewhere; scripts that stand in its pages are allowed by their hashes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from quart import Quart, Response, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from dashboard.page.head import head

PATH = "/docs"
# Beside the pages where a package brings it, and where `make docs` of a source tree puts it.
PLACES = (Path(__file__).parents[1] / "site", Path(__file__).parents[2] / "build/docs")
INLINE = re.compile(r"<script>(.*?)</script>", re.S)
HTML = "text/html; charset=utf-8"
UNBUILT = (
    head("Documentation", scripts=("core/scheme.js",))
    + """</head>
<body>
<main class="refusal">
<img src="/assets/core/mark.svg" alt="" width="40" height="40">
<h1>The documentation is not built here</h1>
<p>In the source tree of this version, run</p>
<pre><code>make docs</code></pre>
<p>and load this page again. The same texts are the files of its folder <code>docs</code>.</p>
<p><a href="/">All sessions</a></p>
</main>
</body>
</html>"""
)


@dataclass(frozen=True)
class Page:
    """What is sent."""

    content: bytes
    kind: str

    @property
    def policy(self) -> str:
        """What a browser may load and run for it: of this server, and the scripts that stand in it."""
        scripts = INLINE.findall(self.content.decode("utf-8", "replace")) if self.kind == HTML else []
        hashes = "".join(f" 'sha256-{_hash(script)}'" for script in scripts)
        return (
            f"default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def built() -> Path | None:
    """Return the folder of the site, None where it was not built."""
    return next((place.resolve() for place in PLACES if (place / "index.html").is_file()), None)


def found(site: Path, name: str) -> Page | None:
    """Return a file of the site, None where there is none; a folder stands for its page."""
    path = (site / name).resolve()
    if path.is_relative_to(site) and path.is_dir():
        path /= "index.html"
    if not path.is_relative_to(site) or not path.is_file():
        return None
    kind = HTML if path.suffix == ".html" else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Page(path.read_bytes(), kind)


def register(app: Quart) -> None:
    """Add the site to an application."""

    @app.get(PATH)
    @needs("known")
    async def docs() -> ResponseTypes:
        return redirect(f"{PATH}/", 303)  # its links are relative

    @app.get(f"{PATH}/")
    @needs("known")
    async def docs_start() -> ResponseTypes:
        return await _sent("")

    @app.get(f"{PATH}/<path:name>")
    @needs("known")
    async def docs_page(name: str) -> ResponseTypes:
        return await _sent(name)


async def _sent(name: str) -> ResponseTypes:
    site = await asyncio.to_thread(built)
    if site is None:
        return Response(UNBUILT, status=404 if name else 200, content_type=HTML)
    page = await asyncio.to_thread(found, site, name)
    if page is None:
        return Response("There is no such page.", status=404, content_type="text/plain; charset=utf-8")
    if page.kind == HTML and name and not name.endswith(("/", ".html")):
        return redirect(f"{PATH}/{name}/", 303)
    response = Response(page.content, content_type=page.kind)
    response.headers["Content-Security-Policy"] = page.policy
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(hashlib.sha256(page.content).hexdigest()[:16])
    return await response.make_conditional(request)
