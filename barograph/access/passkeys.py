"""Passkeys: made and used where the page is a secure context, verified by py_webauthn, counted by the archive.

What a device signs is a challenge that is kept on the server under its hash, for one purpose and one name of this
server, for five minutes, and is taken once. A device has to verify its user (finger, face or PIN), so that a passkey
alone signs in. A counter that did not go on is a copy of a passkey, and is refused.
`docs/decisions/0059-passkeys.md` says why.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from barograph.access.keyring import Keyring
from barograph.access.secrets import hashed, new_secret
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.accounts import Accounts, User
from barograph.store.passkeys import CHALLENGE_US, Challenge, Passkey

Purpose: TypeAlias = Literal["sign-in", "account", "first-run", "invitation"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
WRONG = "passkey: it is not one of this lab, or this took more than five minutes"
VERIFIED = UserVerificationRequirement.REQUIRED
MOST_CLIENT_DATA = 8000


@dataclass(frozen=True)
class Place:
    """The name of this server that passkeys are bound to, and the origin of its pages."""

    name: str
    origin: str


@dataclass(frozen=True)
class Answered:
    """A challenge that came back: what it was for, and what was kept with it."""

    purpose: Purpose
    said: dict[str, str]
    challenge: bytes


def place_of(host: str, *, secure: bool) -> Place:
    """Return where a page is, by its `Host`; `InvalidData` where browsers have no passkeys."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    try:
        ipaddress.ip_address(name.strip("[]"))
        bare = True
    except ValueError:
        bare = False
    if bare or not name or not (secure or name == "localhost" or name.endswith(".localhost")):
        raise InvalidData("passkey: expected https under a name, or localhost", field="passkey")
    return Place(name, f"{'https' if secure else 'http'}://{host}")


class PasskeySigning:
    """What the pages ask of one process."""

    def __init__(self, accounts: Accounts, keyring: Keyring) -> None:
        self._accounts, self._keyring = accounts, keyring

    async def ask_to_make(
        self, place: Place, purpose: Purpose, *, uid: str, email: str, name: str, said: dict[str, str], of: str = ""
    ) -> str:
        """Return, as JSON for a browser, what makes a passkey of a user who is there or is to be.

        `of` is the uid of the invitation that is to make the user.
        """
        challenge = await self._ask(place, purpose, {**said, "uid": uid, "email": email, "name": name}, of or uid)
        known = [
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential))
            for one in await self._accounts.passkeys(uid)
        ]
        options = webauthn.generate_registration_options(
            rp_id=place.name,
            rp_name="Barograph",
            user_id=uid.encode(),
            user_name=email,
            user_display_name=name or email,
            challenge=challenge,
            timeout=CHALLENGE_US // 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
            ),
            exclude_credentials=known,
        )
        return webauthn.options_to_json(options)

    async def ask_to_use(self, place: Place) -> str:
        """Return, as JSON for a browser, what signs in by any passkey that is there for this server."""
        options = webauthn.generate_authentication_options(
            rp_id=place.name,
            challenge=await self._ask(place, "sign-in", {}, ""),
            timeout=CHALLENGE_US // 1000,
            user_verification=VERIFIED,
        )
        return webauthn.options_to_json(options)

    async def answered(self, place: Place, credential: object) -> Answered:
        """Take the challenge that a browser's answer is to, or refuse: it is used up whatever comes of it."""
        challenge = challenge_of(credential)
        found = await self._accounts.take_challenge(_hash(challenge, place), self._keyring.now_us())
        if found is None or found.purpose not in PURPOSES:
            raise Refused("not_signed_in", WRONG)
        return Answered(found.purpose, json.loads(found.said or "{}"), challenge)

    def made(self, place: Place, answered: Answered, credential: dict[str, Any], label: str) -> Passkey:
        """Return the passkey that was made, not kept yet; refuse one that does not verify."""
        try:
            found = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=answered.challenge,
                expected_rp_id=place.name,
                expected_origin=place.origin,
                require_user_verification=True,
            )
        except WebAuthnException as error:
            raise Refused("not_signed_in", WRONG) from error
        return Passkey(
            user=answered.said["uid"],
            name=label[:200],
            credential=bytes_to_base64url(found.credential_id),
            public_key=bytes_to_base64url(found.credential_public_key),
            count=found.sign_count,
            made_us=self._keyring.now_us(),
        )

    async def used(self, place: Place, answered: Answered, credential: dict[str, Any]) -> User:
        """Return the user whose passkey signed, or refuse in one and the same sentence."""
        found = await self._accounts.passkey(str(credential.get("id"))[:2000])
        if found is None or answered.purpose != "sign-in":
            raise Refused("not_signed_in", WRONG)
        try:
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=answered.challenge,
                expected_rp_id=place.name,
                expected_origin=place.origin,
                credential_public_key=base64url_to_bytes(found.public_key),
                credential_current_sign_count=found.count,
                require_user_verification=True,
            )
        except WebAuthnException as error:
            raise Refused("not_signed_in", WRONG) from error
        user = await self._user(found)
        counted = await self._accounts.use_passkey(found.uid, verified.new_sign_count, self._keyring.now_us())
        if not counted or not user.enabled:
            raise Refused("not_signed_in", WRONG)
        return user

    async def _user(self, passkey: Passkey) -> User:
        try:
            return await self._accounts.user(passkey.user)
        except NotFound as error:  # the archive went away before they were made
            raise Refused("not_signed_in", WRONG) from error

    async def _ask(self, place: Place, purpose: Purpose, said: dict[str, str], of: str) -> bytes:
        challenge = new_secret().encode()
        until_us = self._keyring.now_us() + CHALLENGE_US
        text = json.dumps(said) if said else ""
        await self._accounts.add_challenge(
            Challenge(hash=_hash(challenge, place), purpose=purpose, said=text, of=of, until_us=until_us)
        )
        return challenge


def challenge_of(credential: object) -> bytes:
    """Return the challenge that a browser says it answers; whether it does is verified later."""
    try:
        said = base64url_to_bytes(credential["response"]["clientDataJSON"][:MOST_CLIENT_DATA])  # type: ignore[index]
        return base64url_to_bytes(json.loads(said)["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidData("credential: expected the answer of a browser", field="credential") from error


def _hash(challenge: bytes, place: Place) -> str:
    return hashed(f"{place.origin} {challenge.hex()}")
