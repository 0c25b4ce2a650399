"""The browser's modules by themselves, in the browser: the same numbers as Python's."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import pytest_asyncio

from barograph import codec
from barograph.frames import Block, Stream
from dashboard.drawing import words
from dashboard.reading.recent_samples import Samples, history

PREPARE = """
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const load = (name) => import(`/assets/${name}.mjs`);
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(viewer):
    """Runs the body of an asynchronous function in a page, with `given`, and returns what it returns."""
    page = await viewer.open("/compare")

    async def evaluate(body: str, given: object = None) -> object:
        return await page.evaluate(f"async (given) => {{ {PREPARE} {body} }}", given)

    return evaluate


def sent(message: bytes) -> str:
    return base64.b64encode(message).decode()


@pytest.mark.parametrize("even", [True, False])
async def test_the_binary_form_reads_the_same_in_the_browser(run, even):
    rng = np.random.default_rng(4)
    for dtype in ("uint8", "uint16", "float32", "float64"):
        frames = rng.uniform(0, 200, (5, 3, 7)).astype(f"{'<' if dtype != 'uint8' else ''}{np.dtype(dtype).str[1:]}")
        times = 1_795_000_000_000_000 + (np.arange(5) * 10_000 if even else np.array([0, 3, 4, 9, 70_001]))
        block = Block(2, 11, times, 5, frames, rng.normal(size=(5, 10)).astype(np.float32))
        message = codec.encode_block(block, {"type": "frames", "stream": "رياضي <b>"})
        got = await run(
            """const { decodeBlock } = await load("core/codec");
               const b = decodeBlock(bytes(given));
               return { header: b.header, times: [...b.times], frames: [...b.frames], stats: [...b.stats] };""",
            sent(message),
        )
        assert (got["header"]["e"], got["header"]["seq"], got["header"]["stream"]) == (2, 11, "رياضي <b>")
        assert got["times"] == times.tolist()
        np.testing.assert_array_equal(got["frames"], frames.ravel().astype(np.float64))
        np.testing.assert_array_equal(got["stats"], block.stats.ravel().astype(np.float64))


async def test_blocks_one_after_the_other_read_the_same_in_the_browser(run):
    rng = np.random.default_rng(5)
    sent_blocks, expected = [], []
    for seq, (dtype, n, k) in enumerate((("uint8", 1, 3), ("uint16", 3, 0), ("float64", 2, 5), ("float32", 1, 1))):
        frames = rng.uniform(0, 200, (n, 3, 5)).astype(dtype)
        stats = rng.normal(size=(n, k)).astype(np.float32) if k else None
        block = Block(0, seq, 1000 + 10 * np.arange(n), 5, frames, stats)
        sent_blocks.append(codec.encode_block(block, {"type": "frames", "stream": "s"}))
        expected.append([frames.ravel().tolist(), [] if stats is None else stats.ravel().tolist()])
    past = list(history(Stream("w", "s"), [samples(0, 4)]))
    got = await run(
        """const { decodeBlocks } = await load("core/codec");
           return decodeBlocks(bytes(given)).map((b) => [[...(b.frames ?? [])], [...(b.stats ?? [])]]);""",
        sent(b"".join((*past, *sent_blocks))),
    )
    assert got == [[[], [0, 1, 2, 3]], *expected]


def samples(first: int, n: int, *, seq: int | None = None) -> Samples:
    numbers = np.arange(first, first + n)
    return Samples(0, first if seq is None else seq, numbers * 10_000, numbers.astype(np.float32)[:, None])


async def test_a_ring_holds_each_sample_once_and_the_newest_of_them(run):
    parts = [samples(0, 40), samples(20, 60), samples(0, 10), samples(90, 60)]
    got = await run(
        """const { decodeBlock } = await load("core/codec");
           const { Ring } = await load("feed/ring");
           const ring = new Ring(["total_force_n"], 64);
           for (const one of given) ring.append(decodeBlock(bytes(one)));
           const order = Array.from({ length: ring.size }, (_, i) => ring.slot(i));
           return { times: order.map((i) => ring.times[i]), values: order.map((i) => ring.values[0][i]),
                    before: ring.countBefore(1_000_000), high: ring.highest("total_force_n", 0), gaps: ring.gaps(),
                    interval: ring.interval() };""",
        [sent(one) for part in parts for one in history(Stream("w", "s"), [part])],
    )
    expected = [*range(76, 80), *range(90, 150)]
    assert got["values"] == expected
    assert got["times"] == [value * 10_000 for value in expected]
    assert got["before"] == expected.index(100)
    assert got["high"] == 149
    assert got["interval"] == 10_000
    assert got["gaps"] == [[790_000, 900_000]]


