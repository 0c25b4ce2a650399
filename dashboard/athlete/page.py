"""The athlete's page: one big thing, read from three metres; plain HTML without Dash, little for a phone to load.

`assets/athlete/athlete.mjs` fills it from the feed; what it shows stands in its address
(`assets/athlete/athleteview.mjs`).
"""

from __future__ import annotations

from html import escape

from quart import Quart, Response
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.errors import InvalidData
from barograph.frames import check_name
from barograph.store.ports import Archive
from dashboard.page import guard
from dashboard.page.head import UNDER_THE_NOTCH, head
from dashboard.page.visitors import may

PAGE = (
    head(
        "Athlete",
        styles=("share/share.css", "athlete/athlete.css"),
        scripts=("core/scheme.js", "core/reach.js", "athlete/athletepage.mjs"),
        viewport=UNDER_THE_NOTCH,
    )
    + """</head>
<body>
<main id="athlete" class="athlete" data-workout="{workout}" data-state="waiting">
<h1 class="athlete-top"><span class="pill" data-slot="pill" data-state="waiting"><span class="dot"></span>
<span data-slot="pill-text">Waiting</span></span> <span data-slot="name"></span> <span data-slot="elapsed"></span></h1>
{share}<p class="athlete-word" data-slot="word" data-word="waiting" role="status">
<span data-slot="mark" aria-hidden="true"></span> <span data-slot="word-text">Waiting</span></p>
<div class="athlete-big" data-slot="big"></div>
<div class="athlete-gauge" data-slot="gauge" hidden></div>
<canvas data-slot="map" role="img" aria-label="No frames yet."></canvas>
<div class="athlete-second" data-slot="second" hidden></div>
</main>
</body>
</html>"""
)


SHARE = """<button class="button athlete-share" type="button" data-slot="share" data-workout="{workout}"
data-views="athlete" data-view="athlete">Share</button>
"""
NOWHERE = guard.PAGE.format(
    title="No session has this name",
    text="The address is not complete, or it was typed by hand.",
    more='<p><a href="/">All sessions</a></p>',
)


def register(app: Quart, archive: Archive) -> None:
    """Add the page to an application."""

    @app.get("/athlete/<workout_id>")
    @needs("read", "live", shared=True)
    async def show(workout_id: str) -> ResponseTypes:
        try:
            named = escape(check_name("workout_id", workout_id), quote=True)
        except InvalidData:
            return guard.page(NOWHERE, 404)
        if await archive.erased([workout_id]):
            return guard.page(guard.ERASED, 410)
        share = SHARE.format(workout=named) if may("share") else ""
        return Response(PAGE.format(workout=named, share=share), content_type="text/html; charset=utf-8")
