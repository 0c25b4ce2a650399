"""Small Dash components and attributes that every page uses."""

from __future__ import annotations

from typing import Any

from dash import html


def icon(name: str) -> html.Span:
    """Build a picture of frame.css in the colour of the text."""
    return html.Span(className=f"icon icon-{name}", **aria(hidden="true"))


def aria(**names: str) -> dict[str, Any]:
    """Return keyword arguments for aria-… attributes."""
    return {f"aria-{name}": value for name, value in names.items()}


def data(**names: str) -> dict[str, Any]:
    """Return keyword arguments for data-… attributes."""
    return {f"data-{name}": value for name, value in names.items()}


def slot(name: str, tag: type[Any] = html.Span, text: Any = "", **more: Any) -> Any:
    """Build a place that the browser's code fills."""
    return tag(text, **data(slot=name), **more)


def erased_notes() -> html.Div:
    """Build the place where a page says which of its sessions were erased while it was open."""
    return html.Div(className="erased-notes", **data(slot="erased"), **aria(live="polite"))


def reset_view() -> html.Button:
    """Build the button that gives up what is set on a page, and what the browser keeps of it.

    There while anything is set.
    """
    return html.Button([icon("reset"), html.Span("Reset view")], className="button reset-view", type="button",
                       hidden=True, title="Give up what is set on this page", **aria(label="Reset view"),
                       **data(baro="reset"))  # fmt: skip


def loading() -> html.Div:
    """Build grey bars where the page will be, and what to say of a long wait.

    The style sheet shows the bars after 200 ms, and the words after 4 s.
    """
    late = "This takes longer than usual: the archive is slow, or away. The page comes by itself."
    return html.Div(
        [html.Div(className="bone title"), html.Div(className="bone"), html.Div(className="bone short"),
         html.P(late, className="late")],
        className="loading", role="status", **aria(label="Loading"),
    )  # fmt: skip


def notice(title: str, text: str, *more: Any, kind: str = "nothing") -> html.Section:
    """Build a page that says what happened, what is safe and what to do."""
    mark = [icon("warning")] if kind != "nothing" else []
    return html.Section(
        [html.Div([*mark, html.H1(title)], className="notice-title"), html.P(text), *more],
        className=f"page-notice {kind}",
        role="alert" if kind == "alarm" else None,
    )


def pill(text: str = "Waiting", state: str = "waiting") -> html.Span:
    """Build a state: a dot and a word."""
    return html.Span(
        [html.Span(className="dot", **aria(hidden="true")), slot("pill-text", text=text)],
        className="pill", **data(slot="pill", state=state),
    )  # fmt: skip
