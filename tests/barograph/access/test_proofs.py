"""A server of ours proves itself by the key that both have, for what the ingest says of itself and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from barograph.access.principals import Access, secret_key
from barograph.access.proofs import HEADER, Proofs
from barograph.settings import Settings, load
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.web.entries import KEY, Entry
from ingest.app import create_app

ONE, OTHER = (f"{word} is a key that nobody guesses" for word in ("this", "that"))


def settings(room: Path, key: str | None = ONE) -> Settings:
    return load(data_dir=room, secret_key=key, host="192.168.7.2", trusted_proxies=("192.168.7.1",))


def asked(headers: dict[str, str]) -> Any:
    return SimpleNamespace(headers=headers)


def test_a_proof_is_known_by_who_has_the_same_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, other, keyless = (Proofs(settings(tmp_path / "data", key)) for key in (ONE, OTHER, None))
    proof = ours.headers()
    assert ours.proven(asked(proof))
    assert not other.proven(asked(proof))
    assert keyless.headers() == {}
    assert not keyless.proven(asked(proof))
    for nothing in ({}, {HEADER: ""}, {HEADER: "x" * 9000}, {HEADER: proof[HEADER][:-1]}):
        assert not ours.proven(asked(nothing))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 33)
    assert not ours.proven(asked(proof))


def test_the_key_of_the_data_directory_will_do_as_soon_as_it_is_there(tmp_path: Path) -> None:
    early, late = (Proofs(settings(tmp_path / "data", None)) for _ in range(2))
    assert early.headers() == {}
    assert not (tmp_path / "data").exists()
    secret_key(settings(tmp_path / "data", None))
    assert early.proven(asked(late.headers()))
    (tmp_path / "data" / "secret.key").chmod(0o644)
    assert Proofs(settings(tmp_path / "data", None)).headers() == {}


async def test_it_opens_what_the_ingest_says_of_itself_and_nothing_else(
    tmp_path: Path, memory_archive: MemoryArchive, memory_live: MemoryLive
) -> None:
    chosen = settings(tmp_path)
    client = create_app(chosen, memory_archive, memory_live, Access(chosen, "ingest")).test_client()
    base: Any = {"client": ("192.168.7.3", 4711), "server": ("192.168.7.2", 5001), KEY: Entry.LAN}
    for path, status in (("/metrics", 200), ("/api/workouts", 403), ("/openapi.json", 403)):
        headers = {"Host": "192.168.7.2:5001"}
        proven = await client.get(path, headers={**headers, **Proofs(chosen).headers()}, scope_base=base)
        assert proven.status_code == status, path
        assert (await client.get(path, headers=headers, scope_base=base)).status_code == 403
