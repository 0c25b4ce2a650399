"""The command line, as far as it needs no servers: what it says, and what it refuses."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from keyed import MASTER, VARIABLE, open_archive

import barograph
from analytics import sim
from barograph import files, settings
from barograph.access.principals import Access
from barograph.cli import addresses, app, sending
from barograph.frames import Stream
from barograph.settings import Settings, variable

PAIRS = Path(__file__).parents[2] / "fixtures" / "tls"


@pytest.fixture(autouse=True)
def _own_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="barograph")


def refused(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def test_without_a_command_it_says_what_there_is() -> None:
    assert "barograph demo" in run("--help").output
    assert run("--version").output.split()[-1] == barograph.__version__


def test_a_link_opens_the_dashboard_that_has_the_same_data_directory(tmp_path: Path) -> None:
    chosen = settings.load(data_dir=tmp_path)
    door = Access(chosen, "dashboard")
    link = run("link", "--data-dir", tmp_path).output.strip()
    assert link.startswith("http://127.0.0.1:8050/login/")
    assert door.redeemable(link.rpartition("/")[2])


def test_a_link_leads_to_where_the_dashboard_last_listened(tmp_path: Path) -> None:
    addresses.note_address(settings.load(data_dir=tmp_path), 4321)
    assert run("link", "--data-dir", tmp_path).output.startswith("http://127.0.0.1:4321/login/")
    assert run("link", "--data-dir", tmp_path, "--port", 99).output.startswith("http://127.0.0.1:99/login/")


@pytest.mark.parametrize("door", ["ingest", "dashboard"])
def test_a_server_without_databases_says_what_to_do(door: str, tmp_path: Path) -> None:
    said = refused(door, "--port", 0, "--data-dir", tmp_path)
    assert "BAROGRAPH_MONGO_URL" in said
    assert "barograph up" in said


@pytest.mark.parametrize("option", ["--port", "--ingest-port"])
def test_a_port_in_use_is_named_before_anything_starts(option: str, taken: int, tmp_path: Path) -> None:
    said = refused("up", "--port", 0, "--ingest-port", 0, option, taken, "--data-dir", tmp_path / "data")
    assert f"port {taken}" in said
    assert "_PORT" in said
    assert not (tmp_path / "data").exists()


def test_an_address_that_others_reach_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAROGRAPH_HOST", "0.0.0.0")
    said = refused("up", "--data-dir", tmp_path)
    assert all(f"BAROGRAPH_{what}" in said for what in ("HOST", "TLS_CERT", "TLS_KEY", "TRUSTED_PROXIES"))
    assert "barograph up --lan" in said


def test_a_demo_whose_athlete_would_need_a_token_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAROGRAPH_TRUSTED_PROXIES", '["127.0.0.0/8"]')
    assert "use `barograph up`" in refused("demo", "--data-dir", tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("sim:swim",), "sim:walk, sim:run, sim:stand"),
        (("sim:walk", "--stream", "middle"), "left and right"),
        (("no-such-file.asf",), "expected a file"),
        (("here.txt", "--seconds", "3"), "--seconds is for simulations"),
        (("here.txt",), "line 1"),
        (("sim:walk", "--start", "own"), "--start is for files"),
        (("dateless.npz", "--start", "own"), "dateless.npz has no date"),
        (("dateless.npz", "--start", "soon"), "expected a time like 2026-11-19T14:06, got 'soon'"),
        (("dateless.npz", "--start", "1970-01-02"), "from the year 2000 on"),
    ],
)
def test_a_source_that_cannot_be_sent_is_refused_before_anything_is_sent(
    arguments: tuple[str, ...], expected: str
) -> None:
    Path("here.txt").write_text("these are not frames\n")
    files.write(Path("dateless.npz"), sim.walk(0.1, start_us=0)["left"])
    assert expected in refused("send", *arguments, "--workout", "w")


@pytest.mark.parametrize(
    ("first_us", "start", "began_us"),
    [
        (1_600_000_000_000_000, None, None),
        (1_600_000_000_000_000, "own", 1_600_000_000_000_000),
        (1_600_000_000_000_000, "2026-03-01T10:00", 1_600_000_000_000_000),
        (0, None, None),
        (5_000, "2026-03-01T10:00", 1_772_359_200_000_000),
    ],
)
def test_a_file_is_sent_with_its_own_dates_or_those_that_are_asked_for(
    first_us: int, start: str | None, began_us: int | None, tmp_path: Path
) -> None:
    files.write(tmp_path / "left.npz", sim.walk(0.1, start_us=first_us)["left"])
    (source,) = sending.recorded(tmp_path / "left.npz", None, start)
    assert source.began_us == began_us
    (undated,) = sending.recorded(tmp_path / "left.npz", None)
    assert (source.identity == undated.identity) == (began_us is None)


def test_a_simulation_of_so_many_seconds_has_exactly_so_many_frames() -> None:
    for source in sending.simulated("walk", None, 0.25):
        chunks = list(source.chunks())
        assert source.frames == sum(len(chunk.frames) for chunk in chunks) == 25
        assert chunks[-1].offsets_us[-1] == source.duration_us == 240_000


def test_a_simulation_can_be_on_any_sensor() -> None:
    for source in sending.simulated("walk", None, 0.5, geometry="pedar-x", dead_cells=99):
        assert (source.layout.cells, source.layout.side, source.layout.length) == (99, source.stream, "mm")
        frames = np.concatenate([chunk.frames for chunk in source.chunks()])
        assert frames.shape == (50, 1, 99)
        assert not frames.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("walk.npz", "--geometry", "pedar-x"), "--geometry is for simulations"),
        (("sim:walk", "--geometry", "pedar-q"), "geometry: expected one of pedar"),
        (("sim:walk", "--hysteresis", "2"), "expected a number from 0 to 1, got '2'"),
        (("sim:walk", "--progression-deg", "nan"), "expected a number from -10 to 10"),
    ],
)
def test_what_is_wrong_with_a_simulation_is_said(arguments: tuple[str, ...], message: str) -> None:
    assert message in " ".join(refused("send", *arguments, "--workout", "w").split())


def test_the_athlete_of_the_demo_is_refused_an_unknown_sensor_before_anything_starts(tmp_path: Path) -> None:
    said = refused("demo", "--geometry", "pedar-q", "--data-dir", tmp_path / "data")
    assert "geometry: expected one of pedar" in said
    assert list(tmp_path.iterdir()) == []


def test_a_simulation_can_be_one_foot() -> None:
    assert [source.stream for source in sending.simulated("run", "right", 1)] == ["right"]
    assert [source.stream for source in sending.simulated("run", None, None)] == ["left", "right"]


def test_an_export_from_a_directory_without_recordings_makes_nothing(tmp_path: Path) -> None:
    said = refused("export", "run", "--stream", "left", "-o", tmp_path / "out.npz", "--data-dir", tmp_path / "data")
    assert "nothing was ever recorded" in said
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    assert "npz" in refused("export", "run", "--stream", "left", "--format", "xls", "-o", tmp_path / "out.xls")


@pytest.mark.parametrize("arguments", [("backup", "{}"), ("examples", "{}"), ("audit", "export", "-o", "{}")])
def test_a_path_that_cannot_be_used_is_named_with_the_systems_reason(
    arguments: tuple[str, ...], archived: None, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    place = tmp_path / "file" / "within"
    done = CliRunner().invoke(app, [one.format(place) for one in arguments])
    assert done.exit_code == 1, done.output
    assert isinstance(done.exception, SystemExit)
    assert f"Error: {place}" in done.output.replace("\n", "")
    assert "Not a directory" in done.output


def test_the_doctor_finds_nothing_wrong_with_a_new_directory_and_free_ports(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BAROGRAPH_INGEST_PORT", "0")
    monkeypatch.setenv("BAROGRAPH_DASHBOARD_PORT", "0")
    monkeypatch.setenv("BAROGRAPH_MIN_FREE_BYTES", "0")
    done = run("doctor", "--data-dir", tmp_path / "data")
    assert done.exit_code == 0, done.output
    assert "barograph up" in done.output


def test_the_doctor_knows_how_long_a_certificate_lasts_and_whether_its_key_is_safe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("crt", "key"):
        (tmp_path / f"lab.{name}").write_bytes((PAIRS / f"first.{name}").read_bytes())
    for name, value in (("TLS_CERT", "lab.crt"), ("TLS_KEY", "lab.key"), ("LAN_HOST", "192.0.2.7")):
        monkeypatch.setenv(f"BAROGRAPH_{name}", str(tmp_path / value) if "TLS" in name else value)
    (tmp_path / "lab.key").chmod(0o644)
    assert "cannot be used" in run("doctor", "--data-dir", tmp_path / "data").output
    (tmp_path / "lab.key").chmod(0o600)
    assert "until 2126-" in run("doctor", "--data-dir", tmp_path / "data").output


def test_the_doctor_names_what_is_wrong_and_what_to_do(
    taken: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BAROGRAPH_INGEST_PORT", str(taken))
    monkeypatch.setenv("BAROGRAPH_MIN_FREE_BYTES", str(1 << 60))
    (tmp_path / "secret.key").write_text("x" * 40)
    (tmp_path / "secret.key").chmod(0o644)
    done = run("doctor", "--data-dir", tmp_path)
    assert done.exit_code == 1
    for said in ("BAROGRAPH_INGEST_PORT", "BAROGRAPH_MIN_FREE_BYTES", "chmod 600"):
        assert said in done.output


@pytest.fixture
def archived(servers, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(MASTER))
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", servers.mongo_url)
    monkeypatch.setenv("BAROGRAPH_REDIS_URL", servers.redis_url)
    monkeypatch.setenv("BAROGRAPH_DATABASE", database)


def test_sessions_are_listed_renamed_tagged_and_erased(archived: None, servers, database: str) -> None:
    import asyncio

    from barograph.store.redis import RedisLive

    async def make() -> None:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        await archive.open(Stream("run-7", "left"), epoch="e", numbered=True, now_us=1)
        await archive.close()
        await feed("publish")

    async def feed(do: str) -> object:
        live = await RedisLive.connect(servers.redis_url)
        try:
            named = Stream("run-7", "left")
            return await (live.publish([(named, b"frames")]) if do == "publish" else live.recent(named, 60.0))
        finally:
            await live.close()

    asyncio.run(make())
    assert asyncio.run(feed("recent"))
    assert "run-7" in run("sessions", "list").output
    assert "left" in run("sessions", "show", "run-7").output
    assert "athlete: A12" in run("sessions", "rename", "run-7", "--athlete", "A12").output
    assert "tags: wet, track" in run("sessions", "tag", "run-7", "wet", "track").output
    assert "tags: track" in run("sessions", "tag", "run-7", "wet", "--remove").output
    assert "athlete" not in run("sessions", "rename", "run-7", "--athlete", "").output
    assert "erased" in run("sessions", "delete", "run-7", "--yes").output
    assert asyncio.run(feed("recent")) == [], "the live feed still has what was erased"
    assert "no such workout" in run("sessions", "show", "run-7").output


def test_the_doctor_asks_both_servers(archived: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("INGEST_PORT", "DASHBOARD_PORT", "MIN_FREE_BYTES"):
        monkeypatch.setenv(f"BAROGRAPH_{name}", "0")
    done = run("doctor", "--data-dir", tmp_path)
    assert done.exit_code == 0, done.output
    assert "MongoDB" in done.output
    assert any(f"│ {product} " in done.output for product in ("Redis", "Valkey"))


@pytest.fixture
def faulty() -> Iterator[str]:
    """Address of a server that answers 500 to everything."""

    class Faulty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(500)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Faulty) as server:
        Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("door", ["ingest", "dashboard"])
def test_the_doctor_has_no_tick_for_a_part_that_answers_500(
    door: str, faulty: str, archived: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("INGEST_PORT", "DASHBOARD_PORT", "MIN_FREE_BYTES"):
        monkeypatch.setenv(f"BAROGRAPH_{name}", "0")
    (tmp_path / f"{door}.address").write_text(faulty)
    done = run("doctor", "--data-dir", tmp_path)
    assert done.exit_code == 1, done.output
    (row,) = [line for line in done.output.splitlines() if faulty in line]
    assert "✗" in row
    assert "answers 500" in row
    assert f"{door}.log" in row
