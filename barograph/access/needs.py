"""What a door asks for: each route, message, callback and command says what whoever uses it has to be allowed.

    @app.get("/data/<workout_id>")
    @needs("read", "workout", shared=True)
    async def sensors(workout_id: str) -> ResponseTypes: ...

One that says nothing is not opened: a server refuses to start, and names it (`require_declared`). What was declared is
asked of `barograph.access.rights` before the door opens (`barograph.access.gate`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args

if TYPE_CHECKING:
    from barograph.access.rights import Kind, Verb

Door: TypeAlias = Literal["open", "known", "person", "closed"]
ATTRIBUTE = "barograph_needs"
Declared = TypeVar("Declared", bound=Callable[..., Any])


@dataclass(frozen=True)
class Need:
    """A verb and the kind of what it is done to; or "open" for everyone, "known" for whoever has come in, "person" for
    the owner and for users alone, "closed" for nobody.

    `shared` opens it for share links of a workout too, within what they share, `wall` for those of a team. What `makes`
    the workout that it names may be asked for one that there is not. Whoever may not do that may do `instead`, which is
    another verb and kind.
    """

    verb: Verb | Door
    kind: Kind = "workout"
    shared: bool = False
    makes: bool = False
    wall: bool = False
    instead: tuple[Verb, Kind] | None = None


class Undeclared(TypeError):
    """Something that can be asked for does not say what it needs; the server does not start."""


def needs(
    verb: Verb | Door,
    kind: Kind = "workout",
    *,
    shared: bool = False,
    makes: bool = False,
    wall: bool = False,
    instead: tuple[Verb, Kind] | None = None,
) -> Callable[[Declared], Declared]:
    """Declare what a function, or a type of message, needs."""

    def declared(made: Declared) -> Declared:
        setattr(made, ATTRIBUTE, Need(verb, kind, shared, makes, wall, instead))
        return made

    return declared


def need_of(made: Any) -> Need | None:
    """Return what was declared of a function or of a type of message itself, not of what it descends from."""
    found = vars(made).get(ATTRIBUTE) if hasattr(made, "__dict__") else None
    return found if isinstance(found, Need) else None


def require_declared(what: str, found: Mapping[str, Need | None]) -> None:
    """Raise where something declares nothing, or what is no verb or kind, with the name of each."""
    for name, need in found.items():
        if need is not None and not _is_known(need):
            raise Undeclared(f"{what}: expected a verb and a kind of barograph.access.rights, got {need} from {name}")
    if missing := sorted(name for name, need in found.items() if need is None):
        raise Undeclared(f"{what}: expected each to declare what it needs, got nothing from {', '.join(missing)}")


def _is_known(need: Need) -> bool:
    from barograph.access.rights import KINDS, VERBS  # here: `barograph --help` waits for no more than it must

    verb, kind = need.instead or ("read", need.kind)
    return need.verb in (*VERBS, *get_args(Door)) and need.kind in KINDS and verb in VERBS and kind in KINDS


class Routes:
    """What the URL rules of an application need; `others` says it of rules that are not ours, by rule."""

    def __init__(self, app: Any, others: Mapping[str, Need] | None = None) -> None:
        self._app, self._others = app, others or {}

    def need(self, rule: Any) -> Need | None:
        """Return what a rule needs, None where nobody said."""
        return need_of(self._app.view_functions.get(rule.endpoint)) or self._others.get(rule.rule)

    def all(self) -> dict[str, Need | None]:
        """Return what every rule needs, by its method and address."""
        return {_name(rule): self.need(rule) for rule in self._app.url_map.iter_rules()}

    def require(self) -> None:
        """Raise where a rule declares nothing."""
        require_declared("routes", self.all())


def _name(rule: Any) -> str:
    methods = "WS" if rule.websocket else ",".join(sorted(rule.methods - {"HEAD", "OPTIONS"}))
    return f"{methods} {rule.rule}"
