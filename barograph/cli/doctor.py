"""`barograph doctor`: what a lab needs, whether it is there, and what to do where it is not."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from barograph import settings
from barograph.access.proofs import Proofs
from barograph.cli.addresses import noted_address, with_urls
from barograph.cli.backup_age import backup_findings
from barograph.cli.cold_findings import cold_findings
from barograph.cli.findings import Finding
from barograph.cli.looking import ask_mongo, ask_redis
from barograph.cli.readiness import READY_PATHS, Probe, ask
from barograph.cli.weaknesses import numbers, said
from barograph.errors import BarographError, SettingsError
from barograph.foreign import claimed
from barograph.private import require_directory, require_secret
from barograph.servers import embedded
from barograph.settings import Settings, variable
from barograph.store.master_key import FILE_NAME as MASTER_KEY
from barograph.web.tls import SOON_S, certificate_of, day_of

OLDEST = {
    "quart": (0, 20),
    "quart-schema": (0, 23),
    "uvicorn": (0, 52, 1),
    "dash": (4, 4, 1),
    "python-socketio": (5, 13),
}


def examine(data_dir: Path | None) -> bool:
    """Print a table of all findings; True when all is well."""
    try:
        chosen = settings.load(data_dir=data_dir)
    except BarographError as error:
        return _report([Finding("settings", str(error), "correct that setting")])
    findings = [Finding("settings", f"data in {chosen.data_dir}, listening on {chosen.host}")]
    for look in (_packages, _programs, _permissions, _disk, _servers, backup_findings, cold_findings, _ports, _tls):
        findings += look(chosen)
    return _report(findings)


def _report(findings: list[Finding]) -> bool:
    table = Table("", "part", "found", "what to do")
    for finding in findings:
        table.add_row("[red]✗[/]" if finding.remedy else "[green]✓[/]", finding.part, finding.found, finding.remedy)
    console = Console()
    Console(width=None if console.is_terminal else 240).print(table)
    return not any(finding.remedy for finding in findings)


def _packages(chosen: Settings) -> Iterator[Finding]:
    for name, oldest in OLDEST.items():
        there = version(name)
        remedy = "" if numbers(there) >= oldest else f"needs {said(oldest)} or later: run `make setup`"
        yield Finding(name, there, remedy)
    for package, others in claimed().items():
        found = f"ours, but {' and '.join(others)} installs one of that name too"
        yield Finding(package, found, "give Barograph an environment of its own: removing the other removes ours")


def _programs(chosen: Settings) -> Iterator[Finding]:
    finders: dict[str, tuple[object, Callable[[], Path]]] = {
        "mongod": (chosen.mongo_url, embedded.find_mongod),
        "redis-server": (chosen.redis_url, embedded.find_redis_server),
    }
    for name, (url, find) in finders.items():
        if url is not None:
            yield Finding(name, "not needed: a URL is given")
            continue
        try:
            yield Finding(name, str(find()))
        except BarographError as error:
            yield Finding(name, "not found", str(error))


def _permissions(chosen: Settings) -> Iterator[Finding]:
    home = chosen.data_dir
    if not home.is_dir():
        place = next(parent for parent in home.parents if parent.is_dir())
        good = os.access(place, os.W_OK)
        yield Finding(
            "data directory",
            "will be made",
            "" if good else f"{place} cannot be written: choose {variable('data_dir')}",
        )
        return
    good = os.access(home, os.W_OK | os.X_OK)
    yield Finding("data directory", str(home), "" if good else "it cannot be written: change its owner")
    yield from _refused("data directory", lambda: require_directory(home))
    for name in ("secret.key", MASTER_KEY, "instance.json", "keyfile", "servers.json"):
        path = home / name
        if path.is_symlink() or path.exists():
            yield from _refused(name, partial(require_secret, path))


def _refused(part: str, check: Callable[[], None]) -> Iterator[Finding]:
    try:
        check()
    except SettingsError as error:
        yield Finding(part, "not safe", str(error))


def _disk(chosen: Settings) -> Iterator[Finding]:
    place = next(path for path in (chosen.data_dir, *chosen.data_dir.parents) if path.is_dir())
    free = shutil.disk_usage(place).free
    least = chosen.min_free_bytes
    remedy = (
        ""
        if free >= least
        else f"new sessions are refused below {least >> 20} MiB: make room, or {variable('min_free_bytes')}"
    )
    yield Finding("disk", f"{free >> 20:,} MiB free", remedy)


def _servers(chosen: Settings) -> Iterator[Finding]:
    try:
        found = embedded.alive(chosen.data_dir) if chosen.mongo_url is None or chosen.redis_url is None else None
    except BarographError as error:
        yield Finding("servers", str(error), "the message says what to do")
        return
    if found is not None:
        chosen = with_urls(chosen, found.mongo_url, found.redis_url)
    if chosen.mongo_url is None or chosen.redis_url is None:
        yield Finding("servers", "not running; `barograph up` starts them")
    yield from asyncio.run(_ask(chosen, found))


async def _ask(chosen: Settings, ours: embedded.Servers | None) -> list[Finding]:
    findings = []
    if chosen.mongo_url is not None:
        url = chosen.mongo_url.get_secret_value()
        ended = "" if ours is None or url != ours.mongo_url else _end(ours.mongod_pid, ours.data_dir / "mongod.log")
        findings += await ask_mongo(chosen, url, ended)
    if chosen.redis_url is not None:
        url = chosen.redis_url.get_secret_value()
        ended = "" if ours is None or url != ours.redis_url else _end(ours.redis_pid, ours.data_dir / "redis.log")
        findings.append(await ask_redis(url, ended))
    return findings


def _end(pid: int, log: Path) -> str:
    return f"its log is {log}; where process {pid} hangs, end it, and the lab starts it again"


def _ports(chosen: Settings) -> Iterator[Finding]:
    for door in ("ingest", "dashboard"):
        port = getattr(chosen, f"{door}_port")
        if (running := _running(chosen, door)) is not None:
            yield running
        else:
            yield Finding(f"{door} port {port or 'any'}", *(("free", "") if port == 0 else _port(chosen, port, door)))


def _tls(chosen: Settings) -> Iterator[Finding]:
    """Whether the certificate can be used, and how long yet; nothing where none is set."""
    try:
        used = certificate_of(chosen)
    except SettingsError as error:
        yield Finding("TLS", "cannot be used", str(error))
        return
    if used is None:
        return
    end_s = used.end_s()
    soon = end_s is not None and end_s - time.time() < SOON_S
    found = "its end is not known" if end_s is None else f"until {day_of(end_s)}"
    yield Finding("TLS", f"{chosen.tls_cert}, {found}", "get a new certificate" if soon else "")


def _running(chosen: Settings, door: str) -> Finding | None:
    """How the part of a lab that runs on this data directory answers; None when none runs."""
    address = noted_address(chosen, door)
    if address is None or not _may_run(chosen):
        return None
    answer = asyncio.run(ask(Probe(door, address, READY_PATHS[door], Proofs(chosen).headers())))
    if not answer.listens:
        return None
    if answer.ready:
        return Finding(door, f"ready on {address}")
    return Finding(door, f"{address} {answer.said()}", f"its log is {chosen.data_dir / 'logs' / door}.log")


def _port(chosen: Settings, port: int, door: str) -> tuple[str, str]:
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((chosen.host, port))
        except OSError as error:
            return f"{error.strerror}", f"stop what uses it, or choose another: {variable(f'{door}_port')}"
    return "free", ""


def _may_run(chosen: Settings) -> bool:
    """Whether a lab may run on this data directory: one of its servers does, or they are given by their URLs."""
    if chosen.mongo_url is not None and chosen.redis_url is not None:
        return True
    try:
        return embedded.alive(chosen.data_dir) is not None
    except BarographError:
        return False
