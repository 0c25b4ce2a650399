"""`barograph up --lan` and a phone in the same network: two network namespaces with a cable between them."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cables import LAB, PHONE, Ask
from stacks import BAROGRAPH, PATIENCE_S, Stack

PAIRS = Path(__file__).parents[1] / "fixtures" / "tls"
FRAME = {"matrix": [[1, 2], [3, 4]], "nodes": 4}


@pytest.fixture(scope="module")
def lab(cable: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A lab that others reach."""
    room = tmp_path_factory.mktemp("lan")
    within = ("ip", "netns", "exec", cable[LAB], *BAROGRAPH)
    started = Stack("up", room / "data", room / "said.txt", program=within, options=("--no-browser", "--lan"))
    try:
        yield started
    finally:
        started.clear()


@pytest.fixture(scope="module")
def ports(lab: Stack) -> dict[str, str]:
    """Ports of both servers."""
    return {
        "dashboard": lab.link.split("/")[2].rpartition(":")[2],
        "ingest": lab.devices.split("/")[2].rpartition(":")[2],
    }


@pytest.fixture(scope="module")
def shared(lab: Stack, ask: Ask, ports: dict[str, str]) -> str:
    """The address of a shared session, asked for on the lab's own machine; there is another session beside it."""
    here, sent = f"http://127.0.0.1:{ports['dashboard']}", f"http://127.0.0.1:{ports['ingest']}/api/workouts"
    now_ms = time.time_ns() // 1_000_000
    frames = [{**FRAME, "timestamp": now_ms + 10 * n} for n in range(200)]
    *_, answer = ask(
        LAB,
        ["POST", f"{sent}/walk/frames", frames, lab.owner], ["POST", f"{sent}/other/frames", frames, lab.owner],
        ["POST", lab.link],
        ["POST", f"{here}/data/walk/share", {"view": "athlete", "query": "", "life_s": 600}],
    )  # fmt: skip
    assert answer["status"] == 200, answer
    return str(json.loads(answer["text"])["address"])


def test_what_is_open_to_others_is_said_with_addresses_and_codes(lab: Stack, ports: dict[str, str]) -> None:
    said = lab.said
    assert f"ws://{LAB}:{ports['ingest']}/ws" in said
    assert f"http://{LAB}:{ports['dashboard']}" in said
    assert "with a token, one for each device" in said
    assert "not encrypted" in said
    assert "not here: it needs BAROGRAPH_TLS_CERT and BAROGRAPH_TLS_KEY" in said
    assert said.count("▄▄▄▄▄") >= 6  # corners of two codes


