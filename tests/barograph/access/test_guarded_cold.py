"""Cold storage and rules of archiving as doors get them: for whoever administers; reading frames is for readers."""

from __future__ import annotations

import pytest
from archived import FRAMES, RUN, recorded

from barograph.access.acting import ITSELF, acting
from barograph.access.guarded import guarded
from barograph.access.principals import Principal
from barograph.errors import AccessDenied
from barograph.store.audit import all_entries
from barograph.store.memory.archive import MemoryArchive
from barograph.store.reading import read_recording
from barograph.store.retention_rules import Rule, Rules

ADMIN = Principal("somebody", kind="user", uid="u", roles=frozenset({"admin"}))
OTHERS = [
    *(Principal("somebody", kind="user", uid="u", roles=frozenset({role}))
      for role in ("scientist", "analyst", "athlete")),
    Principal("nobody", kind="nobody"), Principal("this machine", kind="machine"),
]  # fmt: skip


@pytest.mark.parametrize("who", OTHERS, ids=lambda who: f"{who.kind} {''.join(who.roles)}")
async def test_who_does_not_administer_moves_nothing_and_sees_no_state(who: Principal) -> None:
    archive = MemoryArchive()
    await recorded(archive)
    doors = guarded(archive)
    with acting(who):
        for asked in (
            lambda: doors.cold.archive("run"), lambda: doors.cold.bring_back("run"), lambda: doors.cold.fence("run"),
            doors.cold.state, doors.cold.tidy, doors.cold.check,
        ):  # fmt: skip
            with pytest.raises(AccessDenied, match="cold storage"):
                await asked()
        for rules in (doors.archiving.rules, lambda: doors.archiving.put(Rules((Rule(days=1),)))):
            with pytest.raises(AccessDenied, match="archiving"):
                await rules()
    assert (await archive.workout("run")).archived_us is None
    assert await archive.archiving.rules() == Rules()


@pytest.mark.parametrize("who", [ADMIN, ITSELF], ids=["admin", "owner"])
async def test_who_administers_does_and_rules_are_written_down(who: Principal) -> None:
    archive = MemoryArchive()
    await recorded(archive)
    doors = guarded(archive)
    with acting(who):
        await doors.cold.fence("run")
        assert (await doors.cold.archive("run")).frames == 2 * FRAMES
        assert (await doors.cold.state()).sessions == 1
        assert await doors.cold.check() == []
        assert await doors.cold.tidy() == 0
        await doors.archiving.put(Rules((Rule("gait", days=30),)))
        assert (await doors.cold.bring_back("run")).frames == 2 * FRAMES
    (reason, *_) = [one.reason async for one in all_entries(archive.audit)]
    assert reason == "1 rule of archiving, revision 1, the shortest keeps 30 days"
    assert await archive.retention.rules() == Rules()
    with acting(ITSELF):
        assert len(await read_recording(doors, RUN)) == FRAMES
