"""Protocols as pages: listed, copied, checked as the command checks them, kept as a file of the lab, deleted."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from barograph import protocols
from dashboard.protocols import fields, pages
from dashboard.protocols.editor import Written, editor
from dashboard.protocols.pages import digest
from dashboard.protocols.preview import at, beside
from dashboard.signin.forms import Form


def written(name: str, text: str, before: str = "") -> Written:
    return Written(name, text, before, as_text=True)


def filled(page: str) -> dict[str, list[str]]:
    """What a browser sends of the form of a page when nobody has touched it."""
    body = re.search(r'<form[^>]*class="protocol-form".*?</form>', page, re.DOTALL)[0]
    found: dict[str, list[str]] = {}
    for area in re.finditer(r'<textarea name="(\w+)"[^>]*>\n(.*?)</textarea>', body, re.DOTALL):
        found.setdefault(area[1], []).append(unescape(area[2]).replace("\n", "\r\n"))
    for given in re.findall(r"<input[^>]*>", body):
        held = {key: unescape(value) for key, value in re.findall(r'([\w-]+)="([^"]*)"', given)}
        if held["type"] != "checkbox" or "checked" in held:
            found.setdefault(held["name"], []).append(held.get("value", ""))
    return found


@pytest.fixture
def squat() -> str:
    return protocols.text_of("squat").replace("Squat", "Deep <squat>", 1)


def test_what_is_checked_is_shown_as_record_will_ask_it_and_not_kept(tmp_path: Path, squat: str):
    checked = pages._write(written("deep-squat", squat), tmp_path, "check")
    assert checked is not None
    assert not checked.problems
    said = beside(checked.checked, {})
    assert "<h2>Deep &lt;squat&gt;</h2>" in said
    assert "3 trials of 20 s." in said
    assert "<dt>Rest between</dt><dd>60 s</dd>" in said
    assert "<li>body weight, both sides, 3 trials</li>" in said
    assert "3 trials of an athlete, at least 3 min 9 s" in said
    assert "SD of the force while weighing at most 1 % of its mean" in said
    assert not (tmp_path / protocols.OWN).exists()


@pytest.mark.parametrize(
    ("name", "change", "field", "said"),
    [
        ("Deep Squat", ("", ""), "name", "name: expected"),
        ("deep", ("trials = 3", "trials = 0"), "trials", "trials: expected 1"),
        ("deep", ("trials = 3", "trials ="), "text", "expected TOML"),
        ("deep", ("trials = 3", "trails = 3"), "trails", "protocol: expected one of title"),
        ("deep", ('"total_force_n"', '"height"'), "measures[0]", "expected a column of the reference, got 'height'"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(tmp_path: Path, squat: str, name: str, change, field: str, said: str):
    found = pages._write(written(name, squat.replace(*change, 1)), tmp_path, "save")
    assert found is not None
    assert said in found.problems[field]
    page = editor(found)
    place = at(field, as_text=True)
    assert f'href="#{place}"' in page
    assert f'id="{place}"' in page, "what is wrong leads to what is there"
    assert not (tmp_path / protocols.OWN).exists()


def test_every_fault_leads_to_its_field_where_fields_are_shown(squat: str):
    wrong = squat.replace("trials = 3", 'trials = "many"').replace(
        "weighing_stable = {}", "weighing_stable = { x = 1 }"
    )
    wrong = wrong.replace("device_healthy = {}", "device_healthy = { lost_pct = 200 }\nheight_reached = {}")
    found = pages._seen(Written("", wrong))
    page = editor(found)
    assert set(found.problems) == {"trials", "criteria.weighing_stable limit", "criteria.device_healthy.lost_pct",
                                   "criteria"}  # fmt: skip
    for name in found.problems:
        assert f'href="#{at(name)}"' in page
        assert f'id="{at(name)}"' in page
    assert page.count('aria-invalid="true"') == 2, "those that have a field to type in"
    assert 'value="many"' in page


@pytest.mark.parametrize("name", protocols.NAMES)
def test_a_form_that_nobody_touched_changes_nothing(name: str):
    text = "# ours\n" + protocols.text_of(name) + "drop_seen = { mm = 3 }  # of another version\n"
    sent = Form(filled(editor(Written("", text))))
    assert fields.written(text, sent) == text


def test_what_is_typed_changes_its_field_alone(squat: str):
    text = squat + "drop_seen = { mm = 3 }  # of another version\n"
    sent = filled(editor(Written("", text)))
    sent |= {
        "trials": ["4"],
        "duration_s": [""],
        "rest_s": ["1,5"],
        "sides": ["left", "right"],
        "conditions": ["a\r\n\r\nb"],
    }
    sent |= {"measures": ["height_m", ""], "criteria": ["weighing_stable", "flight_seen"]}
    sent |= {"criteria.weighing_stable.sd_pct": ["2"], "instructions": ["Say:\r\ngo"], "title": ['A "title"']}
    found = fields.written(text, Form(sent))
    assert protocols.parsed(found) == {
        "title": 'A "title"', "instructions": "Say:\ngo", "conditions": ["a", "b"], "sides": ["left", "right"],
        "trials": 4, "countdown_s": 3, "rest_s": 1.5, "measures": ["height_m"],
        "criteria": {"weighing_stable": {"sd_pct": 2}, "flight_seen": {}, "drop_seen": {"mm": 3}},
    }  # fmt: skip
    assert found.endswith("drop_seen = { mm = 3 }  # of another version\nflight_seen = {}\n")


def test_it_is_kept_as_a_file_of_the_lab_and_nobody_overwrites_anothers(tmp_path: Path, squat: str):
    assert pages._write(written("deep", squat), tmp_path, "save") is None
    assert protocols.named("deep", tmp_path).title == "Deep <squat>"
    again = pages._write(written("deep", squat), tmp_path, "save")
    assert again is not None
    assert "is there already" in again.problems["name"]
    seen = digest(squat)
    assert pages._write(written("deep", squat.replace("trials = 3", "trials = 5"), seen), tmp_path, "save") is None
    late = pages._write(written("deep", squat, seen), tmp_path, "save")
    assert "was changed meanwhile" in late.problems["name"]
    assert protocols.named("deep", tmp_path).trials == 5
    assert protocols.remove("deep", tmp_path)
    assert not protocols.remove("deep", tmp_path)
    assert "deep" not in protocols.names(tmp_path)


async def test_pages_lead_from_the_list_to_the_editor_and_back(app, access, squat: str):
    client, host = app.test_client(), "127.0.0.1:8050"

    async def ask(method: str, path: str, **body):
        headers = {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/x-www-form-urlencoded"}
        scope = {"client": ("127.0.0.1", 4242)}
        data = urlencode(body, doseq=True)
        answer = await client.open(path, method=method, headers=headers, scope_base=scope, data=data)
        return answer.status_code, await answer.get_data(as_text=True)

    await ask("POST", access.new_link(f"http://{host}").removeprefix(f"http://{host}"))
    _, listed = await ask("GET", "/protocols")
    assert "Countermovement jump" in listed
    assert listed.count("built in") == len(protocols.NAMES)
    _, copied = await ask("GET", "/protocols/new?copy=squat")
    sent = filled(copied)
    assert sent["title"] == ["Squat"]
    _, as_text = await ask("POST", "/protocols", **sent | {"act": "text"})
    assert filled(as_text)["text"] == [protocols.text_of("squat").replace("\n", "\r\n")]
    assert (await ask("GET", "/protocols/new"))[0] == 200
    assert (await ask("GET", "/protocols/new?copy=nothing"))[0] == 400
    sent |= {"name": "deep-squat", "title": "Deep <squat>"}
    status, checked = await ask("POST", "/protocols", **sent | {"act": "check"})
    assert status == 200
    assert "This can be used" in checked
    assert (await ask("GET", "/protocols/deep-squat"))[0] == 404, "it was checked, not kept"
    assert (await ask("POST", "/protocols", **sent | {"act": "save"}))[0] == 303
    assert "Deep &lt;squat&gt;" in (await ask("GET", "/protocols/deep-squat"))[1]
    assert (await ask("GET", "/protocols/squat"))[0] == 404, "one of the project is copied, not changed"
    assert (await ask("POST", "/protocols/deep-squat/delete"))[0] == 303
    assert (await ask("GET", "/protocols/deep-squat"))[0] == 404
