"""The document that every page of signing in stands in: plain HTML with the header of Barograph, without Dash.

Everything works without JavaScript; `assets/signin/signin.mjs` adds passkeys, the theme and what is copied.
"""

from __future__ import annotations

from quart import Response

from barograph.access.principals import Principal
from dashboard.drawing.markup import say, tag
from dashboard.page.head import head
from dashboard.page.navigation import (
    Entry,
    account_name,
    administers,
    behind_more,
    entries,
    has_account,
    in_the_bar,
    initials,
    tabs,
)
from dashboard.page.visitors import lab

STYLES = ("core/bar.css", "signin/signin.css", "signin/lists.css")
HEAD = (
    head("{title}", styles=STYLES, scripts=("core/scheme.js", "signin/signin.mjs"))
    + """{more}</head>
<body>
"""
)
STYLE_SAFE = "text/html; charset=utf-8"


def icon(name: str) -> str:
    """Return a picture in the colour of the text."""
    return tag("span", class_=f"icon icon-{name}", aria_hidden="true")


def page(
    title: str,
    *inside: str,
    who: Principal | None = None,
    tab: str = "",
    current: str = "",
    foot: str = "",
    more: str = "",
) -> str:
    """Return a whole page; with `tab` one of Admin's, `current` its entry in the header, with `more` in its head."""
    above = _tabs(tab, who) if tab and administers(who) else ""
    main = tag("main", *inside, id="page", class_="desk", tabindex="-1")
    current = current or (
        "nav-devices" if tab == "tab-devices" and not administers(who) else "nav-admin" if tab else ""
    )
    return HEAD.format(title=say(title), more=more) + header(who, current) + above + main + foot + END


END = "</body></html>\n"


def header(who: Principal | None, current: str = "") -> str:
    """Return the header: pages for whoever may open them, the theme, and one's account."""
    mark = tag("img", src="/assets/core/mark.svg", alt="", width="22", height="22")
    brand = tag("a", mark, "Barograph", href="/", class_="brand")
    nav = _nav(who, current) if has_account(who) else ""
    name = tag("span", say(lab()), class_="lab") if lab() else ""
    theme = tag("button", icon("sun"), icon("moon"), type="button", id="theme", class_="button square plain", hidden="",
                aria_label="Switch between light and dark")  # fmt: skip
    return tag("header", tag("a", "Skip to the page", href="#page", class_="skip"), brand, name, nav,
               tag("span", class_="grow"), theme, avatar(who), class_="header")  # fmt: skip


def _nav(who: Principal | None, current: str) -> str:
    """The pages; on a phone a bar below, where those it has no room for stand behind More."""
    bar = in_the_bar(who)
    links = (_entry(one, "nav" if one in bar else "nav rest", current) for one in entries(who))
    return tag("nav", *links, _more(who), class_="pages", aria_label="Pages")


def _entry(one: Entry, kind: str, current: str) -> str:
    here = "page" if one.id == current else None
    title = tag("span", say(one.title), class_="nav-title")
    return tag("a", icon(one.picture), title, href=one.href, class_=kind, id=one.id, aria_current=here)


def _more(who: Principal | None) -> str:
    others = behind_more(who)
    if not others:
        return ""
    links = (tag("a", icon(one.picture), say(one.title), href=one.href) for one in others)
    summary = tag("summary", icon("more"), tag("span", "More", class_="nav-title"), class_="nav")
    return tag("details", summary, tag("div", *links, class_="drop"), class_="more", data_baro="menu")


def avatar(who: Principal | None) -> str:
    """Return the way to one's account."""
    if who is None or not has_account(who):
        return ""
    name = account_name(who)
    return tag("a", say(initials(who)), href="/account", class_="avatar", id="account", title=name, aria_label=name)


def _tabs(current: str, who: Principal | None) -> str:
    links = (
        tag("a", say(one.title), href=one.href, id=one.id, aria_current="page" if one.id == current else None)
        for one in tabs(who)
    )
    return tag("nav", *links, class_="admin-tabs", aria_label="Admin")


def answer(html: str, status: int = 200) -> Response:
    """Return a page as an answer; its forms say where they come from, which `no-referrer` would hide."""
    response = Response(html, status=status, content_type=STYLE_SAFE)
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def notice(title: str, *texts: str, who: Principal | None = None, more: str = "") -> str:
    """Return a page that says what happened, what is safe and what to do."""
    paragraphs = "".join(tag("p", say(text)) for text in texts)
    return page(title, tag("section", tag("h1", say(title)), paragraphs, more, class_="narrow"), who=who)
