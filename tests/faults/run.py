"""`make faults`: faults are made, and an auditor compares what devices sent with what the history API returns.

    python tests/faults/run.py [--only NAME]… [--short] [--rollups] [--seed N] [--json FILE] [--list]

Ends with 1 when anything was lost, doubled, invented, changed, out of order or missing without a word, when a part did
not come back, or when a fault that was asked for by name could not be made here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import barograph  # noqa: F401 - before the next line: the folder tests/barograph would else be taken for it

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share is found here

from harness import (
    faults_balancer,
    faults_chaos,
    faults_cluster,
    faults_devices,
    faults_disks,
    faults_members,
    faults_network,
    faults_processes,
    faults_streams,
)
from harness.disks import tmpfs
from harness.scene import Broken, Fault, NotHit, NotRun, Outcome, run
from harness.stack import Stack, stack

KINDS = (
    faults_processes, faults_cluster, faults_balancer, faults_network, faults_streams, faults_devices, faults_disks,
    faults_members, faults_chaos,
)  # fmt: skip
FAULTS: list[Fault] = [fault for kind in KINDS for fault in kind.FAULTS]
COLUMNS = ("fault", "sent", "acked", "stored", "read", "lost", "doubled", "in_flight", "first_ack_s", "rss_mb")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--short", action="store_true", help="a minute's worth of faults")
    parser.add_argument("--seed", type=int, default=20260301)
    parser.add_argument("--json", type=Path, default=Path(__file__).parents[2] / "build" / "faults.json")
    parser.add_argument("--rollups", action="store_true", help="compare rollups at the end, as the whole run does")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def chosen(args: argparse.Namespace) -> list[Fault]:
    """The faults to make, or an end with a word about the name that nobody knows."""
    known = {fault.name: fault for fault in FAULTS}
    if unknown := [name for name in args.only if name not in known]:
        sys.exit(f"--only {unknown[0]}: expected one of {', '.join(known)}")
    return [known[name] for name in args.only] or [fault for fault in FAULTS if fault.short or not args.short]


def line(values: dict[str, object]) -> str:
    """One row of the table."""
    shown = ["-" if values[name] is None else str(values[name]) for name in COLUMNS[1:]]
    return f"{values['fault']:<26}" + "".join(f"{text:>12}" for text in shown)


@asynccontextmanager
async def place(fault: Fault, shared: Stack) -> AsyncIterator[Stack]:
    """The servers that all use, or those of a fault that fills their disk."""
    if fault.election_ms:
        with tempfile.TemporaryDirectory(prefix="barograph-faults-") as folder:
            async with stack(Path(folder), election_ms=fault.election_ms) as of_three:
                yield of_three
        return
    if not fault.disk_mb and not fault.cluster:
        await shared.heal()
        yield shared
        return
    if fault.cluster:
        with tempfile.TemporaryDirectory(prefix="barograph-faults-") as folder:
            async with stack(Path(folder), with_cluster=True) as its_own:
                yield its_own
        return
    with tempfile.TemporaryDirectory(prefix="barograph-faults-") as folder:
        home = Path(folder)
        (home / fault.disk_of).mkdir()
        with tmpfs(fault.disk_mb, home / fault.disk_of):
            async with stack(home, BAROGRAPH_MIN_FREE_BYTES=str(faults_disks.MIN_FREE_MB << 20)) as its_own:
                yield its_own


async def attempt(shared: Stack, fault: Fault, args: argparse.Namespace) -> tuple[Outcome | None, list[str]]:
    """One fault: its outcome, and what is wrong with it."""
    words = ""
    try:
        async with place(fault, shared) as there:
            try:
                found = await run(there, fault, args.seed)
            except BaseException:
                words = f"the ingest's last words:\n{there.ingest.last_words()}"
                raise
    except NotRun as reason:
        print(f"{fault.name:<26} not run: {reason}", flush=True)
        return None, ["it was asked for by name"] if fault.name in args.only else []
    except (Broken, NotHit) as reason:
        return None, [str(reason), words]
    except Exception:  # noqa: BLE001 - the other faults are still to be made
        return None, [traceback.format_exc(), words]
    return found, found.complaints()


async def compare_rollups(shared: Stack) -> bool:
    """Whether the overview of what all faults left behind is wrong; it takes as long as marks are left alone."""
    await shared.heal()
    seconds, wrong = await shared.seconds.compare(shared.servers.mongo_url())
    print(f"rollups: {seconds} seconds of {len(shared.seconds.counts)} streams compared, {len(wrong)} streams wrong")
    for text in wrong:
        print(f"    {text}")
    return bool(wrong)


async def play_all(args: argparse.Namespace) -> int:
    rows, failed = [], 0
    print(line({name: name for name in COLUMNS}), flush=True)
    with tempfile.TemporaryDirectory(prefix="barograph-faults-") as folder:
        async with stack(Path(folder)) as shared:
            for fault in chosen(args):
                begun = time.monotonic()
                found, complaints = await attempt(shared, fault, args)
                failed += bool(complaints)
                if found is not None:
                    rows.append(asdict(found.row))
                    print(line(rows[-1]), f"{time.monotonic() - begun:>8.1f} s", flush=True)
                    if silences := found.row.without_acks_s:
                        print(f"    without acks for {', '.join(map(str, silences))} s", flush=True)
                    for text in found.told:
                        print(f"    {text}", flush=True)
                for text in complaints:
                    print(f"    {fault.name}: {text}", flush=True)
            if args.rollups or not (args.short or args.only):
                failed += await compare_rollups(shared)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if failed else 0


def main() -> None:
    args = parsed()
    if args.list:
        print("\n".join(fault.name for fault in FAULTS))
        return
    sys.exit(asyncio.run(play_all(args)))


if __name__ == "__main__":
    main()
