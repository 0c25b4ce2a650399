"""Whether the packages beside this one are Barograph's: others have the same names, and then nothing fits.

A folder `analytics` of one's own hides ours, and a distribution that installs one (analytics-python does) writes over
it. Each package of ours says in its first module that it is.
"""

from __future__ import annotations

from importlib.metadata import packages_distributions
from importlib.util import find_spec

PACKAGES = ("analytics", "ingest", "dashboard")
MARK = '__distribution__ = "barograph"'


def foreign() -> str | None:
    """Return a sentence about a package that is not ours, and what to do; None where all are."""
    for package in PACKAGES:
        if (place := _elsewhere(package)) is not None:
            return _sentence(package, place)
    return None


def _elsewhere(package: str) -> str | None:
    """Return where another package of that name comes from; None of ours."""
    spec = find_spec(package)
    source = None if spec is None else getattr(spec.loader, "get_source", None)
    text = None if source is None else source(package)
    if spec is not None and text is not None and MARK not in text:
        return str(spec.origin or next(iter(spec.submodule_search_locations or ()), "somewhere"))
    return None


def claimed() -> dict[str, list[str]]:
    """Return which other distributions installed a package of our name: removing one of them removes ours."""
    found = packages_distributions()
    others = {package: sorted(set(found.get(package, ())) - {"barograph"}) for package in PACKAGES}
    return {package: names for package, names in others.items() if names}


def _sentence(package: str, place: str) -> str:
    others = claimed().get(package)
    whose = f" It was installed by {' and '.join(others)}: uninstall that, then" if others else " Rename or move it, or"
    return (
        f"the package {package!r} is not Barograph's, but comes from {place}.{whose} "
        "pip install --force-reinstall --no-deps barograph; best is an environment of Barograph's own"
    )
