"""The first run: the owner's link makes the first user, who has all roles; skipping it leaves all as it was."""

from __future__ import annotations

import pytest

EMAIL = "a.example@lab.example"
YOU = {"step": "you", "name": "A. Example", "email": EMAIL}
SIGN_IN = {"step": "sign-in", "name": "A. Example", "email": EMAIL, "password": "warm lamps over the track"}


async def test_a_link_leads_where_it_always_led_and_the_account_page_offers_the_first_run(visitor):
    owner = visitor()
    opened = await owner.open_link()
    assert (opened.status_code, opened.headers["Location"]) == (303, "/")
    assert (await owner.get("/")).status_code == 200
    assert "Make the first account" in await owner.text("/account")


async def test_four_steps_make_the_first_user_with_all_roles_who_is_signed_in(visitor, memory_archive):
    owner = visitor()
    await owner.open_link()
    assert "First, who runs this lab?" in await owner.text("/first-run")
    second = await owner.post("/first-run", YOU)
    assert "barograph user add" in await second.get_data(as_text=True)
    assert await memory_archive.accounts.users() == []
    made = await owner.post("/first-run", SIGN_IN)
    assert (made.status_code, made.headers["Location"]) == (303, "/first-run/lab")
    assert (await owner.post("/first-run/lab", {"lab": "x" * 201, "team": "Sprint"})).status_code == 400
    lab = await owner.post("/first-run/lab", {"team": "Sprint", "lab": "Example <sports> lab"})
    assert lab.headers["Location"] == "/first-run/ready"
    assert "Ready, A. Example" in await owner.text("/first-run/ready")
    [user] = await memory_archive.accounts.users()
    [team] = await memory_archive.roster.teams()
    assert user.roles == {"admin", "scientist", "analyst", "athlete"}
    assert (team.name, user.teams) == ("Sprint", {team.uid})
    assert all("session" in name for name in owner.cookies)


async def test_the_first_run_is_for_the_owner_alone_and_only_once(visitor, add_user):
    assert (await visitor().post("/first-run", SIGN_IN)).status_code == 403
    await add_user(EMAIL)
    owner = visitor()
    await owner.open_link()
    assert (await owner.get("/first-run")).status_code == 404
    assert (await owner.post("/first-run", SIGN_IN | {"email": "b@lab.example"})).status_code == 404
    member = visitor()
    await member.sign_in(EMAIL)
    assert (await member.get("/first-run")).status_code == 404


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (YOU | {"email": "nobody"}, "expected an address"),
        (SIGN_IN | {"password": "short"}, "Expected 12 to 256 characters"),
        (SIGN_IN | {"password": EMAIL}, "Expected another text than the e-mail address"),
    ],
)
async def test_what_does_not_do_is_said_and_makes_nobody(visitor, memory_archive, form, said):
    owner = visitor()
    await owner.open_link()
    answer = await owner.post("/first-run", form)
    assert answer.status_code == 400
    assert said.lower() in (await answer.get_data(as_text=True)).lower()
    assert await memory_archive.accounts.users() == []


async def test_the_link_goes_on_working_for_the_owner_where_others_have_accounts(visitor, add_user):
    await add_user(EMAIL)
    owner = visitor()
    await owner.open_link()
    assert (await owner.get("/")).status_code == 200
    assert "This machine’s owner" in await owner.text("/account")
    assert EMAIL in await owner.text("/people")


async def test_a_lab_has_a_name_on_its_pages_and_names_its_key_at_the_end(visitor, settings, memory_archive):
    owner = visitor()
    await owner.open_link()
    await owner.post("/first-run", SIGN_IN)
    await owner.post("/first-run/lab", {"lab": "Example <sports> lab"})
    assert await memory_archive.accounts.lab() == "Example <sports> lab"
    assert "Example &lt;sports&gt; lab" in await owner.text("/account")
    assert "Example &lt;sports&gt; lab, 127.0.0.1:8050" in await visitor().text("/sign-in")
    ready = await owner.text("/first-run/ready")
    assert f"secret.key in {settings.data_dir}" in ready
    assert "barograph link" in ready
    await owner.post("/people/lab", {"lab": "Ward 3"})
    layout = await (await owner.get("/_dash-layout")).get_data(as_text=True)
    assert "Ward 3" in layout
