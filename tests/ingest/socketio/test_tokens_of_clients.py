"""Devices' tokens as the libraries bring them: npm's socket.io-client and python-socketio, one option more."""

import time

import pytest
from served import serving
from tabs import frame, tab

from barograph.access.secrets import DEVICE, hashed, new_secret
from barograph.store.accounts import Device
from barograph.store.memory.archive import MemoryArchive, MemoryLive

CLIENTS = [("npm", "default"), ("npm", "polling"), ("python", "polling"), ("python", "websocket")]

pytestmark = pytest.mark.usefixtures("client_of_npm")


@pytest.mark.parametrize(("kind", "transports"), CLIENTS)
async def test_a_client_shows_its_token_in_one_option_and_one_that_opens_nothing_is_told(tmp_path, kind, transports):
    archive, token, now_us = MemoryArchive(), new_secret(DEVICE), time.time_ns() // 1000
    main, until_us = frozenset({"main"}), now_us + 10**12
    device = Device(hash=hashed(token), name="A", streams=main, made_us=now_us, until_us=until_us)
    await archive.accounts.add_key(device)
    async with serving(archive, MemoryLive(), tmp_path, device_tokens="required") as running:
        async with tab(running.http_url, "a", transports, kind, token) as page:
            await page.hear("session_joined")
            await page.emit("pressure_frame", **frame("a", 0))
            assert (await page.hear("frame_processed"))["frame_count"] == 1
        async with tab(running.http_url, "a", transports, kind, new_secret(DEVICE)) as page:
            told = await page.hear("connect_error")
            assert "opens nothing" in told["message"]
            assert told["data"]["code"] == "forbidden"
        async with tab(running.http_url, "a", transports, kind) as page:
            assert (await page.hear("error"))["code"] == "forbidden"
    assert (await archive.workout("a")).frames == 1
