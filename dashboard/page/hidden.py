"""Names and searched texts in addresses: sealed, so that logs, proxies, referrers and browsers' histories have none.

A hidden text begins with a dot. The same text is always hidden the same way, so that an address can be kept and shared;
it opens with the key that signs, which all dashboards of a lab have, and for nobody else. A text that is not hidden,
as in addresses of before or one that somebody typed, is taken as it is, and leads on to hidden ones. `POST /hidden`
hides what is typed in the browser.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from quart import Quart, Response, current_app, has_app_context, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.bounds import check_text
from barograph.errors import InvalidData
from barograph.store.search import MOST_TEXT
from barograph.web.bodies import whole
from dashboard.page.answers import json_text

MARK = "."
MOST_BODY = 4096
ABOUT = [b"barograph address"]
NAME = "hidden texts"


class Hidden:
    """Hides texts by the key that signs; AES-SIV (RFC 5297) needs no nonce, and notices a changed text."""

    def __init__(self, key: str) -> None:
        self._cipher = AESSIV(hmac.digest(key.encode(), b"barograph addresses", hashlib.sha512))

    def hide(self, text: str) -> str:
        """Return the form in which a text stands in addresses; "" of none."""
        if not text:
            return ""
        sealed = self._cipher.encrypt(text.encode("utf-8", "surrogatepass"), ABOUT)
        return MARK + base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def shown(self, value: str) -> str:
        """Return the text that an address names, or `InvalidData` where it was hidden by another key."""
        if not value.startswith(MARK):
            return value
        try:
            packed = base64.urlsafe_b64decode(value[1:] + "=" * (-len(value[1:]) % 4))
            return self._cipher.decrypt(packed, ABOUT).decode("utf-8", "surrogatepass")
        except (ValueError, InvalidTag) as error:
            raise InvalidData(
                "address: expected one that this lab made, got one that was changed, or made with another key",
                field="address",
            ) from error


def hide(text: str) -> str:
    """Return the form in which a text stands in addresses of the dashboard that answers; outside of one, the text."""
    return text if (found := _here()) is None else found.hide(text)


def shown(value: str) -> str:
    """Return the text that an address names, or `InvalidData`."""
    return value if (found := _here()) is None else found.shown(value)


def shown_in(name: str, given: Mapping[str, str], problems: list[str]) -> str:
    """Return the text of one field of an address; what cannot be read is said, and is no text."""
    try:
        return shown(given.get(name, ""))[:MOST_TEXT].replace("\0", "")
    except InvalidData as error:
        problems.append(f"{name}: {error}")
        return ""


def _here() -> Hidden | None:
    return current_app.extensions["barograph"].get(NAME) if has_app_context() else None


def register(app: Quart, key: str) -> None:
    """Let the addresses of an application hide texts, and its pages ask for it."""
    hidden = app.extensions["barograph"][NAME] = Hidden(key)

    @app.post("/hidden")
    @needs("known")
    async def hide_text() -> ResponseTypes:
        text = (await whole(request, MOST_BODY)).decode("utf-8", "replace")
        told = json_text({"text": hidden.hide(check_text("text", text, MOST_TEXT))})
        return Response(told, content_type="application/json")
