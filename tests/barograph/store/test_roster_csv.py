"""The roster as a CSV table: what goes out comes in and changes nothing, and what is wrong is named."""

from __future__ import annotations

import csv
import io
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.errors import AccessDenied, FileFormatError
from barograph.store.memory.archive import MemoryArchive
from barograph.store.roster import Age, Athlete, Consent, Involved, Measurement
from barograph.store.roster_cells import COLUMNS, joined, neutral, parted, restored
from barograph.store.roster_csv import RosterImport, export_roster, import_roster

T0 = 1_700_000_000_000_000  # 2023-11-14
DAY = 86_400_000_000


@pytest.fixture
def roster() -> Any:
    return MemoryArchive().roster


async def taken(roster: Any, text: str, **options: Any) -> RosterImport:
    return await import_roster(roster, text.encode(), now_us=T0, **options)


def problems(done: RosterImport) -> list[str]:
    return [str(one) for one in done.problems]


async def full(roster: Any) -> list[Athlete]:
    """A roster with everything, and with names that tables choke on."""
    teams = [(await roster.add_team(name, now_us=T0)).uid for name in ("Return to run", "U18 | girls", "=SUM(A1)")]
    for one in (
        Athlete(
            "Zoë, \"Z\"; van der Berg", sex="F", born="2002-05-14", dominant="right", sport="rowing", shoe="EU 40",
            teams=tuple(teams),
            notes="one\ntwo; three\n\n'=x", aliases=("insole 7", "a|b\\", "-12"),
            involved=(Involved("left", "2023-05-14", "", "knee"), Involved("right", "2020-01-01", "2020-03-01")),
            measurements=(Measurement("mass_kg", 67.9, T0 - 9 * DAY),
                          Measurement("mass_kg", 68.4, T0 - DAY + 5, "scale"),
                          Measurement("height_cm", 172.0, T0 - DAY), Measurement("leg_left_cm", 89.5, T0),
                          Measurement("leg_right_cm", 89.125, T0)),
            consents=(Consent("record and keep", "2023-05-12", "2027-06-30", "A. Example", form="form 3"),
                      Consent("video", "2023-05-12", state="declined")),
        ),
        Athlete("=cmd|' /C calc'!A0", short_id="s.01", age=Age(24.5, "2023-01-01")),
        Athlete("'t Hooft", born="1990"), Athlete("رياضي", born="1991-07"), Athlete("-"), Athlete("@home "),
    ):  # fmt: skip
        await roster.add(one, now_us=T0)
    found: list[Athlete] = await roster.athletes()
    return found


async def test_an_export_that_is_imported_changes_nothing(roster: Any) -> None:
    before = await full(roster)
    done = await import_roster(roster, await export_roster(roster), now_us=T0 + 40 * DAY)
    assert (problems(done), done.changes, done.unchanged, done.new_teams, done.ignored) == ([], (), 6, (), ())
    assert await roster.athletes() == before


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
async def test_a_spreadsheet_may_save_it_again_in_its_own_way(roster: Any, delimiter: str) -> None:
    before = await full(roster)
    rows = csv.reader(io.StringIO((await export_roster(roster)).decode("utf-8-sig"), newline=""))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(
        [cell.replace("\n", "\r\n").replace("68.4", "68,4") for cell in row] for row in rows
    )
    done = await taken(roster, text.getvalue())
    assert (problems(done), done.changes, done.unchanged) == ([], (), 6)
    assert await roster.athletes() == before


async def test_an_export_makes_the_same_roster_elsewhere(roster: Any) -> None:
    before = await full(roster)
    data = await export_roster(roster)
    other = MemoryArchive().roster
    done = await import_roster(other, data, now_us=T0)
    assert (problems(done), len(done.changes), done.unchanged) == ([], 6, 0)
    assert sorted(done.new_teams) == ["=SUM(A1)", "Return to run", "U18 | girls"]
    assert await export_roster(other) == data.replace(b"@home ", b"@home")
    assert [one.short_id for one in await other.athletes()] == [one.short_id for one in before]
    assert (await other.add(Athlete("new"), now_us=T0)).short_id not in {one.short_id for one in before}


