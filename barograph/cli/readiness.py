"""Whether a part that was started is ready: it is asked, and its answer is read.

Only 200 is ready. 503 and silence are waited for, with a word about it on the terminal every ten seconds; any other
answer is a fault, and is given back at once with what the part said.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from barograph.errors import BarographError

READY_TIMEOUT_S = 180.0  # a first start compiles what was installed, which takes a slow machine a minute
TELL_EVERY_S = 10.0
ASK_TIMEOUT_S = 5.0
POLL_S = 0.1
FAULTS = 3  # in a row: one may be of the moment in which it starts
MOST_BYTES = 1 << 16
SHOWN_CHARS = 300
READY_PATHS = {"dashboard": "/readyz", "ingest": "/readyz"}


class NotReady(BarographError):
    """A part that runs, but does not answer as it should."""


@dataclass(frozen=True)
class Probe:
    """Where a part says whether it is ready, and what goes with the question."""

    name: str
    address: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came: the status, 0 for none, and the body, or the reason why there is none."""

    status: int
    text: str
    listens: bool = True

    @property
    def ready(self) -> bool:
        """True when the part can do its work."""
        return self.status == HTTPStatus.OK

    @property
    def may_come(self) -> bool:
        """True when it may be ready a moment later."""
        return self.status in (0, HTTPStatus.SERVICE_UNAVAILABLE)

    def parts(self) -> dict[str, str]:
        """Return what a JSON answer says of each part it needs; nothing of an answer of another kind."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        if not isinstance(found, dict):
            return {}
        return {str(name): str(state) for name, state in found.items() if name != "status"}

    def said(self) -> str:
        """Return the answer in a few words."""
        if not self.status:
            return self.text
        wrong = [f"{name} {state}" for name, state in self.parts().items() if state != "ready"]
        text = "; ".join(wrong) or " ".join(self.text.split())
        return f"answers {self.status}" + (f": {text[:SHOWN_CHARS]}" if text else "")


async def until_ready(probe: Probe, tell: Callable[[str], None]) -> Answer:
    """Ask until the part is ready; `NotReady` says what it answered instead."""
    started_s = told_s = time.monotonic()
    faults = 0
    while not (answer := await ask(probe)).ready:
        faults = 0 if answer.may_come else faults + 1
        waited_s = time.monotonic() - started_s
        if faults >= FAULTS or waited_s > READY_TIMEOUT_S:
            raise NotReady(f"{probe.name} is not ready: {_asked(probe)} {answer.said()}")
        if time.monotonic() - told_s > TELL_EVERY_S:
            told_s = time.monotonic()
            tell(f"waiting for {probe.name}, {waited_s:.0f} s by now: {_asked(probe)} {answer.said()}")
        await asyncio.sleep(POLL_S)
    return answer


def _asked(probe: Probe) -> str:
    return f"http://{probe.address}{probe.path}"


async def ask(probe: Probe) -> Answer:
    """Ask once."""
    try:
        async with asyncio.timeout(ASK_TIMEOUT_S):
            return await _get(probe)
    except TimeoutError:
        return Answer(0, f"has not answered within {ASK_TIMEOUT_S:.0f} s")
    except ConnectionRefusedError:
        return Answer(0, "is not listened on", listens=False)
    except OSError as error:
        return Answer(0, f"does not answer ({error.strerror or error})")


async def _get(probe: Probe) -> Answer:
    host, _, port = probe.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        headers = {"Host": probe.address, "Connection": "close", **probe.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"GET {probe.path} HTTP/1.1\r\n{head}\r\n".encode())
        return _read(await _all(reader))
    finally:
        writer.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while len(content) < MOST_BYTES and (piece := await reader.read(MOST_BYTES)):
        content += piece
    return content


def _read(content: bytes) -> Answer:
    head, _, body = content.partition(b"\r\n\r\n")
    words: list[Any] = head.split(b"\r\n")[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        return Answer(0, "does not answer in HTTP" if content else "closed the connection without an answer")
    return Answer(int(words[1]), body.decode("utf-8", "replace").strip())
