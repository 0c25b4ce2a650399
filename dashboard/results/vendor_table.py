"""The vendor's numbers beside ours, on the Data tab: what a file printed, what is computed here, the difference."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.sessions.vendor_numbers import compared, printed
from barograph.store import reading
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.drawing.markup import Term, column, head, say, section, table, tag
from dashboard.reading.context import LOADED, Context, loaded_text
from dashboard.reading.sides import name_of

MOST_FRAMES = 10_000
SHOWN = ("vendor_mean", "ours_mean", "difference_mean", "difference_largest")
NOTHING = 1e-9  # of the largest number of a row: what adding in another order leaves
OVER = {"frame": "frames", "row": "rows of frames", "column": "columns of frames", "cell": "cells", "step": "steps",
        "frame and axis": "frames, both axes"}  # fmt: skip


async def origins_of(context: Context, info: StreamInfo) -> list[dict[str, Any]]:
    """Return the files of a stream, kept while nothing new comes."""
    found: list[dict[str, Any]] = await context.parts.cache.get(
        ("origins", info.stream, info.frames, info.last_received_us),
        lambda: reading.imported_from(context.parts.archive, info.stream),
    )
    return found


async def vendor_numbers(context: Context) -> str:
    """Return a table of what files printed and what is computed here; "" where no file holds any."""
    rows, left = list[list[str]](), list[str]()
    for info in context.infos:
        origin = next((one for one in await origins_of(context, info) if printed(one)), None)
        if origin is None:
            continue
        if origin.get("frames") != info.frames:
            left.append(f"{name_of(info)}: the stream has other frames than its file, which no number is of.")
            continue
        found = await _compared(context, info, origin)
        rows += [_row(info, one) for one in found.to_dict("records") if one["n"]]
        none = found[found["n"] == 0]
        left += [f"{name_of(info)}, {', '.join(of['measure'])}: {why}" for why, of in none.groupby("why", sort=False)]
    if not rows and not left:
        return ""
    note = "of all frames of the file, in the vendor’s units; ours minus the vendor’s"
    heads = ["Stream", "Vendor’s measure, and why ours may differ", "Ours is", "Of", *map(column, SHOWN)]
    shown = [table(heads, rows, label="The vendor’s numbers beside ours", texts=4)] if rows else []
    return section(head("The vendor’s numbers beside ours", note=note), *shown, _left_out(left))


async def _compared(context: Context, info: StreamInfo, origin: Mapping[str, Any]) -> pd.DataFrame:
    async def made() -> pd.DataFrame:
        most = max((len(values) for values in printed(origin).values()), default=0)
        recording = await context.parts.first_frames(info, min(most, MOST_FRAMES))
        return await asyncio.to_thread(compared, recording, origin)

    key = ("vendor", info.stream, info.stream.uid, info.frames, info.last_received_us, info.k)
    found: pd.DataFrame = await context.parts.cache.get(key, made)
    return found


def _row(info: StreamInfo, one: Mapping[Any, Any]) -> list[str]:
    least = NOTHING * max(abs(one["vendor_max"]), abs(one["ours_max"]), abs(one["vendor_mean"]))
    digits = _digits(max(abs(one["vendor_max"]), abs(one["ours_max"])))
    unit = say(f" {one['unit']}") if one["unit"] else ""
    numbers = [words.number(one[name], digits) + unit for name in SHOWN[:2]]
    numbers += [_difference(one[name], least, digits) for name in SHOWN[2:]]
    loaded = (f"Here: cells {loaded_text([info])}.",) if any(word in one["ours"] for word in LOADED) else ()
    ours = Term(one["ours"], "", (one["definition"], *loaded)).markup()
    theirs = say(one["measure"]) + tag("div", say(one["why"]), class_="muted vendor-why")
    return [say(name_of(info)), theirs, ours, say(f"{words.number(one['n'])} {OVER[one['over']]}"), *numbers]


def _digits(largest: float) -> int:
    """Decimals of four digits of the largest number."""
    return 2 if not largest else min(4, max(0, 3 - math.floor(math.log10(largest))))


def _difference(value: float, least: float, digits: int) -> str:
    if abs(value) <= least:
        return "0"
    finer = max(digits, min(8, 1 - math.floor(math.log10(abs(value)))))
    return words.sign(value, finer)


def _left_out(texts: list[str]) -> str:
    """Say what of the vendor's is not compared, and why."""
    if not texts:
        return ""
    shown = [tag("div", say(text)) for text in texts]
    return tag("details", tag("summary", "Not compared"), *shown,
               class_="pad")  # fmt: skip
