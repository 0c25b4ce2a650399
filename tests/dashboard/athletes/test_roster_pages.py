"""The roster's plain pages over the whole application: new athletes, files, names from devices, merging."""

from __future__ import annotations

import hashlib
import re
import time

import pytest

from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.store.ports import About
from barograph.store.roster import Athlete, Measurement
from dashboard.app import create_app

HOST = "127.0.0.1:8050"
HERE = {"client": ("127.0.0.1", 4242)}
NOW_US = time.time_ns() // 1000


@pytest.fixture
async def owner(tmp_path, memory_archive, memory_live):
    """The owner's browser: `ask(method, path, **body)`."""
    settings = settings_module.load(data_dir=tmp_path, ingest_port=1)
    access = Access(settings, "dashboard")
    client = create_app(settings, memory_archive, memory_live, access).test_client()

    async def ask(method: str, path: str, origin: str = f"http://{HOST}", **body):
        headers = {"Host": HOST, "Origin": origin} if method == "POST" else {"Host": HOST}
        answer = await client.open(path, method=method, headers=headers, scope_base=dict(HERE), **body)
        return answer, await answer.get_data(as_text=True)

    await ask("POST", access.new_link(f"http://{HOST}").removeprefix(f"http://{HOST}"))
    return ask


async def test_a_new_athlete_has_all_that_the_form_says(owner, memory_archive):
    team = await memory_archive.roster.add_team("Sprint", now_us=NOW_US)
    form = {
        "name": "=Zoë | van", "sex": "F", "born": "2002-05", "teams": team.uid, "new_team": "Masters",
        "mass_kg": "68,4",
        "mass_day": "2026-01-02", "involved": "left", "involved_what": "knee | old", "involved_since": "2025-01-01",
        "consent": "record and keep", "consent_state": "given", "consent_day": "2026-01-01",
        "aliases": "Insole 7\n A|7 ",
        "notes": "-", "dominant": "right", "consent_until": "2027-01-01", "consent_by": "A. Example",
    }  # fmt: skip
    answer, _ = await owner("POST", "/athletes/new", form=form)
    (made,) = await memory_archive.roster.athletes()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/athletes/{made.uid}")
    teams = {one.uid: one.name for one in await memory_archive.roster.teams()}
    assert (made.name, made.sex, made.born, made.dominant) == ("=Zoë | van", "F", "2002-05", "right")
    assert [teams[uid] for uid in made.teams] == ["Sprint", "Masters"]
    assert (made.measurements[0].value, made.aliases, made.notes) == (68.4, ("Insole 7", "A|7"), "-")
    assert (made.involved[0].what, made.consents[0].until) == ("knee | old", "2027-01-01")


async def test_every_field_that_cannot_be_taken_is_named_and_nothing_is_stored(owner, memory_archive):
    await memory_archive.roster.add(Athlete("A", short_id="a-7"), now_us=NOW_US)
    bad = {
        "name": "B", "sex": "K", "born": "2002-13", "mass_kg": "heavy", "height_cm": "5", "involved": "top",
        "consent_state": "given", "consent_day": "", "dominant": "up", "age": "12",
    }  # fmt: skip
    answer, page = await owner("POST", "/athletes/new", form=bad)
    assert answer.status_code == 400
    named = set(re.findall(r'<li><a href="#(\w+)">', page))
    assert named >= {"sex", "born", "mass_kg", "height_cm", "involved", "consent_day", "age_day"}, named
    assert 'value="2002-13"' in page  # what was typed stays
    for form, name in (
        ({"name": ""}, "name"), ({"name": "B", "id": "a-7"}, "id"), ({"name": "B", "teams": "x"}, "teams"),
        ({"name": "B", "born": "2190"}, "born"), ({"name": "B", "id": "A 1"}, "id"),
    ):  # fmt: skip
        answer, page = await owner("POST", "/athletes/new", form=form)
        assert (answer.status_code, re.findall(r'<li><a href="#(\w+)">', page)) == (400, [name]), form
    assert len(await memory_archive.roster.athletes()) == 1


CSV = b"id,name,sex,teams\n,Ada,F,Sprint\na-0001,Old,M,\n,Ben,K,\n"


async def test_a_file_is_looked_at_first_and_then_taken_as_it_was_looked_at(owner, memory_archive):
    await memory_archive.roster.add(Athlete("Old"), now_us=NOW_US)
    answer, _ = await owner("POST", "/athletes/import", data=CSV)
    told = await answer.get_json()
    counts = dict(re.findall(r'data-count="(\w+)"><b>(\d+)', told["markup"]))
    assert counts == {"added": "1", "changed": "1", "unchanged": "0", "refused": "1"}
    assert "New teams: Sprint" in told["markup"]
    assert re.search(r">4<.*<code>sex</code>.*expected F, M, X or nothing", told["markup"])
    assert (await memory_archive.roster.teams(), len(await memory_archive.roster.athletes())) == ([], 1)
    answer, _ = await owner("POST", f"/athletes/import?seen={told['seen']}", data=CSV + b",Eve,,\n")
    assert (answer.status_code, (await answer.get_json())["problem"]) == (
        400, "seen: the file is another one than what was looked at; look at it again."
    )  # fmt: skip
    assert told["seen"] == hashlib.sha256(CSV).hexdigest()
    answer, _ = await owner("POST", f"/athletes/import?seen={told['seen']}", data=CSV)
    assert "would be" not in (await answer.get_json())["markup"]
    assert [(one.name, one.sex) for one in await memory_archive.roster.athletes()] == [("Ada", "F"), ("Old", "M")]