async def test_late_samples_find_their_place(run):
    late = list(history(Stream("w", "s"), [samples(0, 30)]))
    got = await run(
        """const { decodeBlock } = await load("core/codec");
           const { Ring } = await load("feed/ring");
           const ring = new Ring(["total_force_n"], 64);
           for (const one of given.live) ring.append(decodeBlock(bytes(one)));
           const before = ring.gaps().length;
           ring.refill(given.late.map((one) => decodeBlock(bytes(one))));
           return { before, after: ring.gaps().length, size: ring.size, last: ring.last };""",
        {
            "live": [sent(one) for one in history(Stream("w", "s"), [samples(0, 10), samples(20, 20)])],
            "late": [sent(one) for one in late],
        },
    )
    assert got == {"before": 1, "after": 0, "size": 40, "last": 390_000}


async def test_a_picture_has_the_values_of_its_cells_and_none_between_what_is_dead(run):
    layout = {"rows": 6, "cols": 5, "dtype": "float32", "unit": "kPa", "mask": [1] * 28 + [0, 0]}
    got = await run(
        """const { Sensor } = await load("map/sensor");
           const { Heat } = await load("map/heat");
           const sensor = new Sensor("s", given, ["total_force_n"]);
           const frame = new Float32Array(30).fill(100);
           frame[12] = NaN; frame[7] = 250;
           const heat = new Heat(sensor, 3);
           const peak = heat.read(frame, 0);
           heat.paint("viridis", 400);
           const pixel = (x, y) => heat.pixels[y * heat.canvas.width + x];
           const even = new Heat(sensor, 3);
           even.read(new Float32Array(30).fill(100), 0);
           even.paint("viridis", 400);
           return { peak, masked: Number.isNaN(heat.values[29]), filled: heat.filled[12], edge: heat.filled[29],
                    inside: pixel(1, 16) === even.pixels[0], flat: new Set(even.pixels).size };""",
        layout,
    )
    assert got["peak"] == {"index": 7, "value": 250}
    assert got["masked"]
    assert got["filled"] == pytest.approx((7 * 100 + 250) / 8, abs=0.01), "a dead cell shows the mean of its neighbours"
    assert got["edge"] == 100, "the edge does not darken"
    assert got["inside"]
    assert got["flat"] == 1


async def test_a_picture_cut_to_its_outline_has_the_same_colours_inside_and_nothing_outside(run):
    yy, xx = np.mgrid[0:20, 0:10]
    disc = ((yy - 9.5) / 9) ** 2 + ((xx - 4.5) / 4.5) ** 2 <= 1
    layout = {"rows": 20, "cols": 10, "dtype": "float32", "unit": "kPa", "mask": disc.ravel().astype(int).tolist()}
    frame = np.random.default_rng(2).uniform(20, 380, 200).tolist()
    got = await run(
        """const { Sensor } = await load("map/sensor");
           const { Heat } = await load("map/heat");
           const sensor = new Sensor("s", given.layout, ["total_force_n"]);
           const [whole, cut] = [new Heat(sensor, 4), new Heat(sensor, 4)];
           const path = new Path2D();
           path.ellipse(20, 40, 16, 34, 0, 0, 2 * Math.PI);
           cut.mask(path);
           for (const heat of [whole, cut]) {
             heat.read(Float32Array.from(given.frame), 0);
             heat.paint("viridis", 400);
           }
           return { whole: [...whole.pixels], cut: [...cut.pixels] };""",
        {"layout": layout, "frame": frame},
    )
    whole, cut = (np.array(got[name], np.uint32).reshape(80, 40) for name in ("whole", "cut"))
    yy, xx = np.mgrid[0:80, 0:40] + 0.5
    inside = ((yy - 40) / 34) ** 2 + ((xx - 20) / 16) ** 2
    np.testing.assert_array_equal(cut[inside < 0.9], whole[inside < 0.9])
    assert not (cut[inside > 1.15] >> 24).any()
    assert len(np.unique(whole)) > 100


