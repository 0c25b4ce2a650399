"""What a record of accounts refuses when it is made, and when it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.errors import InvalidData
from barograph.store.account_records import (
    ROLES,
    AskingDevice,
    Device,
    Invitation,
    Pairing,
    StoredShare,
    User,
    new_uid,
    normal_email,
)

NOW = 1_790_000_000_000_000


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  A.Example@Lab.Example ", "a.example@lab.example"),
        ("jose\u0301@lab.example", "jos\u00e9@lab.example"),
        ("STRASSE@lab.example", "strasse@lab.example"),
        ("stra\u00dfe@lab.example", "strasse@lab.example"),
    ],
)
def test_an_address_has_one_form(typed: str, stored: str) -> None:
    assert normal_email(typed) == stored


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_form_of_an_address_is_its_own_form(name: str, place: str) -> None:
    try:
        once = normal_email(f"{name}@{place}")
    except InvalidData as error:
        assert error.field == "email"  # noqa: PT017 - either it is refused by its field, or its form is stable
        return
    assert normal_email(once) == once == normal_email(once.upper().casefold())


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a\n@b",
        "a\u200b@b",
        "a\u202e@b",
        "x" * 250 + "@lab.ex",
        None,
        7,
        {"$ne": 1},
    ],
)
def test_what_is_no_address_is_refused(typed: Any) -> None:
    with pytest.raises(InvalidData, match=r"^email: expected"):
        normal_email(typed)


def test_secrets_are_not_shown_with_a_record() -> None:
    user = User(email="a@b.example", password_hash="$argon2id$shown?", made_us=NOW)
    invitation = Invitation(hash="hash shown?", made_us=NOW, until_us=NOW)
    pairing = Pairing(hash="hash shown?", claim_hash="claim shown?", made_us=NOW, until_us=NOW)
    assert "shown?" not in f"{user} {invitation} {pairing}"


def test_ids_are_all_different() -> None:
    assert len({new_uid() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"roles": frozenset({"root"})}, "roles"),
        ({"teams": frozenset({""})}, "teams"),
        ({"teams": frozenset(str(i) for i in range(1001))}, "teams"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"uid": ""}, "uid"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_what_a_user_cannot_be_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidData, match=f"^{field}: expected") as refused:
        User(**{"email": "a@b.example", "made_us": NOW, "roles": frozenset(ROLES), **values})
    assert refused.value.field == field


@pytest.mark.parametrize(
    "values",
    [
        {"view": "session"},
        {"view": "session", "team": "t"},
        {"view": "wall", "workout": "w"},
        {"view": "wall", "team": "t", "workout": "w"},
        {"view": "wall", "team": "t", "raw": True},
        {"view": "everything", "workout": "w"},
    ],
)
def test_a_share_opens_one_workout_or_one_wall(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidData, match=r"^(view|raw): expected"):
        StoredShare(**{"hash": "h", "name": "n", "made_us": NOW, "until_us": NOW + 1, **values})


def test_a_device_says_no_more_of_itself_than_is_kept() -> None:
    with pytest.raises(InvalidData, match=r"^description: expected"):
        AskingDevice(name="mat", description="x" * 201)
    with pytest.raises(InvalidData, match=r"^name: expected"):
        AskingDevice(name="")
    with pytest.raises(InvalidData, match=r"^streams: expected"):
        Device(hash="h", name="mat", made_us=NOW, until_us=NOW, streams=frozenset({"x" * 201}))
