"""A browser in a few words, for lists of signed-in browsers: Firefox on Linux. It says so itself; nobody checks it."""

from __future__ import annotations

from typing import Any

# The first that is found: nearly all of them call themselves Safari, and Edge calls itself Chrome too.
BROWSERS = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Macintosh", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def agent_name(request: Any) -> str:
    """Return what a request's browser calls itself, in a few words."""
    said = str(request.headers.get("User-Agent") or "")[:1000]
    browser = next((name for mark, name in BROWSERS if mark in said), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in said), "")
    return f"{browser} on {system}" if system else browser
