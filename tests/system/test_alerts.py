"""Alerts and dashboard of `deploy/`: every number in them is exposed, and alerts fire on faults of real servers."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from promtools import program
from ruamel.yaml import YAML
from stacks import BAROGRAPH, Stack, wait_until
from websockets.sync.client import connect

from barograph.access.principals import Access
from barograph.settings import load
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from dashboard.app import create_app as create_dashboard
from ingest.app import create_app as create_ingest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES: list[dict[str, Any]] = YAML(typ="safe").load((DEPLOY / "prometheus/rules.yml").read_text("utf-8"))["groups"][0][
    "rules"
]
GRAFANA: dict[str, Any] = json.loads((DEPLOY / "grafana/barograph.json").read_text("utf-8"))
OF_PROMETHEUS = {"up"}  # what it says itself of what it scrapes
HERE: Any = {"client": ("127.0.0.1", 4711)}


def expressions() -> list[str]:
    of_panels = [target["expr"] for panel in GRAFANA["panels"] for target in panel["targets"]]
    return [*(rule["expr"] for rule in RULES), *of_panels]


def names_in(expression: str) -> set[str]:
    bare = re.sub(r'\{[^}]*\}|"[^"]*"|\[[^]]*\]', "", expression)
    return set(re.findall(r"\b(?:barograph|process)_\w+|\bup\b", bare))


async def exposed(tmp_path: Path) -> set[str]:
    """Every name that samples of one of both servers have, or will have when there is something to count."""
    chosen = load(data_dir=tmp_path, ingest_port=1)
    found: set[str] = set()
    for make, door in ((create_ingest, "ingest"), (create_dashboard, "dashboard")):
        app = make(chosen, MemoryArchive(), MemoryLive(), Access(chosen, door))
        answer = await app.test_client().get("/metrics", headers={"Host": "127.0.0.1:1"}, scope_base=HERE)
        for family in text_string_to_metric_families(await answer.get_data(as_text=True)):
            ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
            found |= {family.name + end for end in ends}
    return found


async def test_every_number_of_rules_and_dashboard_is_exposed_by_one_of_the_servers(tmp_path: Path) -> None:
    there = await exposed(tmp_path) | OF_PROMETHEUS
    named = {expression: names_in(expression) for expression in expressions()}
    assert {expression: names - there for expression, names in named.items() if not names or names - there} == {}


def test_each_alert_says_what_it_is_and_what_to_do_and_is_tried() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}
    tried = YAML(typ="safe").load((Path(__file__).with_name("alerts.yml")).read_text("utf-8"))["tests"]
    assert [one["name"] for one in tried] == [*names, "all is well"]


def test_grafana_finds_the_dashboard_and_its_source() -> None:
    provisioned = DEPLOY / "grafana/provisioning"
    (source,) = YAML(typ="safe").load((provisioned / "datasources/prometheus.yml").read_text("utf-8"))["datasources"]
    assert {target["datasource"]["uid"] for panel in GRAFANA["panels"] for target in panel["targets"]} == {
        source["uid"]
    }
    (folder,) = YAML(typ="safe").load((provisioned / "dashboards/barograph.yml").read_text("utf-8"))["providers"]
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    assert f"./deploy/grafana/barograph.json:{folder['options']['path']}/barograph.json:ro" in compose
    ids = [panel["id"] for panel in GRAFANA["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", str(DEPLOY / "prometheus/rules.yml")),
        ("check", "config", "--syntax-only", str(DEPLOY / "prometheus/prometheus.yml")),
        ("test", "rules", str(Path(__file__).with_name("alerts.yml"))),
    ],
    ids=["rules", "config", "alerts"],
)
def test_promtool_has_nothing_to_say(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Prometheus:
    """A running Prometheus with the rules of `deploy/`, which waits for a second where they wait for minutes."""

    def __init__(self, url: str) -> None:
        self.url = url

    def asked(self, path: str, **query: str) -> Any:
        """What its API answers; nothing while it starts."""
        try:
            return httpx.get(f"{self.url}/api/v1/{path}", params=query, timeout=10).json()["data"]
        except httpx.TransportError:
            return {}

    def firing(self) -> set[str]:
        """The names of alerts that fire."""
        return {
            one["labels"]["alertname"] for one in self.asked("alerts").get("alerts", []) if one["state"] == "firing"
        }

    def scraped(self) -> set[str]:
        """The jobs whose servers answer."""
        found = self.asked("query", query="up == 1").get("result", [])
        return {one["metric"]["job"] for one in found}


@contextmanager
def watching(folder: Path, **targets: str) -> Iterator[Prometheus]:
    """Run a Prometheus over servers by their jobs, with the files of `deploy/` but for addresses and patience."""
    config = YAML(typ="safe").load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "500ms", "scrape_timeout": "400ms", "evaluation_interval": "500ms"}
    for job in config["scrape_configs"]:
        del job["authorization"]  # of this machine
        job["static_configs"] = [{"targets": [targets[job["job_name"].rpartition("-")[2]]]}]
    (folder / "prometheus.yml").write_text(json.dumps(config), "utf-8")
    rules = (DEPLOY / "prometheus/rules.yml").read_text("utf-8")
    (folder / "rules.yml").write_text(re.sub(r"for: \w+", "for: 1s", rules), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        at = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [
        program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={at}",
    ]  # fmt: skip
    with (folder / "said.txt").open("wb") as said:
        running = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
    try:
        yield Prometheus(f"http://{at}")
    finally:
        running.terminate()
        running.wait(30)


@pytest.mark.timeout(300)
@pytest.mark.skipif(
    "BAROGRAPH_FAULTS" not in os.environ, reason="`make faults` does it: a busy machine fires of itself"
)
def test_alerts_fire_while_servers_are_stopped_and_end_afterwards(house: Callable[..., Stack], tmp_path: Path) -> None:
    program("prometheus")
    lab = house("up", environment={"BAROGRAPH_DEVICE_TOKENS": "off"})
    at = {"ingest": lab.devices, "dashboard": lab.link}
    addresses = {name: httpx.URL(url).netloc.decode() for name, url in at.items()}
    with watching(tmp_path, **addresses) as prometheus:
        wait_until(lambda: prometheus.scraped() == {"barograph-ingest", "barograph-dashboard"})
        faults = {"BarographFramesAreNotStored", "BarographArchiveAway", "BarographDashboardDown"}
        assert not prometheus.firing() & {*faults, "BarographFramesAreRefused", "BarographIngestDown"}

        send_what_is_refused(lab.devices)
        wait_until(lambda: "BarographFramesAreRefused" in prometheus.firing(), lambda: str(prometheus.firing()))
        send = [*BAROGRAPH, "send", "sim:run", "--seconds", "120", "--workout", "run", "--url", lab.devices]
        with subprocess.Popen([*send, "--data-dir", str(lab.data_dir)], stdout=subprocess.DEVNULL) as sender:
            try:
                wait_until(lambda: lab.workouts().get("run", {}).get("frame_count", 0) > 50, lambda: lab.said)
                with stopped(lab, "mongod"):
                    away = {"BarographFramesAreNotStored", "BarographArchiveAway"}
                    wait_until(lambda: away <= prometheus.firing(), lambda: str(prometheus.firing()))
                wait_until(lambda: not away & prometheus.firing(), lambda: str(prometheus.firing()))
            finally:
                sender.terminate()
        with stopped(lab, "dashboard"):
            wait_until(lambda: "BarographDashboardDown" in prometheus.firing(), lambda: str(prometheus.firing()))
        wait_until(lambda: not faults & prometheus.firing(), lambda: str(prometheus.firing()))


def send_what_is_refused(url: str) -> None:
    """Send a frame with an infinite cell, and hear that it is refused for good."""
    names = {"workout_id": "bad", "stream": "s", "epoch": "e"}
    layout = {"rows": 1, "cols": 2, "dtype": "float32"}
    frames = {"seq": 0, "n": 1, "t0_us": 1_700_000_000_000_000, "dt_us": 10_000, "data": "AACAPwAAgH8="}
    with connect(url) as device:
        for said in ({"type": "join_session", "layout": layout}, {"type": "frames", **frames}):
            device.send(json.dumps({**names, **said}))
        while json.loads(device.recv(20))["type"] != "nack":
            continue


@contextmanager
def stopped(lab: Stack, part: str) -> Iterator[None]:
    """Hold a part of a lab where it is."""
    process = lab.part(part)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
