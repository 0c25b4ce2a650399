"""The page of devices: who may look, what it says of each, pairing, renaming and revoking."""

import re
import time

import pytest

from barograph.access import pairing
from barograph.errors import StorageAway
from barograph.frames import Layout, Stream
from barograph.store.account_records import PAIRING_US, AskingDevice
from barograph.store.accounts import Device, Seen
from barograph.store.records import About, Unstored
from barograph.store.roster import Athlete

ADMIN, SCIENTIST, ANALYST = "a.example@lab.example", "s.ample@lab.example", "n.one@lab.example"
DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
LEFT = frozenset({"left"})
KEY = "k" * 32
INSOLE = AskingDevice(name="insole-10-L", streams=LEFT, description="60 × 21", address="192.0.2.41")


def now_us():
    return time.time_ns() // 1000


@pytest.fixture
async def admin(visitor, add_user):
    await add_user(ADMIN, name="A. Example")
    one = visitor()
    await one.sign_in(ADMIN)
    return one


@pytest.fixture
async def scientist(visitor, add_user, admin):
    await add_user(SCIENTIST, "scientist", name="S. Ample")
    one = visitor()
    await one.sign_in(SCIENTIST)
    return one


@pytest.fixture
def device(memory_archive):
    async def added(name="Insole 7, left", *, until_us=None, **seen):
        until_us = now_us() + 300 * DAY_US if until_us is None else until_us
        made = Device(hash=name, name=name, streams=LEFT, made_us=now_us() - DAY_US, until_us=until_us)
        await memory_archive.accounts.add_key(made)
        if seen:
            await memory_archive.accounts.see_device(made.uid, Seen(**seen), now_us())
        return made

    return added


async def html_of(visitor, path="/devices"):
    answer = await visitor.get(path)
    assert answer.status_code == 200
    return await answer.get_data(as_text=True)


async def shown_code(visitor):
    """Press the button: where it leads, and the code that stands there."""
    answer = await visitor.post("/devices/pair")
    assert answer.status_code == 303
    path = answer.headers["Location"]
    return path, re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", await html_of(visitor, path))[0]


async def test_a_lab_without_devices_says_what_to_do(admin):
    said = await admin.text("/devices")
    assert "No device is paired" in said
    assert "Pair a device" in said


async def test_a_device_is_shown_as_it_is_and_says_nothing_that_it_did_not_say(admin, device, memory_archive):
    await memory_archive.note("walk", now_us=now_us(), about=About(athlete="A. Runner"))
    seen = {"battery_pct": 22, "offset_us": -900, "description": "60 × 21, kPa", "firmware": "2.4.1"}
    one = await device(workout="walk", stream="left", **seen)
    await device("Walkway", until_us=now_us() + 9 * DAY_US + 5_000_000)
    said = await admin.text(f"/devices?show={one.uid}")
    assert "2, 1 live" in said
    assert "Insole 7, left L 60 × 21, kPa Live A. Runner" in said
    assert "22 % low −0.9 ms" in said
    assert "Walkway L – never – – – – in 9 days" in said
    assert "Firmware 2.4.1" in said
    assert f"Device id {one.uid}" in said
    assert "Signal –" in said


async def test_gaps_and_counts_of_the_last_session_are_said(admin, device, memory_archive):
    stream = Stream("walk", "left")
    _, epoch = await memory_archive.open(stream, epoch="e", numbered=True, now_us=now_us(), lease="l")
    await memory_archive.fix_layout(stream, Layout(rows=2, cols=2, dtype="uint16"), (), 0)
    await memory_archive.settle(stream, epoch.e, [Unstored(3, 4, "x")], lease="l")
    one = await device(workout="walk", stream="left")
    said = await admin.text(f"/devices?show={one.uid}")
    assert "Gaps in its last session 1, 4 frames" in said
    assert "never: counts" in said


