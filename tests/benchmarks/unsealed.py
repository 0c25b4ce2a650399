"""`barograph` over an archive that seals nothing, so that `bench_sealing` can say what sealing costs an ingest."""

from __future__ import annotations

from functools import partial
from typing import Any

from barograph.cli import main
from barograph.store.mongo.archive import MongoArchive
from barograph.store.sealing import PLAIN, Sealing


class Unsealed(MongoArchive):
    """An archive that is given a sealing, and takes none."""

    def __init__(self, client: Any, database: str, timeout_s: float, _sealing: Sealing, *rest: Any) -> None:
        super().__init__(client, database, timeout_s, PLAIN, *rest)


if __name__ == "__main__":
    MongoArchive.connect = partial(MongoArchive.connect.__func__, Unsealed)  # type: ignore[attr-defined, method-assign]
    main()
