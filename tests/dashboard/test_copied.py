"""Tables that are copied: every head says its unit, which the viewer chose, and the values are in it."""

from __future__ import annotations

import io
import re
from html import unescape

import numpy as np
import pytest

from analytics import sim
from barograph import settings as settings_module
from barograph.frames import Stream
from barograph.store import exports
from dashboard.compare import callbacks as compare
from dashboard.drawing.units import GRAVITY, PRESSURES
from dashboard.history import callbacks as history
from dashboard.reading.sources import Sources
from dashboard.session import callbacks as session

UNITS = "force=kgf&pressure=mmHg"
FACTORS = {"kgf": 1 / GRAVITY, "kgf·s": 1 / GRAVITY, "kgf/s": 1 / GRAVITY, "mmHg": PRESSURES["mmHg"]}
WITHOUT_UNIT = re.compile(
    r"(side|measure|unit|session|n .*|n_[ab]|n|Walking or running|Estimated|Cut.*|Gap.*|Clock|Coarse|hedges_g.*)",
    re.IGNORECASE,
)
KNOWN = re.compile(r"UTC|s|%|steps/min|µs since 1970")


@pytest.fixture
async def pages(tmp_path, memory_archive, memory_live, keep) -> Sources:
    await keep("one", sim.walk(9.0), athlete="A", mass_kg=75.0)
    await keep("two", sim.walk(9.0, seed=4), athlete="A", mass_kg=75.0)
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


def copied(markup: str) -> list[list[list[str]]]:
    """The tables behind the buttons that copy."""
    texts = [unescape(one) for one in re.findall(r'data-text="([^"]*)"', markup)]
    return [[line.split("\t") for line in text.splitlines()] for text in texts if "\t" in text]


async def steps(pages: Sources, units: str) -> list[list[str]]:
    body, _ = await session.tab(pages, "/session/one", f"?tab=gait&{units}")
    (table,) = copied(getattr(body, "data-markup"))
    return table


async def test_copied_steps_say_their_units_and_are_in_them(pages):
    plain, chosen = await steps(pages, ""), await steps(pages, UNITS)
    assert len(plain) == len(chosen) > 10
    turned = 0
    for i, head in enumerate(chosen[0]):
        name, _, unit = head.rpartition(", ")
        assert WITHOUT_UNIT.fullmatch(head) or unit in FACTORS or KNOWN.fullmatch(unit), head
        if unit in FACTORS:
            turned += 1
            assert plain[0][i].rpartition(", ")[2] in {"N", "N·s", "N/s", "kPa"}
            values = [(float(one[i]), float(other[i])) for one, other in zip(plain[1:], chosen[1:], strict=True)]
            assert all(b == pytest.approx(a * FACTORS[unit], rel=1e-4, nan_ok=True) for a, b in values), name
    assert turned == 4


async def test_a_copied_comparison_has_the_unit_of_each_row_beside_it(pages):
    (plain,) = copied(await compare.body(pages, "?a=one&b=two&foot=left"))
    (chosen,) = copied(await compare.body(pages, "?a=one&b=two&foot=left", {"force": "kgf", "pressure": "mmHg"}))
    at = plain[0].index("mean_a")
    assert all(WITHOUT_UNIT.fullmatch(head) or head.startswith(("mean", "sd", "difference")) for head in plain[0])
    for a, b in zip(plain[1:], chosen[1:], strict=True):
        assert b[1], b[0]
        factor = {"kN/s": 1000 / GRAVITY}.get(a[1], FACTORS.get(b[1], 1.0))
        assert float(b[at]) == pytest.approx(float(a[at]) * factor, rel=1e-4), a[0]


async def test_a_copied_history_says_its_unit_in_every_head(pages):
    for told, unit in ((None, "N"), ({"force": "kgf", "pressure": "mmHg"}, "kgf")):
        markup = await history.body(pages, "/athlete/A/history", "?metric=max_total_force_n", told)
        (table,) = copied(markup)
        heads = table[1]
        assert {head.rpartition(", ")[2] for head in heads if head.startswith(("mean", "sd"))} == {unit}
        assert "begun, µs since 1970" in heads


@pytest.mark.parametrize("name", ["csv", "npz", "parquet"])
async def test_a_file_says_the_unit_of_its_cells(pages, memory_archive, name):
    made = await exports.prepare(memory_archive, Stream("one", "left"), name)
    body = b"".join([part async for part in made.parts()])
    if name == "csv":
        assert b'"unit": "kPa"' in body.partition(b"time_us")[0] or b'"unit":"kPa"' in body.partition(b"time_us")[0]
    elif name == "npz":
        assert "kPa" in str(np.load(io.BytesIO(body))["layout"])
    else:
        assert b"kPa" in body
