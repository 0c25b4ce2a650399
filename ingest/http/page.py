"""The page at `/docs`: what the API takes and answers, as plain HTML. No script and nothing from elsewhere: labs are
often without a network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Document = Mapping[str, Any]

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #8886; padding: .5rem 0; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .75rem; background: #8881; border-radius: 6px; }
h3 code { font-size: 1rem; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
"""


def html(openapi: Document, asyncapi: Document) -> str:
    """Return the whole page."""
    info = openapi["info"]
    parts = [f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"]
    parts.append(
        '<p>As documents: <a href="/openapi.json">openapi.json</a>, <a href="/asyncapi.json">asyncapi.json</a>.</p>'
    )
    parts.append("<h2>HTTP</h2>")
    parts += _operations(openapi)
    parts.append("<h2>WebSocket and Socket.IO</h2>")
    parts += _events(asyncapi)
    parts.append("<h2>Types</h2>")
    parts += _types(openapi)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
    title, body = escape(info["title"]), "".join(parts)
    return f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


def _operations(openapi: Document) -> Iterator[str]:
    for path, methods in openapi["paths"].items():
        for method, said in methods.items():
            yield f'<section><h3><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h3>'
            yield f"<p>{escape(said['summary'])} {escape(said.get('description', ''))}</p>"
            yield _table(("parameter", "in", "meaning"), map(_parameter, said["parameters"]))
            if "requestBody" in said:
                yield f"<p>Takes {_content(said['requestBody']['content'])}</p>"
            yield _table(("status", "answer", ""), map(_answer, said["responses"].items()))
            yield "</section>"


def _parameter(said: Document) -> tuple[str, str, str]:
    return f"<code>{escape(said['name'])}</code>", said["in"], escape(said.get("description", ""))


def _answer(item: tuple[str, Document]) -> tuple[str, str, str]:
    status, said = item
    return status, escape(said["description"]), _content(said["content"])


def _content(content: Document) -> str:
    return ", ".join(f"<code>{escape(kind)}</code>{_named(said['schema'])}" for kind, said in content.items())


def _named(schema: Document) -> str:
    title = schema.get("title") or schema.get("$ref", "").rpartition("/")[2]
    return f' <a href="#{escape(title)}">{escape(title)}</a>' if title else ""


def _events(asyncapi: Document) -> Iterator[str]:
    for name, said in asyncapi["components"]["messages"].items():
        fields = ", ".join(
            f"<code>{escape(field)}</code>" for field in said["payload"]["properties"] if field != "type"
        )
        yield f"<section><h3><code>{escape(name)}</code></h3><p>{escape(said['summary'])}</p><p>{fields}</p></section>"


def _types(openapi: Document) -> Iterator[str]:
    for name, schema in openapi["components"]["schemas"].items():
        text = escape(json.dumps(schema, indent=1, ensure_ascii=False))
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{text}</pre></details>'


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>{body}</table>" if body else ""
