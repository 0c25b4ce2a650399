"""Passkeys over HTTP, for `assets/signin/passkeys.mjs`: asked for, made or used, each with what the server asked once.

One makes a passkey for one's account, in the first run, or to accept an invitation; the last two make the user too.
Whoever adds one to an account has to have signed in just now: a browser left open makes no lasting way in.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from quart import Quart, Response, redirect, request
from quart.typing import ResponseTypes

from barograph.access import people
from barograph.access.needs import needs
from barograph.access.passkeys import WRONG, Answered, PasskeySigning, Place, Purpose, place_of
from barograph.access.signing_in import SignedIn
from barograph.errors import BarographError, InvalidData, NotFound, Refused, StorageAway
from barograph.store.accounts import User, new_uid, normal_email
from barograph.web.entries import secure
from dashboard.page.agents import agent_name
from dashboard.page.answers import json_text
from dashboard.signin.desk import Desk, fresh_user, shown, user_of, whoever
from dashboard.signin.forms import local
from dashboard.signin.sign_in import said

AWAY = "The archive does not answer; nobody can be signed in now."
STATUS = {InvalidData: 400, NotFound: 404, StorageAway: 503}


def register(app: Quart, desk: Desk) -> None:
    """Add the routes to an application."""
    signing = PasskeySigning(desk.accounts, desk.visitors.keyring)

    @app.post("/sign-in/passkey/begin")
    @needs("open")
    async def begin_passkey() -> ResponseTypes:
        return await _answered(_begin(desk, signing))

    @app.post("/sign-in/passkey/finish")
    @needs("open")
    async def finish_passkey() -> ResponseTypes:
        return await _answered(_finish(desk, signing))

    @app.post("/account/passkeys/<uid>/remove")
    @needs("person")
    @shown
    async def remove_passkey(uid: str) -> ResponseTypes:
        return await _remove(desk, uid)


async def _answered(work: Any) -> Response:
    """Answer in JSON: what a script asked for, or a sentence for whoever looks at its page."""
    try:
        return cast(Response, await work)
    except (InvalidData, Refused, NotFound, StorageAway) as error:
        return _refusal(error)


def _refusal(error: BarographError) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 403)
    wait_s = getattr(error, "retry_after_s", None)
    text = AWAY if isinstance(error, StorageAway) else said(error)
    response = _json({"message": text}, 429 if wait_s else status)
    if wait_s:
        response.headers["Retry-After"] = str(int(wait_s) + 1)
    return response


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json_text(content), status=status, content_type="application/json")


async def _body() -> dict[str, Any]:
    content = await request.get_json(silent=True)
    if not isinstance(content, dict):
        raise InvalidData("body: expected an object in JSON", field="body")
    return content


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name, "")
    if not isinstance(value, str) or len(value) > 1000:
        raise InvalidData(f"{name}: expected a text of at most 1000 characters", field=name)
    return value.strip()


def _place() -> Place:
    return place_of((request.headers.get("Host") or "").lower(), secure=secure(request))


async def _begin(desk: Desk, signing: PasskeySigning) -> Response:
    await desk.visitors.signing_in.count_address(request.remote_addr or "")
    content, place = await _body(), _place()
    purpose = _text(content, "purpose")
    if purpose not in get_args(Purpose):
        raise InvalidData(f"purpose: expected one of {', '.join(get_args(Purpose))}", field="purpose")
    if purpose == "sign-in":
        options = await signing.ask_to_use(place)
    elif purpose == "account":
        user = await fresh_user(desk)
        options = await signing.ask_to_make(place, "account", uid=user.uid, email=user.email, name=user.name, said={})
    else:
        options = await _ask_somebody_new(desk, signing, place, cast(Purpose, purpose), content)
    return Response(options, content_type="application/json")


async def _ask_somebody_new(
    desk: Desk, signing: PasskeySigning, place: Place, purpose: Purpose, content: dict[str, Any]
) -> str:
    email, name, kept, of = _text(content, "email"), _text(content, "name"), {}, ""
    if purpose == "invitation":
        found = await people.invitation_of(desk.accounts, _text(content, "secret"), desk.now_us())
        email, kept, of = found.email or email, {"invitation": found.hash}, found.uid
    else:
        await _owner_of_nobody(desk)
    email = normal_email(email)
    if await desk.accounts.user_by_email(email) is not None:
        raise InvalidData("email: expected an address that no user has", field="email")
    return await signing.ask_to_make(place, purpose, uid=new_uid(), email=email, name=name, said=kept, of=of)


async def _owner_of_nobody(desk: Desk) -> None:
    who = await desk.visitors.principal(request)
    if who is None or who.kind != "owner" or await desk.visitors.has_users():
        raise NotFound("first run")


async def _finish(desk: Desk, signing: PasskeySigning) -> Response:
    content, place = await _body(), _place()
    credential = content.get("credential")
    answered = await signing.answered(place, credential)
    given = cast(dict[str, Any], credential)
    if answered.purpose == "sign-in":
        user = await signing.used(place, answered, given)
        return await _entered(desk, user, local(_text(content, "next")))
    passkey = signing.made(place, answered, given, agent_name(request))
    if answered.purpose == "account":
        user = await fresh_user(desk)
        if user.uid != answered.said["uid"]:
            raise Refused("not_signed_in", WRONG)
        await desk.accounts.add_passkey(passkey)
        return _json({"next": "/account"})
    # Before its user, who would otherwise be there without a way in if it were refused.
    await desk.accounts.add_passkey(passkey)
    try:
        user = await _make_user(desk, answered)
    except (InvalidData, Refused, NotFound):
        await desk.accounts.remove_passkey(passkey.uid)
        raise
    return await _entered(desk, user, "/first-run/lab" if answered.purpose == "first-run" else "/")


async def _make_user(desk: Desk, answered: Answered) -> User:
    told, now_us = answered.said, desk.now_us()
    if answered.purpose == "first-run":
        await _owner_of_nobody(desk)
        return await people.add_first(
            desk.accounts, uid=told["uid"], email=told["email"], name=told["name"], now_us=now_us
        )
    found = await desk.accounts.invitation(told["invitation"])
    if found is None or not found.open(now_us):
        raise NotFound(people.NO_INVITATION)
    return await people.take_up(
        desk.accounts, found, email=told["email"], name=told["name"], uid=told["uid"], now_us=now_us
    )


async def _entered(desk: Desk, user: User, onward: str) -> Response:
    visitors = desk.visitors
    signed: SignedIn = await visitors.signing_in.admit(
        user, address=request.remote_addr or "", agent=agent_name(request)
    )
    await visitors.signing_in.sign_out(visitors.access.session_secret(request))
    response = _json({"next": onward})
    cookie = visitors.access.session_cookie(signed.secret, request)
    desk.leave(response)
    response.set_cookie(cookie.name, cookie.value, **cookie.options)
    return response


async def _remove(desk: Desk, uid: str) -> ResponseTypes:
    user = await user_of(desk, whoever())
    mine = await desk.accounts.passkeys(user.uid)
    if uid not in {one.uid for one in mine}:
        raise NotFound(f"{uid}: no such passkey")
    if len(mine) == 1 and not user.password_hash:
        raise Refused("last_way_in", "passkey: it is your only way in; add another one first")
    await desk.accounts.remove_passkey(uid)
    return redirect("/account", 303)
