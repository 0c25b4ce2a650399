"""How commands end where something is wrong."""

from __future__ import annotations

from typing import Any

import click

from barograph import extras
from barograph.errors import BarographError


class Commands(click.Group):
    """End a command with a sentence at errors of our own, and at what the system says of a path.

    Anything else is a fault and shows where it happened.
    """

    def invoke(self, context: click.Context) -> Any:
        """Run a command, or raise `ClickException` with the sentence."""
        try:
            return super().invoke(context)
        except BarographError as error:
            raise click.ClickException(str(error)) from error
        except ModuleNotFoundError as error:
            if (said := extras.lacking(error)) is None:
                raise
            raise click.ClickException(said) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
        except ExceptionGroup as group:
            if group.split(BarographError)[1] is not None:
                raise
            raise click.ClickException(str(_first(group))) from group

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names in the order in which one meets them."""
        return list(self.commands)


def _first(group: ExceptionGroup[Exception]) -> Exception:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
