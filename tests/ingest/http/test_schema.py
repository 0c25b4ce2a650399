"""The running HTTP API against its own document: requests made from the schema, with its examples among them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


PHASES = "examples,coverage,fuzzing"


async def test_no_request_gets_a_fault_or_an_answer_that_is_not_documented(ingest, tmp_path):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as http:
        frames = [{"matrix": [[index, 1], [2, None]], "timestamp": 1767225600 + index} for index in range(5)]
        assert (await http.put("/api/workouts/0", json={"timeSeriesData": frames})).status_code == 200
        paths = (await http.get("/openapi.json")).json()["paths"]
        operations = sum(len(methods) for methods in paths.values())
    # So many examples, not so many seconds: a slow machine tries as much as a fast one.
    command = (
        Path(sys.executable).with_name("schemathesis"), "run", f"{ingest.http_url}/openapi.json", "--checks", CHECKS,
        "--phases", PHASES, "--max-examples", "3", "--request-timeout", "60", "--suppress-health-check", "too_slow",
        "--seed", "1", "--no-color", "--generation-database", "none",
    )  # fmt: skip
    running = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()[-6000:]
    assert f"Tested: {operations}\n" in said.decode(), said.decode()[-6000:]
