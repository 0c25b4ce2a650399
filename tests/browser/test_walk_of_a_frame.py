"""The way of a live frame is the one that docs/architecture.md tells: from Redis to the canvas."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
MOST_MODULES = 4
READS = 20

# Notes each public step, which of our modules called it, and whether the frame's bytes are those that came.
WATCH = """async (steps) => {
  const seen = (window.steps = []);
  const came = new WeakSet();
  const caller = () => /assets\\/([\\w./]+?\\.mjs)/.exec(new Error().stack.split("\\n").slice(3).join("\\n"))?.[1];
  for (const [file, type, method] of steps) {
    const { [type]: made } = await import(`/assets/${file}`);
    const own = made.prototype[method];
    made.prototype[method] = function (...given) {
      if (method === "takeBlock" && given[0].frames) came.add(given[0].frames.buffer);
      const same = method === "read" ? came.has(given[0].buffer) : null;
      seen.push({ step: `${type}.${method}`, file, by: caller(), same });
      return own.apply(this, given);
    };
  }
}"""

# The newest pictures are of the bytes that came; older ones may be of bytes that came before anybody looked.
DRAWN_AS_THEY_CAME = """(n) => {
  const reads = window.steps.filter(({ step }) => step === "Heat.read").slice(-n);
  return reads.length === n && reads.every(({ same }) => same);
}"""


def told() -> list[tuple[str, str]]:
    """The steps as the page has them: file and function."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    part = text[text.index("## One live frame") :]
    return re.findall(r"^\| `(dashboard/[\w/]+\.(?:py|mjs))` \| `([\w.#]+)` \|", part, re.M)


@contextmanager
def watched(files: set[str]) -> Iterator[list[tuple[str, str]]]:
    """Note calls into these files, in this thread: the dashboard is served in it."""
    calls: list[tuple[str, str]] = []
    names = {str(ROOT / name): name for name in files}

    def note(frame: FrameType, kind: str, _: object) -> None:
        if kind == "call" and frame.f_code.co_filename in names:
            calls.append((names[frame.f_code.co_filename], frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


async def test_a_live_frame_goes_from_redis_to_the_canvas_as_the_page_tells(viewer, athlete) -> None:
    steps = told()
    server = [step for step in steps if step[0].endswith(".py")]
    browser = [(file.partition("/assets/")[2], *name.split(".")) for file, name in steps if file.endswith(".mjs")]
    assert len(server) == 3
    assert 1 < len(browser) <= MOST_MODULES
    await athlete(athlete="Athlete 12").walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    await page.evaluate(WATCH, [one for one in browser if not one[2].startswith("#")])
    with watched({file for file, _ in server}) as calls:
        await page.wait_for_function(DRAWN_AS_THEY_CAME, arg=READS)
    made = [call for call in calls if call in server]
    begin = made.index(server[1]) - 1  # where the hub handed something out
    assert list(dict.fromkeys(made[begin:])) == server
    seen = await page.evaluate("() => window.steps")
    callers = {one["step"]: one["by"] for one in seen}
    modules = [file for file, _, _ in browser]
    assert callers["WorkoutFeed.takeBlock"] == modules[0]
    assert callers["Heat.read"] == modules[2]
    assert {one["step"] for one in seen} == {f"{kind}.{method}" for _, kind, method in browser[1:]}
