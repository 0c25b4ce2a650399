"""The WebSocket's AsyncAPI document, made of the message types."""

from __future__ import annotations

from functools import cache
from inspect import getdoc
from typing import Any, get_args

import msgspec

from barograph import __version__
from ingest.events import CLOSE_CODES, ServerEvent, name_of
from ingest.messages import CODES, ClientMessage

REFERENCE = "#/components/schemas/{name}"


@cache
def document() -> dict[str, Any]:
    """Return the document, as of this version."""
    said, heard = get_args(ClientMessage), get_args(ServerEvent)
    _, schemas = msgspec.json.schema_components((*said, *heard), ref_template=REFERENCE)
    kinds = {name_of(kind): kind for kind in (*said, *heard)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Barograph ingest", "version": __version__,
            "description": "One JSON object a message, its event name in `type`; or the binary form, whose header is "
            "the same object and whose payload is `data`.",
        },
        "channels": {"ws": {"address": "/ws", "messages": {name: _reference(name) for name in kinds}}},
        "operations": {
            "say": _operation("receive", said, "What a client says."),
            "hear": _operation("send", heard, "What the server says."),
        },
        "components": {
            "messages": {name: _message(name, kind, schemas) for name, kind in kinds.items()},
            "schemas": schemas,
        },
        "x-error-codes": list(CODES),
        "x-close-codes": {str(code): meaning for code, meaning in CLOSE_CODES.items()},
    }  # fmt: skip


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/messages/{name}"}


def _operation(action: str, kinds: tuple[Any, ...], summary: str) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/ws/messages/{name_of(kind)}"} for kind in kinds]
    return {"action": action, "channel": {"$ref": "#/channels/ws"}, "summary": summary, "messages": messages}


def _message(name: str, kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    summary = (getdoc(kind) or "").splitlines()[0]
    return {"name": name, "summary": summary, "payload": schemas[kind.__name__]}
