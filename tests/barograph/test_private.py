"""What others may write sets nothing here, and a secret is hard to guess and for its owner alone."""

from __future__ import annotations

import os
import secrets as secrets_module
from collections.abc import Callable
from pathlib import Path

import pytest

from barograph import private, settings
from barograph.access.principals import Access, secret_key
from barograph.errors import SettingsError
from barograph.servers import embedded
from barograph.settings import Settings, load, variable

NOBODY = 65534
Spoil = Callable[[Path], None]


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working directory, and no setting from elsewhere."""
    made = tmp_path / "room"
    made.mkdir(mode=0o755)
    monkeypatch.chdir(made)
    monkeypatch.setattr(settings, "SECRETS_DIR", tmp_path / "secrets")
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.delenv("SECRET_KEY", raising=False)
    return made


def mode(bits: int) -> Spoil:
    return lambda path: path.chmod(bits)


def given_away(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(path, NOBODY, -1)


def above(bits: int) -> Spoil:
    return lambda path: path.parent.chmod(bits)


def above_given_away(path: Path) -> None:
    given_away(path.parent)


def link_to_elsewhere(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    elsewhere.mkdir()
    path.rename(elsewhere / path.name)
    path.symlink_to(elsewhere / path.name)
    elsewhere.chmod(0o777)


def two_above(path: Path) -> None:
    path.parent.parent.chmod(0o777)


SPOILT = [
    pytest.param(mode(0o664), id="group-writes"), pytest.param(mode(0o646), id="all-write"),
    pytest.param(given_away, id="of-another-user"), pytest.param(above(0o775), id="directory-group-writes"),
    pytest.param(above(0o757), id="directory-all-write"), pytest.param(above(0o1777), id="directory-like-tmp"),
    pytest.param(above_given_away, id="directory-of-another-user"), pytest.param(two_above, id="all-write-further-up"),
    pytest.param(link_to_elsewhere, id="link-to-where-all-write"),
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_settings_file_that_others_may_change_is_refused_with_its_name(spoil: Spoil, room: Path) -> None:
    file = room / "barograph.env"
    file.write_text("BAROGRAPH_DATABASE=of_another\n")
    file.chmod(0o644)
    assert load().database == "of_another"
    spoil(file)
    with pytest.raises(SettingsError, match=r"may write|belongs to user") as caught:
        load()
    assert str(room.parent) in str(caught.value)


def test_a_settings_file_by_way_of_a_link_to_a_safe_place_is_obeyed(room: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.env").write_text("BAROGRAPH_DATABASE=mine\n")
    (room / "barograph.env").symlink_to(tmp_path / "mine.env")
    assert load().database == "mine"


@pytest.mark.parametrize("bits", [0o620, 0o602])
def test_a_mounted_secret_that_others_may_write_is_refused(bits: int, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    file = tmp_path / "secrets" / "barograph_database"
    file.write_text("of_secrets")
    file.chmod(0o444)
    assert load().database == "of_secrets"
    file.chmod(bits)
    with pytest.raises(SettingsError, match=r"barograph_database: others may write it"):
        load()


@pytest.mark.parametrize("key", ["x", "a" * 64, "1234567" * 8, "0123456789abcdef0123456789abcde"])
@pytest.mark.parametrize("door", ["BAROGRAPH_SECRET_KEY", "SECRET_KEY", "barograph.env", "secrets", "given"])
def test_a_secret_key_that_can_be_guessed_is_refused_through_every_door_and_not_told(
    key: str, door: str, room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {}
    if door == "barograph.env":
        (room / door).write_text(f"BAROGRAPH_SECRET_KEY={key}\n")
    elif door == "secrets":
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "barograph_secret_key").write_text(key)
    elif door == "given":
        given = {"secret_key": key}
    else:
        monkeypatch.setenv(door, key)
    with pytest.raises(SettingsError, match=r"BAROGRAPH_SECRET_KEY: .*32 characters or more") as caught:
        load(**given)
    assert len(key) == 1 or key not in str(caught.value)


def test_sixteen_random_bytes_are_enough_for_a_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = secrets_module.token_hex(16)
    monkeypatch.setenv("BAROGRAPH_SECRET_KEY", key)
    assert secret_key(load()) == key


@pytest.mark.parametrize("name", ["instance.json", "keyfile", "servers.json"])
@pytest.mark.parametrize("spoil", [mode(0o640), mode(0o602), given_away, link_to_elsewhere])
def test_servers_do_not_start_on_secrets_of_others(name: str, spoil: Spoil, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / name).write_text("{}")
    (home / name).chmod(0o600)
    spoil(home / name)
    with pytest.raises(embedded.DataDirectoryUnusable, match=name), embedded.servers(home):
        pytest.fail("they started")


@pytest.mark.parametrize("spoil", [mode(0o770), mode(0o1777), given_away, above(0o777)])
def test_nothing_is_read_from_a_data_directory_that_others_may_change(spoil: Spoil, room: Path) -> None:
    home = room / "home"
    home.mkdir(mode=0o700)
    chosen = load(data_dir=home)
    Access(chosen, "dashboard")
    spoil(home)
    with pytest.raises(SettingsError, match=r"may write|belongs to user"):
        secret_key(chosen)
    with pytest.raises(embedded.DataDirectoryUnusable, match=r"may write|belongs to user"), embedded.servers(home):
        pytest.fail("they started")


@pytest.mark.parametrize("spoil", [mode(0o604), mode(0o620), given_away, link_to_elsewhere])
def test_a_key_that_others_may_read_or_change_signs_nothing(spoil: Spoil, room: Path) -> None:
    chosen = load(data_dir=room)
    secret_key(chosen)
    spoil(room / "secret.key")
    with pytest.raises(SettingsError, match=r"secret\.key"):
        secret_key(chosen)


def test_what_is_written_is_for_its_owner_alone_and_replaced_whole(room: Path) -> None:
    path = room / "file"
    for content in (b"first", b"second"):
        private.write_private(path, content)
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (content, 0o600)
    assert [one.name for one in room.iterdir()] == ["file"]
