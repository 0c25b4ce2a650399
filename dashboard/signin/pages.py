"""All pages of signing in and of accounts, as routes of an application."""

from __future__ import annotations

from quart import Quart

from dashboard.signin import (
    access_page,
    account,
    first_run,
    invitations,
    openid,
    passkeys,
    people_page,
    reason,
    sign_in,
)
from dashboard.signin.desk import Desk


def register(app: Quart, desk: Desk) -> None:
    """Add the pages to an application."""
    for part in (sign_in, account, invitations, first_run, people_page, access_page, passkeys, openid, reason):
        part.register(app, desk)