@pytest.fixture
async def fleet(device, memory_archive, admin):
    """Four devices, each with something else about it, and one whose token was revoked."""

    async def of(name, unit, **seen):
        stream = Stream(name.replace(" ", "-"), "left")
        await memory_archive.note(stream.workout_id, now_us=now_us())
        await memory_archive.open(stream, epoch="e", numbered=True, now_us=now_us(), lease="l")
        layout = Layout(rows=2, cols=2, dtype="uint16", unit=unit, kind=seen.pop("kind", "insole"))
        await memory_archive.fix_layout(stream, layout, (), 0)
        made = await device(name, until_us=seen.pop("until_us", None), workout=stream.workout_id, stream="left", **seen)
        return made, stream

    made = {
        "low": await of("Low", "kPa", battery_pct=12, offset_us=-2_000),
        "late": await of("Late", "kPa", battery_pct=80, offset_us=1_312_000, kind="plate"),
        "raw": await of("Raw", "raw", battery_pct=55),
        "soon": await of("Soon", "kPa", until_us=now_us() + 20 * DAY_US + 5_000_000),
    }
    [user] = [one for one in await memory_archive.accounts.users() if one.email == ADMIN]
    for name, days, by in (("low", 200, user.uid), ("late", 80, "")):
        stream = made[name][1]
        layout = (await memory_archive.stream_info(stream)).layout
        await memory_archive.calibrate(stream, layout, (), now_us=now_us() - days * DAY_US, by=by)
    gone = await device("Gone")
    await memory_archive.accounts.revoke(gone.uid, now_us())
    return {name: one[0].uid for name, one in made.items()} | {"gone": gone.uid}


async def order(visitor, query):
    html = await html_of(visitor, f"/devices{query}")
    listed = html.partition('id="listed"')[2]
    return re.findall(r"<b>(\w+)</b>", listed.partition("</section>")[0])


ORDERS = [
    ("?sort=name", ["Gone", "Late", "Low", "Raw", "Soon"]),
    ("?sort=name&turned=1", ["Soon", "Raw", "Low", "Late", "Gone"]),
    ("?sort=battery&state=todo", ["Low", "Raw", "Late", "Soon"]),
    ("?sort=battery&turned=1&state=todo", ["Late", "Raw", "Low", "Soon"]),
    ("?sort=calibrated&state=live", ["Low", "Late", "Soon", "Raw"]),
    ("?sort=token&state=live&kind=insole", ["Soon", "Low", "Raw"]),
    ("?sort=clock&kind=insole", ["Low", "Soon", "Raw"]), ("?state=ended", ["Gone"]), ("?state=silent", []),
    ("?kind=plate", ["Late"]), ("?q=%20LA", ["Late"]), ("?q=nothing", []),
    ("?sort=nothing&state=nothing", ["Soon", "Raw", "Late", "Low", "Gone"]),
]  # fmt: skip


async def test_the_list_is_narrowed_and_sorted_by_its_address(admin, fleet):
    for query, expected in ORDERS:
        assert await order(admin, query) == expected, query
    said = await admin.text("/devices")
    assert "All 5 Live 4 Silent 0 Ended 1 To do 4" in said
    assert "None of the devices is like this" in await admin.text("/devices?q=nothing")
    html = await html_of(admin, "/devices?sort=battery&q=l")
    assert 'aria-sort="ascending"' in html
    assert 'href="/devices?q=l&amp;sort=battery&amp;turned=1"' in html, "a second press turns the order"
    assert f'href="/devices?q=l&amp;sort=battery&amp;show={fleet["low"]}"' in html, "and details keep it"
    hostile = await html_of(admin, "/devices?q=%22%3E%3Cscript%3E&kind=%3Cb%3E")
    assert "<script>" not in hostile
    assert "<b>None" not in hostile


NEXT = {
    "low": ("Charge it : its battery said 12 % (low is below 25 %)",
            "Calibrate it again : the last time was 200 days ago"),
    "late": ("Set its clock : it is 1 312 ms ahead of the server’s (much is more than 100 ms)",),
    "raw": ("Calibrate it : it was never calibrated, and feeds counts",),
    "soon": ("Pair it again : its token ends in 20 days (said in its last 30 days)",),
    "gone": ("Its token was revoked. Said of a battery below 25 %",),
}  # fmt: skip


