"""The auditor: what the makers of frames logged, against what the public HTTP history API returns.

It reads the binary form by the words of docs/protocol.md, with code of its own.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from harness import frames
from harness.device import Log
from harness.rollups import Seconds

SHOWN = 4
CLOCK_TOLERANCE_US = 2_000_000


@dataclass
class Findings:
    """What does not agree; every list and number here is to be empty and 0."""

    read: int = 0
    lost: int = 0
    doubled: int = 0
    invented: int = 0
    changed: int = 0
    disordered: int = 0
    undeclared: int = 0
    mistimed: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not any(
            (self.lost, self.doubled, self.invented, self.changed, self.disordered, self.undeclared, self.mistimed)
        ) and not self.notes  # fmt: skip

    def note(self, text: str) -> None:
        if len(self.notes) < 20:
            self.notes.append(text)


@dataclass
class Read:
    """Frames of one stream as the API gave them, in that order."""

    e: list[int] = field(default_factory=list)
    epoch: list[str] = field(default_factory=list)
    seq: list[int] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)
    cells: list[bytes] = field(default_factory=list)


async def read_stream(http: httpx.AsyncClient, workout_id: str, stream: str, rng: random.Random) -> Read:
    """All pages, of sizes that vary."""
    found, cursor = Read(), None
    while True:
        params: dict[str, Any] = {"stream": stream, "limit": rng.choice([1777, 10_000, 50_000])}
        params |= {"cursor": cursor} if cursor else {}
        answer = await http.get(
            f"/api/workouts/{workout_id}/frames", params=params, headers={"Accept": "application/octet-stream"}
        )
        answer.raise_for_status()
        take(answer.content, found)
        cursor = answer.headers.get("Barograph-Next-Cursor")
        if cursor is None:
            return found


def take(body: bytes, found: Read) -> None:
    """Messages of a page, each after its length."""
    at = 0
    while at < len(body):
        (length,) = struct.unpack_from("<Q", body, at)
        message = body[at + 8 : at + 8 + length]
        at += 8 + length
        (size,) = struct.unpack_from("<I", message)
        head = json.loads(message[4 : 4 + size])
        n, start = head["n"], 4 + size + -(4 + size) % 8
        found.e += [head["e"]] * n
        found.epoch += [head["epoch"]] * n
        found.seq += range(head["seq"], head["seq"] + n)
        found.times_us += head.get("times_us") or [head["t0_us"] + i * head.get("dt_us", 0) for i in range(n)]
        found.cells.append(message[start : start + n * frames.FRAME_BYTES])


async def audit(http: httpx.AsyncClient, logs: Sequence[Log], rng: random.Random, seconds: Seconds) -> Findings:
    """Everything that the makers of `logs` sent, stream by stream."""
    findings = Findings()
    for place in sorted({(log.workout_id, log.stream) for log in logs}):
        mine = {log.epoch: log for log in logs if (log.workout_id, log.stream) == place}
        found = await read_stream(http, *place, rng)
        seconds.add(*place, found.times_us)
        compare(found, mine, await gaps_of(http, *place), findings)
        await _compare_json(http, place, found, findings)
        if (count := (await counts_of(http, place[0]))[place[1]]) != len(found.seq):
            findings.note(f"{place[1]}: frame_count says {count}, and {len(found.seq)} are read")
    return findings


async def read_as_json(http: httpx.AsyncClient, workout_id: str, stream: str) -> list[dict[str, Any]]:
    """All frames of a stream as JSON."""
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"stream": stream, "limit": 777}
    while True:
        answer = await http.get(f"/api/workouts/{workout_id}/frames", params=params)
        answer.raise_for_status()
        page = answer.json()
        found += page["frames"]
        if page["next_cursor"] is None:
            return found
        params["cursor"] = page["next_cursor"]


async def counts_of(http: httpx.AsyncClient, workout_id: str) -> dict[str, int]:
    """The frame count of each stream, as the workout says it."""
    answer = await http.get(f"/api/workouts/{workout_id}")
    answer.raise_for_status()
    return {each["stream"]: each["frame_count"] for each in answer.json()["streams"]}


async def gaps_of(http: httpx.AsyncClient, workout_id: str, stream: str) -> list[dict[str, Any]]:
    """What the API says is missing."""
    answer = await http.get(f"/api/workouts/{workout_id}/gaps", params={"stream": stream})
    answer.raise_for_status()
    return answer.json()["gaps"]


def compare(found: Read, logs: dict[str, Log], gaps: list[dict[str, Any]], findings: Findings) -> None:
    """One stream."""
    e, seq = np.array(found.e, np.int64), np.array(found.seq, np.int64)
    times_us, epoch = np.array(found.times_us, np.int64), np.array(found.epoch, object)
    tags, numbers, good = frames.read(b"".join(found.cells))
    findings.read += len(seq)
    rising = (np.diff(e) > 0) | ((np.diff(e) == 0) & (np.diff(seq) > 0))
    same = (np.diff(e) == 0) & (np.diff(seq) == 0)
    findings.disordered += int((~rising & ~same).sum())
    for name in set(found.epoch) - logs.keys():
        findings.invented += int((epoch == name).sum())
        findings.note(f"epoch {name} was never sent")
    for name, log in logs.items():
        mine = epoch == name
        _compare_epoch(log, seq[mine], findings)
        wrong = ~good[mine] | (tags[mine] != log.tag) | (numbers[mine] != seq[mine])
        findings.changed += int(wrong.sum())
        _compare_times(log, seq[mine], times_us[mine], findings)
        _compare_gaps(log, seq[mine], [gap for gap in gaps if gap["epoch"] == name], findings)


def _compare_epoch(log: Log, seq: np.ndarray[Any, Any], findings: Findings) -> None:
    unique = np.unique(seq)
    findings.doubled += len(seq) - len(unique)
    beyond = unique[unique >= log.sent]
    findings.invented += len(beyond)
    settled = np.zeros(log.made, bool)
    settled[unique[unique < log.made]] = True
    for first, n, _ in (*log.declared, *log.nacked):
        settled[first : first + n] = True
    if lost := np.flatnonzero(~settled).tolist():
        findings.lost += len(lost)
        acked = sum(number < log.acked for number in lost)
        findings.note(f"{log.stream}: lost {len(lost)} of {log.made} ({acked} of them acked): {_ranges(lost)}")


def _compare_times(log: Log, seq: np.ndarray[Any, Any], times_us: np.ndarray[Any, Any], findings: Findings) -> None:
    """One offset an epoch, and one that makes the time that of the server."""
    known = seq < log.made
    times_us, seq = times_us[known], seq[known]
    away_us = np.abs(times_us - np.array(log.made_us, np.int64)[seq])
    if (away := away_us > CLOCK_TOLERANCE_US).any():
        findings.mistimed += int(away.sum())
        findings.note(f"{log.stream}: stored times are up to {away_us.max() / 1e6:.3f} s off")
    offsets, counts = np.unique(times_us - np.array(log.times_us, np.int64)[seq], return_counts=True)
    if len(offsets) > 1:
        findings.mistimed += int(counts.sum() - counts.max())
        findings.note(f"{log.stream}: offsets of {len(offsets)} kinds in one epoch: {offsets[:SHOWN].tolist()} µs")


def _compare_gaps(log: Log, seq: np.ndarray[Any, Any], gaps: list[dict[str, Any]], findings: Findings) -> None:
    """The gaps that the API shows are the holes, and each was declared, with the reason that was given."""
    shown = np.zeros(max(log.made, 1), bool)
    for gap in gaps:
        shown[gap["seq"] : gap["seq"] + gap["n"]] = True
    declared = np.zeros_like(shown)
    for first, n, _ in (*log.declared, *log.nacked):
        declared[first : first + n] = True
    for first, n, reason in log.declared:
        wrong = [gap for gap in gaps if gap["seq"] < first + n and gap["seq"] + gap["n"] > first]
        if any(reason not in gap["reason"] for gap in wrong):
            findings.note(f"{log.stream}: a gap says {wrong[0]['reason']!r} where {reason!r} was declared")
    stored = np.zeros_like(shown)
    stored[seq[seq < log.made]] = True
    # Beyond the last stored frame only what was declared is known to be missing.
    holes = ~stored & ((np.arange(len(shown)) <= (int(seq.max()) if len(seq) else -1)) | declared)
    findings.undeclared += int((shown & ~declared).sum())
    for what, there in (("shown as a gap and read", shown & ~holes), ("missing and no gap", holes & ~shown)):
        if there.any():
            findings.note(f"{log.stream}: {what}: {_ranges(np.flatnonzero(there).tolist())}")


async def _compare_json(http: httpx.AsyncClient, place: tuple[str, str], found: Read, findings: Findings) -> None:
    """The first frames as JSON say the same."""
    answer = await http.get(f"/api/workouts/{place[0]}/frames", params={"stream": place[1], "limit": 50})
    cells = b"".join(found.cells)
    for index, frame in enumerate(answer.json()["frames"]):
        raw = np.array(frame["matrix"], "<u2").tobytes()
        same = (frame["e"], frame["epoch"], frame["seq"]) == (found.e[index], found.epoch[index], found.seq[index])
        at = index * frames.FRAME_BYTES
        if not same or raw != cells[at : at + frames.FRAME_BYTES]:
            findings.note(f"{place[1]}: JSON and binary form differ in frame {index}")
        if round(frame["timestamp"] * 1000) != found.times_us[index]:
            findings.note(f"{place[1]}: JSON and binary form differ in the time of frame {index}")


def _ranges(numbers: list[int]) -> str:
    cuts = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
    parts = [numbers[a:b] for a, b in zip([0, *cuts], [*cuts, len(numbers)], strict=True)]
    return ", ".join(f"{part[0]}…{part[-1]}" for part in parts[:SHOWN]) + (" …" if len(parts) > SHOWN else "")
