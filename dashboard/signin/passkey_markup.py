"""Buttons of passkeys: hidden until `assets/signin/passkeys.mjs` finds that this browser and this address can."""

from __future__ import annotations

from dashboard.drawing.markup import say, tag
from dashboard.signin.document import icon


def make_one(purpose: str, secret: str = "") -> str:
    """Return the offer to make a passkey in place of a password, for the form around it."""
    offer = _button("Use a passkey", "make", purpose, secret)
    why = tag("p", "Fingerprint, face or PIN. Nothing to remember, nothing to steal.", class_="muted")
    return tag("div", offer, why, tag("p", "or", class_="or"), _said(), class_="passkey", hidden="", data_passkeys="")


def use_one() -> str:
    """Return the offer to sign in by passkey."""
    return tag("div", _button("Sign in with a passkey", "use", "sign-in"), tag("p", "or", class_="or"), _said(),
               class_="passkey", hidden="", data_passkeys="")  # fmt: skip


def add_one() -> str:
    """Return the offer to add a passkey to an account."""
    offer = tag("div", _button("Add a passkey", "make", "account", kind=""), _said(), class_="passkey", hidden="",
                data_passkeys="")  # fmt: skip
    why = "Passkeys need https, or this dashboard under the name localhost on its own machine."
    return offer + tag("p", why, class_="muted nothing", data_no_passkeys="")


def _button(text: str, act: str, purpose: str, secret: str = "", kind: str = "wide primary") -> str:
    return tag("button", icon("passkey"), tag("span", say(text)), type="button", class_=f"button {kind}".strip(),
               data_passkey=act, data_purpose=purpose, data_secret=secret or None)  # fmt: skip


def _said() -> str:
    return tag("p", class_="problem", role="alert", data_passkey_said="", hidden="")
