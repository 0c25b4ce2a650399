"""Passwords: what is one, that hashing leaves the loop alone, and that nothing says whose address is known."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from barograph.access.passwords import LEAST, MOST, Passwords, checked_password
from barograph.errors import InvalidData, Refused

GOOD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


@pytest.mark.parametrize(
    "text", ["x" * LEAST, "x" * MOST, "zwölf Zeichen!", "パスワードを忘れないでください", " leading and trailing "]
)
def test_twelve_characters_are_a_password_whatever_they_are(text: str) -> None:
    assert checked_password(text)


@pytest.mark.parametrize(
    "bad", ["", "x" * (LEAST - 1), "x" * (MOST + 1), "x" * 10_000_000, "é" * 6, None, 7, b"x" * 20]
)
def test_what_is_too_short_or_too_long_is_refused_with_its_length(bad: Any) -> None:
    with pytest.raises(InvalidData, match=r"^password: expected 12 to 256 characters, got \d+") as refused:
        checked_password(bad)
    assert refused.value.field == "password"


def test_an_address_is_no_password() -> None:
    with pytest.raises(InvalidData, match="another text than the e-mail address"):
        checked_password("A.Example@lab.example", "a.example@lab.example")


async def test_a_password_verifies_and_another_does_not(passwords: Passwords) -> None:
    made = await passwords.hash(GOOD)
    assert made.startswith("$argon2id$")
    assert GOOD not in made
    assert made != await passwords.hash(GOOD), "each hash has its own salt"
    assert await passwords.verify(made, GOOD)
    assert not await passwords.verify(made, GOOD + " ")
    assert not await passwords.verify("", GOOD)
    assert not await passwords.verify("no hash at all", GOOD)
    assert not await passwords.verify(made, "x" * 10_000_000)


async def test_the_same_letters_typed_in_another_way_are_the_same_password(passwords: Passwords) -> None:
    made = await passwords.hash("jos\u00e9 \ufb01ndet wasser")
    assert await passwords.verify(made, "jose\u0301 findet wasser")


async def test_a_hash_has_the_library_s_parameters_and_an_older_one_is_outdated() -> None:
    real = Passwords()
    try:
        made = await real.hash(GOOD)
        found = extract_parameters(made)
        assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 65536, 3, 4)
        assert not real.outdated(made)
        assert real.outdated(CHEAP.hash(GOOD))
    finally:
        real.close()


async def test_an_unknown_address_costs_what_a_known_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[Any] = []

    class Watched(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:
            verified.append(extract_parameters(hash))
            return super().verify(hash, password)

    watched = Passwords(Watched(time_cost=2, memory_cost=64, parallelism=1))
    try:
        made = await watched.hash(GOOD)
        assert await watched.verify(made, GOOD)
        assert not await watched.verify("", GOOD)
    finally:
        watched.close()
    assert len(verified) == 2
    assert verified[0] == verified[1], "both were computed, with the same parameters"


class Slow(PasswordHasher):
    """Hashes that take until they may end, and count how many run at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.may_end, self.lock = threading.Event(), threading.Lock()
        self.running = self.most = 0

    def hash(self, password: Any, *, salt: Any = None) -> str:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.may_end.wait(60)
        with self.lock:
            self.running -= 1
        return "done"


async def until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_two_are_hashed_at_once_some_wait_and_the_next_is_told_when_to_come_back() -> None:
    slow = Slow()
    passwords = Passwords(slow, waiting=3)
    try:
        tasks = [asyncio.create_task(passwords.hash(GOOD)) for _ in range(5)]
        await until(lambda: slow.running == 2)
        with pytest.raises(Refused, match="others are signing in") as refused:
            await passwords.hash(GOOD)
        assert (refused.value.code, refused.value.retry_after_s) == ("rate_limited", 2.0)
        tasks[4].cancel()  # who hangs up waits no more, and another may
        await asyncio.gather(tasks[4], return_exceptions=True)
        late = asyncio.create_task(passwords.hash(GOOD))
        await asyncio.sleep(0)
        slow.may_end.set()
        assert await asyncio.gather(*tasks[:4], late) == ["done"] * 5
        assert slow.most == 2
    finally:
        slow.may_end.set()
        passwords.close()
