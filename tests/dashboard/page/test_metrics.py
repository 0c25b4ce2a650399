"""What the dashboard says of itself to Prometheus, who may read it, and the page about it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from quart import Quart

from barograph.access.principals import Access
from barograph.access.proofs import Proofs
from barograph.errors import SettingsError, StorageAway
from barograph.settings import load
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.web.entries import KEY, Entry
from dashboard.app import create_app
from dashboard.page.metrics import Metrics

DOCS = Path(__file__).resolve().parents[3] / "docs/metrics.md"
TOKEN = "what a Prometheus of ours brings with it"
HERE: Any = {"client": ("127.0.0.1", 4711)}
ELSEWHERE: Any = {"client": ("192.168.7.3", 4711), "server": ("192.168.7.2", 8050), KEY: Entry.LAN}


def application(tmp_path: Path, archive: Any, **given: Any) -> Quart:
    chosen = load(data_dir=tmp_path / "data", ingest_port=1, metrics_token=TOKEN, **given)
    return create_app(chosen, archive, MemoryLive(), Access(chosen, "dashboard"))


async def scraped(app: Quart) -> dict[tuple[str, ...], float]:
    answer = await app.test_client().get("/metrics", headers={"Host": "127.0.0.1:8050"}, scope_base=HERE)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(await answer.get_data(as_text=True)))
    assert {family.name for family in families} == {family.name for family in Metrics().registry.collect()}
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_the_page_about_metrics_names_every_metric_with_its_kind_and_meaning() -> None:
    rows = re.findall(r"^\| `(barograph_dashboard_\w+)` \| (\w+) \| (.+) \|$", DOCS.read_text("utf-8"), re.M)
    assert set(rows) == {
        (family.name + "_total" * (family.type == "counter"), family.type, family.documentation)
        for family in Metrics().registry.collect()
        if family.name.startswith("barograph_")
    }


async def test_a_scrape_counts_requests_by_route_and_status_and_callbacks_by_name(
    tmp_path: Path, memory_archive: MemoryArchive
) -> None:
    app = application(tmp_path, memory_archive)
    browser = app.test_client()
    for path in ("/healthz", "/healthz", "/session/nowhere", "/no/such/socket"):
        await browser.get(path, headers={"Host": "127.0.0.1:8050"}, scope_base=HERE)
    found = await scraped(app)
    assert found["barograph_dashboard_requests_total", "/healthz", "200"] == 2
    assert found["barograph_dashboard_requests_total", "/<path:path>", "403"] == 2
    assert math.isnan(found["barograph_dashboard_archive_age_seconds",])
    assert found["barograph_dashboard_sockets",] == found["barograph_dashboard_viewers",] == 0
    for cache in ("parts", "measures", "pictures"):
        assert found["barograph_dashboard_cache_bytes", cache] == found["barograph_dashboard_cache_results", cache] == 0


async def test_a_callback_is_timed_by_its_name(tmp_path: Path, memory_archive: MemoryArchive) -> None:
    chosen = load(data_dir=tmp_path / "data", ingest_port=1)
    access = Access(chosen, "dashboard")
    app = create_app(chosen, memory_archive, MemoryLive(), access)
    browser, headers = app.test_client(), {"Host": "127.0.0.1:8050"}
    link = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    await browser.post(f"/login/{link}", headers=headers, scope_base=HERE)
    pulse = {
        "output": "again.data", "outputs": {"id": "again", "property": "data"}, "state": [],
        "inputs": [{"id": "away-pulse", "property": "n_intervals", "value": 1}],
        "changedPropIds": ["away-pulse.n_intervals"],
    }  # fmt: skip
    answer = await browser.post("/_dash-update-component", json=pulse, headers=headers, scope_base=HERE)
    assert answer.status_code in (200, 204)
    found = await scraped(app)
    timed = {labels[0] for (name, *labels) in found if name == "barograph_dashboard_callback_seconds_count"}
    assert len(timed) == 1
    (name,) = timed
    assert re.fullmatch(r"[a-z_.]+", name)
    assert found["barograph_dashboard_callback_seconds_count", name] == 1


async def test_the_age_of_the_archives_answers_grows_while_it_is_away(
    tmp_path: Path, memory_archive: MemoryArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = application(tmp_path, memory_archive)

    async def away() -> str:
        raise StorageAway("it is gone")

    async with app.test_app():
        while math.isnan(first := (await scraped(app))["barograph_dashboard_archive_age_seconds",]):
            pass
        monkeypatch.setattr("dashboard.page.visitors.LAB_EVERY_S", 0.01)
        monkeypatch.setattr(memory_archive.accounts, "lab", away)
        later = (await scraped(app))["barograph_dashboard_archive_age_seconds",]
    assert 0 <= first < later


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "any.name:1"}, 200),
        ({"Authorization": "Bearer of something else that is long enough"}, 403),
        ({"Authorization": f"Basic {TOKEN}"}, 403),
    ],
)
async def test_elsewhere_a_token_opens_the_metrics_of_both_servers(
    headers: dict[str, str], status: int, tmp_path: Path, memory_archive: MemoryArchive
) -> None:
    from ingest.app import create_app as create_ingest

    given: dict[str, Any] = {"host": "192.168.7.2", "trusted_proxies": ("192.168.7.1",)}
    chosen = load(data_dir=tmp_path / "data", metrics_token=TOKEN, **given)
    ingest = create_ingest(chosen, memory_archive, MemoryLive(), Access(chosen, "ingest"))
    for app in (application(tmp_path, memory_archive, **given), ingest):
        client = app.test_client()
        asked = {"Host": "192.168.7.2:8050"} | headers
        assert (await client.get("/metrics", headers=asked, scope_base=ELSEWHERE)).status_code == status
        for path in ("/", "/system", "/api/workouts", "/openapi.json", "/data/walk"):
            assert (await client.get(path, headers=asked, scope_base=ELSEWHERE)).status_code in (403, 404), path


async def test_a_server_of_ours_reads_them_and_a_page_from_elsewhere_does_not(
    tmp_path: Path, memory_archive: MemoryArchive
) -> None:
    app = application(tmp_path, memory_archive, secret_key="this is a key that nobody guesses")
    proof = Proofs(load(data_dir=tmp_path / "data", secret_key="this is a key that nobody guesses")).headers()
    client = app.test_client()
    assert (await client.get("/metrics", headers=proof, scope_base=ELSEWHERE)).status_code == 200
    for headers in ({"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}):
        asked = {"Host": "127.0.0.1:8050"} | headers
        assert (await client.get("/metrics", headers=asked, scope_base=HERE)).status_code == 403


def test_a_token_that_is_easy_to_guess_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BAROGRAPH_METRICS_TOKEN: expected a secret of 32 characters"):
        load(data_dir=tmp_path, metrics_token="prometheus")
