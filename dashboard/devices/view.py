"""Which devices the page shows, in which order, and what stands beside them: all of it is in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from dashboard.devices.advice import advice
from dashboard.devices.known import Known

PATH = "/devices"
MOST_TYPED = 100
STATES = {"": "All", "live": "Live", "silent": "Silent", "ended": "Ended", "todo": "To do"}
Order = Callable[[Known], Any]
# By the name in the address: the head of the column, what it is sorted by (None is unknown, and last either way), and
# whether the highest comes first unless the address says otherwise.
SORTS: Mapping[str, tuple[str, Order, bool]] = {
    "name": ("Device", lambda one: one.device.name.casefold(), False),
    "seen": ("Last seen", lambda one: one.device.seen_us, True),
    "battery": ("Battery", lambda one: one.device.battery_pct, False),
    "clock": ("Clock", lambda one: None if one.device.offset_us is None else abs(one.device.offset_us), True),
    "calibrated": ("Calibrated", lambda one: one.calibrated_us, False),
    "token": ("Token", lambda one: one.device.until_us, False),
}


@dataclass(frozen=True)
class View:
    """What an address asks for; what is not known in it is as if it were not there."""

    state: str = ""
    kind: str = ""
    typed: str = ""
    sort: str = "seen"
    turned: bool = False
    show: str = ""
    pair: str = ""

    @property
    def highest_first(self) -> bool:
        """Return whether the highest value comes first."""
        return SORTS[self.sort][2] is not self.turned

    @property
    def narrowed(self) -> bool:
        """Return whether some devices may be left out."""
        return bool(self.state or self.kind or self.typed)

    def href(self, **changes: Any) -> str:
        """Return the address of this view with some of it changed."""
        one = replace(self, **changes)
        said = {
            "state": one.state, "kind": one.kind, "q": one.typed, "sort": "" if one.sort == "seen" else one.sort,
            "turned": "1" if one.turned else "", "show": one.show, "pair": one.pair,
        }  # fmt: skip
        given = urlencode({name: value for name, value in said.items() if value})
        return f"{PATH}?{given}" if given else PATH

    def chosen(self, found: list[Known], now_us: int) -> list[Known]:
        """Return the devices that are shown, in their order."""
        shown = [one for one in found if self._shows(one, now_us)]
        order = SORTS[self.sort][1]
        known = [one for one in shown if order(one) is not None]
        known.sort(key=order, reverse=self.highest_first)
        return known + [one for one in shown if order(one) is None]

    def _shows(self, one: Known, now_us: int) -> bool:
        if self.kind and one.kind != self.kind:
            return False
        wanted = self.typed.casefold()
        return in_state(one, self.state, now_us) and (not wanted or wanted in _text(one))


def asked(given: Mapping[str, str]) -> View:
    """Return the view that an address asks for."""
    state, kind, sort = (given.get(name, "") for name in ("state", "kind", "sort"))
    return View(
        state=state if state in STATES else "",
        kind=kind[:MOST_TYPED],
        typed=given.get("q", "").strip()[:MOST_TYPED],
        sort=sort if sort in SORTS else "seen",
        turned=given.get("turned") == "1",
        show=given.get("show", "")[:64],
        pair=given.get("pair", "")[:64],
    )


def in_state(one: Known, state: str, now_us: int) -> bool:
    """Return whether a device is in one of `STATES`."""
    stands = one.device.stands(now_us)
    match state:
        case "live":
            return one.live(now_us)
        case "silent":
            return stands and not one.live(now_us)
        case "ended":
            return not stands
        case "todo":
            return bool(advice(one, now_us))
        case _:
            return True


def _text(one: Known) -> str:
    """What is searched: all that the row says in words."""
    device = one.device
    parts = (device.name, device.description, one.worn_by or "", device.firmware, device.uid, *device.streams)
    return "\n".join(parts).casefold()
