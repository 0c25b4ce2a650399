"""Forms: what a browser sends of one, its fields as markup, and the buttons that send one."""

from __future__ import annotations

from urllib.parse import parse_qs

from quart import Request

from barograph.errors import InvalidData
from barograph.web.bodies import whole
from dashboard.drawing.markup import say, tag
from dashboard.signin.document import icon

MOST_BYTES, MOST_FIELDS = 1 << 16, 1200


class Form:
    """The fields of a form that was sent."""

    def __init__(self, given: dict[str, list[str]]) -> None:
        self._given = given

    def text(self, name: str) -> str:
        """Return a field, trimmed; "" where it is not there."""
        return self.secret(name).strip()

    def secret(self, name: str) -> str:
        """Return a field as it was typed: spaces belong to a password."""
        return self._given.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        """Return every value of a field that may be there several times."""
        return self._given.get(name, [])


async def sent(request: Request, most: int = MOST_BYTES) -> Form:
    """Return the form that a request brings, or `InvalidData`, also for one of more than `most` bytes."""
    body = await whole(request, most)
    try:
        return Form(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:  # no UTF-8, or too many fields
        raise InvalidData(f"form: expected at most {MOST_FIELDS} fields of text") from error


def field(
    label: str, name: str, value: str = "", *, kind: str = "text", hint: str = "", problem: str = "", **more: str | None
) -> str:
    """Return a labelled field; what is wrong with it is said below, and read out with it."""
    about = f"{name}-about" if hint or problem else None
    entry = tag("input", type=kind, name=name, id=name, value=value or None, class_="entry", aria_describedby=about,
                aria_invalid="true" if problem else None, **more)  # fmt: skip
    if kind == "password":
        reveal = tag("button", icon("eye"), type="button", class_="reveal", hidden="", data_reveal=name,
                     aria_label="Show what is typed", aria_pressed="false")  # fmt: skip
        entry = tag("span", entry, reveal, class_="secret")
    said = tag("p", say(hint), class_="muted", id=about) if hint and not problem else ""
    said = tag("p", icon("warning"), tag("span", say(problem)), class_="problem", id=about) if problem else said
    return tag("div", tag("label", say(label), for_=name), entry, said, class_="field")


def check(label: str, name: str, value: str, *, on: bool = False, kind: str = "checkbox") -> str:
    """Return a box that is ticked or not."""
    box = tag("input", type=kind, name=name, value=value, checked="" if on else None)
    return tag("label", box, tag("span", say(label)), class_="check")


def hidden(**values: str) -> str:
    """Return fields that nobody sees."""
    return "".join(tag("input", type="hidden", name=name, value=value) for name, value in values.items())


def form(action: str, *inside: str, kind: str = "", **more: str | None) -> str:
    """Return a form that changes something."""
    return tag("form", *inside, method="post", action=action, class_=kind or None, **more)


def button(text: str, *, picture: str = "", kind: str = "", **more: str | None) -> str:
    """Return the button that sends the form around it."""
    return tag("button", icon(picture) if picture else "", tag("span", say(text)), type="submit",
               class_=f"button {kind}".strip(), **more)  # fmt: skip


def press(action: str, text: str, *, kind: str = "", label: str | None = None, **values: str) -> str:
    """Return a form of one button."""
    return form(action, hidden(**values), button(text, kind=kind, aria_label=label), kind="press")


def problem(text: str) -> str:
    """Return what was wrong with what was sent, above the form."""
    return tag("p", icon("warning"), tag("span", say(text)), class_="problem", role="alert") if text else ""


def local(path: str) -> str:
    """Return where to go after signing in: a path of this dashboard, else its first page."""
    plain = path.isprintable() and len(path) <= 2000 and not set(path) & {"\\"}
    return path if plain and path.startswith("/") and not path.startswith(("//", "/sign-", "/login")) else "/"