async def test_no_cell_of_an_export_is_a_formula(roster: Any) -> None:
    await full(roster)
    rows = list(csv.reader(io.StringIO((await export_roster(roster)).decode("utf-8-sig"), newline="")))
    assert rows[0] == [one.name for one in COLUMNS]
    assert [cell for row in rows for cell in row if cell.lstrip()[:1] in tuple("=+-@")] == []


@given(st.text(st.sampled_from("'=+-@＝ a1\t"), max_size=6))
def test_what_is_neutral_is_restored(text: str) -> None:
    assert restored(neutral(text)) == text
    assert neutral(text).lstrip()[:1] not in tuple("=+-@＝") or not neutral(text)


@given(st.lists(st.text(st.sampled_from("ab|\\ "), min_size=1, max_size=5).map(str.strip).filter(bool), max_size=4))
def test_a_list_in_a_cell_is_read_as_it_was_written(texts: list[str]) -> None:
    assert parted(joined(texts)) == texts


def test_lists_that_stand_side_by_side_keep_their_places() -> None:
    assert parted(joined(["", "2020-03-01"])) == ["", "2020-03-01"]
    assert joined(["", ""]) == ""


async def test_a_dry_run_says_what_would_change_and_changes_nothing(roster: Any) -> None:
    await taken(roster, "name,sex,mass_kg\nAna,F,61\nBo,M,80\n")
    before = await roster.athletes()
    text = "name,sex,mass_kg,team,born\nana,X,62.5,Sprint,2001\nBo,M,80,,\nCy,,,Masters | Sprint,\n"
    planned = await taken(roster, text, dry_run=True)
    assert await roster.athletes() == before
    assert await roster.teams() == []
    assert [one.said for one in planned.changes] == [
        "a-0001 Ana: name Ana → ana, sex F → X, born nothing → 2001, measurements + mass_kg 62.5, teams",
        "new athlete Cy",
    ]
    assert (planned.unchanged, planned.new_teams) == (1, ("Sprint", "Masters"))
    done = await taken(roster, text)
    assert [one.said for one in done.changes] == [one.said for one in planned.changes]
    ana, _, cy = await roster.athletes()
    names = {team.uid: team.name for team in await roster.teams()}
    assert ([names[uid] for uid in ana.teams], [names[uid] for uid in cy.teams]) == (["Sprint"], ["Masters", "Sprint"])
    assert [one.value for one in ana.measurements] == [61.0, 62.5]


async def test_bad_lines_are_named_and_the_good_ones_come_in(roster: Any) -> None:
    await taken(roster, "name\nKim\n")
    await roster.add(Athlete("Kim"), now_us=T0)
    text = (
        "id,name,sex,born,mass_kg,mass_day,involved,involved_since,consent,consent_day,teams,age\n"
        ",Ana,Q,31.02.2001,heavy,2023,left,,,,,\n"  # 2
        ",Bo,f,14.05.2002,70,1.11.2023,L,,record,2023-01-01,Sprint,\n"
        '"x y","Cy\nCyrus",,,,,,,,,Lost,\n'  # 4, 5
        ",Kim,,,,,,,,,,\n"
        ",Bo,,,,,,,,,,\n"
        ",,,,,,,,,,,\n"
        ",,m,,,,,,,,,\n"
        ",Dee,,2050,5000,,,,,,,\n"
        ",Eve,,,,,,2020-01-01,video,,,20\n"
        ",Flo,,,,,,,,,,,too,many\n"
        ",Gus,M,,,,,,,,,\n"
    )
    done = await taken(roster, text)
    assert problems(done) == [
        "line 2, sex: expected F, M, X or nothing, got 'Q'",
        "line 2, born: expected a day as 2026-05-14, or 2026-05, or 2026, got '2001-02-31'",
        "line 2, mass_kg: expected a number as 68.4, got 'heavy'",
        "line 4, name: expected no control characters, got 'Cy\\nCyrus'",
        "line 6, name: expected one athlete of this name, there are a-0001, a-0002; give the id",
        "line 7, name: expected each athlete once, line 3 is the same; ids tell them apart",
        "line 9, name: expected a name for a new athlete, got nothing",
        "line 10, mass_kg: expected above 0 and below 1000, got 5000",
        "line 11, age_day: expected the day on which the age held, got ''",
        "line 11, involved_since: expected at most 0 as in involved, got 1",
        "line 11, consent_day: expected the day of the consent, got ''",
        "line 12: expected 12 cells as in the header, got 14",
    ]
    assert [one.name for one in await roster.athletes()] == ["Bo", "Gus", "Kim", "Kim"]
    assert [one.name for one in await roster.teams()] == ["Sprint"], "no team of a line that was left out"
    bo = (await roster.athletes())[0]
    assert (bo.sex, bo.born, bo.involved, bo.measurements) == (
        "F", "2002-05-14", (Involved("left"),), (Measurement("mass_kg", 70.0, 1_698_796_800_000_000, "roster import"),)
    )  # fmt: skip


