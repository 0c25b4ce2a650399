"""The Data tab shows what the file of a stream said beside its cells, as text and nothing else."""

from __future__ import annotations

import re

import numpy as np

from analytics import sim
from analytics.frames.arrival import ArrivalStatistics
from barograph.frames import Layout, Recording, Stream
from barograph.store.imports import import_recording
from dashboard.session import callbacks


async def test_file_header_and_vendor_results_of_an_import_stand_on_the_data_tab(pages, keep, memory_archive):
    said = {"format": "xsensor", "file": "<b>a.csv", "cut": "9 bytes",
            "header": {"Sensor": "LX100 <script>"}, "doubts": ["FRAME 3 to 4"],
            "vendor": {f"Peak {i} (kPa)": [1.0, None] for i in range(20)}}  # fmt: skip
    layout = Layout(rows=4, cols=4, dtype="uint16", unit="kPa", pitch_mm=(5, 5))
    times_us = 1_790_000_000_000_000 + 10_000 * np.arange(50)
    one = Recording(np.full((50, 4, 4), 3, "<u2"), times_us, layout, provenance=said)
    source = {"sha256": "ab" * 32}
    await import_recording(memory_archive, Stream("run", "mat"), one, ArrivalStatistics(), now_us=1, source=source)
    body, _ = await callbacks.tab(pages, "/session/run", "?tab=data")
    markup = getattr(body, "data-markup")
    found = re.search(r'<table[^>]*aria-label="Imported from".*?</table>', markup, re.S)[0]
    for text in ("&lt;b&gt;a.csv", "xsensor", "abababababab", "LX100 &lt;script&gt;", "9 bytes", "FRAME 3 to 4",
                 "Peak 0 (kPa) (2)", "and 8 more"):  # fmt: skip
        assert text in found, text
    assert "<script>" not in found


async def test_a_stream_of_a_device_has_no_such_table(pages, keep):
    await keep("run", {"left": sim.walk(3.0, rows=12, cols=6)["left"]})
    body, _ = await callbacks.tab(pages, "/session/run", "?tab=data")
    assert "Imported from" not in getattr(body, "data-markup")


async def test_numbers_of_the_vendor_stand_beside_ours_with_difference_and_reason(pages, keep, memory_archive):
    layout = Layout(rows=4, cols=4, dtype="uint16", unit="kPa", pitch_mm=(5, 5))
    times_us = 1_790_000_000_000_000 + 10_000 * np.arange(50)
    said = {"format": "novel-emed", "file": "a.lst", "vendor": {"Force": [1.5] * 50, "<Weather>": [1.0] * 50}}
    one = Recording(np.full((50, 4, 4), 3, "<u2"), times_us, layout, provenance=said)
    for name in ("run", "more"):
        await import_recording(memory_archive, Stream(name, "mat"), one, ArrivalStatistics(), now_us=1)
    body, _ = await callbacks.tab(pages, "/session/run", "?tab=data")
    markup = getattr(body, "data-markup")
    found = re.search(r'<table[^>]*aria-label="The vendor’s numbers beside ours".*?</table>', markup, re.S)[0]
    for text in ("Force", "1.500 N", "1.200 N", "−0.300", "50 frames", "total_force_n", "two decimals"):
        assert text in found, (text, found)
    assert "&lt;Weather&gt;: The file does not say how it is computed." in markup
    # Frames that came later are not of that file.
    later = Recording(one.frames, times_us + 10**9, layout)
    await import_recording(memory_archive, Stream("more", "mat"), later, ArrivalStatistics(), now_us=1)
    body, _ = await callbacks.tab(pages, "/session/more", "?tab=data")
    assert "the stream has other frames than its file" in getattr(body, "data-markup")
