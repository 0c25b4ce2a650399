"""What the page of devices knows of each: the token, what was seen of the device, and the stream that it fed last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from barograph.access.principals import Principal
from barograph.access.rights import names_shown, of_workout
from barograph.errors import NotFound
from barograph.store.accounts import Device
from barograph.store.ports import Archive, StreamInfo, Workout

LIVE_US = 15_000_000  # the ingest writes down every 5 s what it sees


@dataclass(frozen=True)
class Known:
    """One device; `worn_by` is None where nobody is named, or whoever looks may not know.

    `calibrator` is who calibrated its stream, in words.
    """

    device: Device
    worn_by: str | None = None
    info: StreamInfo | None = None
    calibrator: str = ""

    def live(self, now_us: int) -> bool:
        """Return whether it feeds frames now."""
        seen_us = self.device.seen_us
        return self.device.stands(now_us) and seen_us is not None and now_us - seen_us < LIVE_US

    @property
    def counts(self) -> bool | None:
        """True when its stream is in counts, without a calibration; None when nothing is known."""
        if self.info is None or self.info.layout is None:
            return None
        return self.info.layout.unit == "raw"

    @property
    def kind(self) -> str:
        """What kind of sensor it is; "" when nothing is known."""
        return self.info.layout.kind if self.info is not None and self.info.layout is not None else ""

    @property
    def calibrated_us(self) -> int | None:
        """When its stream was calibrated here; None for counts, and where that is not known."""
        return self.info.calibrated_us if self.info is not None and not self.counts else None

    @property
    def gaps(self) -> tuple[int, int]:
        """How many ranges of its stream are missing, and how many frames."""
        lost = [one for epoch in self.info.epochs for one in epoch.unstored] if self.info else []
        return len(lost), sum(one.n for one in lost)


async def known_devices(archive: Archive, who: Principal) -> list[Known]:
    """Return all devices, those seen last first, revoked ones last."""
    devices = await archive.accounts.devices()
    users = {one.uid: one.name or one.email for one in await archive.accounts.users()}
    names = {device.workout for device in devices if device.workout}
    workouts = {name: await _workout(archive, name) for name in sorted(names)}
    found = [await _known(archive, who, device, workouts.get(device.workout)) for device in devices]
    found = [replace(one, calibrator=_calibrator(one, users)) for one in found]
    return sorted(found, key=lambda one: (one.device.revoked_us is not None, -(one.device.seen_us or 0)))


def _calibrator(one: Known, users: Mapping[str, str]) -> str:
    if one.calibrated_us is None or one.info is None:
        return ""
    by = one.info.calibrated_by
    return users.get(by, "somebody who has no account now") if by else "the owner of this machine"


async def _workout(archive: Archive, workout_id: str) -> Workout | None:
    try:
        return await archive.workout(workout_id)
    except NotFound:  # it was erased
        return None


async def _known(archive: Archive, who: Principal, device: Device, workout: Workout | None) -> Known:
    if workout is None:
        return Known(device)
    info = next((one for one in workout.streams if one.stream.stream == device.stream), None)
    teams: tuple[str, ...] = ()
    name = workout.about.athlete
    if workout.athlete_uid:
        try:
            athlete = await archive.roster.athlete(workout.athlete_uid)
            teams, name = athlete.teams, athlete.name
        except NotFound:
            name = None
    return Known(device, name if names_shown(who, of_workout(workout, teams)) else None, info)
