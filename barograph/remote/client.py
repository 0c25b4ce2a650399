"""One server's HTTP API: requests with a token, answers in messages of bounded size, every fault as a sentence.

The token stands in one header of a request and nowhere else: not in an address, an error, a log or a `repr`. Redirects
are not followed, as they would carry it to another server, and an answer is never unpacked by way of Content-Encoding.

Whoever may ask again, for nothing is changed by that, does: `Patience` waits longer each time, or as long as the server
says, and begins anew with whatever arrived.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from pydantic import SecretStr

from barograph.codec import Header
from barograph.errors import (
    AccessDenied,
    BarographError,
    CodecError,
    Gone,
    InvalidData,
    NotFound,
    Refused,
    ServerAway,
    SettingsError,
    shortened,
)
from barograph.files.encoding import plain
from barograph.remote.forms import LENGTH_BYTES, MOST_MESSAGE, unframed

BINARY = "application/octet-stream"
JSON = "application/json"
TRIES = 5
FIRST_WAIT_S, MOST_WAIT_S = 0.2, 10.0
MESSAGE_S = 120.0  # that one message may take, however slowly it comes
MOST_ERROR_BYTES, MOST_JSON_BYTES = 64 << 10, 32 << 20
SENT_BYTES = 64 << 10  # at once
MOST_SAID = 400  # characters of what a server says
RETRIED = (408, 429, 500, 502, 503, 504)

Params = Mapping[str, str | int]


class Unanswered(ServerAway):
    """No whole answer this time; it may be asked again, after `wait_s` where the server said so."""

    def __init__(self, message: str, wait_s: float | None = None, *, final: BarographError | None = None) -> None:
        super().__init__(message)
        self.wait_s, self.final = wait_s, final


class Patience:
    """How often something is asked again: so many times without anything new."""

    def __init__(self) -> None:
        self._failed = 0

    def reset(self) -> None:
        """Begin anew: something came."""
        self._failed = 0

    async def wait(self, error: Unanswered) -> None:
        """Wait until it may be asked again, or raise what it comes to."""
        self._failed += 1
        if self._failed >= TRIES:
            raise error.final or ServerAway(f"{error}; asked {TRIES} times") from error
        most = min(MOST_WAIT_S, FIRST_WAIT_S * 2 ** (self._failed - 1))
        await asyncio.sleep(min(error.wait_s or 0.0, 3 * MOST_WAIT_S) or most * random.uniform(0.5, 1.0))  # noqa: S311


@dataclass(frozen=True)
class Body:
    """What a request brings: its media type, and its parts."""

    kind: str
    parts: AsyncIterable[bytes]


class _Pace:
    """The time that is left until the next message; while something is sent it begins anew with each part."""

    bound: asyncio.Timeout | None = None

    async def over(self, parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Pass parts on, in pieces that a slow line takes in the time that one write has."""
        async for part in parts:
            for start in range(0, len(part), SENT_BYTES):
                if self.bound is not None:
                    self.bound.reschedule(asyncio.get_running_loop().time() + MESSAGE_S)
                yield part[start : start + SENT_BYTES]


class _Bearer(httpx.Auth):
    """The token, given to each request; nothing shows it."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the token along."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


def checked_address(url: str) -> str:
    """Return the address of a server, without what follows its place, or `SettingsError`; user and password never."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError("url: expected an address such as https://lab.example, got one that is none") from error
    if parts.username is not None or parts.password is not None:
        raise SettingsError("url: expected no user and password in the address; a token is given as `token`")
    if not host or parts.query or parts.fragment:
        raise SettingsError("url: expected an address such as https://lab.example, with nothing behind '?' or '#'")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme.lower()}://{name}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"


