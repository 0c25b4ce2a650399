"""A device without a token asks with the code that the dashboard shows, and comes back with its token, once."""

import asyncio
import os
import stat
import time

import pytest
from labs import ELSEWHERE, HERE, lab_of, through
from served import serving

from barograph import settings
from barograph.access import pairing
from barograph.cli import pairing as cli
from barograph.cli.sending import simulated
from barograph.errors import SettingsError
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from ingest.device import sender

LEFT = frozenset({"left"})
KEY = "k" * 32
WRONG = [
    ({"code": "2222-2222", "name": "a"}, 404, "not_found"), ({"code": "no", "name": "a"}, 400, "bad_field"),
    ({"name": "a"}, 400, "bad_field"), ({"code": "2222-2222", "name": ""}, 400, "bad_field"),
    ({"code": "2222-2222", "name": "a", "streams": ["a/b"]}, 400, "bad_field"),
    ({"code": "2222-2222", "name": "a", "streams": []}, 400, "bad_field"),
    ({"code": "2222-2222", "name": "a", "firmware": "x" * 101}, 400, "bad_field"),
    ({"code": "2222-2222", "name": "a\u0000"}, 400, "bad_field"),
]  # fmt: skip


def now_us():
    return time.time_ns() // 1000


async def said_by(answer):
    return answer.status_code, (await answer.get_json())


@pytest.mark.parametrize("scope", [HERE, ELSEWHERE], ids=["here", "elsewhere"])
async def test_a_device_asks_with_the_code_and_comes_back_with_its_token_once(tmp_path, scope):
    async with lab_of(tmp_path, scope) as lab:
        accounts = lab.archive.accounts
        code, shown = await pairing.show(accounts, now_us(), key=KEY)
        said = {"code": code, "name": "insole-10-L", "streams": ["left"], "layout": "60 x 21", "firmware": "2.4.1"}
        status, asked = await said_by(await lab.ask("POST", "/api/pairings", json=said))
        assert status == 201, asked
        asking = (await accounts.pairing(shown.uid)).asking
        assert (asking.name, asking.address, asking.firmware) == ("insole-10-L", scope["client"][0], "2.4.1")
        claim = {"claim": asked["claim"]}
        assert await said_by(await lab.ask("POST", "/api/pairings/token", json=claim)) == (200, {"state": "asked"})
        await pairing.answer(accounts, shown.uid, now_us(), allowed=True, name="Insole 10", streams=LEFT)
        _, told = await said_by(await lab.ask("POST", "/api/pairings/token", json=claim))
        assert (told["state"], told["name"], told["streams"]) == ("allowed", "Insole 10", ["left"])
        status, again = await said_by(await lab.ask("POST", "/api/pairings/token", json=claim))
        assert (status, again["error"]["code"]) == (404, "not_found")
        assert await through(lab, "http", told["token"]) == "stored"


async def test_a_device_that_asks_wrongly_is_told_what_was_expected(tmp_path):
    async with lab_of(tmp_path, ELSEWHERE) as lab:
        for said, expected, code in WRONG:
            status, told = await said_by(await lab.ask("POST", "/api/pairings", json=said))
            assert (status, told["error"]["code"]) == (expected, code), said
        status, _ = await said_by(await lab.ask("POST", "/api/pairings/token", json={"claim": "bgc_unknown"}))
        assert status == 404


async def test_a_device_that_was_refused_hears_it(tmp_path):
    async with lab_of(tmp_path) as lab:
        code, shown = await pairing.show(lab.archive.accounts, now_us(), key=KEY)
        _, asked = await said_by(await lab.ask("POST", "/api/pairings", json={"code": code, "name": "a"}))
        await pairing.answer(lab.archive.accounts, shown.uid, now_us(), allowed=False)
        status, told = await said_by(await lab.ask("POST", "/api/pairings/token", json={"claim": asked["claim"]}))
        assert (status, told["error"]["code"]) == (403, "forbidden")
        assert "refused in the dashboard" in told["error"]["message"]


async def allowed(accounts, uid):
    """Allow what asks, as somebody in the dashboard does."""
    while (found := await accounts.pairing(uid)).asking is None:
        await asyncio.sleep(0.01)
    await pairing.answer(accounts, uid, now_us(), allowed=True, name="Insole 10", streams=found.asking.streams)


async def test_the_sender_pairs_keeps_its_token_to_itself_and_sends_with_it_until_it_is_revoked(tmp_path):
    archive = MemoryArchive()
    async with serving(archive, MemoryLive(), tmp_path, device_tokens="required") as running:
        chosen = settings.load(data_dir=tmp_path / "device")
        sources = simulated("walk", "left", 0.2)
        with pytest.raises(sender.SendRefused, match="token: expected the token of a device"):
            await sender.send(sources, url=running.ws_url, workout_id="w")
        code, shown = await pairing.show(archive.accounts, now_us(), key=KEY)
        pairs = asyncio.to_thread(cli.pair, running.ws_url, code, ["left"], chosen, None, "60 x 21")
        await asyncio.gather(pairs, allowed(archive.accounts, shown.uid))
        (path,) = chosen.data_dir.iterdir()
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        token = cli.kept_token(chosen, None, running.ws_url)
        assert cli.kept_token(chosen, None, "ws://elsewhere.example:5001/ws") is None, "no other server is shown it"
        ended = await sender.send(sources, url=running.ws_url, workout_id="w", token=token)
        assert [one["frame_count"] for one in ended] == [20]
        (device,) = await archive.accounts.devices()
        await archive.accounts.revoke(device.uid, now_us())
        await asyncio.sleep(1.1)  # what was looked up is believed for a second
        with pytest.raises(sender.SendRefused, match="opens nothing"):
            await sender.send(sources, url=running.ws_url, workout_id="w2", token=token)


def test_a_token_is_of_a_named_file_or_of_the_environment_and_a_file_that_others_read_is_refused(tmp_path, monkeypatch):
    path, url = tmp_path / "mine", "ws://127.0.0.1:5001/ws"
    path.write_text("bgd_" + "x" * 43)
    path.chmod(0o600)
    assert cli.kept_token(settings.load(data_dir=tmp_path), path, url) == "bgd_" + "x" * 43
    monkeypatch.setenv("BAROGRAPH_TOKEN", "bgd_" + "y" * 43)
    assert cli.kept_token(settings.load(data_dir=tmp_path), None, url) == "bgd_" + "y" * 43
    monkeypatch.setenv("BAROGRAPH_TOKEN", "bgt_" + "y" * 43)
    assert cli.kept_token(settings.load(data_dir=tmp_path), None, url) is None, "that one is for barograph.connect"
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="only its owner"):
        cli.kept_token(settings.load(data_dir=tmp_path), path, url)
    with pytest.raises(SettingsError, match="no such file"):
        cli.kept_token(settings.load(data_dir=tmp_path), tmp_path / "none", url)
    path.write_text("something else")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="begins with bgd_"):
        cli.kept_token(settings.load(data_dir=tmp_path), path, url)
