"""Records of accounts in MongoDB: names, addresses and hashes of passwords are sealed on their way in.

What a user has of their own (sessions, tokens, passkeys) is sealed for the user. Any other record is sealed for itself:
an invitation, a device, a link, a pairing, an answer. So whatever is erased has a key that goes with it, and nothing
has to be sealed anew where an athlete is merged, or an account loses a role. A text that says nothing is not sealed,
so that no key is made for it.

What was stored before it was sealed is read as it is; `barograph keys seal` seals it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from bson.datetime_ms import DatetimeMS

from barograph.errors import KeyGone
from barograph.store.account_records import GONE, Session, Token, gone_email, says_nothing
from barograph.store.documents import Document
from barograph.store.mongo.records import record_of
from barograph.store.mongo.seal_keys import MongoSealKeys
from barograph.store.sealing import PLAIN, SECRET, Owner, Sealing

USERS_OWN = (Session.kind, Token.kind)
R = TypeVar("R")


def account_owner(uid: str) -> Owner:
    """Return for whom what belongs to a user, or to another record of accounts, is sealed."""
    return Owner("account", uid)


def owner_of(collection: str, document: Mapping[str, Any]) -> Owner:
    """Return for whom a record is sealed."""
    own = str(document["_id"])
    if collection == "passkeys" or (collection == "keys" and document["kind"] in USERS_OWN):
        return account_owner(document["user"] or own)
    return account_owner(document["of"] if collection == "challenges" else own)


def secrets_of(collection: str, document: Mapping[str, Any]) -> Document:
    """Return the fields of a record that are to be sealed; what is asked of nobody yet has none."""
    if collection == "challenges" and not document.get("of"):
        return {}
    return {name: document[name] for name in SECRET[collection] if not says_nothing(document.get(name))}


class SealedRecords:
    """What the parts of the accounts share: a database, what seals, and the keys, None where nothing is sealed."""

    def __init__(self, database: Any, sealing: Sealing = PLAIN, keys: MongoSealKeys | None = None) -> None:
        self._db, self._sealing, self._keys = database, sealing, keys

    async def _sealed(
        self, collection: str, document: Document, owner: Owner | None = None, *, over: DatetimeMS | None = None
    ) -> Document:
        """The document of a record, or fields of one that are to be set, as it is stored.

        A key that is made for it goes when `over` is past, as the record does.
        """
        if not (secrets := secrets_of(collection, document)):
            return document
        owner = owner or owner_of(collection, document)
        if self._keys is not None:
            await self._keys.fetch([owner], new=True, over=over)
        return {**document, **self._sealing.seal(collection, owner, secrets)}

    async def _opened(self, collection: str, documents: Iterable[Document]) -> list[Document]:
        """Documents as they were before they were sealed."""
        found = list(documents)
        if self._keys is not None:
            await self._keys.fetch({owner_of(collection, one) for one in found if _is_sealed(collection, one)})
        return [self._open(collection, one) for one in found]

    def _open(self, collection: str, document: Document) -> Document:
        try:
            return dict(self._sealing.open(collection, owner_of(collection, document), document))
        except KeyGone:  # it was stored by a process that had the key, just as somebody was erased
            return {**document, **{one: _gone(one, document) for one in SECRET[collection] if one in document}}

    async def _records(
        self, kind: type[R], collection: str, documents: Iterable[Document], key: str = "uid"
    ) -> list[R]:
        return [record_of(kind, one, key) for one in await self._opened(collection, documents)]

    async def _record(self, kind: type[R], collection: str, document: Document | None, key: str = "uid") -> R | None:
        return None if document is None else (await self._records(kind, collection, [document], key))[0]


def _is_sealed(collection: str, document: Mapping[str, Any]) -> bool:
    return any(isinstance(document.get(name), bytes) for name in SECRET[collection])


def _gone(name: str, document: Mapping[str, Any]) -> str | None:
    """What stands for a field of somebody who was erased."""
    said = {"email": gone_email(str(document["_id"])), "name": GONE, "asking": None}
    return said.get(name, "")