def is_loopback(address: str) -> bool:
    """Return whether an address is this machine's own."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def checked_token(token: SecretStr) -> SecretStr:
    """Return a token that can stand in a header; an error never repeats it."""
    text = token.get_secret_value()
    if not text or len(text) > 4096 or not all("!" <= letter <= "~" for letter in text):
        raise SettingsError("token: expected 1 to 4096 printable ASCII characters without blanks, as it was shown")
    return token


class Client:
    """Requests to one server; `close` gives the connections back."""

    def __init__(self, address: str, token: SecretStr | None, timeout_s: float, *, over_http: bool = False) -> None:
        self.address = checked_address(address)
        self._token, local = token, is_loopback(self.address)
        if token is not None and self.address.startswith("http:") and not (local or over_http):
            raise SettingsError(
                f"url: {self.address} is not encrypted, and everyone on the way could read the token: use https://, or "
                "say token_over_http=True (BAROGRAPH_TOKEN_OVER_HTTP=1) where the network is trusted"
            )
        self._http = httpx.AsyncClient(
            auth=None if token is None else _Bearer(checked_token(token)),
            timeout=httpx.Timeout(timeout_s),
            verify=ssl.create_default_context(),
            follow_redirects=False,
            trust_env=not local,  # a proxy has no business between this machine and itself
            headers={"Accept-Encoding": "identity", "User-Agent": "barograph"},
        )

    async def close(self) -> None:
        """Give back connections."""
        await self._http.aclose()

    def misread(self, what: str, error: CodecError) -> CodecError:
        """Return the error of an answer that is not one of Barograph's."""
        return CodecError(f"{what}: the answer is not one of Barograph's: {self.hidden(str(error))}", field=error.field)

    def hidden(self, text: str) -> str:
        """Return what a server says without the token, which it knows and may repeat."""
        secret = self._token.get_secret_value() if self._token else ""
        return text.replace(secret, "***") if secret else text

    async def messages(
        self, path: str, params: Params, *, method: str = "GET", body: Body | None = None
    ) -> AsyncGenerator[tuple[Header, memoryview], None]:
        """Yield the messages of one answer, each with its payload; it raises unless the last one says that it ends."""
        pace = _Pace()
        sent = None if body is None else Body(body.kind, pace.over(body.parts))
        async with aclosing(self._pieces(method, path, params, sent, BINARY)) as pieces:
            reader, what = _Reader(pieces), f"{method} {self.address}{path}"
            try:
                while True:
                    async with asyncio.timeout(MESSAGE_S) as pace.bound:
                        header, payload = unframed(await reader.message())
                        if header["type"] == "end":
                            await reader.end()
                            return
                    yield header, payload
            except EOFError as error:
                raise Unanswered(f"{what}: the answer broke off") from error
            except TimeoutError as error:
                raise Unanswered(f"{what}: a message took longer than {MESSAGE_S:.0f} s") from error
            except CodecError as error:
                raise self.misread(what, error) from None

    async def json(self, method: str, path: str, said: Any = None, params: Params | None = None) -> Any:
        """Return the JSON of an answer, asked again where there is none: what is asked changes nothing twice."""
        patience = Patience()
        while True:
            try:
                return await self._json(method, path, said, params or {})
            except Unanswered as error:
                await patience.wait(error)

    async def _json(self, method: str, path: str, said: Any, params: Params) -> Any:
        body = None if said is None else json_body(said)
        read = bytearray()
        try:
            async with asyncio.timeout(MESSAGE_S):
                async with aclosing(self._pieces(method, path, params, body, JSON)) as pieces:
                    async for piece in pieces:
                        read += piece
                        if len(read) > MOST_JSON_BYTES:
                            raise CodecError(f"{self.address}{path}: expected at most {MOST_JSON_BYTES} bytes of JSON")
            return msgspec.json.decode(bytes(read))
        except TimeoutError as error:
            raise Unanswered(f"{method} {self.address}{path}: took longer than {MESSAGE_S:.0f} s") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise CodecError(f"{method} {self.address}{path}: the answer is not JSON: {error}") from error

    async def _pieces(
        self, method: str, path: str, params: Params, body: Body | None, kind: str
    ) -> AsyncGenerator[bytes, None]:
        """The body of a good answer, as it comes."""
        what = f"{method} {self.address}{path}"
        headers = {"Accept": kind, **({} if body is None else {"Content-Type": body.kind})}
        content = None if body is None else body.parts
        try:
            async with self._http.stream(
                method, f"{self.address}{path}", params=dict(params), headers=headers, content=content
            ) as answer:
                await self._require_good(answer, what, kind)
                async for piece in answer.aiter_raw():
                    yield piece
        except httpx.TransportError as error:
            raise self._lost(error, what) from None

    def _lost(self, error: httpx.TransportError, what: str) -> BarographError:
        """What a failed transfer comes to."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                said = f"{what}: its certificate is not trusted: {cause.verify_message}; SSL_CERT_FILE names one's own"
                return ServerAway(said)
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, httpx.UnsupportedProtocol):
            return SettingsError(f"url: expected http:// or https://, got {what.partition(' ')[2][:100]!r}")
        kind = "there is no connection" if isinstance(error, httpx.ConnectError) else "the connection was lost"
        kind = "no answer in time" if isinstance(error, httpx.TimeoutException) else kind
        return Unanswered(f"{what}: {kind} ({shortened(self.hidden(str(error)) or type(error).__name__, MOST_SAID)})")

    async def _require_good(self, answer: httpx.Response, what: str, kind: str) -> None:
        """Raise what an answer other than the one asked for says."""
        if answer.is_success:
            came = self.hidden(answer.headers.get("Content-Type", "")).partition(";")[0].strip()
            if came != kind:
                raise CodecError(
                    f"{what}: expected {kind}, got {came[:80]!r}: is it the address of Barograph's ingest?"
                )
            if (coding := self.hidden(answer.headers.get("Content-Encoding", "identity"))) != "identity":
                raise CodecError(f"{what}: expected an answer as it is, got Content-Encoding {coding[:40]!r}")
            return
        if answer.is_redirect:
            raise CodecError(f"{what}: the server sends on to another address, which is not followed; give that one")
        said = bytearray()
        async with asyncio.timeout(MESSAGE_S):
            async for piece in answer.aiter_raw():
                said += piece
                if len(said) > MOST_ERROR_BYTES:
                    break
        body = self.hidden(said[:MOST_ERROR_BYTES].decode("utf-8", "replace")).encode()
        raise error_of(answer.status_code, answer.headers.get("Retry-After"), body, what)


def path_of(*parts: str) -> str:
    """Return a path of names, each quoted."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def json_body(said: Any) -> Body:
    """Return a value as a body; numbers of numpy are numbers."""
    return Body(JSON, _once(msgspec.json.encode(said, enc_hook=plain)))


