"""Protocols as pages: the list of all, and the editor of one, which checks what is written before it keeps it.

A protocol of the lab is a file in the data directory. One of the project is copied and changed, never changed itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from analytics.columns import definition
from barograph import protocols
from barograph.access.needs import needs
from barograph.errors import InvalidData, NotFound, Refused
from dashboard.athletes.roster_desk import shown
from dashboard.drawing.markup import say, table, tag
from dashboard.page.navigation import administers
from dashboard.protocols import fields
from dashboard.protocols.desk import writer
from dashboard.protocols.editor import Written, editor
from dashboard.routes import protocols_path
from dashboard.signin import document
from dashboard.signin.desk import NOTHING, Desk
from dashboard.signin.document import answer
from dashboard.signin.forms import Form, button, form, sent

MOST_TEXT = 60_000
PATH = protocols_path()
ASSETS = (
    '<link rel="stylesheet" href="/assets/protocols/protocols.css">\n'
    '<script type="module" src="/assets/protocols/protocols.mjs"></script>\n'
)
ABOUT = (
    "How each test is done: conditions, trials, duration, what is read out, and when a trial counts as good. A trial "
    "keeps its protocol as it was when it was made, whatever becomes of the protocol."
)
NEW = 'title = ""\ninstructions = ""\n'


def register(app: Quart, desk: Desk) -> None:
    """Add the pages to an application."""
    where = desk.settings.data_dir

    @app.get(PATH)
    @needs("person")
    @shown(desk)
    async def show_protocols() -> ResponseTypes:
        writer()
        return answer(await asyncio.to_thread(_list, where))

    @app.get(f"{PATH}/new")
    @needs("person")
    @shown(desk)
    async def show_new_protocol() -> ResponseTypes:
        writer()
        name = request.args.get("copy", "")[:100]
        text = await asyncio.to_thread(protocols.text_of, name, where) if name else NEW
        return answer(_editor(_seen(Written("", text)) if name else Written("", text)))

    @app.get(f"{PATH}/<name>")
    @needs("person")
    @shown(desk)
    async def show_protocol(name: str) -> ResponseTypes:
        writer()
        return answer(_editor(await asyncio.to_thread(_stored, name, where)))

    @app.post(PATH)
    @needs("person")
    @shown(desk)
    async def write_protocol() -> ResponseTypes:
        writer()
        given = await sent(request, most=8 * MOST_TEXT)
        act = given.text("act")
        kept = await asyncio.to_thread(_write, _read(given), where, act)
        if kept is None:
            return redirect(f"{PATH}#{given.text('name')}", 303)
        return answer(_editor(kept), 400 if kept.problems and act in ("save", "check") else 200)

    @app.post(f"{PATH}/<name>/delete")
    @needs("person")
    @shown(desk)
    async def delete_protocol(name: str) -> ResponseTypes:
        writer()
        if not await asyncio.to_thread(protocols.remove, name, where):
            raise NotFound(NOTHING[1])
        return redirect(PATH, 303)


def digest(text: str | None) -> str:
    """Return what tells a file's content apart, "" where there is no file."""
    return "" if text is None else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _stored(name: str, where: Path) -> Written:
    own = protocols.own_text(name, where)
    if own is None:
        raise NotFound(NOTHING[1])
    return _seen(Written(name, own, digest(own)))


def _read(given: Form) -> Written:
    """Return what a form brings: a text, or fields that change the text that came with them."""
    text = given.secret("text").replace("\r\n", "\n")
    one = Written(given.text("name"), text, given.text("before"), as_text=given.text("mode") == "text")
    return one if one.as_text else replace(one, text=fields.written(text, given))


def _write(written: Written, where: Path, act: str) -> Written | None:
    """Check what is written, and keep it where `act` is `save`; None where it was kept.

    `text` and `fields` show it in the other way.
    """
    written = replace(written, as_text=act == "text" or (written.as_text and act != "fields"))
    found = _seen(written, named=act in ("save", "check"))
    if found.problems or act != "save":
        return found
    try:
        _require_seen(written, where)
        protocols.save(written.name, written.text, where)
    except (InvalidData, Refused) as error:
        return replace(written, problems={getattr(error, "field", None) or "name": str(error)})
    return None


