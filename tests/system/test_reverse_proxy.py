"""`deploy/nginx/barograph.conf` in a real nginx, between two machines: TLS, WebSockets, pages, and who is believed."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cables import LAB, PHONE, Ask
from stacks import BAROGRAPH, PATIENCE_S, Stack, wait_until

CONF = Path(__file__).parents[2] / "deploy" / "nginx" / "barograph.conf"
PAGES, DATA = "lab.example", "data.lab.example"
FRAME = {"matrix": [[1, 2], [3, 4]], "nodes": 4}
AROUND = """
daemon off;
pid {room}/nginx.pid;
error_log {room}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {room}/body; proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/f; uwsgi_temp_path {room}/u; scgi_temp_path {room}/s;
    include {room}/barograph.conf;
}}
"""


@pytest.fixture(scope="module")
def room(cable: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with a certificate of both names, which the phone knows as this address."""
    made = tmp_path_factory.mktemp("nginx")
    names = Path("/etc/netns", cable[PHONE])
    names.mkdir(parents=True)
    (names / "hosts").write_text(f"{LAB} {PAGES} {DATA}\n")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", made / "lab.key", "-out", made / "lab.crt", "-subj", f"/CN={PAGES}",
         "-addext", f"subjectAltName=DNS:{PAGES},DNS:{DATA}"],
        check=True, capture_output=True,
    )  # fmt: skip
    yield made
    shutil.rmtree(names)


@pytest.fixture(scope="module")
def lab(cable: dict[str, str], room: Path) -> Iterator[Stack]:
    """A lab as the head of the file says, with nginx before it."""
    within = ("ip", "netns", "exec", cable[LAB])
    said = {
        "BAROGRAPH_TRUSTED_PROXIES": '["127.0.0.1"]',
        "BAROGRAPH_ALLOWED_HOSTS": json.dumps([PAGES, DATA]),
        "BAROGRAPH_INGEST_URL": f"https://{DATA}",
    }
    head = CONF.read_text("utf-8").partition("map ")[0]
    assert all(f"{name}={value}" in head.replace("'", "") for name, value in said.items())
    started = Stack("up", room / "data", room / "said.txt", program=(*within, *BAROGRAPH), environment=said)
    try:
        text = CONF.read_text("utf-8").replace("/etc/barograph/", f"{room}/")
        for port, address in (("8050", started.link), ("5001", started.devices)):
            assert text.count(f"http://127.0.0.1:{port};") == 1
            text = text.replace(f"127.0.0.1:{port}", address.split("/")[2])
        (room / "barograph.conf").write_text(text, "utf-8")
        (room / "nginx.conf").write_text(AROUND.format(room=room), "utf-8")
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        assert nginx, "no nginx: `python .ci/system_packages.py --only servers`"
        process = subprocess.Popen([*within, nginx, "-c", room / "nginx.conf", "-p", room], stderr=subprocess.DEVNULL)
        try:
            wait_until((room / "nginx.pid").exists, (room / "error.log").read_text)
            yield started
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    finally:
        started.clear()


def test_a_phone_signs_in_sees_live_pictures_and_reads_the_documentation(lab: Stack, room: Path, ask: Ask) -> None:
    path = "/" + lab.link.split("/", 3)[3]
    sent, led, opened, page, docs, fed = ask(
        PHONE,
        ["POST", f"https://{DATA}/api/workouts/walk/frames",
         [{**FRAME, "timestamp": time.time_ns() // 1_000_000 + 10 * n} for n in range(50)], lab.owner],
        ["GET", f"http://{PAGES}/healthz"],
        ["POST", f"https://{PAGES}{path}"],
        ["GET", f"https://{PAGES}/session/walk"], ["GET", f"https://{PAGES}/docs/"],
        ["WS", f"wss://{PAGES}/feed/walk"],
        environment=trusting(room),
    )  # fmt: skip
    assert sent["status"] == 200, sent
    assert (led["status"], led["url"]) == (200, f"https://{PAGES}/healthz"), "plain HTTP leads to TLS"
    assert opened["url"] == f"https://{PAGES}/", "the one-time link let it in"
    assert (page["status"], fed["status"]) == (200, 101)
    assert docs["status"] == 200
    assert "ocumentation" in docs["text"]


def test_a_device_comes_by_the_other_name_and_needs_a_token(lab: Stack, room: Path, ask: Ask) -> None:
    join = {"type": "join_session", "workout_id": "walk", "stream": "main"}
    spoofed = {
        "X-Forwarded-For": "127.0.0.1",
        "Forwarded": "for=127.0.0.1;proto=https",
        "X-Forwarded-Host": "localhost",
    }
    told, docs, metrics = ask(
        PHONE,
        ["WS", f"wss://{DATA}/ws", join], ["GET", f"https://{DATA}/docs", None, lab.owner],
        ["GET", f"https://{DATA}/metrics", None, spoofed],
        environment=trusting(room),
    )  # fmt: skip
    error = json.loads(told["text"])
    assert (error["type"], error["code"]) == ("error", "forbidden")
    assert docs["status"] == 200
    assert metrics["status"] == 403, "it is not this machine, whatever it says"


def trusting(room: Path) -> dict[str, Any]:
    """What lets the phone trust the certificate."""
    return {"SSL_CERT_FILE": str(room / "lab.crt")}