class _Reader:
    """Messages out of pieces of any size."""

    def __init__(self, pieces: AsyncGenerator[bytes, None]) -> None:
        self._pieces, self._held = pieces, bytearray()

    async def message(self) -> bytes:
        length = int.from_bytes(await self._take(LENGTH_BYTES), "little")
        if length > MOST_MESSAGE:
            raise CodecError(f"message: expected at most {MOST_MESSAGE} bytes, got one of {length}", field="message")
        return await self._take(length)

    async def end(self) -> None:
        """Nothing may follow; the connection is free for the next request then."""
        if self._held or await anext(self._pieces, None) is not None:
            raise CodecError("message: expected nothing after the end", field="message")

    async def _take(self, n: int) -> bytes:
        while len(self._held) < n:
            piece = await anext(self._pieces, None)
            if piece is None:
                raise EOFError
            self._held += piece
        taken = bytes(self._held[:n])
        del self._held[:n]
        return taken


def error_of(status: int, retry_after: str | None, body: bytes, what: str) -> BarographError:
    """Return the error that a status and its body are."""
    code, message, field = _told(body)
    said = f"{what}: the server said {status}{f' {code}' if code else ''}{f': {message}' if message else ''}"
    wait_s = float(retry_after) if retry_after is not None and retry_after.isdigit() else None
    if status in RETRIED:
        refused = Refused(code or "rate_limited", said, field=field, retry_after_s=wait_s) if status == 429 else None
        return Unanswered(said, wait_s, final=refused)
    match status:
        case 401:
            return AccessDenied(f"{said}; the token is missing, wrong, expired or revoked")
        case 403:
            return AccessDenied(f"{said}; this token may not do that, or the server does not take it")
        case 404:
            return NotFound(message or said)
        case 410:
            return Gone(message or said)
        case 400 | 415 | 422:
            return InvalidData(message or said, field=field)
    return Refused(code or "refused", said, field=field, retry_after_s=wait_s)


def _told(body: bytes) -> tuple[str, str, str | None]:
    """Code, message and field of an error's body, whatever it is."""
    try:
        detail = msgspec.json.decode(body)["error"]
        texts = [detail.get(name) for name in ("code", "message", "field")]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError, AttributeError):
        return "", "", None
    code, message, field = (
        "".join(one if one.isprintable() else " " for one in text[:MOST_SAID]) if isinstance(text, str) else ""
        for text in texts
    )
    return code[:40], message, field or None