async def test_a_line_that_may_not_be_written_is_named_and_the_others_come_in(
    roster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def denied(*_: object, **__: object) -> None:
        raise AccessDenied("team: this account may not administer it")

    monkeypatch.setattr(roster, "add_team", denied)
    done = await taken(roster, "name,teams\nAna,Sprint\nBo,\n")
    assert problems(done) == ["line 2: team: this account may not administer it"]
    assert ([one.name for one in await roster.athletes()], done.new_teams) == (["Bo"], ())


async def test_one_name_and_two_dates_of_birth_are_two_people_until_an_id_says_otherwise(roster: Any) -> None:
    await taken(roster, "name,born\nKim,1990-02-03\n")
    done = await taken(roster, "name,born\nKim,2001\n")
    assert problems(done) == [
        "line 2, born: expected 1990-02-03, as a-0001 has it, got 2001; give the id of this athlete, or a new one"
    ]
    assert (await taken(roster, "name,born\nkim,3.2.1990\n")).changes[0].after.name == "kim", "the same day"
    assert problems(await taken(roster, "name,born\nkim,3.2.90\n"))[0].startswith("line 2, born: expected a day")
    assert problems(await taken(roster, "id,name,born\nkim-2,Kim,2001\n")) == []
    assert [(one.short_id, one.born) for one in await roster.athletes()] == [
        ("a-0001", "1990-02-03"),
        ("kim-2", "2001"),
    ]


async def test_a_name_like_a_formula_is_found_by_itself(roster: Any) -> None:
    await roster.add(Athlete("=x"), now_us=T0)
    done = await taken(roster, "name,sex\n'=x,F\n =x ,M\n")
    assert problems(done) == ["line 3, name: expected each athlete once, line 2 is the same; ids tell them apart"]
    assert [(one.name, one.sex) for one in await roster.athletes()] == [("=x", "F")]


async def test_an_empty_cell_leaves_and_a_dash_takes_away(roster: Any) -> None:
    (before,) = [one for one in await full(roster) if one.sex == "F"]
    row = {"id": before.short_id, "name": "", "sex": "-", "born": "-", "dominant": "-", "sport": "-", "shoe": "-",
           "notes": "-", "teams": "-", "aliases": "-"}  # fmt: skip
    done = await taken(roster, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    assert problems(done) == []
    after = await roster.athlete(before.uid)
    cleared = replace(before, sex="", born="", dominant="", sport="", shoe="", notes="", teams=(), aliases=())
    assert after == replace(cleared, revision=after.revision, changed_us=after.changed_us)
    assert problems(await taken(roster, f"id,name\n{before.short_id},-\n")) == [
        "line 2, name: expected a name, got nothing"
    ]


async def test_an_id_that_was_merged_is_named(roster: Any) -> None:
    await taken(roster, "name\nAna\nAnna\n")
    ana, anna = await roster.athletes()
    await roster.merge(ana.uid, anna.uid, now_us=T0)
    done = await taken(roster, "id,name\na-0002,Anna\n")
    assert problems(done) == ["line 2, id: expected the id of one athlete; a-0002 stands for a-0001 now"]
    assert (await taken(roster, "name,shoe\nAnna,EU 40\n")).changes[0].after.uid == ana.uid


async def test_heads_have_other_names_and_unknown_ones_are_said(roster: Any) -> None:
    done = await taken(roster, "Athlete ; Date of birth;Mass (kg);Club;DOMINANT SIDE\nAna;14.5.2002;61,5;x;L\n")
    assert (problems(done), done.ignored) == ([], ("Club",))
    (ana,) = await roster.athletes()
    assert (ana.name, ana.born, ana.dominant) == ("Ana", "2002-05-14", "left")
    assert [(one.kind, one.value) for one in ana.measurements] == [("mass_kg", 61.5)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "line 1: expected a column 'name' or 'id', got nothing"),
        (b"surname,first name\nx,y\n", "line 1: expected a column 'name' or 'id', got surname, first name"),
        ("name\nZo\u00eb\n".encode("latin-1"), "line 2: expected UTF-8, got the byte 0xeb; save it as 'CSV UTF-8'"),
        (b"name,mass,weight\nx,1,2\n", "line 1: expected each column once, got mass_kg twice"),
        (b"x" * (33 << 20), "expected at most 32 MiB, got 33 MiB"),
    ],
)
async def test_what_is_no_roster_is_refused_as_a_whole(roster: Any, data: bytes, reason: str) -> None:
    with pytest.raises(FileFormatError) as refused:
        await import_roster(roster, data, now_us=T0)
    assert reason in str(refused.value)


