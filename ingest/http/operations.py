"""What the OpenAPI document says of a route beside what quart-schema sees: types, media types, and every error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from quart_schema import tag

Route = TypeVar("Route", bound=Callable[..., Any])

ATTRIBUTE = "barograph_operation"
# Whatever the route: a parameter, who asks, a method, silence, a limit, a fault, an archive that is away.
COMMON_ERRORS = (400, 403, 405, 429, 500, 503)
BODY_ERRORS = (408, 413, 415)


@dataclass(frozen=True)
class Operation:
    """What is said of a route."""

    gives: Any
    status: int
    takes: Any
    also_takes: tuple[str, ...]
    also_gives: tuple[str, ...]
    errors: tuple[int, ...]


def operation(
    group: str,
    gives: Any,
    *,
    status: int = 200,
    takes: Any = None,
    also_takes: Sequence[str] = (),
    also_gives: Sequence[str] = (),
    errors: Sequence[int] = (),
) -> Callable[[Route], Route]:
    """Say of a route what it takes and gives, as types and as media types beside JSON, and which errors it answers."""

    def said(route: Route) -> Route:
        every = sorted({*COMMON_ERRORS, *errors, *(BODY_ERRORS if takes or also_takes else ())})
        setattr(route, ATTRIBUTE, Operation(gives, status, takes, tuple(also_takes), tuple(also_gives), tuple(every)))
        marked: Route = tag([group])(route)
        return marked

    return said
