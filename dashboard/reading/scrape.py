"""What the ingest says of itself over HTTP: its numbers as Prometheus reads them, its version, and what it needs.

The standard library's client in a thread: three short answers every few seconds, from an address of our own settings.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException

from prometheus_client.parser import text_string_to_metric_families

from barograph.errors import BarographError
from dashboard.reading.ring import Key

PATIENCE_S = 2.0
MOST_BYTES = 1 << 20
PARTS = ("archive", "live", "cold", "disk")
# Whatever proxy the environment names, the ingest is nearer.
_CLIENT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Scrape:
    """One answer: numbers by name and labels, what each name means, the version, and what `/readyz` says of parts."""

    values: Mapping[Key, float]
    meanings: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)


class NoAnswer(BarographError):
    """The ingest did not answer, or not as it does; the message says how."""


def scrape(url: str, headers: Mapping[str, str] | None = None) -> Scrape:
    """Ask the ingest at a base URL; `NoAnswer` when its numbers do not come."""
    get = partial(_get, dict(headers or {}))
    values, meanings = read(get(f"{url}/metrics").decode("utf-8", "replace"))
    health = _object(get(f"{url}/healthz"))
    return Scrape(values, meanings, str(health.get("version", "")), _parts(get, url))


def read(text: str) -> tuple[dict[Key, float], dict[str, str]]:
    """Return numbers and meanings of a text of Prometheus' kind."""
    values: dict[Key, float] = {}
    meanings: dict[str, str] = {}
    try:
        for family in text_string_to_metric_families(text):
            meanings[family.name] = family.documentation
            values |= {(sample.name, *sample.labels.values()): float(sample.value) for sample in family.samples}
    except ValueError as error:
        raise NoAnswer(f"what came from /metrics cannot be read: {error}") from error
    if not any(name.startswith("barograph_") for name in meanings):
        raise NoAnswer("what answers there is not an ingest of Barograph")
    return values, meanings


def _parts(get: Callable[[str], bytes], url: str) -> dict[str, str]:
    """What the ingest says of the parts it needs; nothing when it does not say in time."""
    try:
        found = _object(get(f"{url}/readyz"))
    except NoAnswer as error:
        return dict.fromkeys(PARTS, f"not known: {error}")
    return {name: str(found[name]) for name in PARTS if name in found}


def _get(headers: dict[str, str], url: str) -> bytes:
    try:
        # The scheme is that of our own settings: http or https.
        with _CLIENT.open(urllib.request.Request(url, headers=headers), timeout=PATIENCE_S) as answer:  # noqa: S310
            content: bytes = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        if error.code != 503:  # not ready: it says why
            error.close()
            raise NoAnswer(f"{url} answers {error.code}") from error
        with error:
            content = error.read(MOST_BYTES + 1)
    except (OSError, ValueError, HTTPException) as error:
        raise NoAnswer(f"nothing answers at {url}") from error
    if len(content) > MOST_BYTES:
        raise NoAnswer(f"{url} says more than {MOST_BYTES >> 20} MiB")
    return content


def _object(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NoAnswer("what came is not JSON") from error
    return found if isinstance(found, dict) else {}