async def test_quotes_that_are_never_closed_end_the_file_at_their_line(roster: Any) -> None:
    done = await taken(roster, 'name,notes\nAna,x\nBo,"never closed\nCy,\n')
    assert problems(done) == [
        "line 3: expected quotes that are closed: unexpected end of data; what follows was not read"
    ]
    assert [one.name for one in await roster.athletes()] == ["Ana"]


async def test_a_statement_that_is_changed_is_added_and_an_involved_side_ends(roster: Any) -> None:
    await full(roster)
    head = "id,involved,involved_what,involved_since,involved_until,consent,consent_state,consent_day\n"
    await taken(roster, head + "a-0001,left,Knee,2023-05-14,2023-11-01,video,given,2023-11-02\n")
    zoe = next(one for one in await roster.athletes() if one.short_id == "a-0001")
    assert zoe.involved[0] == Involved("left", "2023-05-14", "2023-11-01", "Knee")
    assert len(zoe.involved) == 2
    assert [(one.what, one.state) for one in zoe.standing_consents("2023-11-14")] == [
        ("record and keep", "given"), ("video", "given"),
    ]  # fmt: skip
    assert len(zoe.consents) == 3


@given(st.text(string.printable, max_size=200))
async def test_any_text_is_a_roster_or_refused_with_a_sentence(text: str) -> None:
    roster = MemoryArchive().roster
    try:
        await import_roster(roster, f"name,born,mass_kg,involved,consent\n{text}".encode(), now_us=T0)
    except FileFormatError:
        return
    done = await import_roster(roster, await export_roster(roster), now_us=T0)
    assert (done.problems, done.changes) == ((), ())


def test_the_page_on_athletes_lists_every_column() -> None:
    page = (Path(__file__).parents[3] / "docs" / "athletes.md").read_text("utf-8")
    table = page.rpartition("| column | what stands there |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = []
    for one in COLUMNS:
        also = f" (also: {', '.join(f'`{other}`' for other in one.others)})" if one.others else ""
        rows.append(f"| `{one.name}` | {one.meaning}{also} |")
    assert [row.replace("\\|", "|") for row in table.splitlines()] == rows
