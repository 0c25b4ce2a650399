"""Rules of retention as doors get them: admins and the owner alone, and each change is in the log before it is made."""

from __future__ import annotations

import pytest

from barograph.access.acting import ITSELF, NobodyActs, acting
from barograph.access.guarded import guarded
from barograph.access.principals import Principal
from barograph.errors import AccessDenied, Refused
from barograph.store.audit import all_entries
from barograph.store.memory.archive import MemoryArchive
from barograph.store.retention_rules import Outcome, Rule, Rules

ADMIN = Principal("somebody", kind="user", uid="u", roles=frozenset({"admin"}))
OTHERS = [
    *(Principal("somebody", kind="user", uid="u", roles=frozenset({role}))
      for role in ("scientist", "analyst", "athlete")),
    Principal("a token", kind="token", uid="u", roles=frozenset({"admin"})), Principal("nobody", kind="nobody"),
    Principal("the network", kind="network"), Principal("this machine", kind="machine"),
]  # fmt: skip


async def log_of(archive: MemoryArchive) -> list[tuple[str, str, str, str]]:
    return [(one.verb, one.kind, one.who, one.how) async for one in all_entries(archive.audit)]


@pytest.mark.parametrize("who", OTHERS, ids=lambda who: f"{who.kind} {''.join(who.roles)}")
async def test_who_does_not_administer_reads_and_changes_no_rule(who: Principal) -> None:
    archive = MemoryArchive()
    retention = guarded(archive).retention
    with acting(who):
        for asked in (
            retention.rules, retention.last, lambda: retention.put(Rules((Rule(days=1),))),
            lambda: retention.claim(Outcome("2026-11-30", 1)), lambda: retention.note(Outcome("2026-11-30", 1)),
        ):  # fmt: skip
            with pytest.raises(AccessDenied, match="retention"):
                await asked()
    assert await archive.retention.rules() == Rules()
    assert await log_of(archive) == []
    with pytest.raises(NobodyActs):
        await retention.rules()


@pytest.mark.parametrize(("who", "logged"), [(ADMIN, ("u", "user")), (ITSELF, ("", "owner"))])
async def test_a_change_of_rules_is_written_down_with_who_made_it(who: Principal, logged: tuple[str, str]) -> None:
    archive = MemoryArchive()
    retention = guarded(archive).retention
    with acting(who):
        rules = await retention.put(Rules((Rule("gait", days=30),)))
        assert await retention.rules() == rules
        assert await retention.last() is None
        with pytest.raises(Refused):
            await retention.put(Rules())
    assert (await log_of(archive))[0] == ("change", "system", *logged)
    (reason, *_) = [one.reason async for one in all_entries(archive.audit)]
    assert reason == "1 rule of retention, revision 1, the shortest keeps 30 days"


async def test_where_the_log_cannot_be_written_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = MemoryArchive()

    async def away(*_: object) -> None:
        raise Refused("archive_away", "the log does not answer")

    monkeypatch.setattr(archive.audit, "write", away)
    with acting(ADMIN), pytest.raises(Refused):
        await guarded(archive).retention.put(Rules((Rule(days=1),)))
    assert await archive.retention.rules() == Rules()
