"""Logs: every logger of the process, uvicorn's and the standard library's too, through one chain of structlog.

On a terminal a line is for people; elsewhere it is a JSON object with `timestamp`, `level`, `logger`, `event` and the
fields that the message came with; what is said while a connection is served has its `connection`. No log has a frame in
it, and what opens something is taken out of every field.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

Event = MutableMapping[str, Any]

SECRETS = (
    (re.compile(r"/login/[^\s\"']+"), "/login/…"),  # a link that still opens the dashboard
    (re.compile(r"(://[^\s/@:]*):[^\s/@]+@"), r"\1:…@"),  # the password of a server
    (re.compile(r"(?i)(\b(?:token|password|secret)[\"']?\s*[=:]\s*[\"']?)[^\s,&\"'}]+"), r"\1…"),
)
TALKATIVE = ("httpcore", "httpx", "pymongo", "websockets")
SHOWN_OF_ID = 12
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def log_to(stream: TextIO, level: str) -> None:
    """Let all loggers write to a stream, and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_gathering(), processors=_rendering(stream.isatty()))
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    # uvicorn tells every connection; the others tell addresses that were asked for, messages and documents.
    for name in ("uvicorn", *TALKATIVE):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_to_stderr(level: str) -> None:
    """Let all loggers write to standard error."""
    log_to(sys.stderr, level)


def about_connection(name: str) -> None:
    """Let all lines of this task, and of those that it starts, say which connection they are about."""
    structlog.contextvars.bind_contextvars(connection=short_id(name))


def connection_here() -> dict[str, str]:
    """Return the field that lines of this task have of the connection that they are about, if there is one."""
    bound = structlog.contextvars.get_contextvars()
    return {"connection": bound["connection"]} if "connection" in bound else {}


def short_id(name: str) -> str:
    """Return what a log has of a connection's name."""
    return name[:SHOWN_OF_ID]


def _gathering() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]


def _rendering(terminal: bool) -> list[Processor]:
    render: Processor = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    if terminal:
        render = structlog.dev.ConsoleRenderer(pad_event_to=0, exception_formatter=structlog.dev.plain_traceback)
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, on_one_line, render]


def on_one_line(_logger: Any, _method: str, event: Event) -> Event:
    """Return the event without a control character that would begin a line or command a terminal.

    A traceback has lines.
    """
    for name, value in event.items():
        if isinstance(value, str):
            lines = value.split("\n") if name == "exception" else [value]
            event[name] = "\n".join(CONTROLS.sub(_escape, line) for line in lines)
    return event


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def without_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Return the event, without what opens something."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = cleaned(value)
    return event


def cleaned(text: str) -> str:
    """Return a text without links, passwords and tokens."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text
