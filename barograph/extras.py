"""Packages that not every installation has: which extra of `barograph` brings them, and a sentence where one lacks.

The core reads and writes files, computes, and asks a server over HTTP. Whatever needs more imports it when it is asked
for, and says with `imports_for` or `needed` what to install.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from barograph.errors import InvalidData, NotInstalled

# Modules by the extra that brings them. The extra `embedded` has `server` in it, and programs that nobody imports.
MODULES = {
    "server": (
        "argon2", "authlib", "bson", "cryptography", "dash", "dash_ag_grid", "dash_mantine_components", "gridfs",
        "hiredis", "httptools", "itsdangerous", "joserfc", "motor", "obstore", "plotly", "prometheus_client", "psutil",
        "pymongo", "quart", "quart_schema", "redis", "rich", "segno", "socketio", "structlog", "threadpoolctl",
        "tsdownsample", "uvicorn", "uvloop", "webauthn", "websockets",
    ),
    "exports": ("ezc3d", "xlsxwriter"),
    "docs": ("material",),
    "notebooks": ("ipykernel", "ipykernel_launcher", "nbclient", "nbformat", "xarray"),
    "batch": ("dask", "distributed", "tqdm"),
    "telemetry": ("opentelemetry",),
    "lsl": ("pylsl",),
    "serial": ("serial",),
}  # fmt: skip
_EXTRAS = {module: extra for extra, modules in MODULES.items() for module in modules}


def command(extra: str) -> str:
    """Return the command that installs an extra."""
    return f'pip install "barograph[{extra}]"'


def lacking(error: ImportError, what: str = "this") -> str | None:
    """Return what to install for `what` where a package of an extra lacks; None of any other failed import."""
    package = (error.name or "").partition(".")[0]
    if (extra := _EXTRAS.get(package)) is None:
        return None
    return f"{what} needs the package {package}, which is not installed here; {command(extra)}"


@contextmanager
def imports_for(what: str) -> Iterator[None]:
    """Turn the lack of a package of an extra, which `what` imports within the context, into `NotInstalled`."""
    try:
        yield
    except ImportError as error:
        if (said := lacking(error, what)) is None:
            raise
        raise NotInstalled(said) from error


def needed(package: str, what: str) -> Any:
    """Import a package that writes a format, or raise `InvalidData` with the command that installs it."""
    try:
        return import_module(package)
    except ImportError as error:
        text = f"format: expected the package {package}, which writes {what}, but it is not installed here"
        raise InvalidData(f"{text}; {command('exports')}", field="format") from error
