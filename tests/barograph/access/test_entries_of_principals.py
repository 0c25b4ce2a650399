"""What each entry may bring: shared links over an open network, logins where nobody listens, cookies of one host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from barograph.access.cookies import Cookie
from barograph.access.principals import Access
from barograph.settings import Settings, load
from barograph.web.entries import KEY, Entry

HOST = "192.168.7.2:8050"


class Incoming:
    """A request, as far as access looks at it, by an entry."""

    def __init__(
        self, entry: Entry, *cookies: Cookie, host: str = HOST, scheme: str | None = None, **headers: str
    ) -> None:
        scheme = scheme or ("https" if entry in (Entry.TLS, Entry.PROXY) else "http")
        server = "127.0.0.1" if entry is Entry.MACHINE else "192.168.7.2"
        self.scope: dict[str, Any] = {KEY: entry, "scheme": scheme, "server": (server, 8050)}
        self.remote_addr = "127.0.0.1" if entry is Entry.MACHINE else "192.168.7.40"
        self.headers = {"Host": host} | {name.capitalize(): value for name, value in headers.items()}
        self.cookies = {cookie.name: cookie.value for cookie in cookies}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(data_dir=tmp_path / "data", lan_host="192.168.7.2", allowed_hosts=("lab.example",))


@pytest.fixture
def dashboard(settings: Settings) -> Access:
    return Access(settings, "dashboard")


def login(door: Access, asked: Incoming) -> Cookie:
    cookie = door.redeem(door.new_link("http://x").rpartition("/")[2], asked)
    assert cookie is not None
    return cookie


def shared(door: Access, asked: Incoming) -> Cookie:
    return door.share_cookie("hash", "walk", 60, asked)


def known(door: Access, asked: Incoming) -> object:
    """Whom or what a request is known by."""
    return door.principal(asked) or door.shared(asked)


@pytest.mark.parametrize("entry", [Entry.MACHINE, Entry.TLS, Entry.PROXY])
def test_a_login_opens_where_nobody_else_listens(entry: Entry, dashboard: Access) -> None:
    host = "localhost:8050" if entry is Entry.MACHINE else HOST
    cookie = login(dashboard, Incoming(entry, host=host))
    who = dashboard.principal(Incoming(entry, cookie, host=host))
    assert who is not None
    assert who.workout_id is None


def test_over_an_open_network_a_login_opens_nothing_and_a_share_link_is_known(dashboard: Access) -> None:
    asked = Incoming(Entry.LAN)
    both = Incoming(Entry.LAN, login(dashboard, asked), shared(dashboard, asked))
    assert dashboard.principal(both) is None
    assert dashboard.shared(both) == ("hash", "walk")
    assert dashboard.shared(asked) is None
    assert [dashboard.brings_share(one) for one in (both, asked)] == [True, False]


def test_a_cookie_of_version_0_1_opens_nothing_and_is_known_as_one(dashboard: Access) -> None:
    asked = Incoming(Entry.LAN)
    old = dashboard.cookies.made(asked, "shared", ["walk", "/athlete/walk", 1 << 40, "key", "uid", 1.0], 60)
    brought = Incoming(Entry.LAN, old)
    assert dashboard.shared(brought) is None
    assert dashboard.brings_share(brought)


def test_a_share_links_cookie_outlives_it_by_a_day_to_say_why_nothing_is_there(dashboard: Access) -> None:
    assert shared(dashboard, Incoming(Entry.LAN)).options["max_age"] == 60 + 86_400


@pytest.mark.parametrize("entry", [Entry.LAN, Entry.TLS, Entry.PROXY])
def test_the_ingest_knows_nobody_from_elsewhere_by_their_address(entry: Entry, settings: Settings) -> None:
    ingest = Access(settings, "ingest")
    assert ingest.principal(Incoming(entry)) is None
    assert ingest.principal(Incoming(Entry.MACHINE, host="localhost")) is not None


@pytest.mark.parametrize("make", [login, shared])
@pytest.mark.parametrize("other", ["localhost:8051", "127.0.0.1:8050", "[::1]:8050", "localhost", "lab.example:8050"])
def test_a_cookie_opens_nothing_under_another_host_or_port(make: Any, other: str, dashboard: Access) -> None:
    cookie = make(dashboard, Incoming(Entry.MACHINE, host="localhost:8050"))
    assert known(dashboard, Incoming(Entry.MACHINE, cookie, host="LOCALHOST:8050")) is not None
    assert known(dashboard, Incoming(Entry.MACHINE, cookie, host=other)) is None


@pytest.mark.parametrize("make", [login, shared])
def test_a_cookie_of_tls_is_secure_and_no_other_is_looked_at_there(make: Any, dashboard: Access) -> None:
    sealed = make(dashboard, Incoming(Entry.TLS))
    assert sealed.name.startswith("__Host-")
    assert (sealed.options["secure"], sealed.options["path"], sealed.options["httponly"]) == (True, "/", True)
    assert "domain" not in sealed.options
    plain = make(dashboard, Incoming(Entry.MACHINE, host="localhost"))
    assert not plain.options["secure"]
    assert known(dashboard, Incoming(Entry.TLS, plain, host="localhost")) is None
    assert known(dashboard, Incoming(Entry.MACHINE, sealed)) is None
    renamed = Cookie(plain.name.removeprefix("__Host-"), sealed.value, {})
    assert known(dashboard, Incoming(Entry.MACHINE, renamed, host="localhost")) is None


@pytest.mark.parametrize(
    ("host", "ours"),
    [(HOST, True), ("192.168.7.2", True), ("192.168.7.3:8050", False), ("evil.example", False), ("lab.example", True)],
)
def test_the_address_that_was_connected_to_is_a_name_of_ours(host: str, ours: bool, dashboard: Access) -> None:
    assert dashboard.host_allowed(Incoming(Entry.LAN, host=host)) is ours


@pytest.mark.parametrize(
    ("given", "entry", "host", "base"),
    [
        ({"lan_host": "192.168.7.2"}, Entry.MACHINE, "localhost:8050", "http://192.168.7.2:8050"),
        ({"lan_host": "fd00::2"}, Entry.MACHINE, "localhost:8050", "http://[fd00::2]:8050"),
        ({"lan_host": "192.168.7.2"}, Entry.LAN, HOST, f"http://{HOST}"),
        ({}, Entry.MACHINE, "localhost:8050", "http://localhost:8050"),
        ({"trusted_proxies": ("10.0.0.7",)}, Entry.PROXY, "lab.example", "https://lab.example"),
        ({"lan_host": "192.168.7.2", "tls_cert": "c", "tls_key": "k"}, Entry.MACHINE, "l:8050", "https://192.168.7.2:8050"),
        (
            {"lan_host": "192.168.7.2", "tls_cert": "c", "tls_key": "k", "allowed_hosts": ("lab.example",)},
            Entry.MACHINE, "localhost:8050", "https://lab.example:8050",
        ),
    ],
)  # fmt: skip
def test_what_is_shared_leads_to_where_others_come_in(
    given: dict[str, Any], entry: Entry, host: str, base: str, tmp_path: Path
) -> None:
    door = Access(load(data_dir=tmp_path / "data", **given), "dashboard")
    asked = Incoming(entry, host=host)
    assert door.base_for_others(asked) == base
    # Nobody signs in unencrypted over a network: then an invitation leads to where it was made.
    as_asked = f"{asked.scope['scheme']}://{host}"
    assert door.base_for_people(asked) == (base if base.startswith("https:") else as_asked)