def _require_seen(written: Written, where: Path) -> None:
    """Refuse to overwrite what whoever writes has not seen."""
    if digest(protocols.own_text(written.name, where)) != written.before:
        what = "was changed meanwhile" if written.before else "is there already"
        raise Refused("changed", f"name: {written.name} {what}; open it, and write it again")


def _seen(written: Written, *, named: bool = False) -> Written:
    """Return what is written with all that is wrong with it, or the protocol that it is; `named` looks at its name."""
    wrong = {}
    try:
        if named:
            protocols.check_name(written.name)
    except InvalidData as error:
        wrong["name"] = str(error)
    if len(written.text) > MOST_TEXT:
        return replace(written, problems={"text": f"expected at most {MOST_TEXT} characters, got {len(written.text)}"})
    try:
        said = protocols.parsed(written.text)
    except InvalidData as error:
        return replace(written, problems=wrong | {"text": str(error)})
    wrong |= protocols.faults(said) | _unknown(said.get("measures"))
    return replace(written, problems=wrong, checked=None if wrong else protocols.loads("x", written.text))


def _unknown(measures: object) -> dict[str, str]:
    """Return what is wrong with measures that the reference has no column of, by their places."""
    wrong = {}
    for at, name in enumerate(measures if isinstance(measures, list) else []):
        try:
            definition(str(name))
        except KeyError:
            wrong[f"measures[{at}]"] = f"measures[{at}]: expected a column of the reference, got {str(name)[:60]!r}"
    return wrong


def _page(title: str, *inside: str) -> str:
    who: Any = writer()
    current = "" if administers(who) else "nav-record"
    return document.page(title, *inside, who=who, more=ASSETS, tab="tab-protocols", current=current)


def _list(where: Path) -> str:
    wrong = protocols.problems(where)
    rows = [_row(name, where, wrong.get(name, "")) for name in protocols.names(where)]
    listed = table(("Protocol", "Asks for", "Good when", "Whose", ""), rows, label="Protocols", texts=5)
    new = tag("p", tag("a", "New protocol", href=f"{PATH}/new", class_="button primary"))
    return _page("Protocols", tag("h1", "Protocols"), tag("p", say(ABOUT), class_="muted"), new,
                 tag("div", listed, class_="protocol-list"))  # fmt: skip


def _row(name: str, where: Path, wrong: str) -> list[str]:
    own = protocols.own_text(name, where) is not None
    copy = tag("a", "Copy", href=f"{PATH}/new?copy={name}", class_="button", aria_label=f"Copy {name}")
    acts = [tag("a", "Edit", href=f"{PATH}/{name}", class_="button", aria_label=f"Edit {name}")] if own else []
    if wrong:
        said = tag("span", say(wrong), class_="problem")
        return [tag("b", say(name), id=name), said, "–", "this lab’s", tag("span", *acts, class_="protocol-acts")]
    one = protocols.named(name, where)
    whose = (
        ("this lab’s, in place of the project’s" if name in protocols.NAMES else "this lab’s") if own else "built in"
    )
    good = ", ".join(each.name.replace("_", " ") for each in one.criteria) or "–"
    title = tag("b", say(one.title)) + " " + tag("code", say(name))
    return [tag("span", title, id=name), say(protocols.amount(one)), say(good), whose,
            tag("span", *acts, copy, class_="protocol-acts")]  # fmt: skip


def _editor(written: Written) -> str:
    parts = [editor(written)]
    if written.before:
        parts.append(_delete(written.name))
    return _page(f"Protocol {written.name}" if written.before else "New protocol", *parts)


def _delete(name: str) -> str:
    built = " The one of the project of this name is used again." if name in protocols.NAMES else ""
    text = f"Trials that were done by it keep it as it was.{built}"
    inside = form(f"{PATH}/{name}/delete", tag("p", say(text)), button(f"Delete {name}"))
    return tag("details", tag("summary", "Delete"), inside, class_="protocol-delete")
