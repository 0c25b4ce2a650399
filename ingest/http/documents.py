"""What the API says of itself: `/openapi.json`, `/asyncapi.json`, and `/docs`, a page of both that needs no network."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from quart import Quart, Response, jsonify
from quart_schema import Info, OpenAPIProvider, QuartSchema, hide
from werkzeug.routing.rules import Rule

from barograph import __version__
from barograph.access.needs import needs
from ingest.http import asyncapi, page
from ingest.http.answers import Error, ReadyAnswer
from ingest.http.operations import ATTRIBUTE, Operation
from ingest.http.posted import JSON

TEMPLATE = "#/components/schemas/{model}"
REASONS = {
    400: "A parameter or the body is wrong; the error names the field",
    403: "Asked from elsewhere, or under a host name that is not ours",
    404: "No such workout or stream is stored",
    405: "This path does not take this method",
    408: "The body stopped coming",
    409: "It contradicts what is stored",
    410: "The workout was erased",
    413: "The body, or a frame in it, is too large, also after unpacking",
    415: "A Content-Type or Content-Encoding that is not taken",
    429: "Too many requests, bytes or frames; Retry-After says when to try again",
    500: "A fault of the server; the log says which",
    503: "The archive is away; Retry-After says when to try again",
    507: "The archive's disk is nearly full",
}
RETRYABLE = (429, 503, 507)


class Provider(OpenAPIProvider):
    """quart-schema's document, with the media types and errors of each route's `Operation`."""

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the paths of a rule, and the types that they name."""
        paths, components = super().build_paths(rule)
        said: Operation | None = getattr(self._app.view_functions[rule.endpoint], ATTRIBUTE, None)
        if said is None:
            return {}, {}
        for methods in paths.values():
            for operation in methods.values():
                self._describe(operation, said, components)
        return paths, components

    def _describe(self, operation: dict[str, Any], said: Operation, components: dict[str, Any]) -> None:
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 128}
                parameter["description"] = "1 to 128 printable characters without '/' or blanks at the ends"
        if said.takes is not None or said.also_takes:
            content = _content(said.takes, said.also_takes, components, "validation")
            operation["requestBody"] = {"content": content, "required": True}
        good = {"description": operation["summary"], "content": _content(said.gives, said.also_gives, components)}
        operation["responses"] = {str(said.status): good}
        for status in said.errors:
            operation["responses"][str(status)] = _error(status, components)
        if said.gives is ReadyAnswer:
            operation["responses"]["503"] = {**good, "description": "Not ready: the archive is away"}


def _content(
    kind: Any, media_types: tuple[str, ...], components: dict[str, Any], mode: Any = "serialization"
) -> dict[str, Any]:
    content: dict[str, Any] = {media_type: {"schema": {}} for media_type in media_types}
    if kind is not None:
        schema = TypeAdapter(kind).json_schema(ref_template=TEMPLATE, mode=mode)
        components.update(schema.pop("$defs", {}))
        if (title := schema.get("title")) is not None:
            components[title] = schema
            schema = {"$ref": TEMPLATE.format(model=title)}
        content = {JSON: {"schema": schema}, **content}
    return content


def _error(status: int, components: dict[str, Any]) -> dict[str, Any]:
    answer = {"description": REASONS[status], "content": _content(Error, (), components)}
    if status in RETRYABLE:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return answer


def add_documents(app: Quart) -> None:
    """Give the application what it says of itself; before its routes, so that their types are known."""
    info = Info(
        title="Barograph ingest", version=__version__, description="Frames in and out, over HTTP. /asyncapi.json "
        "describes the WebSocket, which is the faster way in.",
    )  # fmt: skip
    schema = QuartSchema(
        app, openapi_path=None, info=info, openapi_provider_class=Provider, conversion_preference="pydantic"
    )

    @app.get("/openapi.json")
    @needs("known")
    @hide
    async def openapi() -> Response:
        return jsonify(schema.openapi_provider.schema())

    @app.get("/asyncapi.json")
    @needs("known")
    @hide
    async def asyncapi_json() -> Response:
        return jsonify(asyncapi.document())

    @app.get("/docs")
    @needs("known")
    @hide
    async def docs() -> Response:
        html = page.html(schema.openapi_provider.schema(), asyncapi.document())
        answer = Response(html, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return answer