async def test_what_to_do_next_is_said_with_its_limit(admin, fleet):
    for name, expected in NEXT.items():
        said = (await admin.text(f"/devices?show={fleet[name]}")).replace("\u202f", " ").replace("\u00a0", " ")
        for sentence in expected:
            assert sentence in said, (name, said)


async def test_who_calibrated_and_when_is_said_and_what_is_not_known_too(admin, fleet):
    assert re.search(r"Calibrated \d+ \w+ \d{4} , by A\. Example", await admin.text(f"/devices?show={fleet['low']}"))
    assert ", by the owner of this machine" in await admin.text(f"/devices?show={fleet['late']}")
    assert "in kPa, date not said" in await admin.text(f"/devices?show={fleet['soon']}")


async def test_a_battery_is_a_curve_of_a_day_hatched_where_nothing_was_said(admin, device, memory_archive):
    one, quiet = await device(), await device("Quiet")
    path = f"/devices?show={one.uid}"
    assert "It says nothing of its battery" in await admin.text(path)
    await memory_archive.accounts.see_device(one.uid, Seen(battery_pct=90), now_us() - 30 * HOUR_US)
    assert "It said nothing of its battery in the last 24 h" in await admin.text(path)
    for minutes in [*range(600, 480, -5), *range(120, 0, -5)]:
        seen = Seen(battery_pct=20 + minutes / 10)
        await memory_archive.accounts.see_device(one.uid, seen, now_us() - minutes * 60_000_000)
    html = await html_of(admin, path)
    assert "from 80 % to 21 %" in html.replace("\u00a0", " ").replace("\u202f", " ")
    assert html.count('fill="url(#silent)"') == 2, "before the first word, and between the two walks"
    figure = html.partition('class="battery"')[2].partition("</figure>")[0]
    assert figure.count('stroke-linejoin="round"') == 2, "nothing is drawn through a silence"
    assert "nothing was said for 20.1 h of it" in html.replace("\u00a0", " ").replace("\u202f", " ")
    assert quiet.uid not in html.partition('id="one"')[2]


async def test_a_scientist_pairs_devices_and_reads_no_name_of_another_teams_athlete(scientist, device, memory_archive):
    team = await memory_archive.roster.add_team("Others", now_us=now_us())
    athlete = await memory_archive.roster.add(Athlete("A. Runner", teams=(team.uid,)), now_us=now_us())
    await memory_archive.note("walk", now_us=now_us(), about=About(athlete="A. Runner"))
    await memory_archive.roster.assign(["walk"], athlete.uid)
    await device(workout="walk", stream="left")
    html = await html_of(scientist)
    assert "Insole 7, left" in html
    assert "A. Runner" not in html
    assert "/people" not in html, "there are no tabs of Admin"
    assert 'id="nav-devices"' in html


async def test_to_whoever_may_not_pair_there_is_nothing(admin, add_user, visitor, device):
    one = await device()
    await add_user(ANALYST, "analyst", "athlete")
    analyst, stranger = visitor(), visitor()
    await analyst.sign_in(ANALYST)
    nowhere = await (await analyst.get("/people/nobody")).get_data()
    for path in ("/devices", f"/devices/{one.uid}/revoke"):
        answer = await analyst.get(path)
        assert (answer.status_code, await answer.get_data()) == (404, nowhere)
        assert (await stranger.get(path)).status_code in (303, 403)
    for path in ("pair", f"{one.uid}/revoke", f"{one.uid}/rename", "pairings/x/allow"):
        assert (await analyst.post(f"/devices/{path}", {"name": "mine"})).status_code == 404


