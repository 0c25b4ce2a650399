"""What declares no need does not start, and is named."""

from __future__ import annotations

import click
import msgspec
import pytest
from dash import Dash, Input, Output
from quart import Quart

from barograph import settings as settings_module
from barograph.access.needs import Need, Routes, Undeclared, need_of, needs, require_declared
from barograph.access.principals import Access
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from dashboard.app import create_app as dashboard
from dashboard.page.typed_callbacks import Callbacks
from ingest.app import create_app as ingest


@pytest.fixture(params=["dashboard", "ingest"])
def app(request, tmp_path) -> Quart:
    """Each server over memory, as it would start."""
    chosen = settings_module.load(data_dir=tmp_path, ingest_port=1)
    make = {"dashboard": dashboard, "ingest": ingest}[request.param]
    return make(chosen, MemoryArchive(), MemoryLive(), Access(chosen, request.param))


async def test_a_server_with_a_route_that_declares_nothing_does_not_start(app):
    @app.get("/forgotten")
    async def forgotten() -> str:
        return "everything"

    with pytest.raises(Undeclared, match="GET /forgotten"):
        await app.startup()


async def test_nor_with_a_socket_that_declares_nothing(app):
    @app.websocket("/forgotten/socket")
    async def forgotten() -> None: ...

    with pytest.raises(Undeclared, match="WS /forgotten/socket"):
        await app.startup()


async def test_a_route_that_declares_what_it_needs_starts(app):
    @app.get("/remembered")
    @needs("read")
    async def remembered() -> str:
        return "everything"

    Routes(app, dict.fromkeys((rule.rule for rule in app.url_map.iter_rules()), Need("known"))).require()


def test_a_callback_that_declares_nothing_does_not_start():
    typed = Callbacks(Dash("t"))

    async def forgotten(value: str) -> str:
        return value

    typed.callback(Output("a", "children"), Input("b", "value"))(forgotten)
    with pytest.raises(Undeclared, match=r"a\.children"):
        typed.require()


def test_nor_a_message_though_what_it_descends_from_declares_something():
    @needs("write", "stream")
    class Frames(msgspec.Struct): ...

    class Forgotten(Frames): ...

    assert need_of(Frames) == Need("write", "stream")
    with pytest.raises(Undeclared, match="Forgotten"):
        require_declared("messages", {one.__name__: need_of(one) for one in (Frames, Forgotten)})


def test_nor_a_command():
    @click.command()
    @needs("read")
    @click.option("--n")
    def declared(n: str) -> None: ...

    @click.command()
    def forgotten() -> None: ...

    require_declared("commands", {"declared": need_of(declared.callback)})
    with pytest.raises(Undeclared, match="forgotten"):
        require_declared("commands", {"forgotten": need_of(forgotten.callback)})


@pytest.mark.parametrize("need", [Need("see"), Need("read", "workouts")])
def test_what_is_no_verb_and_no_kind_is_no_declaration(need):
    with pytest.raises(Undeclared, match=r"barograph\.access\.rights"):
        require_declared("routes", {"GET /x": need})
