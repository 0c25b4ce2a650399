"""Every page as each role and as nobody, from the application's own list: forbidden looks like unknown."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from barograph.access.needs import Routes
from barograph.access.principals import Principal
from dashboard.page.guard import OF_DASH
from dashboard.page.navigation import TABS, entries
from dashboard.pages import ROUTES

ROLES = ("scientist", "analyst", "athlete", "admin")
# Pages by the roles for which they are there; what is not named is for whoever signed in.
ADMINS = (
    "/people",
    "/people/list.csv",
    "/access",
    "/access/everyone",
    "/reason",
    "/retention",
    "/system",
    "/first-run/lab",
    "/first-run/ready",
)
BOTH = ("/devices", "/erasures", "/people/invite", "/protocols", "/protocols/new", "/try")
ONLY = dict.fromkeys(ADMINS, ("admin",)) | dict.fromkeys(BOTH, ("scientist", "admin")) | {"/you": ("athlete",)}
MISSING = ("/first-run", "/you/erase", "/you/take-along")  # somebody has an account already; no record is the account's


def email(role: str) -> str:
    return f"{role}@lab.example"


def pages(app) -> list[str]:
    """Addresses of every page that a person opens; a part that names something names what is not there."""
    found = [name.partition(" ") for name, need in Routes(app, OF_DASH).all().items() if need.verb == "person"]
    plain = {
        path.replace("<uid>", "no-such-uid").replace("<name>", "no-such-uid")
        for method, _, path in found
        if method == "GET"
    }
    return sorted({f"/{kind}" for kind in ROUTES} | plain)


@pytest.fixture
async def people(app, visitor, add_user, memory_archive):
    """Somebody of each role, signed in; the first user has all of them."""
    await add_user("first@lab.example")
    team = await memory_archive.roster.add_team("Track", now_us=1)
    found = {}
    for role in ROLES:
        await add_user(email(role), role, teams={team.uid} if role == "scientist" else ())
        found[role] = visitor()
        assert (await found[role].sign_in(email(role))).status_code == 303
    return found


@pytest.mark.parametrize("role", ROLES)
async def test_a_page_is_there_or_looks_like_no_page_at_all(app, people, role):
    someone = people[role]
    nowhere = await someone.get("/nowhere")
    nothing = await nowhere.get_data()
    assert nowhere.status_code == 404
    for path in pages(app):
        answer = await someone.get(path)
        if "no-such-uid" in path or path in MISSING or role not in ONLY.get(path, ROLES):
            assert (answer.status_code, await answer.get_data()) == (404, nothing), (role, path)
        else:
            assert answer.status_code == 200, (role, path)


@pytest.mark.parametrize("role", ROLES)
async def test_every_link_of_the_header_opens(people, role, memory_archive):
    user = await memory_archive.accounts.user_by_email(email(role))
    who = Principal(user.name, kind="user", uid=user.uid, roles=user.roles)
    for one in (*entries(who), *(TABS if role == "admin" else ())):
        assert (await people[role].get(one.href)).status_code == 200, one.href


async def test_nobody_is_led_to_sign_in_from_every_page_and_back_to_it(app, people, visitor):
    for path in pages(app):
        asked = f"{path}?show=1&a=b%20c"
        turned = await visitor().get(asked)
        assert turned.status_code == 303, path
        place = urlsplit(turned.headers["Location"])
        assert place.path == "/sign-in"
        onward = parse_qs(place.query)["next"][0]
        assert onward == asked
    back = await visitor().sign_in(email("analyst"), next=onward)
    assert back.headers["Location"] == onward


async def test_a_form_of_a_session_that_ended_leads_to_sign_in_and_back_to_its_page(people, visitor):
    page = "/devices?show=1"
    turned = await visitor().post("/devices/pair", {}, Referer=f"http://127.0.0.1:8050{page}")
    assert turned.status_code == 303
    assert parse_qs(urlsplit(turned.headers["Location"]).query)["next"] == [page]
    elsewhere = await visitor().post("/devices/pair", {}, Referer="http://elsewhere.example/x")
    assert parse_qs(urlsplit(elsewhere.headers["Location"]).query)["next"] == ["/"]


async def test_without_accounts_nobody_is_told_of_the_link(app, visitor):
    for path in pages(app):
        answer = await visitor().get(path)
        assert answer.status_code == 403, path
        assert "barograph link" in await answer.get_data(as_text=True)


async def test_system_says_nothing_to_whoever_does_not_administer(people):
    asked = {"output": "system-body.data-markup", "outputs": {"id": "system-body", "property": "data-markup"},
             "inputs": [{"id": "system-pulse", "property": "n_intervals", "value": 1}], "state": [],
             "changedPropIds": ["system-pulse.n_intervals"]}  # fmt: skip
    said = {role: await (await people[role].json("/_dash-update-component", asked)).get_data(as_text=True)
            for role in ROLES}  # fmt: skip
    assert [role for role in ROLES if "data-markup" in said[role]] == ["admin"]
