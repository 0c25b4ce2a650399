"""What the page of masks is told: cells, automatic masks, numbers of analytics, and why there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from quart import Quart
from walkways import plate, treading, walking

from analytics import region_means, region_steps, sim
from analytics.regions.presets import Regions
from barograph.errors import InvalidData
from barograph.store.correcting import add_mask
from dashboard.masks import routes
from dashboard.masks.page import show
from dashboard.reading.step_parts import foot_of

T0 = 1_790_000_000_000_000
WALK = treading(plate(600, 2400), walking(4, y=250, step_mm=560), 3.0)
STEPS = {side: one.part(0, 300) for side, one in sim.walk(6.0, rate_hz=50.0, seed=3, start_us=T0).items()}


@pytest.fixture
def ask(pages):
    app = Quart("masks")
    routes.register(app, pages)
    client = app.test_client()

    async def asked(path: str, body: object = None):
        if body is None:
            return await (await client.get(path)).get_json()
        return await (await client.post(path, json=body)).get_json()

    return asked


async def test_an_insole_is_told_with_its_automatic_masks_and_the_numbers_of_region_steps(ask, keep, pages):
    await keep("walk", STEPS, athlete="Athlete 15")
    said = await ask("/data/walk/mask-ground?stream=right&side=right")
    layout = STEPS["right"].layout
    assert (said["title"], said["about"]) == ("Masks of the right foot", "Athlete 15, walk")
    assert said["ground"]["places"] == "cells"
    assert said["version"] == 1
    labels = np.array(said["labels"]).reshape(layout.rows, layout.cols)
    assert labels.tolist() == np.array(said["found"]).reshape(labels.shape).tolist()
    np.testing.assert_array_equal(labels > 0, layout.valid)
    assert set(labels.ravel()) == set(range(11))
    context = await routes.context_of(pages, "walk", "")
    one = next(one for one in context.infos if one.stream.stream == "right")
    stances = (await foot_of(context, one)).stances
    named = Regions(tuple(map(str, range(1, 11))), (labels == np.arange(1, 11)[:, None, None]).astype(float), "drawn")
    means = region_means(region_steps(STEPS["right"], stances, named))
    for at, measure in enumerate(said["measures"]):
        shown = [said["before"][str(number)][at] for number in range(1, 11)]
        assert shown == pytest.approx(means[f"mean_{measure['name']}"].tolist(), abs=1e-3), measure["name"]


async def test_numbers_follow_the_masks_that_are_sent(ask, keep):
    await keep("walk", STEPS)
    said = await ask("/data/walk/mask-ground?stream=right&side=right")
    merged = [1 if label == 2 else label for label in said["labels"]]
    rows = (await ask("/data/walk/mask-numbers", {"stream": "right", "side": "right", "labels": merged}))["rows"]
    share = [one["name"] for one in said["measures"]].index("load_share_pct")
    assert "2" not in rows
    assert rows["1"][share] == pytest.approx(said["before"]["1"][share] + said["before"]["2"][share], abs=1e-3)
    assert rows["9"] == said["before"]["9"]


async def test_an_axis_that_is_drawn_divides_the_foot_anew(ask, keep):
    await keep("walk", STEPS)
    said = await ask("/data/walk/mask-ground?stream=right&side=right")
    line = {"stream": "right", "side": "right", "heel": said["axis"]["heel"]}
    same = await ask("/data/walk/mask-division", {**line, "toe": said["axis"]["toe"]})
    x, y = said["axis"]["toe"]
    other = await ask("/data/walk/mask-division", {**line, "toe": [x + 20, y]})
    assert sum(a != b for a, b in zip(same["labels"], said["found"], strict=True)) <= 2
    assert other["labels"] != said["found"]
    none = await ask("/data/walk/mask-division", {**line, "toe": said["axis"]["heel"]})
    assert (none["labels"], none["why"]) == (None, "it has no direction")


async def test_prints_are_drawn_as_their_mean_in_the_frame_of_the_foot_or_one_by_one(ask, keep):
    await keep("hall", {"plate": replace(WALK, times_us=WALK.times_us + T0)})
    first = await ask("/data/hall/mask-ground?stream=plate&side=left")
    assert [one["title"] for one in first["grounds"]] == ["print 1", "print 3"]
    assert (first["ground"]["places"], first["said"]) == ("foot", "Left, mean of 2 prints, 8 mm cells")
    assert [bool(label) for label in first["labels"]] == [bool(one) for one in first["loaded"]]
    assert [one["name"] for one in first["scopes"] if not one["why"]] == ["session"]
    assert first["axis"]["heel"][0] == pytest.approx(first["axis"]["toe"][0], abs=0.01)
    drawn = {"stream": "plate", "side": "left", "labels": first["labels"]}
    laid = (await ask("/data/hall/mask-numbers", drawn))["rows"]
    for number, row in first["before"].items():
        assert laid[number][1] == pytest.approx(row[1], rel=0.25), number
    mark = first["grounds"][0]["mark"]
    said = await ask(f"/data/hall/mask-ground?stream=plate&side=left&mark={mark}")
    ground, layout = said["ground"], WALK.layout
    assert ground["places"] == "cells"
    assert ground["row"] + ground["rows"] <= layout.rows
    assert len(said["labels"]) == ground["rows"] * ground["cols"]
    assert [bool(label) for label in said["labels"]] == [bool(one) for one in said["loaded"]]
    assert [one["name"] for one in said["scopes"] if not one["why"]] == ["print"]
    share = [one["name"] for one in said["measures"]].index("load_share_pct")
    assert sum(row[share] for row in said["before"].values()) == pytest.approx(100.0, abs=0.01)


async def test_what_is_no_foot_says_why_and_can_be_drawn_from_nothing(ask, keep):
    layout = replace(STEPS["left"].layout, pitch_mm=None)
    await keep("cells", {"left": replace(STEPS["left"], layout=layout)})
    said = await ask("/data/cells/mask-ground?stream=left&side=left")
    assert said["found"] is None
    assert said["why"] == "the size of the cells is not known"
    assert not any(said["labels"])
    assert said["before"] == {}


async def test_what_cannot_be_asked_says_so(ask, keep, pages):
    await keep("walk", STEPS)
    context = await routes.context_of(pages, "walk", "")
    with pytest.raises(InvalidData, match="labels: expected"):
        await routes.numbers(pages, context, routes.MaskQuery("right", "right", [1, 2]))
    with pytest.raises(InvalidData, match="labels: expected whole numbers from 0 to 10"):
        await routes.numbers(pages, context, routes.MaskQuery("right", "right", [11]))


async def test_the_page_leads_back_to_where_it_came_from(pages, keep):
    await keep("walk", STEPS)
    body = await show(pages, "walk", "?stream=right&side=right&tab=regions&from=1&to=3")
    markup = getattr(body, "data-markup")
    assert 'href="/session/walk?tab=regions&amp;from=1&amp;to=3"' in markup
    assert "Masks are drawn on larger screens" in markup
    missing = await show(pages, "never", "")
    assert "data-markup" not in vars(missing)


async def test_what_is_kept_holds_when_the_page_is_opened_again(ask, keep, pages):
    await keep("hall", {"plate": replace(WALK, times_us=WALK.times_us + T0)})
    await keep("walk", STEPS)
    for name, path in (("hall", "stream=plate&side=left"), ("walk", "stream=right&side=right")):
        said = await ask(f"/data/{name}/mask-ground?{path}")
        labels = [3 if label in (4, 5) else label for label in said["labels"]]
        drawn = {one: said[one] for one in ("stream", "side", "ground")}
        asked = {"stream": said["stream"], "side": said["side"], "labels": labels}
        rows = (await ask(f"/data/{name}/mask-numbers", asked))["rows"]
        kept = {**drawn, "labels": labels, "scope": "session", "reason": "by palpation"}
        made = await add_mask(pages.archive, name, kept, now_us=T0)
        again = await ask(f"/data/{name}/mask-ground?{path}")
        assert (again["version"], made.number) == (2, 2)
        assert again["labels"] == labels
        assert again["found"] == said["found"]
        assert again["before"] == rows
        assert again["before"] != said["before"]
