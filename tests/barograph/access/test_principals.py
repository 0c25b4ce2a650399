"""Access: who gets in at which door, and who does not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from quart import Quart, Response, request, websocket

from barograph.access import principals
from barograph.access.principals import Access, Principal, Request, secret_key
from barograph.errors import SettingsError
from barograph.settings import Settings, load

EVIL = "https://evil.example"


class Incoming:
    """A request, as far as access looks at it."""

    def __init__(self, peer: str | None = "127.0.0.1", cookie: dict[str, str] | None = None, **headers: str) -> None:
        self.remote_addr = peer
        self.cookies = cookie or {}
        self.headers = {"Host": "localhost:5001"} | {name.capitalize(): value for name, value in headers.items()}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(data_dir=tmp_path / "data")


@pytest.fixture
def ingest(settings: Settings) -> Access:
    return Access(settings, "ingest")


@pytest.fixture
def dashboard(settings: Settings) -> Access:
    return Access(settings, "dashboard")


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def logged_in(door: Access, **headers: str) -> Incoming:
    cookie = door.redeem(token_of(door.new_link("http://localhost:8050")), Incoming())
    assert cookie is not None
    return Incoming(cookie={cookie.name: cookie.value}, **headers)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_the_ingest_takes_whoever_is_on_this_machine(peer: str, ingest: Access) -> None:
    assert ingest.principal(Incoming(peer)) is not None


@pytest.mark.parametrize("peer", ["192.0.2.7", "::ffff:192.0.2.7", "fe80::1", "<local>", "", None])
def test_the_ingest_takes_nobody_else(peer: str | None, ingest: Access) -> None:
    assert ingest.principal(Incoming(peer)) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:5001", "127.0.0.1.evil.example", "0.0.0.0:5001", "", "["]
)
def test_a_host_name_that_is_not_ours_is_refused(host: str, ingest: Access, dashboard: Access) -> None:
    assert ingest.principal(Incoming(host=host)) is None
    assert dashboard.principal(logged_in(dashboard, host=host)) is None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:5001", "[::1]:5001"])
def test_the_names_of_this_machine_are_ours(host: str, ingest: Access) -> None:
    assert ingest.principal(Incoming(host=host)) is not None


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "", "http://localhost.evil.example", "file://", "http://[", "ws://localhost"]
)
def test_a_page_from_elsewhere_is_refused(origin: str, ingest: Access) -> None:
    assert ingest.principal(Incoming(origin=origin)) is None


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1:8050", "https://localhost", "http://[::1]:9"]
)
def test_a_page_of_this_machine_may_talk_to_the_ingest(origin: str, ingest: Access) -> None:
    assert ingest.principal(Incoming(origin=origin)) is not None


def test_a_host_may_be_allowed_by_name_and_this_machines_own_stay(settings: Settings) -> None:
    door = Access(settings.model_copy(update={"allowed_hosts": ("Lab", "[fd00::1]")}), "ingest")
    assert door.principal(Incoming(host="lab:5001")) is not None
    assert door.principal(Incoming(host="[fd00::1]:5001")) is not None
    assert door.principal(Incoming(host="localhost")) is not None


def test_a_page_may_be_allowed_by_name(settings: Settings) -> None:
    door = Access(settings.model_copy(update={"allowed_origins": ("https://App.example/",)}), "ingest")
    assert door.principal(Incoming(origin="https://app.example")) is not None
    assert door.principal(Incoming(origin="https://app.example:444")) is None
    assert door.principal(Incoming(origin="http://app.example")) is None


def test_the_dashboard_takes_a_browser_that_opened_its_link(dashboard: Access) -> None:
    assert dashboard.principal(logged_in(dashboard)) == Principal("link", kind="owner")


def test_the_dashboard_takes_nobody_without_its_cookie(dashboard: Access, settings: Settings) -> None:
    other = Access(settings.model_copy(update={"data_dir": settings.data_dir / "other"}), "dashboard")
    assert dashboard.principal(Incoming()) is None
    assert dashboard.principal(Incoming(cookie={dashboard.cookie_name: "InByZXRlbmQi.Zz.no"})) is None
    forged = logged_in(other).cookies[other.cookie_name]
    assert dashboard.principal(Incoming(cookie={dashboard.cookie_name: forged})) is None


def test_a_link_is_no_cookie_and_a_cookie_no_link(dashboard: Access) -> None:
    token = token_of(dashboard.new_link("http://localhost"))
    assert dashboard.principal(Incoming(cookie={dashboard.cookie_name: token})) is None
    assert dashboard.redeem(logged_in(dashboard).cookies[dashboard.cookie_name], Incoming()) is None


def test_even_a_known_browser_is_refused_when_another_page_asks(dashboard: Access) -> None:
    assert dashboard.principal(logged_in(dashboard, origin=EVIL)) is None
    assert dashboard.principal(logged_in(dashboard, origin="http://localhost:3000")) is None
    assert dashboard.principal(logged_in(dashboard, origin="http://localhost:5001")) is not None


def test_a_link_opens_once(dashboard: Access) -> None:
    link = dashboard.new_link("http://localhost:8050/")
    assert link.startswith("http://localhost:8050/login/")
    assert dashboard.redeem(token_of(link), Incoming()) is not None
    assert dashboard.redeem(token_of(link), Incoming()) is None
    assert dashboard.redeem(token_of(dashboard.new_link("http://localhost:8050")), Incoming()) is not None


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "ImEi.Zz.\N{SNOWMAN}", "x" * 10_000])
def test_a_token_that_is_not_ours_opens_nothing(token: str, dashboard: Access) -> None:
    assert dashboard.redeem(token, Incoming()) is None


def test_a_link_made_by_another_command_on_the_same_data_opens_the_dashboard(
    dashboard: Access, settings: Settings
) -> None:
    link = Access(settings, "dashboard").new_link("http://localhost:8050")
    assert dashboard.redeem(token_of(link), Incoming()) is not None


def test_a_link_is_good_for_ten_minutes(dashboard: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    young, old = dashboard.new_link("http://localhost"), dashboard.new_link("http://localhost")
    monkeypatch.setattr(time, "time", lambda: now + 599)
    assert dashboard.redeem(token_of(young), Incoming()) is not None
    monkeypatch.setattr(time, "time", lambda: now + 602)
    assert dashboard.redeem(token_of(old), Incoming()) is None
    assert dashboard.redeem(token_of(young), Incoming()) is None


def test_a_restart_does_not_make_a_used_link_good_again(
    dashboard: Access, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    link = dashboard.new_link("http://localhost")
    assert dashboard.redeem(token_of(link), Incoming()) is not None
    monkeypatch.setattr(time, "time", lambda: now + 2)
    assert Access(settings, "dashboard").redeem(token_of(link), Incoming()) is None


def test_a_login_survives_a_restart_and_ends_after_a_month(
    dashboard: Access, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = logged_in(dashboard)
    again = Access(settings, "dashboard")
    assert again.principal(browser) is not None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 31 * 86400)
    assert again.principal(browser) is None


def test_on_a_trusted_network_everyone_who_reaches_a_door_may_enter(settings: Settings) -> None:
    trusting = settings.model_copy(update={"trusted_network": True, "allowed_hosts": ("ingest",)})
    door = Access(trusting, "dashboard")
    assert door.principal(Incoming("192.0.2.7", host="ingest:5001")) == Principal("network", kind="network")
    assert door.principal(Incoming("192.0.2.7", host="192.0.2.9:5001")) is not None
    assert door.principal(Incoming("192.0.2.7", host="ingest:5001", origin="http://ingest:5001")) is not None
    assert door.principal(Incoming("192.0.2.7", host="evil.example")) is None
    assert door.principal(Incoming("192.0.2.7", host="ingest:5001", origin=EVIL)) is None


def test_the_ingest_needs_no_key_and_gives_no_links(ingest: Access, settings: Settings) -> None:
    assert not settings.data_dir.exists()
    with pytest.raises(SettingsError):
        ingest.new_link("http://localhost:5001")


def test_the_key_is_made_once_and_for_its_owner_alone(settings: Settings) -> None:
    key = secret_key(settings)
    assert len(key) >= 32
    assert secret_key(settings) == key
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret.key"]
    assert (settings.data_dir / "secret.key").stat().st_mode & 0o777 == 0o600
    (settings.data_dir / "secret.key").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        secret_key(settings)


def test_of_two_that_make_the_key_at_once_both_get_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = secret_key(settings)
    principals._make_secret(settings.data_dir / "secret.key")
    assert secret_key(settings) == first
    assert len(list(settings.data_dir.iterdir())) == 1


def test_a_key_that_was_cut_short_is_refused(settings: Settings) -> None:
    secret_key(settings)
    (settings.data_dir / "secret.key").write_text("")
    with pytest.raises(SettingsError, match="delete the file"):
        secret_key(settings)


async def test_quarts_own_requests_and_sockets_are_looked_at(dashboard: Access) -> None:
    app = Quart(__name__)

    def answer(asked: Request) -> str:
        principal = dashboard.principal(asked)
        return "nobody" if principal is None else principal.name

    @app.get("/who")
    async def who() -> str:
        return answer(request)

    @app.websocket("/who")
    async def who_ws() -> None:
        await websocket.send(answer(websocket))

    @app.get("/login/<token>")
    async def login(token: str) -> Response:
        response = Response("welcome")
        cookie = dashboard.redeem(token, request)
        assert cookie is not None
        response.set_cookie(cookie.name, cookie.value, **cookie.options)
        return response

    here: Any = {"scope_base": {"client": ("127.0.0.1", 1)}}
    client = app.test_client()
    assert await (await client.get("/who", **here)).get_data(as_text=True) == "nobody"
    link = dashboard.new_link("http://localhost")
    welcome = await client.get(link.removeprefix("http://localhost"), **here)
    assert "HttpOnly" in welcome.headers["Set-Cookie"]
    assert await (await client.get("/who", **here)).get_data(as_text=True) == "link"
    async with client.websocket("/who", **here) as socket:
        assert await socket.receive() == "link"
