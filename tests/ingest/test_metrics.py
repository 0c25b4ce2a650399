"""The metrics of a running ingest, read as Prometheus reads them, and the page about them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ingest.messages import CODES
from ingest.metrics import REASONS, Metrics

DOCS = Path(__file__).resolve().parents[2] / "docs/metrics.md"
LAYOUT = {"rows": 1, "cols": 2, "dtype": "float32"}


def of_families(families) -> set[tuple[str, str, str]]:
    return {
        (family.name + "_total" * (family.type == "counter"), family.type, family.documentation) for family in families
    }


async def scraped(url: str) -> dict[tuple[str, ...], float]:
    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.text))
    assert of_families(families) == of_families(Metrics().registry.collect())
    return {
        (sample.name.removeprefix("barograph_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


async def test_the_page_about_metrics_names_every_metric_with_its_kind_and_meaning_and_no_other():
    text = DOCS.read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", text, re.M)
    ours = [row for row in rows if not row[0].startswith("barograph_dashboard_")]
    assert set(ours) == of_families(Metrics().registry.collect())
    assert set(re.findall(r"barograph_\w+", text)) <= {name for name, _, _ in rows}


async def test_two_applications_in_one_process_count_for_themselves():
    one, other = Metrics(), Metrics()
    one.received.inc(3)
    assert other.registry.get_sample_value("barograph_frames_received_total") == 0


async def test_what_has_not_happened_yet_is_counted_as_0_so_that_the_first_time_is_an_increase():
    read = Metrics().registry.get_sample_value
    for name, label, values in (("frames_nacked", "code", CODES), ("gap_frames", "reason", REASONS)):
        assert {read(f"barograph_{name}_total", {label: value}) for value in values} == {0}, name


async def test_a_scrape_counts_what_became_of_frames(ingest, client):
    await client.say(type="join_session", workout_id="w", stream="s", epoch="e", layout=LAYOUT)
    await client.hear("session_joined")
    names = {"workout_id": "w", "stream": "s", "epoch": "e"}
    three = "AACAPwAAAEAAAIA/AAAAQAAAgD8AAIB/"  # [1, 2] twice, and [1, infinite]
    batch = {"type": "frames", **names, "seq": 0, "n": 3, "t0_us": 1_700_000_000_000_000, "dt_us": 10_000}
    await client.say(**batch, data=three)
    await client.hear("nack")
    while (await client.hear("ack"))["next_seq"] < 3:
        pass
    await client.say(**{**batch, "n": 2}, data=three[:21] + "A==")
    await client.hear("ack")
    await client.say(type="gap", **names, seq=3, n=4, reason="spool full")
    await client.hear("ack")
    await client.say(type="marker", workout_id="nowhere", label="x")
    await client.hear("error")

    for _ in range(200):  # the feed answers a moment later
        found = await scraped(ingest.http_url)
        if found["feed_lag_seconds_count",]:
            break
        await asyncio.sleep(0.05)
    assert found["frames_received_total",] == 5
    assert found["frames_stored_total",] == found["frames_doubled_total",] == 2
    assert found["frames_nacked_total", "bad_field"] == found["gap_frames_total", "rejected"] == 1
    assert found["gap_frames_total", "declared"] == 4
    assert found["errors_total", "not_joined"] == 1
    assert found["connections_accepted_total", "ws"] == found["live_streams",] == found["rooms",] == 1
    assert found["viewers",] == found["windows_closed",] == found["archive_waiting_bytes",] == 0
    assert found["ack_seconds_count",] == found["block_frames_count",] == found["block_bytes_count",] == 1
    assert found["block_frames_bucket", "2.0"] == 1
    assert found["block_frames_bucket", "1.0"] == 0
    assert found["archive_free_bytes",] > 0
    assert found["feed_lag_seconds_count",] >= 1