def test_a_phone_opens_the_shared_session_and_nothing_else(shared: str, ask: Ask, ports: dict[str, str]) -> None:
    base = f"http://{LAB}:{ports['dashboard']}"
    assert shared.startswith(f"{base}/share/")
    spoofed = {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1;host=localhost;proto=https"}
    looked, read, fed, *refused = ask(
        PHONE,
        ["GET", shared], ["GET", f"{base}/athlete/walk"], ["WS", f"{base.replace('http', 'ws')}/feed/walk"],
        ["GET", f"{base}/"], ["GET", f"{base}/session/other"], ["GET", f"{base}/athlete/other"],
        ["GET", f"{base}/athlete/walk/history"], ["GET", f"{base}/system"], ["GET", f"{base}/login"],
        ["POST", f"{base}/data/walk/share", {"view": "athlete", "query": "", "life_s": 600}],
        ["WS", f"{base.replace('http', 'ws')}/feed/other"], ["GET", f"{base}/session/other", None, spoofed],
        ["GET", f"{base}/athlete/walk", None, {"Host": f"evil.example:{ports['dashboard']}"}],
    )  # fmt: skip
    assert (looked["status"], looked["url"]) == (200, f"{base}/athlete/walk")
    assert (read["status"], fed["status"]) == (200, 101)
    assert [answer["status"] for answer in refused] == [403] * len(refused), refused


def test_a_phone_cannot_sign_in_without_tls(lab: Stack, cable: dict[str, str], ask: Ask, ports: dict[str, str]) -> None:
    command = ["ip", "netns", "exec", cable[LAB], *BAROGRAPH, "link", "--data-dir", str(lab.data_dir)]
    link = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout.strip()
    here = f"127.0.0.1:{ports['dashboard']}"
    assert here in link
    there = link.replace(here, f"{LAB}:{ports['dashboard']}")
    for answer in ask(PHONE, ["GET", there], ["POST", there], ["GET", there.partition("/login")[0]]):
        assert answer["status"] == 403
        assert "not encrypted" in answer["text"]
    assert ask(LAB, ["POST", link])[0]["status"] == 200, "it was not used up"


def test_a_device_without_a_token_is_refused_and_told_why(lab: Stack, ask: Ask, ports: dict[str, str]) -> None:
    base = f"http://{LAB}:{ports['ingest']}"
    join = {"type": "join_session", "workout_id": "walk", "stream": "main"}
    told, posted, read, erased, ready = ask(
        PHONE,
        ["WS", f"{base.replace('http', 'ws')}/ws", join], ["POST", f"{base}/api/workouts/walk/frames", FRAME],
        ["GET", f"{base}/api/workouts"], ["DELETE", f"{base}/api/workouts/walk"], ["GET", f"{base}/healthz"],
    )  # fmt: skip
    error = json.loads(told["text"])
    assert (error["type"], error["code"]) == ("error", "forbidden")
    for text in (error["message"], json.loads(posted["text"])["error"]["message"]):
        assert text.startswith("token: expected the token of a device")
    assert [answer["status"] for answer in (posted, read, erased, ready)] == [403, 403, 403, 200]


def test_behind_a_proxy_of_the_same_machine_all_is_asked_for_and_the_parts_find_each_other(
    cable: dict[str, str], ask: Ask, tmp_path: Path
) -> None:
    within = ("ip", "netns", "exec", cable[LAB], *BAROGRAPH)
    given = {"BAROGRAPH_TRUSTED_PROXIES": '["127.0.0.1"]', "BAROGRAPH_ALLOWED_HOSTS": '["lab.example"]'}
    lab = Stack("up", tmp_path / "data", tmp_path / "said.txt", program=within, environment=given)
    try:
        look, devices = (address.split("/")[2] for address in (lab.link, lab.devices))
        path = lab.link.partition(look)[2]
        passed_on = {
            "Host": "x",
            "X-Forwarded-For": PHONE,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "lab.example",
        }
        plain = {**passed_on, "X-Forwarded-Proto": "http"}
        frames = f"http://{devices}/api/workouts/walk/frames"
        refused, opened, again, sent, posted, metrics = ask(
            LAB,
            ["POST", f"http://{look}{path}", None, plain], ["POST", f"http://{look}{path}", None, passed_on],
            ["POST", f"http://{look}{path}", None, passed_on], ["POST", frames, FRAME, passed_on],
            ["POST", frames, FRAME], ["GET", f"http://{devices}/metrics"],
        )  # fmt: skip
        assert (refused["status"], "not encrypted" in refused["text"]) == (403, True)
        assert opened["url"] == f"http://{look}/", "it let in, and led to the first page"
        assert "works once" in again["text"]
        assert [answer["status"] for answer in (sent, posted, metrics)] == [403, 403, 403]
    finally:
        lab.clear()


def test_with_tls_a_phone_signs_in_and_this_machine_goes_on_as_before(
    cable: dict[str, str], ask: Ask, tmp_path: Path
) -> None:
    pair = {name: tmp_path / f"lab.{name}" for name in ("crt", "key")}
    for name, path in pair.items():
        shutil.copy(PAIRS / f"first.{name}", path)
        path.chmod(0o600)
    environment = {"BAROGRAPH_TLS_CERT": str(pair["crt"]), "BAROGRAPH_TLS_KEY": str(pair["key"])}
    within = ("ip", "netns", "exec", cable[LAB], *BAROGRAPH)
    options = ("--no-browser", "--lan", LAB)
    lab = Stack(
        "up", tmp_path / "data", tmp_path / "said.txt", program=within, options=options, environment=environment
    )
    try:
        here = "/".join(lab.link.split("/")[:3])
        there = here.replace("http://127.0.0.1", f"https://{LAB}")
        assert f"whoever has an account, at {there}" in lab.said
        trusting = {"SSL_CERT_FILE": str(pair["crt"])}
        opened, home, fed = ask(
            PHONE,
            ["POST", lab.link.replace(here, there)], ["GET", f"{there}/"],
            ["WS", f"{there.replace('http', 'ws')}/feed/x"],
            environment=trusting,
        )  # fmt: skip
        assert [answer["status"] for answer in (opened, home, fed)] == [200, 200, 101]
        assert ask(LAB, ["GET", f"{here}/healthz"])[0]["status"] == 200
    finally:
        lab.clear()
