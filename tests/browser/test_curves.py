"""Curves that lie over each other can both be seen, and the axis of the past says what its heading says."""

from __future__ import annotations

import re
from dataclasses import replace

# How many pixels of the curves have each foot's colour.
COLOURS = """() => {
  const canvas = document.querySelector('[data-slot="traces"]');
  const probe = document.createElement("canvas").getContext("2d");
  const rgb = (name) => {
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    probe.fillRect(0, 0, 1, 1);
    return probe.getImageData(0, 0, 1, 1).data;
  };
  const wanted = [rgb("left"), rgb("right")];
  const { width, height } = canvas;
  const ratio = width / canvas.clientWidth;
  const [x, w] = [Math.round(52 * ratio), width - Math.round(126 * ratio)];
  const { data } = canvas.getContext("2d").getImageData(x, 0, w, height);
  return wanted.map((one) => {
    let n = 0;
    for (let i = 0; i < data.length; i += 4) if ([0, 1, 2].every((c) => Math.abs(data[i + c] - one[c]) < 12)) n++;
    return n;
  });
}"""


async def test_two_feet_that_are_alike_are_both_seen(viewer, athlete, screenshot):
    sender = athlete("alike", 8.0, ago=600.0)
    left, right = sender.recordings["left"], sender.recordings["right"]
    sender.recordings["right"] = replace(right, frames=left.frames[:, :, ::-1].copy())
    await sender.begin()
    await sender.store(0, 800)
    page = await viewer.open("/session/alike?tab=data&t=4")
    await page.wait_for_selector(".session[data-shown]")
    await page.wait_for_function(f"() => ({COLOURS})().some((n) => n > 200)")
    blue, orange = await page.evaluate(COLOURS)
    assert min(blue, orange) > 0.5 * max(blue, orange)
    await screenshot(page, "curves-alike-1440-dark")


AXIS = """() => {
  window.ends = [];
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
    if (/^−\\d+:\\d\\d\\.\\d$/.test(text)) window.ends.push(text);
    return fillText.call(this, text, ...at);
  };
}"""


async def test_heading_distance_and_axis_of_the_past_say_the_same_while_live_runs_on(viewer, athlete, screenshot):
    await athlete(seconds=120.0, ago=20.0).walk()
    page = await viewer.open("/live/walk")
    await page.evaluate(AXIS)
    await page.wait_for_selector('.live[data-state="live"]')
    await page.keyboard.press("ArrowLeft")
    await page.wait_for_selector('.live[data-view="paused"]')
    seen = set()
    for _ in range(6):
        await page.wait_for_timeout(300)
        said = await page.evaluate("""() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done([
          document.querySelector('[data-slot="traces-title"]').textContent, window.ends.at(-1),
          document.querySelector('[data-slot="behind"]').textContent]))))""")
        title, axis, behind = said
        assert title == f"30 s up to {behind}"
        seconds = [float(text[-4:]) for text in (axis, behind)]
        assert re.match(r"−0:\d\d\.\d", axis)
        assert abs(seconds[0] - seconds[1]) < 0.6, said  # one drawing apart at most
        seen.add(axis)
    assert len(seen) > 1, "it goes on with the distance"
    await screenshot(page, "live-rewound-axis-1440-dark")
