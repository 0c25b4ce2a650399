"""What a browser tells a callback, decoded into types before anything else: Dash passes on whatever came.

`Callbacks` stands before Dash: a callback is registered with the annotations of what it takes, and one without does not
start. A request is checked twice, both times against them: its form (which callback, which places, what changed) before
Dash sees it, its values before the callback runs. What does not fit is `InvalidData`, which is answered with 400.
"""

from __future__ import annotations

import functools
import inspect
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict, TypeVar, get_type_hints

import msgspec
from dash import Dash, Input, Output, State
from dash.dependencies import DashDependency
from msgspec import Meta

from barograph.access.needs import Need, need_of, require_declared
from barograph.errors import InvalidData

MOST_PARTS = 1000
T = TypeVar("T")
Handler = Callable[..., Awaitable[Any]]
Id = str | dict[str, str | int]

Text = Annotated[str, Meta(max_length=1000)]
Address = Annotated[str, Meta(max_length=1 << 16)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Names = Annotated[list[Name], Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
Clicks = Annotated[list[Count | None], Meta(max_length=MOST_PARTS)]


class Row(TypedDict):
    """A session as the list of sessions knows it."""

    id: Name
    athlete: Text | None
    layout: list[Text] | None
    begun_us: int | None


Rows = Annotated[list[Row], Meta(max_length=MOST_PARTS)]


class Chosen(TypedDict):
    """The rows that are chosen, by name: what the list says before anybody chose."""

    ids: list[Name]


class Window(TypedDict, total=False):
    """The part and the column that an overview shows, as the address says them; "" where it does not."""

    a: Text | None
    b: Text | None
    col: Text | None
    piece: Text | None
    seen: Text | None


class PageQuery(msgspec.Struct):
    """What `assets/core/askedpage.mjs` and `assets/core/asking.mjs` tell of an address and of the viewer's units."""

    search: Address = ""
    force: Text = ""
    pressure: Text = ""

    @property
    def units(self) -> dict[str, str]:
        """The units, as `dashboard.drawing.units` reads them."""
        return {"force": self.force, "pressure": self.pressure}


class _Place(msgspec.Struct):
    id: Id
    property: str
    value: Any = None


Places = Annotated[list[_Place], Meta(max_length=MOST_PARTS)]


class _Body(msgspec.Struct):
    output: str
    outputs: _Place | list[_Place]
    inputs: list[_Place | Places]
    state: list[_Place | Places] = []
    changedPropIds: Annotated[list[str], Meta(max_length=MOST_PARTS)] = []  # noqa: N815 # Dash's name


_decoder = msgspec.json.Decoder(_Body)


@dataclass(frozen=True)
class Known:
    """A callback that was registered, and the type of everything that it takes."""

    outputs: tuple[DashDependency, ...]
    inputs: tuple[DashDependency, ...]
    states: tuple[DashDependency, ...]
    types: tuple[Any, ...]
    need: Need | None = None

    def values(self, given: Sequence[Any]) -> list[Any]:
        """Return what came, as the types say, or `InvalidData`."""
        places = zip(given, (*self.inputs, *self.states), self.types, strict=True)
        return [decoded(name_of(place), value, kind) for value, place, kind in places]


class Callbacks:
    """Registers callbacks with Dash, and knows what each of them takes; `called` is told how long each took, in s."""

    def __init__(self, app: Dash, called: Callable[[str, float], None] = lambda name, took_s: None) -> None:
        self._app, self._called = app, called
        self.known: dict[str, Known] = {}

    def callback(self, *places: DashDependency, **options: Any) -> Callable[[Handler], Handler]:
        """Add a callback as `Dash.callback` does, of a coroutine with typed parameters in the order of `places`."""

        def register(handler: Handler) -> Handler:
            known = _known(places, handler)
            name = f"{handler.__module__.removeprefix('dashboard.')}.{handler.__name__}"

            @functools.wraps(handler)
            async def typed(*given: Any) -> Any:
                began_s = time.perf_counter()
                try:
                    return await handler(*known.values(given))
                finally:
                    self._called(name, time.perf_counter() - began_s)

            self._app.callback(*places, **options)(typed)
            self.known[next(reversed(self._app.callback_map))] = known
            return handler

        return register

    def clientside_callback(self, *given: Any) -> None:
        """Add a callback as `Dash.clientside_callback` does: the server is not asked."""
        self._app.clientside_callback(*given)  # type: ignore[no-untyped-call]

    def require(self) -> None:
        """Raise when Dash would run a callback that did not come this way, or one that does not say what it needs."""
        untyped = [name for name, one in self._app.callback_map.items() if "callback" in one and name not in self.known]
        if untyped:
            raise TypeError(f"expected every callback to be registered by `Callbacks`, got {', '.join(untyped)}")
        require_declared("callbacks", {name: one.need for name, one in self.known.items()})

    def check(self, body: bytes) -> tuple[Known, Any]:
        """Return the callback that a request is for, and the address of its page; `InvalidData` of other places."""
        try:
            asked = _decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _wrong("body", error) from error
        known = self.known.get(asked.output)
        if known is None:
            raise InvalidData(f"output: expected a callback of this page, got {asked.output[:80]!r}", field="output")
        outputs = asked.outputs if isinstance(asked.outputs, list) else [asked.outputs]
        _fit("outputs", outputs, known.outputs)
        _fit("inputs", asked.inputs, known.inputs)
        _fit("state", asked.state, known.states)
        _check_changed(asked)
        return known, next((one.value for one in _flat([*asked.inputs, *asked.state]) if _is_address(one)), None)


def _known(places: Sequence[DashDependency], handler: Handler) -> Known:
    if not inspect.iscoroutinefunction(handler):
        raise TypeError(f"{handler.__qualname__}: expected a coroutine")
    outputs, inputs, states = (tuple(one for one in places if isinstance(one, kind)) for kind in (Output, Input, State))
    hints = get_type_hints(handler, include_extras=True)
    names = list(inspect.signature(handler).parameters)
    untyped = [name for name in names if hints.get(name, Any) is Any]
    if untyped or len(names) != len(inputs) + len(states):
        raise TypeError(f"{handler.__qualname__}: expected a type for each of its {len(inputs) + len(states)} places")
    for name in names:
        msgspec.json.Decoder(hints[name])  # a type that cannot be decoded is an error now, not when it is asked for
    return Known(outputs, inputs, states, tuple(hints[name] for name in names), need_of(handler))


def decoded(field: str, value: Any, kind: type[T]) -> T:
    """Return a value as a type, strictly, or `InvalidData` that names the field."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _wrong(field, error) from error


def _wrong(field: str, error: Exception) -> InvalidData:
    text, _, inside = str(error).partition(" - at `$")
    field += inside.rstrip("`")
    said = text[:1].lower() + text[1:]
    return InvalidData(f"{field}: {said if 'expected' in said else f'expected what it takes, got {said}'}", field=field)


def name_of(place: DashDependency) -> str:
    """Return what an error calls a place: its component and property."""
    component = place.component_id
    named = component if isinstance(component, str) else component["type"]
    return f"{named}.{_property(place)}"


def _property(place: DashDependency) -> str:
    return str(place.component_property).partition("@")[0]


def _fit(what: str, given: Sequence[_Place | list[_Place]], known: Sequence[DashDependency]) -> None:
    """Whether places are those of the callback, in order."""
    if len(given) != len(known):
        raise InvalidData(f"{what}: expected {len(known)} places, got {len(given)}", field=what)
    for i, (found, place) in enumerate(zip(given, known, strict=True)):
        pattern = isinstance(place.component_id, dict)
        if isinstance(found, list) != pattern or not all(
            _matches(one, place) for one in (found if isinstance(found, list) else [found])
        ):
            raise InvalidData(f"{what}[{i}]: expected {name_of(place)}, got something else", field=f"{what}[{i}]")


def _matches(found: _Place, place: DashDependency) -> bool:
    if found.property.partition("@")[0] != _property(place):
        return False
    wanted: Any = place.component_id
    if isinstance(wanted, str) or isinstance(found.id, str):
        return bool(found.id == wanted)
    return bool(found.id.keys() == wanted.keys()) and all(
        found.id[name] == value if isinstance(value, str) else _short(found.id[name]) for name, value in wanted.items()
    )


def _short(value: str | int) -> bool:
    return not isinstance(value, str) or len(value) <= MOST_PARTS


def _check_changed(asked: _Body) -> None:
    """Whether what is said to have changed is among the inputs."""
    there = [(one.id, one.property) for one in _flat(asked.inputs)]
    for text in asked.changedPropIds:
        if _component(text) not in there:
            raise InvalidData(f"changedPropIds: expected an input, got {text[:80]!r}", field="changedPropIds")


def _is_address(place: _Place) -> bool:
    return (place.id, place.property) == ("address", "pathname")


def _component(text: str) -> tuple[Any, str]:
    name, _, prop = text.rpartition(".")
    if not name.startswith("{"):
        return name, prop
    try:
        return json.loads(name), prop
    except (ValueError, RecursionError):
        return None, prop


def _flat(given: Sequence[_Place | list[_Place]]) -> Iterator[_Place]:
    for one in given:
        yield from one if isinstance(one, list) else [one]
