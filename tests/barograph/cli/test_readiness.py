"""A part is ready when it says so: its answer is read, and what it says instead is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from barograph.cli import readiness
from barograph.cli.readiness import NotReady, Probe, ask, until_ready

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[Probe]:
    """A server that gives each answer once, and the last one for ever."""
    left = list(answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield Probe("ingest", f"127.0.0.1:{server.sockets[0].getsockname()[1]}", "/readyz")


def http(status: int, body: str = "") -> bytes:
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


AWAY = '{"status": "not ready", "archive": "away: no answer in 10 s", "live": "ready", "disk": "ready"}'


async def test_what_is_not_ready_yet_is_waited_for_and_told_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "TELL_EVERY_S", 0.0)
    told: list[str] = []
    async with answering(b"", http(503, AWAY), http(503, AWAY), http(200, '{"status": "ready"}')) as probe:
        answer = await until_ready(probe, told.append)
    assert answer.ready
    assert "closed the connection without an answer" in told[0]
    assert told[1].startswith("waiting for ingest")
    assert told[1].endswith("answers 503: archive away: no answer in 10 s")


@pytest.mark.parametrize("status", [500, 502, 404, 403, 302])
async def test_any_other_answer_is_a_fault_that_is_said_at_once_with_the_body(status: int) -> None:
    async with answering(http(status, "Internal\n Server Error")) as probe:
        with pytest.raises(NotReady, match=rf"ingest .*{probe.address}/readyz answers {status}: Internal Server Error"):
            await until_ready(probe, pytest.fail)


async def test_one_fault_in_the_moment_of_starting_is_no_fault() -> None:
    async with answering(http(500), http(200)) as probe:
        assert (await until_ready(probe, pytest.fail)).ready


@pytest.mark.parametrize("content", [b"", b"SSH-2.0-x\r\n", http(503, AWAY)])
async def test_what_never_becomes_ready_is_given_up_with_what_it_said_last(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "READY_TIMEOUT_S", 0.2)
    async with answering(content) as probe:
        with pytest.raises(NotReady, match=r"ingest is not ready: http.*(without an answer|in HTTP|archive away)"):
            await until_ready(probe, lambda text: None)


async def test_silence_and_nobody_there_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "ASK_TIMEOUT_S", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    probe = Probe("ingest", f"127.0.0.1:{server.sockets[0].getsockname()[1]}", "/readyz")
    async with server:
        answer = await ask(probe)
        assert (answer.ready, answer.listens) == (False, True)
    gone = await ask(probe)
    assert (gone.ready, gone.listens) == (False, False)
