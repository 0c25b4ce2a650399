"""Secrets: random, found by their hash, and codes that are typed."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from barograph.access import secrets
from barograph.errors import InvalidData


@pytest.mark.parametrize("prefix", [secrets.SESSION, secrets.DEVICE, secrets.TOKEN, secrets.SHARE, secrets.INVITATION])
def test_a_secret_is_random_and_says_what_it_opens(prefix: str) -> None:
    made = {secrets.new_secret(prefix) for _ in range(1000)}
    assert len(made) == 1000
    assert all(one.startswith(prefix) and len(one) == len(prefix) + 43 for one in made), "43 letters are 256 bits"
    assert all(secrets.plausible(one, prefix) for one in made)


def test_a_secret_is_stored_as_its_hash_and_with_a_key_found_by_that_key_alone() -> None:
    assert secrets.hashed("bgd_x") == hashlib.sha256(b"bgd_x").hexdigest()
    assert len({secrets.hashed("x"), secrets.hashed("x", "one"), secrets.hashed("x", "other")}) == 3
    assert len(secrets.hashed("\ud800")) == 64, "what somebody sent is no text, and has a hash all the same"


@pytest.mark.parametrize("sent", ["", "bgd_", "bgt_x", "bgd_" + "x" * 100, None, 7, b"bgd_x", {"$ne": 1}])
def test_what_cannot_be_a_secret_is_not_looked_for(sent: Any) -> None:
    assert not secrets.plausible(sent, secrets.DEVICE)


def test_secrets_are_the_same_only_whole() -> None:
    assert secrets.same("secret", "secret")
    assert not secrets.same("secret", "secret ")
    assert not secrets.same("", "\ud800")


def test_a_code_has_eight_letters_that_nobody_takes_for_others() -> None:
    codes = [secrets.code_of(str(uid), "k" * 32) for uid in range(2000)]
    assert len(set(codes)) == 2000
    assert set("".join(codes)) == set(secrets.LETTERS)
    assert not set(secrets.LETTERS) & set("01OILU")
    assert {len(code) for code in codes} == {8}
    assert secrets.shown_code("K7QM4XTN") == "K7QM-4XTN"


def test_a_code_is_known_again_by_whoever_has_the_key_and_by_nobody_else() -> None:
    assert secrets.code_of("a", "k" * 32) == secrets.code_of("a", "k" * 32)
    assert len({secrets.code_of("a", "k" * 32), secrets.code_of("b", "k" * 32), secrets.code_of("a", "o" * 32)}) == 3
    with pytest.raises(ValueError, match="key: expected"):
        secrets.code_of("a", "")


@pytest.mark.parametrize("typed", ["K7QM-4XTN", "k7qm4xtn", " k7qm 4xtn\n", "K-7-Q-M-4-X-T-N"])
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert secrets.normal_code(typed) == "K7QM4XTN"


@pytest.mark.parametrize("typed", ["", "K7QM4XT", "K7QM4XTNN", "K7QM4XT0", "K7QM4XTÑ", "K" * 9999, None, 7, {"$ne": 1}])
def test_what_is_no_code_is_refused(typed: Any) -> None:
    with pytest.raises(InvalidData, match=r"^code: expected 8 letters and digits"):
        secrets.normal_code(typed)
