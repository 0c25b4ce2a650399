"""Settings: where they come from, which comes first, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from barograph import settings
from barograph.errors import SettingsError
from barograph.settings import Settings, load, variable


@pytest.fixture(autouse=True)
def _empty_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "SECRETS_DIR", tmp_path / "secrets")
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.delenv("SECRET_KEY", raising=False)


def test_without_anything_said_everything_has_a_default_on_loopback() -> None:
    found = load()
    assert (found.host, found.ingest_port, found.dashboard_port) == ("127.0.0.1", 5001, 8050)
    assert found.loopback
    assert found.mongo_url is None


def test_what_is_given_comes_before_the_environment_before_the_file_before_the_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "barograph_database").write_text("of_secrets")
    assert load().database == "of_secrets"
    Path("barograph.env").write_text("BAROGRAPH_DATABASE=of_file\n")
    assert load().database == "of_file"
    monkeypatch.setenv("BAROGRAPH_DATABASE", "of_environment")
    assert load().database == "of_environment"
    assert load(database="given", host=None).database == "given"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", "")
    assert load().mongo_url is None


@pytest.mark.parametrize("name", ["SECRET_KEY", "BAROGRAPH_SECRET_KEY"])
def test_the_secret_key_has_two_names_and_is_never_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hush-hush, this is between the two of us")
    found = load()
    assert found.secret_key is not None
    assert found.secret_key.get_secret_value() == "hush-hush, this is between the two of us"
    assert "hush" not in repr(found)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_an_address_that_others_reach_is_refused_unless_what_it_needs_is_there(host: str) -> None:
    with pytest.raises(SettingsError, match="BAROGRAPH_TLS_CERT and BAROGRAPH_TLS_KEY"):
        load(host=host)
    assert load(host=host, trusted_proxies=("192.0.2.1",)).host == host
    assert load(host=host, tls_cert="a.crt", tls_key="a.key").reached


def test_a_trusted_network_says_what_comes_after_it(caplog: pytest.LogCaptureFixture) -> None:
    assert load(host="192.0.2.7", trusted_network=True).address(80) == "192.0.2.7:80"
    (said,) = caplog.messages
    assert "ends with the next version" in said
    assert "BAROGRAPH_TRUSTED_PROXIES" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tls_cert": "a.crt", "lan_host": "192.0.2.7"}, "BAROGRAPH_TLS_KEY: expected beside BAROGRAPH_TLS_CERT"),
        ({"tls_key": "a.key", "lan_host": "192.0.2.7"}, "BAROGRAPH_TLS_CERT: expected beside BAROGRAPH_TLS_KEY"),
        ({"tls_cert": "a.crt", "tls_key": "a.key"}, "BAROGRAPH_TLS_CERT: nothing that others can reach"),
        ({"lan_host": "127.0.0.1"}, "BAROGRAPH_LAN_HOST: expected an address that others can reach"),
        ({"lan_host": "lab"}, "BAROGRAPH_LAN_HOST"),
        ({"trusted_proxies": ("0.0.0.0/0",)}, "BAROGRAPH_TRUSTED_PROXIES.*everyone"),
        ({"redis_url": "http://:word@cache:6379"}, r"BAROGRAPH_REDIS_URL.*redis\+cluster"),
        ({"proxy_protocol": True}, "BAROGRAPH_PROXY_PROTOCOL.*BAROGRAPH_TRUSTED_PROXIES"),
        ({"redis_url": "cache:6379"}, "BAROGRAPH_REDIS_URL.*expected a URL"),
        ({"redis_url": "redis+cluster://:word@a:1,b:2/3"}, "BAROGRAPH_REDIS_URL.*a cluster has one"),
        ({"trusted_proxies": ("proxy.lab",)}, "BAROGRAPH_TRUSTED_PROXIES.*10.0.0.0/24"),
        (
            {"allowed_origins": ("*",), "device_tokens": "off"},
            "BAROGRAPH_ALLOWED_ORIGINS.*DEVICE_TOKENS=required",
        ),
        ({"device_tokens": "maybe"}, "BAROGRAPH_DEVICE_TOKENS"),
    ],
)
def test_a_door_that_would_not_be_what_it_says_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(**given)


def test_every_origin_is_taken_where_tokens_are_required() -> None:
    assert load(allowed_origins=("*",), device_tokens="required").allowed_origins == ("*",)


def test_an_address_for_others_leaves_this_machine_its_own() -> None:
    found = load(lan_host="192.0.2.7")
    assert (found.reached, found.loopback, found.address(80)) == (True, True, "127.0.0.1:80")
    assert load(host="192.0.2.7", trusted_proxies=("192.0.2.1",)).address(80) == "127.0.0.1:80"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BAROGRAPH_HOST", "localhost"),
        ("BAROGRAPH_INGEST_PORT", "65536"),
        ("BAROGRAPH_DATABASE", "a/b"),
        ("BAROGRAPH_DATABASE", "ends-with-newline\n"),
        ("BAROGRAPH_LOG_LEVEL", "loud"),
        ("BAROGRAPH_STORAGE_TIMEOUT_S", "0"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: "):
        load()


def test_a_list_that_is_not_json_is_named_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROGRAPH_ALLOWED_HOSTS", "localhost,lab")
    with pytest.raises(SettingsError, match=r"allowed_hosts.*JSON list"):
        load()
    monkeypatch.setenv("BAROGRAPH_ALLOWED_HOSTS", '["lab"]')
    assert load().allowed_hosts == ("lab",)


def test_a_data_directory_is_absolute_and_may_begin_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert load(data_dir="~/lab").data_dir == tmp_path / "home" / "lab"
    assert load(data_dir="lab").data_dir == tmp_path / "lab"


@pytest.mark.parametrize(
    ("host", "where"),
    [("127.0.0.1", "127.0.0.1:80"), ("0.0.0.0", "127.0.0.1:80"), ("::", "[::1]:80"), ("::1", "[::1]:80")],
)
def test_an_address_is_one_that_this_machine_can_open(host: str, where: str) -> None:
    assert load(host=host, trusted_network=True).address(80) == where
