"""Try it without a device: who gets a token for a tab, how it ends, and whom its worker may speak to."""

import json
from types import SimpleNamespace

import pytest

from barograph.access.secrets import hashed
from barograph.errors import NotFound
from barograph.settings import load
from dashboard.devices.trying import LIFE_US, reached_by_pages

ADMIN, SCIENTIST, ANALYST = "a.example@lab.example", "s.ample@lab.example", "n.one@lab.example"


@pytest.fixture
async def signed_in(visitor, add_user):
    await add_user(ADMIN, name="A. Example")

    async def one(email=ADMIN, *roles):
        if roles:
            await add_user(email, *roles)
        made = visitor()
        await made.sign_in(email)
        return made

    return one


async def begun(browser):
    answer = await browser.post("/try/device")
    assert answer.status_code == 201
    return json.loads(await answer.get_data())


async def test_whoever_may_pair_devices_gets_a_token_for_an_hour_and_nobody_else(signed_in, memory_archive):
    scientist = await signed_in(SCIENTIST, "scientist")
    assert "simulated athlete" in await scientist.text("/try")
    said = await begun(scientist)
    found = await memory_archive.accounts.key(hashed(said["token"]))
    assert found.key.streams == {"left", "right"}
    assert found.key.until_us - found.key.made_us == LIFE_US
    assert "Simulated insoles of a browser" in await scientist.text("/devices")
    assert said["workout"] != (await begun(scientist))["workout"], "each is a session of its own"
    analyst = await signed_in(ANALYST, "analyst")
    assert (await analyst.get("/try")).status_code == 404
    assert (await analyst.post("/try/device")).status_code == 404
    assert (await analyst.get("/assets/try/device.mjs")).status_code == 200, "it is no secret"
    assert len(await memory_archive.accounts.devices()) == 2


async def test_a_token_ends_when_its_own_user_stops_and_no_other_device_does(signed_in, memory_archive):
    scientist, admin = await signed_in(SCIENTIST, "scientist"), await signed_in()
    said = await begun(scientist)
    end = f"/try/device/{said['uid']}/end"
    assert (await admin.post(end)).status_code == 404
    assert (await scientist.post(end, Origin="https://elsewhere.example")).status_code == 403
    assert (await memory_archive.accounts.key(hashed(said["token"]))).key.revoked_us is None
    assert (await scientist.post(end)).status_code == 204
    assert (await memory_archive.accounts.key(hashed(said["token"]))).key.revoked_us is not None


async def test_the_worker_alone_may_speak_to_the_ingest_and_to_nothing_else(signed_in):
    browser = await signed_in()
    policy = (await browser.get("/assets/try/device.mjs")).headers["Content-Security-Policy"]
    ingest = (await begun(browser))["ingest"]
    assert policy == f"default-src 'none'; script-src 'self'; connect-src {ingest}"
    for path in ("/try", "/assets/try/try.mjs", "/assets/clients/sender.mjs"):
        assert "connect-src 'self';" in (await browser.get(path)).headers["Content-Security-Policy"], path


@pytest.mark.parametrize(
    ("host", "scheme", "given", "reached"),
    [
        ("127.0.0.1:8050", "http", {}, "ws://127.0.0.1:5001"),
        ("localhost:8050", "http", {"ingest_port": 6001}, "ws://localhost:6001"),
        ("[::1]:8050", "http", {}, "ws://[::1]:5001"),
        ("lab.example", "https", {"ingest_url": "http://127.0.0.1:7001"}, "wss://lab.example:7001"),
        ("lab.example", "https", {"ingest_url": "http://ingest:5001"}, "wss://lab.example:5001"),
        ("lab.example", "https", {"ingest_url": "https://data.lab.example"}, "wss://data.lab.example"),
        ("127.0.0.1:8050", "http", {"ingest_url": "http://192.0.2.7:5001"}, "ws://192.0.2.7:5001"),
    ],
)
def test_pages_reach_the_ingest_where_they_came_from_or_where_the_settings_say(tmp_path, host, scheme, given, reached):
    asked = SimpleNamespace(headers={"Host": host}, scope={"scheme": scheme})
    assert reached_by_pages(load(data_dir=tmp_path, **given), asked) == reached


def test_a_host_that_is_no_name_comes_into_no_policy(tmp_path):
    for host in ("", "x; connect-src *", "a b"):
        with pytest.raises(NotFound):
            reached_by_pages(load(data_dir=tmp_path), SimpleNamespace(headers={"Host": host}, scope={}))
