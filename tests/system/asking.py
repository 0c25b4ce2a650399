"""Asks by HTTP and WebSocket, in turn, with one jar of cookies: run in a network namespace, as a phone would.

Steps are JSON on standard input: `["GET", url]`, `["POST", url, body, headers]`, or `["WS", url, message]`, which says
the message if there is one and hears one. For each there is a status, a text and the address where it ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

PATIENCE_S = 60.0


async def heard(url: str, message: Any = None, cookies: str = "") -> dict[str, Any]:
    try:
        async with connect(url, additional_headers={"Cookie": cookies} if cookies else {}) as socket:
            if message is not None:
                await socket.send(json.dumps(message))
            said = await asyncio.wait_for(socket.recv(), PATIENCE_S)
            return {"status": 101, "text": said if isinstance(said, str) else "", "url": url}
    except InvalidStatus as refused:
        return {"status": refused.response.status_code, "text": "", "url": url}


async def ask(steps: list[list[Any]]) -> list[dict[str, Any]]:
    found = []
    async with httpx.AsyncClient(follow_redirects=True, timeout=PATIENCE_S) as browser:
        for method, url, *more in steps:
            if method == "WS":
                cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
                found.append(await heard(url, *more, cookies=cookies))
                continue
            body, headers = [*more, None, None][:2]
            answer = await browser.request(method, url, json=body, headers=headers)
            found.append({"status": answer.status_code, "text": answer.text, "url": str(answer.url)})
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(ask(json.load(sys.stdin)))))