async def test_a_code_and_a_picture_of_it_are_shown_and_the_device_that_asks_is_allowed(admin, memory_archive):
    accounts = memory_archive.accounts
    path, code = await shown_code(admin)
    html = await html_of(admin, path)
    assert f"barograph send --pair {code}" in html
    assert "data:image/svg+xml" in html
    assert "No device has asked yet" in html
    claim, asked = await pairing.ask(accounts, code, INSOLE, now_us())
    said = await admin.text(path)
    assert "One device asks now “insole-10-L”, 60 × 21, left, from 192.0.2.41" in said
    form = {"name": "Insole 10", "streams": "left, heel"}
    answer = await admin.post(f"/devices/pairings/{asked.uid}/allow", form)
    assert answer.status_code == 303
    assert "Allowed" in await admin.text(path)
    taken = await pairing.take(accounts, claim, "x", now_us())
    assert (taken.device.name, taken.device.streams) == ("Insole 10", {"left", "heel"})
    assert taken.token not in await html_of(admin, path)
    assert "Paired" in await admin.text(path)
    assert (await admin.post(f"/devices/pairings/{asked.uid}/allow", form)).status_code == 404


WRONG = [
    ({"name": " ", "streams": "left"}, "name: expected 1 to 200"), ({"name": "a", "streams": " , "}, "streams: ex"),
    ({"name": "a", "streams": "a/b"}, "streams"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "wrong"), WRONG)
async def test_a_device_that_is_allowed_wrongly_still_waits(admin, memory_archive, form, wrong):
    path, code = await shown_code(admin)
    _, asked = await pairing.ask(memory_archive.accounts, code, INSOLE, now_us())
    answer = await admin.post(f"/devices/pairings/{asked.uid}/allow", form)
    assert answer.status_code == 400
    assert wrong in await answer.get_data(as_text=True)
    assert "One device asks" in await admin.text(path)


async def test_what_a_device_calls_itself_is_never_markup(admin, memory_archive):
    path, code = await shown_code(admin)
    asking = AskingDevice(name="<img src=x onerror=alert(1)>", streams=frozenset({"<b>"}), description='"><script>')
    await pairing.ask(memory_archive.accounts, code, asking, now_us())
    html = await html_of(admin, path)
    assert "<img src=x" not in html
    assert "<script>" not in html
    assert "<b>" not in html.replace("<b>One device asks</b>", "").replace("<b>Pair", "")


async def test_a_code_of_another_secret_key_is_not_shown_and_says_so(admin, memory_archive):
    code, shown = await pairing.show(memory_archive.accounts, now_us(), key="another key, from before it was rotated")
    said = await admin.text(f"/devices?pair={shown.uid}")
    assert "made with another secret key" in said
    assert f"{code[:4]}-{code[4:]}" not in said


async def test_refusing_and_a_code_that_is_over_are_said(admin, memory_archive):
    path, code = await shown_code(admin)
    _, asked = await pairing.ask(memory_archive.accounts, code, INSOLE, now_us())
    await admin.post(f"/devices/pairings/{asked.uid}/refuse")
    assert "Refused" in await admin.text(path)
    _, shown = await pairing.show(memory_archive.accounts, now_us() - PAIRING_US, key=KEY)
    assert "The code is over" in await admin.text(f"/devices?pair={shown.uid}")


async def test_a_device_is_renamed_and_revoked_after_a_question(admin, device, memory_archive):
    one = await device()
    await admin.post(f"/devices/{one.uid}/rename", {"name": "Insole 8"})
    assert "Insole 8" in await admin.text("/devices")
    assert (await admin.post(f"/devices/{one.uid}/rename", {"name": ""})).status_code == 400
    html = await html_of(admin, f"/devices/{one.uid}/revoke")
    assert "Keep it" in html
    assert (await memory_archive.accounts.devices())[0].revoked_us is None
    await admin.post(f"/devices/{one.uid}/revoke")
    assert (await memory_archive.accounts.devices())[0].revoked_us is not None
    assert "revoked" in await admin.text("/devices")


async def test_while_the_archive_is_away_the_page_says_so(admin, memory_archive, monkeypatch):
    async def away():
        raise StorageAway("away")

    monkeypatch.setattr(memory_archive.accounts, "devices", away)
    answer = await admin.get("/devices")
    assert answer.status_code == 503
    assert "Which devices there are is not known now" in await answer.get_data(as_text=True)


async def test_the_owner_of_this_machine_pairs_without_an_account(visitor):
    owner = visitor()
    await owner.open_link()
    _, code = await shown_code(owner)
    assert len(code) == 9
