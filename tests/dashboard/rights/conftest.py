"""A lab in memory with somebody of every role, a workout for each of them to ask for, and both servers."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from devices import Device as Sender
from quart import Quart

from analytics import sim
from barograph import settings as settings_module
from barograph.access.principals import Access, secret_key
from barograph.access.proofs import Proofs
from barograph.access.secrets import DEVICE, SESSION, TOKEN, hashed, new_secret
from barograph.access.shares import Shares, Wanted
from barograph.frames import Recording
from barograph.protocols import named
from barograph.settings import Settings
from barograph.store.accounts import Device, Session, StoredShare, Token, User
from barograph.store.correcting import add_mask
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.store.ports import About, Marker
from barograph.store.roster import Athlete
from barograph.store.test_days import DayEntry
from barograph.store.trials import NewTrial
from dashboard.app import create_app as dashboard_app
from dashboard.page.typed_callbacks import Callbacks
from dashboard.pages import register
from dashboard.reading.sources import Sources
from ingest.app import create_app as ingest_app

sys.path += [str(Path(__file__).parent)]  # the table of this folder

from rights_cast import DASHBOARD_CAST, INGEST_CAST, MASK

NAME, OTHER = "Ada Longname", "Ben Elsewhere"
HERE = {"client": ("127.0.0.1", 4242)}
PORTS = {"dashboard": "127.0.0.1:8050", "ingest": "127.0.0.1:5001"}
YEAR_US = 365 * 86_400_000_000


@dataclass
class Stage:
    """Both servers over one archive, and how each of the cast asks them."""

    settings: Settings
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    live: MemoryLive = field(default_factory=MemoryLive)
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    short_id: str = ""
    walk: Recording | None = None

    async def set_up(self) -> None:
        self.access = Access(self.settings, "dashboard")
        self.dashboard: Quart = dashboard_app(self.settings, self.archive, self.live, self.access)
        self.ingest: Quart = ingest_app(self.settings, self.archive, self.live, Access(self.settings, "ingest"))
        self.tokens["owner"] = str(Proofs(self.settings).owner_token())
        now_us, roster = time.time_ns() // 1000, self.archive.roster
        team, far = [await roster.add_team(name, now_us=now_us) for name in ("Track", "Field")]
        ada, ben = [await roster.add(Athlete(name, teams=(one.uid,)), now_us=now_us)
                    for name, one in ((NAME, team), (OTHER, far))]  # fmt: skip
        self.team, self.ada, self.short_id = team, ada, ada.short_id
        await self._add_user("scientist", teams={team.uid})
        await self._add_user("stranger", "scientist", teams={far.uid})
        await self._add_user("analyst", granted={team.uid})
        await self._add_user("athlete", athlete=ada.uid)
        await self._add_user("other", "athlete", athlete=ben.uid)
        await self._add_user("admin")
        for who in dict.fromkeys((*DASHBOARD_CAST, *INGEST_CAST)):
            await self.add_workout(f"walk-{who}")
        day = await self.archive.test_days.add("Monday", now_us=now_us)
        queue = (DayEntry(ada.uid, 1),)
        self.day = (await self.archive.test_days.change(day.id, lambda one: replace(one, queue=queue))).id
        await self._open_doors()

    async def add_workout(self, name: str, athlete: str = NAME) -> None:
        self.walk = self.walk or sim.walk(2.0, start_us=time.time_ns() // 1000 - 3_000_000)["left"]
        walk = self.walk
        sender = Sender(self.archive, self.live, name, {"left": walk}, About(athlete, "walk", tags=("dry",)))
        await sender.open_streams()
        await sender.store_block("left", sender.frames("left", 0, len(walk)))
        await self.archive.add_marker(name, Marker(int(walk.times_us[3]), "begin"))
        await self.archive.trials.add(name, NewTrial(named("walk"), *map(int, walk.times_us[:2])), now_us=0)
        layout = walk.layout
        drawn = {"ground": {"places": "cells", "rows": layout.rows, "cols": layout.cols},
                 "labels": layout.valid.ravel().astype(int).tolist()}  # fmt: skip
        await add_mask(self.archive, name, MASK | drawn, now_us=0)
        await self.archive.corrections.add_prints(name, (), now_us=0)

    async def _add_user(self, name: str, role: str = "", **more: Any) -> None:
        given = {one: frozenset(value) if isinstance(value, set) else value for one, value in more.items()}
        user = User(email=f"{name}@lab.example", name=name, roles=frozenset({role or name}), made_us=1, **given)
        await self.archive.accounts.add_user(user)
        now_us = time.time_ns() // 1000
        session, token = new_secret(SESSION), new_secret(TOKEN)
        times = {"user": user.uid, "made_us": now_us, "until_us": now_us + YEAR_US, "used_us": now_us}
        self.session = Session(hash=hashed(session, secret_key(self.settings)), **times)
        await self.archive.accounts.add_key(self.session)
        await self.archive.accounts.add_key(Token(hash=hashed(token), name="program", **times))
        self.users[name], self.tokens[name] = user, token
        client = self.clients[name] = self.dashboard.test_client()
        headers = {"Host": PORTS["dashboard"]}
        async with self.dashboard.test_request_context("/", headers=headers, scope_base=HERE) as context:
            cookie = self.access.session_cookie(session, context.request)
        client.set_cookie("127.0.0.1", cookie.name, cookie.value)

    async def _open_doors(self) -> None:
        owner = self.clients["owner"] = self.dashboard.test_client()
        self.clients["nobody"] = self.dashboard.test_client()
        await self._post(owner, f"/login/{self.access.new_link('http://x').rpartition('/')[2]}")
        uid = (await self.archive.workout("walk-share")).uid
        self.clients["share"] = await self.guest(Wanted("Coach", "athlete", 3600, uid))
        self.clients["wall"] = await self.guest(Wanted("Hall", "wall", 3600, team=self.team.uid))
        for who in DASHBOARD_CAST:  # a link of each session that its asker made, to be revoked
            of = (await self.archive.workout(f"walk-{who}")).uid
            by = self.users[who].uid if who in self.users else ""
            made = StoredShare(uid=f"share-walk-{who}", hash=who, user=by, name="Coach", view="live", workout=of,
                               made_us=time.time_ns() // 1000, until_us=time.time_ns() // 1000 + YEAR_US)  # fmt: skip
            await self.archive.accounts.add_key(made)

    @property
    def shares(self) -> Shares:
        return self.dashboard.extensions["barograph"]["shares"]

    async def guest(self, wanted: Wanted, by: str = "") -> Any:
        """Return the browser of somebody who opened a link."""
        secret, _ = await self.shares.make(wanted, by=by)
        guest = self.dashboard.test_client()
        answer = await guest.get(f"/share/{secret}", headers={"Host": PORTS["dashboard"]}, scope_base=HERE)
        assert answer.status_code == 302
        return guest

    async def _post(self, client: Any, path: str, **more: Any) -> Any:
        return await client.post(path, headers={"Host": PORTS["dashboard"]}, scope_base=HERE, **more)

    def headers(self, who: str) -> dict[str, str]:
        return {"Host": PORTS["dashboard"], "Origin": f"http://{PORTS['dashboard']}"}

    async def ask(self, who: str, method: str, path: str, **more: Any) -> Any:
        """Ask the dashboard."""
        if "form" in more:  # the team that is theirs, if they have one
            mine = next(iter(self.users[who].teams), None) if who in self.users else None
            form = {name: mine if text == "{team}" else text for name, text in more["form"].items()}
            more = more | {"form": {name: text for name, text in form.items() if text is not None}}
        return await self.clients[who].open(
            path.replace("{team}", self.team.uid).replace("{day}", self.day),
            method=method,
            headers=self.headers(who),
            scope_base=dict(HERE),
            **more,
        )

    async def ask_ingest(self, who: str, method: str, path: str, **more: Any) -> Any:
        """Ask the ingest, with a token, as an admin who states a reason, or without, from here or from elsewhere."""
        token = self.tokens.get("admin" if who == "reasoned" else who)
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        bearer |= {"Barograph-Reason": "a complaint"} if who == "reasoned" else {}
        scope = {"client": ("192.0.2.9", 1), "server": ("192.0.2.7", 5001)} if who == "elsewhere" else dict(HERE)
        headers = {"Host": PORTS["ingest"], **bearer, **more.pop("headers", {})}
        path = path.replace("{day}", self.day)
        return await self.ingest.test_client().open(path, method=method, headers=headers, scope_base=scope, **more)

    async def pair(self, *streams: str) -> str:
        """Return the token of a device that feeds these streams."""
        secret, now_us = new_secret(DEVICE), time.time_ns() // 1000
        device = Device(hash=hashed(secret), name="insole", streams=frozenset(streams), made_us=now_us,
                        until_us=now_us + YEAR_US)  # fmt: skip
        await self.archive.accounts.add_key(device)
        return secret

    def callbacks(self) -> dict[str, Any]:
        """Every callback that the server runs, from Dash's own map."""
        dash = Dash("t", suppress_callback_exceptions=True)
        register(Callbacks(dash), Sources(self.settings, self.archive, self.live))
        return {name: spec for name, spec in dash.callback_map.items() if "callback" in spec}


@pytest.fixture
async def stage(tmp_path) -> AsyncIterator[Stage]:
    given = {"device_tokens": "off", "max_address_requests_per_s": 1_000_000}
    made = Stage(settings_module.load(data_dir=tmp_path, ingest_port=1, **given))
    await made.set_up()
    async with made.ingest.test_app():
        yield made
