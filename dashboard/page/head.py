"""The head of pages without Dash: what it says alike on each, and the files that one has of its own."""

from __future__ import annotations

CORE = ("tokens", "frame", "base")
WIDE = "width=device-width, initial-scale=1"
UNDER_THE_NOTCH = f"{WIDE}, viewport-fit=cover"


def head(title: str, *, styles: tuple[str, ...] = (), scripts: tuple[str, ...] = (), viewport: str = WIDE) -> str:
    """Return the beginning of a document; whoever asks for it closes the head.

    `styles` and `scripts` are names below `assets`; modules end with `.mjs`. `title` may be a field to be filled in.
    """
    sheets = [*(f"core/{name}.css" for name in CORE), *styles]
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en" data-mantine-color-scheme="dark">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta name="viewport" content="{viewport}">',
        f"<title>{title} · Barograph</title>",
        '<link rel="icon" href="/assets/core/mark.svg" type="image/svg+xml">',
        *(f'<link rel="stylesheet" href="/assets/{name}">' for name in sheets),
        *(_script(name) for name in scripts),
    ]
    return "\n".join(lines) + "\n"


def _script(name: str) -> str:
    module = ' type="module"' if name.endswith(".mjs") else ""
    return f'<script{module} src="/assets/{name}"></script>'
