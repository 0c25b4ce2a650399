"""What `compose.yaml` says: nothing is open without signing in or a token, and no container can more than it needs.

There is no container engine here: its images are not run.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dockerfile import stages as stages_of
from pymongo.uri_parser import parse_uri
from ruamel.yaml import YAML

from barograph.settings import Settings, load, variable
from barograph.store.mongo.service_rights import RIGHTS, role_of
from barograph.web.entries import KEY, Entries, Entry

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOORS = ("ingest", "dashboard")
MONITORING = ("prometheus", "grafana")
OURS = (*DOORS, "summaries", "owner", "replicas", "members", "ingest-2")


def settings(service: str, tmp_path: Path) -> Settings:
    """The settings of a service, its secrets apart."""
    given = {
        name: value
        for name in Settings.model_fields
        if (value := SERVICES[service]["environment"].get(variable(name))) is not None
    }
    lists = {name: json.loads(value) for name, value in given.items() if value.startswith("[")}
    return load(**{**given, **lists, "data_dir": tmp_path})


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_can_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"]
    assert "build" in service or service["user"] not in ("root", "0")
    assert service["cpus"] > 0
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert 0 < service["pids_limit"] <= 2048
    assert {*service["logging"]["options"]} == {"max-size", "max-file"}
    assert "/var/run/docker.sock" not in str(service)


def test_the_image_of_ours_runs_as_nobody_in_particular() -> None:
    stages = stages_of((ROOT / "Dockerfile").read_text("utf-8"))
    built = {name: service["build"]["target"] for name, service in SERVICES.items() if "build" in service}
    assert set(built.values()) == {"ingest", "dashboard", "worker"}
    for target in built.values():
        of = stages[target].parent
        assert ("USER", "barograph") in stages[of].steps
        assert not {"USER", "RUN"} & {step for step, _ in stages[target].steps}


def test_the_ingest_has_nothing_of_the_pages() -> None:
    there = {line.partition("==")[0] for line in (ROOT / "locked-ingest.txt").read_text("utf-8").splitlines()}
    assert not there & {"dash", "dash-ag-grid", "dash-mantine-components", "plotly", "webauthn"}
    assert {"quart", "motor", "redis", "websockets"} <= there
    assert "opentelemetry-sdk" in there, "traces are a setting of the ingest"


def test_images_are_of_one_version() -> None:
    taken = {name: service["image"] for name, service in SERVICES.items() if "build" not in service}
    (base,) = {one.parent for one in stages_of((ROOT / "Dockerfile").read_text("utf-8")).values() if ":" in one.parent}
    for image in (*taken.values(), base):
        assert re.search(r":v?\d+\.\d+\.\d+(-|$|@)", image), image


def test_ports_are_published_on_the_hosts_own_loopback() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert {name for name, published in ports.items() if published} == {*DOORS, "grafana", "haproxy"}
    for name in (*DOORS, "grafana", "haproxy"):
        for published in ports[name]:
            assert published.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", OURS)
def test_nothing_is_open_without_signing_in_or_a_token(name: str, tmp_path: Path) -> None:
    chosen = settings(name, tmp_path)
    assert (chosen.trusted_network, chosen.device_tokens) == (False, "required")
    (network,) = COMPOSE["networks"]["inner"]["ipam"]["config"]
    # The gateway, by which what is published comes, and HAProxy: no other container, as none is given its address.
    balancer = SERVICES["haproxy"]["networks"]["inner"]["ipv4_address"]
    assert chosen.trusted_proxies == (network["gateway"], balancer)
    assert ipaddress.ip_address(balancer) not in ipaddress.ip_network(network["ip_range"])
    assert ipaddress.ip_address(network["gateway"]) in ipaddress.ip_network(network["subnet"])
    assert "BAROGRAPH_TRUSTED_NETWORK" not in str(COMPOSE)


@pytest.mark.parametrize(
    ("client", "host", "entry"),
    [
        ("10.213.77.1", "localhost:8050", Entry.PROXY),
        ("10.213.77.1", "127.0.0.1:8050", Entry.PROXY),
        ("10.213.77.1", "lab.example", Entry.LAN),  # published further without TLS: nobody signs in there
        ("10.213.77.4", "localhost:8050", Entry.LAN),  # another container
        ("127.0.0.1", "127.0.0.1:8050", Entry.MACHINE),  # its own health check
    ],
)
async def test_whoever_comes_by_the_published_port_may_sign_in_and_another_container_may_not(
    client: str, host: str, entry: Entry, tmp_path: Path
) -> None:
    seen: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope[KEY])

    scope = {
        "type": "http", "scheme": "http", "client": (client, 4711), "headers": [(b"host", host.encode())],
        "server": ("127.0.0.1" if client == "127.0.0.1" else "10.213.77.5", 8050),
    }  # fmt: skip
    await Entries(inner, settings("dashboard", tmp_path))(scope, None, inner)
    assert seen == [entry]


def test_each_service_has_its_own_address_of_mongodb_and_the_owner_alone_an_administrators() -> None:
    held = {
        name: {one["target"]: one["source"] for one in SERVICES[name]["secrets"] if isinstance(one, dict)}
        for name in OURS
    }
    assert held == {
        "ingest": {"barograph_mongo_url": "ingest_mongo_url"},
        "dashboard": {"barograph_mongo_url": "dashboard_mongo_url", "barograph_frames_mongo_url": "frames_mongo_url"},
        "summaries": {"barograph_mongo_url": "summaries_mongo_url"},
        "owner": {"barograph_mongo_url": "owner_mongo_url"},
        "replicas": {"barograph_mongo_url": "owner_mongo_url"},
        "members": {"barograph_mongo_url": "owner_mongo_url"},
        "ingest-2": {"barograph_mongo_url": "ingest_mongo_url"},
    }
    told = [one.removeprefix("--url-file=").partition("=")[::2] for one in SERVICES["owner"]["command"][1:]]
    assert told == [(service, f"/run/secrets/{service}_mongo_url") for service in RIGHTS]
    assert {path.rpartition("/")[2] for _, path in told} <= set(SERVICES["owner"]["secrets"][3:])
    for name in (*DOORS, "summaries"):
        assert SERVICES[name]["depends_on"]["owner"] == {"condition": "service_completed_successfully"}
    assert "owner" not in SERVICES["owner"]["depends_on"]
    assert SERVICES["owner"]["depends_on"]["replicas"] == {"condition": "service_completed_successfully"}
    assert SERVICES["owner"]["restart"] == SERVICES["replicas"]["restart"] == "no"


def test_monitoring_is_a_profile_of_its_own_and_reads_the_metrics_by_their_token() -> None:
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["monitoring"]} == set(MONITORING)
    for name in (*DOORS, "prometheus"):
        assert "barograph_metrics_token" in SERVICES[name]["secrets"]
    assert not {"mongo_root_password", "barograph_secret_key"} & {*SERVICES["prometheus"]["secrets"]}
    scraped = YAML(typ="safe").load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    assert [job["job_name"] for job in scraped] == [f"barograph-{name}" for name in DOORS]
    for job, name in zip(scraped, DOORS, strict=True):
        published = SERVICES[name]["ports"][0].rpartition(":")[2]
        assert job["static_configs"] == [{"targets": [f"{name}:{published}"]}]
        assert job["authorization"] == {"credentials_file": "/run/secrets/barograph_metrics_token"}
    for name in MONITORING:
        mounts = [one.partition(":")[0] for one in SERVICES[name]["volumes"]]
        assert all((ROOT / place).exists() for place in mounts if place.startswith("./")), mounts


def test_the_balancer_has_the_example_of_deploy_and_the_names_that_it_asks_for() -> None:
    told = (ROOT / "deploy/haproxy/haproxy.cfg").read_text("utf-8")
    asked = {name for name in re.findall(r"presetenv (\w+)", told) if not name.endswith("_BIND")}
    given = SERVICES["haproxy"]["environment"]
    assert asked == set(given)
    assert all(address.partition(":")[0] in SERVICES for address in given.values())
    assert SERVICES["ingest-2"]["secrets"] == SERVICES["ingest"]["secrets"]
    assert SERVICES["ingest-2"]["healthcheck"] == SERVICES["ingest"]["healthcheck"]
    members = SERVICES["members"]["command"][1:]
    assert [one.partition(":")[0] for one in members] == [name for name in SERVICES if name.startswith("mongo")]


def test_make_secrets_keeps_passwords_that_are_there_and_has_what_compose_reads(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mongo_root_password").write_text("of before", "utf-8")
    made = [subprocess.run(["make", "secrets"], cwd=tmp_path, capture_output=True, check=False) for _ in range(2)]
    assert [one.returncode for one in made] == [0, 2]
    for secret in COMPOSE["secrets"].values():
        assert (tmp_path / secret["file"]).read_text("utf-8")
    assert (tmp_path / "secrets" / "mongo_root_password").read_text() == "of before"
    assert len((tmp_path / "secrets" / "barograph_metrics_token").read_text()) >= 32
    addresses = [(tmp_path / "secrets" / f"{one}_mongo_url").read_text() for one in (*RIGHTS, "owner")]
    assert len({parse_uri(url)["password"] for url in addresses}) == len(addresses)
    assert [parse_uri(url)["username"] for url in addresses] == [*map(role_of, RIGHTS), "root"]


def test_make_rotate_changes_every_password_once_mongodb_knows_them(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    subprocess.run(["make", "secrets"], cwd=tmp_path, check=True, capture_output=True)
    place = tmp_path / "secrets"
    before = {path.name: path.read_text() for path in place.iterdir()}
    asked = tmp_path / "asked"
    (compose := tmp_path / "compose").write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\nls {place}/next >> {asked}\nexit $FAILS\n'
    )
    compose.chmod(0o755)

    def rotate(fails: int) -> int:
        command = ["make", "rotate", f"COMPOSE={compose}"]
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "FAILS": str(fails)}, capture_output=True, check=False
        ).returncode

    assert rotate(1) != 0
    assert {path.name: path.read_text() for path in place.iterdir() if path.is_file()} == before, "nothing is changed"
    asked.unlink()
    assert rotate(0) == 0
    after = {path.name: path.read_text() for path in place.iterdir()}
    kept = {"mongo_keyfile", "barograph_master_key", "grafana_password"}
    assert {name for name in before if before[name] == after[name]} == kept
    told, *_ = asked.read_text().splitlines()
    assert told.startswith(
        "run --rm --volume ./secrets/next:/next:ro owner users --own-url-file=/next/owner_mongo_url "
    )
    assert {*SERVICES["owner"]["command"][1:]} == {
        one.replace("/next/", "/run/secrets/") for one in told.split() if one.startswith("--url-file=")
    }
    assert "up --detach --force-recreate" in asked.read_text()
    assert after["mongo_root_password"] in after["owner_mongo_url"]
    assert after["valkey_password"] in after["valkey_conf"]
