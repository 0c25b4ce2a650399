"""Share links on the account page and on Access: one's own, everybody's, and the wall of a team."""

from __future__ import annotations

import time

ADMIN, MEMBER, OTHER = "a.example@lab.example", "b.sample@lab.example", "c.pattern@lab.example"


async def links_of(archive, name: str):
    return [one for one in await archive.accounts.shares() if one.name == name]


async def test_the_link_of_a_wall_is_made_by_who_leads_its_team_and_told_once(visitor, add_user, memory_archive):
    roster = memory_archive.roster
    track, field = [await roster.add_team(name, now_us=1) for name in ("Track", "Field")]
    await add_user(ADMIN)
    await add_user(MEMBER, "scientist", teams=[track.uid])
    await add_user(OTHER, "analyst", granted=[track.uid])
    member, other, admin = visitor(), visitor(), visitor()
    for who, email in ((member, MEMBER), (other, OTHER), (admin, ADMIN)):
        await who.sign_in(email)
    asked = {"team": track.uid, "name": "Hall 2", "days": "30", "names": "yes"}
    said = await (await member.post("/account/walls", asked)).get_data(as_text=True)
    secret = said.partition("/share/")[2][:47]
    assert secret.startswith("bgs_")
    assert "not shown again" in said
    assert secret not in await (await member.get("/account")).get_data(as_text=True)
    [made] = await links_of(memory_archive, "Hall 2")
    assert (made.view, made.team, made.names, made.raw) == ("wall", track.uid, True, False)
    assert abs(made.until_us - time.time_ns() // 1000 - 30 * 86_400_000_000) < 60_000_000
    for who, wrong, status in (
        (member, {"team": field.uid}, 404), (other, {}, 404), (member, {"team": "x"}, 404),
        (member, {"days": "91"}, 400), (member, {"days": "0"}, 400), (member, {"days": "many"}, 400),
    ):  # fmt: skip
        assert (await who.post("/account/walls", asked | wrong)).status_code == status, wrong
    assert len(await memory_archive.accounts.shares()) == 1
    assert "Make a link to the wall" not in await other.text("/account")
    phone = visitor()
    assert (await phone.get(f"/share/{secret}")).headers["Location"] == f"/wall/{track.uid}"
    assert "any live of Track, wall" in await admin.text("/access")


async def test_one_revokes_ones_own_links_and_an_admin_everybodys(visitor, add_user, memory_archive, remembered):
    await remembered().begin("left")
    await add_user(ADMIN)
    for email in (MEMBER, OTHER):
        await add_user(email, "scientist")
    member, other, admin, owner = (visitor() for _ in range(4))
    for who, email in ((member, MEMBER), (other, OTHER), (admin, ADMIN)):
        await who.sign_in(email)
    await owner.open_link()
    content = {"view": "session", "query": "", "life_s": 600}
    for who, name in ((member, "first"), (member, "second"), (owner, "mine")):
        assert (await who.json("/data/walk/share", content | {"name": name})).status_code == 200
    [first], [second], [mine] = [await links_of(memory_archive, name) for name in ("first", "second", "mine")]
    page = await member.text("/account")
    assert "first walk, session" in page
    assert "mine" not in page.partition("Share links")[2]
    for path in (f"/account/end/{first.uid}", f"/access/end/{first.uid}"):
        assert (await other.get(path)).status_code == 404
        assert (await other.post(path)).status_code == 404
    asking = await (await member.get(f"/account/end/{first.uid}")).get_data(as_text=True)
    assert "It opens walk, session." in asking
    assert 'id="keep"' in asking
    assert "autofocus" in asking.partition("Keep it")[0].rpartition("<a")[2]
    assert (await member.post(f"/account/end/{first.uid}")).status_code == 303
    assert "It opens walk, session." in await admin.text(f"/access/end/{second.uid}")
    assert (await admin.post(f"/access/end/{second.uid}")).status_code == 303
    assert (await owner.post(f"/account/end/{mine.uid}")).status_code == 303
    stood = [one.revoked_us is None for one in await memory_archive.accounts.shares()]
    assert stood == [False] * 3
    listed = await admin.text("/access?all")
    assert listed.count("revoked") == 3