async def test_a_file_that_is_no_roster_is_refused_with_the_reason(owner):
    for data, said in (
        (b"\xff\xfe", "expected UTF-8"),
        (b"x,y\n1,2\n", "a column 'name' or 'id'"),
        (b"", "got nothing"),
    ):
        answer, _ = await owner("POST", "/athletes/import", data=data)
        assert answer.status_code == 400
        assert said in (await answer.get_json())["problem"]


async def test_the_export_runs_nothing_in_a_spreadsheet_and_comes_in_again_unchanged(owner, memory_archive):
    for name in ("=1+1", "Zoë", "'@cmd"):
        await memory_archive.roster.add(Athlete(name, sex="F"), now_us=NOW_US)
    answer, _ = await owner("GET", "/athletes/export.csv")
    data = await answer.get_data(as_text=False)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="roster.csv"'
    assert b"'=1+1" in data
    assert not re.search(rb"(?:^|,)[=+@]", data, re.MULTILINE)
    told = await (await owner("POST", "/athletes/import", data=data))[0].get_json()
    assert (told["changes"], '"unchanged"><b>3' in told["markup"]) == (0, True)


async def test_a_name_from_a_device_is_somebody_somebody_new_or_nobody(owner, memory_archive):
    roster = memory_archive.roster
    ada = await roster.add(Athlete("Ada"), now_us=NOW_US)
    for text in ("A 12", "New One", "test"):
        await memory_archive.note(f"run {text}", now_us=NOW_US, about=About(text))
    waiting = {one.text: f"/athletes/proposals/{one.uid}" for one in await roster.proposals()}
    _, page = await owner("GET", "/athletes/proposals")
    assert all(f"<h2>{text}</h2>" in page for text in waiting)
    answer, page = await owner("POST", f"{waiting['A 12']}/confirm", form={"athlete": "nobody at all"})
    assert (answer.status_code, "expected a name or short id of one athlete, got nobody" in page) == (400, True)
    for path, form in (
        (f"{waiting['A 12']}/confirm", {"athlete": f"Ada · {ada.short_id}"}), (f"{waiting['New One']}/new", {}),
        (f"{waiting['test']}/dismiss", {}),
    ):  # fmt: skip
        assert (await owner("POST", path, form=form))[0].status_code == 303
    owners = {one.workout_id: one.athlete_uid for one in await memory_archive.workouts()}
    assert owners["run A 12"] == ada.uid
    assert (await roster.athlete(owners["run New One"])).name == "New One"
    assert (owners["run test"], await roster.proposals()) == ("", [])
    assert "Dismissed, 1" in (await owner("GET", "/athletes/proposals"))[1]
    assert (await owner("POST", "/athletes/proposals/unknown/dismiss"))[0].status_code == 404


async def test_two_records_become_the_one_that_was_shown(owner, memory_archive):
    roster = memory_archive.roster
    mass = (Measurement("mass_kg", 61.0, NOW_US - 10**12),)
    ana, anna = [
        await roster.add(one, now_us=NOW_US) for one in (Athlete("Ana"), Athlete("Anna", sex="F", measurements=mass))
    ]
    await memory_archive.note("run", now_us=NOW_US, about=About("Anna"))
    _, page = await owner("GET", f"/athletes/merge?kept={ana.uid}&other={anna.short_id}")
    assert "Stays: Ana · a-0001" in page
    assert "Goes into it: Anna · a-0002" in page
    assert f"?kept={anna.uid}&amp;other={ana.uid}" in page
    answer, page = await owner("GET", f"/athletes/merge?kept={ana.uid}&other=Ana")
    assert (answer.status_code, "other: expected another athlete" in page) == (400, True)
    form = {"kept": ana.uid, "other": anna.uid, "kept_revision": "1", "other_revision": "0"}
    answer, page = await owner("POST", "/athletes/merge", form=form)
    assert (answer.status_code, "meanwhile" in page) == (403, True)
    assert len(await roster.athletes()) == 2
    answer, _ = await owner("POST", "/athletes/merge", form=form | {"other_revision": "1"})
    (both,) = await roster.athletes()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/athletes/{both.uid}")
    assert (both.name, both.sex, both.aliases, (await memory_archive.workout("run")).athlete_uid) == (
        "Ana", "F", ("Anna", "a-0002"), ana.uid,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["new", "import", "merge", "proposals/x/dismiss"])
async def test_a_page_from_elsewhere_changes_nothing(owner, memory_archive, path):
    answer, _ = await owner("POST", f"/athletes/{path}", "http://127.0.0.1:9999", data=b"name\nEve\n")
    assert answer.status_code == 403
    assert await memory_archive.roster.athletes() == []
