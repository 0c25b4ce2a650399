"""Devices that have no token yet: they ask with a code, and come back for the answer. `barograph.access.pairing`."""

from __future__ import annotations

from typing import Any

import msgspec
from quart import Quart, request

from barograph.access import pairing
from barograph.access.needs import needs
from barograph.bounds import FIRMWARE
from barograph.errors import Refused
from barograph.frames import check_new_name
from barograph.store.account_records import AskingDevice
from barograph.store.ports import Archive
from barograph.web.bodies import SMALL_BYTES, whole
from ingest import messages as m
from ingest.clock import now_us
from ingest.http.answers import AskedAnswer, AskToPair, Claim, ClaimAnswer
from ingest.http.operations import operation
from ingest.http.posted import require_json
from ingest.http.workouts import load

PAIRINGS, TAKE = "/api/pairings", "/api/pairings/token"
_decoder = msgspec.json.Decoder(dict[str, Any])


def add_pairing(app: Quart, archive: Archive) -> None:
    """Give the application its routes for devices without a token."""

    @app.post(PAIRINGS)
    @needs("open")
    @operation("Devices", AskedAnswer, status=201, takes=AskToPair, errors=(404,))
    async def ask_to_pair() -> tuple[dict[str, Any], int]:
        """Ask to be paired, with the code that the dashboard shows; somebody there allows the device, or refuses it."""
        said = load(AskToPair, await _object())
        asking = AskingDevice(
            name=said.name,
            streams=frozenset(check_new_name("streams", stream) for stream in said.streams),
            description=said.layout,
            firmware=said.firmware[:FIRMWARE],
            address=request.remote_addr or "",
        )
        claim, found = await pairing.ask(archive.accounts, said.code, asking, now_us())
        return {"claim": claim, "poll_s": pairing.POLL_S, "until_us": found.until_us}, 201

    @app.post(TAKE)
    @needs("open")
    @operation("Devices", ClaimAnswer, takes=Claim, errors=(404,))
    async def take_token() -> dict[str, Any]:
        """How far a pairing is; once it is allowed the answer has the token, this once."""
        said = load(Claim, await _object())
        found = await pairing.take(archive.accounts, said.claim, request.remote_addr or "", now_us())
        if found.state in ("refused", "over"):
            why = "was refused in the dashboard" if found.state == "refused" else "was not allowed within five minutes"
            raise Refused("forbidden", f"claim: this device {why}", field="claim")
        if found.device is None:
            return {"state": found.state}
        device = found.device
        return {
            "state": found.state, "token": found.token, "device": device.uid, "name": device.name,
            "streams": sorted(device.streams), "until_us": device.until_us,
        }  # fmt: skip


async def _object() -> dict[str, Any]:
    require_json(request)
    return m.decode(await whole(request, SMALL_BYTES), _decoder)