async def test_outlines_are_closed_and_as_large_as_their_cells(run):
    yy, xx = np.mgrid[0:40, 0:20]
    disc = ((yy - 19.5) / 18) ** 2 + ((xx - 9.5) / 9) ** 2 <= 1
    ring = disc & (((yy - 19.5) / 7) ** 2 + ((xx - 9.5) / 4) ** 2 > 1)
    for mask, loops in ((disc, 1), (ring, 2), (np.ones((40, 20), bool), 1)):
        got = await run(
            """const { outlineOf } = await load("map/sensor");
               return outlineOf(Uint8Array.from(given.mask), given.rows, given.cols);""",
            {"mask": mask.ravel().astype(int).tolist(), "rows": 40, "cols": 20},
        )
        assert len(got) == loops
        areas = []
        for loop in got:
            x, y = np.array(loop).T
            areas.append(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
        area = max(areas) - (min(areas) if loops == 2 else 0)
        assert area == pytest.approx(mask.sum(), rel=0.05)


async def test_millimetres_lie_where_the_layout_says(run):
    base = {"rows": 10, "cols": 4, "unit": "kPa", "pitch_mm": [5, 8], "origin_mm": [2, 3]}
    got = await run(
        """const { Sensor } = await load("map/sensor");
           return given.map((layout) => new Sensor("s", layout, []).place(7, 27));""",
        [base, {**base, "x_axis": "left"}, {**base, "y_axis": "up"}],
    )
    assert got == [[1, 3], [3, 3], [1, 7]]


async def test_the_clock_trusts_the_shortest_trip(run):
    got = await run(
        """const { Clock, pageTime } = await load("core/clock");
           const clock = new Clock();
           const day = 86_400_000;
           clock.exchange(1000, day + 1400, day + 1400, 1500);
           clock.exchange(2000, day + 2005, day + 2006, 2011);
           clock.exchange(3000, day + 3001, day + 3001, 3300);
           return clock.now() - pageTime();"""
    )
    assert got == pytest.approx(86_400_000, abs=0.6)


async def test_numbers_read_the_same_in_browser_and_server(run):
    given = [0, 804.4, 1284, 1234567, -5.44, -0.01, 999.96]
    got = await run(
        """const { number } = await load("core/words"); return given.map((v) => [number(v), number(v, 1)]);""", given
    )
    assert got == [[words.number(v), words.number(v, 1)] for v in given]
    assert await run('return (await load("core/words")).number(NaN)') == "–"
    assert await run('return (await load("core/words")).moment(527.7099)') == "08:47.710"
    spoken = await run(
        'const w = await load("core/words"); return [w.elapsed(767), w.elapsed(3731), w.age(3.42), w.age(125)]'
    )
    assert spoken == ["12:47", "1:02:11", "3.4 s", "2:05"]


async def test_every_sensor_has_its_place_left_before_right(run):
    got = await run(
        """const { arrange } = await load("map/arrangement");
           const sensor = (stream, side) => ({ stream, side, high: 60, wide: 21, pitch: [4, 4] });
           const feet = arrange([sensor("b", "right"), sensor("a", "left")], 440, 600);
           const many = arrange(Array.from({ length: 40 }, (_, i) => sensor(`s${i}`, null)), 440, 600);
           return { order: feet.map((box) => box.sensor.side), feet, many };"""
    )
    assert got["order"] == ["left", "right"]
    assert got["feet"][0]["x"] + got["feet"][0]["width"] <= got["feet"][1]["x"]
    for box in (*got["feet"], *got["many"]):
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 440.001
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 600.001
        assert box["width"] > 5


FORM = """<details data-panel="a" open><summary>A</summary><input name="value" value="70"></details>
<details data-panel="b" open><summary>B</summary><input name="value" value="70"></details>
<input data-param="on" value="30"> <input type="checkbox" name="teams" value="red"> <textarea name="notes">n</textarea>
<select name="side"><option>left</option><option selected>right</option></select>
<input data-trial-field="reason" data-of="1"> <input id="free" value="1"> <button data-act="go">Go</button>"""


async def test_what_is_typed_the_focus_and_the_caret_survive_that_a_place_is_drawn_anew(run):
    """What was taken, what belongs to something else now and what the drawing says anew is not put back."""
    got = await run(
        """const { redraw, taken } = await load("core/redraw");
           const place = document.body.appendChild(document.createElement("section"));
           place.innerHTML = given;
           const at = (way) => place.querySelector(way);
           const draw = (from, to) => redraw(place, () => (place.innerHTML = given.replace(from, to)));
           const state = () => Object.fromEntries(["[data-panel=a] input", "[data-panel=b] input", "[data-param]",
             "textarea", "select", "[data-of]", "#free"].map((way) => [way, at(way).value]));
           at("[data-panel=b] input").value = "71.5";
           at("textarea").value = "two"; at("select").value = "left"; at("[type=checkbox]").checked = true;
           at("[data-param]").value = "35"; at("[data-of]").value = "fell"; at("#free").value = "2";
           at("[data-of]").focus(); at("[data-of]").setSelectionRange(1, 3);
           taken(at("#free"));
           draw("", "");
           const focused = document.activeElement;
           const first = { ...state(), checked: at("[type=checkbox]").checked, focus: focused.dataset.trialField,
                           caret: [focused.selectionStart, focused.selectionEnd] };
           place.addEventListener("drawn", () => (at("[data-of]").dataset.of = "2"), { once: true });
           draw('value="30"', 'value="40"');
           const second = { ...state(), focus: document.activeElement === document.body };
           at("[data-panel=b] summary").focus();
           draw("", "");
           const summary = document.activeElement === at("[data-panel=b] summary");
           at("button").focus();
           draw("", "");
           const pressed = document.activeElement === at("button");
           place.remove();
           return { first, second, summary, pressed };""",
        FORM,
    )
    kept = {"[data-panel=a] input": "70", "[data-panel=b] input": "71.5", "textarea": "two", "select": "left"}
    assert got["first"] == kept | {
        "[data-param]": "35", "[data-of]": "fell", "#free": "1", "checked": True, "focus": "reason", "caret": [1, 3],
    }  # fmt: skip
    assert got["second"] == kept | {"[data-param]": "40", "[data-of]": "", "#free": "1", "focus": True}
    assert got["summary"]
    assert got["pressed"]


async def test_the_curves_of_a_trial_go_when_the_next_is_counted_down(run):
    inked = await run(
        """const { RunTraces } = await load("record/runtraces");
           const canvas = document.createElement("canvas");
           canvas.style.cssText = "display: block; width: 300px; height: 200px";
           document.body.append(canvas);
           const traces = new RunTraces(canvas);
           const known = { columns: [], regions: [], column: () => undefined, calibrated: true };
           const sensor = { side: "left", wide: 10, high: 20, pitch: [5, 5], ...known };
           const ring = { values: [], index: new Map(), size: 0, countBefore: () => 0, interval: () => 1e4 };
           traces.begin([{ sensor, ring, extra: new Map() }], {}, 70);
           const ink = () => traces.context.getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
           traces.strips = [{ key: "total", title: "Total force", unit: "N", read: (value) => value }];
           traces.draw(0, 1e6, 5);
           const before = ink();
           traces.clear();
           const after = ink();
           canvas.remove();
           return [before, after];"""
    )
    assert inked == [True, False]


async def test_a_field_keeps_the_focus_while_what_is_around_it_changes_and_gives_way_after_it(run):
    got = await run(
        """const { fill, h } = await load("record/dom");
           const place = document.body.appendChild(h("div"));
           const drawn = (n) => fill(place, n, () => [h("input", { type: "text" }), h("p", {}, String(n))]);
           drawn(1);
           const field = place.querySelector("input");
           field.focus();
           const while_it_has_it = [drawn(2), document.activeElement === field, place.textContent];
           field.blur();
           return [...while_it_has_it, drawn(2), place.textContent];""",
    )
    assert got == [False, True, "1", True, "2"]
