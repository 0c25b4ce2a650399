"""One-time links: looking costs nothing, and a form uses them up, once."""

from __future__ import annotations

import re

import pytest

HEADERS = {"Host": "127.0.0.1:8050"}
HERE = {"client": ("127.0.0.1", 4242)}


@pytest.fixture
def browser(app):
    """Asks the application as a new browser."""

    def made():
        client = app.test_client()

        async def ask(method: str, path: str, host: str = HEADERS["Host"], **more):
            return await client.open(path, method=method, headers={"Host": host}, scope_base=HERE, **more)

        return ask

    return made


@pytest.fixture
def path(access) -> str:
    return access.new_link("http://127.0.0.1:8050").removeprefix("http://127.0.0.1:8050")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_looking_at_a_link_does_not_use_it_up(browser, path, method):
    looking = browser()
    for _ in range(3):
        answer = await looking(method, path)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert (await looking("GET", "/")).status_code == 403
    assert (await browser()("POST", path)).status_code == 303


async def test_the_page_of_a_link_opens_the_dashboard_by_its_form_without_any_script(browser, path):
    someone = browser()
    looked = await someone("GET", path)
    assert looked.headers["Cache-Control"] == "no-store"
    assert "form-action 'self'" in looked.headers["Content-Security-Policy"]
    html = await looked.get_data(as_text=True)
    action = re.search(r'<form method="post" action="([^"]+)"', html).group(1)
    token = re.search(r'name="token" value="([^"]+)"', html).group(1)
    assert '<button class="button primary" type="submit">' in html
    opened = await someone("POST", action, form={"token": token})
    assert (opened.status_code, opened.headers["Location"]) == (303, "/")
    assert "HttpOnly" in opened.headers["Set-Cookie"]
    assert (await someone("GET", "/")).status_code == 200


@pytest.mark.parametrize("again", ["POST", "GET"])
async def test_a_link_opens_the_dashboard_once(browser, path, again):
    assert (await browser()("POST", path)).status_code == 303
    second = browser()
    answer = await second(again, path)
    assert answer.status_code == 403
    assert "works once" in await answer.get_data(as_text=True)
    assert (await second("GET", "/")).status_code == 403


@pytest.mark.parametrize("form", [{}, {"token": ""}, {"token": "x" * 3000}, {"other": "1"}, {"token": "\u2026"}])
async def test_a_form_without_a_token_of_ours_opens_nothing(browser, form):
    assert (await browser()("POST", "/login", form=form)).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_opens_nothing_under_a_name_that_is_not_ours(browser, path, method):
    bent = await browser()(method, path, host="rebound.example:8050")
    assert bent.status_code == 403
    assert "Set-Cookie" not in bent.headers
    assert (await browser()("POST", path)).status_code == 303


def test_safe_methods_change_nothing_but_the_browser_that_asks(browser, app, access):
    """Every route that takes GET is looked at here; a new one has to be thought of."""
    safe = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.websocket}
    assert {rule for rule in safe if not rule.startswith(("/_dash", "/_reload", "/_favicon"))} == {
        "/", "/<path:path>",
        "/access", "/access/end/<uid>", "/access/everyone", "/account", "/account/end/<uid>",
        "/devices", "/devices/<uid>/revoke", "/first-run", "/first-run/lab", "/first-run/ready", "/invitation/<secret>",
        "/people", "/people/<uid>", "/people/<uid>/disable", "/sign-in", "/sign-in/openid", "/sign-in/openid/back",
        "/assets/<path:name>", "/assets/<path:filename>", "/athlete/<workout_id>",
        "/feedback/<workout_id>", "/feedback/<workout_id>/usual",
        "/athletes/<uid>/trend", "/athletes/export.csv", "/athletes/import", "/athletes/merge", "/athletes/new",
        "/athletes/proposals", "/erasures", "/erasures/<uid>/erase", "/erasures/athletes/<uid>",
        "/erasures/receipts/<uid>", "/erasures/receipts/<uid>/file", "/people/invite", "/people/list.csv", "/reason",
        "/you", "/you/erase", "/you/erase/<uid>", "/you/links/<uid>", "/you/take-along",
        "/compare/report", "/data/<workout_id>",
        "/data/<workout_id>/<stream>/columns", "/data/<workout_id>/<stream>/export",
        "/data/<workout_id>/<stream>/frame", "/data/<workout_id>/<stream>/frames",
        "/data/<workout_id>/<stream>/regions", "/data/<workout_id>/<stream>/samples", "/data/<workout_id>/export",
        "/data/<workout_id>/glance",
        "/data/<workout_id>/highest",
        "/data/<workout_id>/mask-ground", "/data/<workout_id>/masks", "/data/<string:workout_id>/masks/<int:number>",
        "/data/<workout_id>/numbers", "/data/<workout_id>/print-corrections",
        "/data/<workout_id>/progress", "/data/<workout_id>/shares",
        "/docs", "/docs/", "/docs/<path:name>", "/healthz", "/metrics", "/readyz", "/retention",
        "/login/<token>", "/record/days", "/record/days/<day_id>",
        "/record/choices/athletes", "/record/choices/devices", "/record/choices/protocols",
        "/record/days/<day_id>/found", "/record/days/<day_id>/last", "/record/days/<day_id>/ready",
        "/record/days/<day_id>/review",
        "/report/<workout_id>", "/report/athlete/<athlete_uid>", "/report/team/<team>",
        "/protocols", "/protocols/<name>", "/protocols/new",
        "/assets/try/device.mjs", "/try",
        "/share/<token>", "/stored", "/thumb/<workout_id>", "/wall/<team>", "/wall/<team>/live",
    }  # fmt: skip
