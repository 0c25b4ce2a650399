"""Settings: one frozen object a process, read once: what is given, the environment, `barograph.env`, `/run/secrets`."""

from __future__ import annotations

import ipaddress
import logging
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import platformdirs
import pydantic_settings
from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from barograph.errors import SettingsError
from barograph.networks import in_url, network_of
from barograph.private import checked_secret, require_not_written_by_others, require_unchanged_by_others

log = logging.getLogger("barograph.settings")

SECRETS_DIR = Path("/run/secrets")
ENV_FILE = Path("barograph.env")
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster")


def _default_data_dir() -> Path:
    return Path(platformdirs.user_data_dir("barograph", appauthor=False))


class Settings(BaseSettings):
    """Every setting, its default and what it means; the environment's names are `BAROGRAPH_` and the field's name."""

    model_config = SettingsConfigDict(
        env_prefix="BAROGRAPH_",
        env_file=ENV_FILE,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    mongo_url: SecretStr | None = Field(
        None, description="MongoDB to use; unset: the embedded server of the data directory"
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey to use, a cluster as `redis+cluster://host:port,host:port`; unset: the embedded "
        "server of the data directory",
    )
    frames_mongo_url: SecretStr | None = Field(
        None,
        description="MongoDB under a user that inserts frames, for files that are uploaded to the dashboard; unset: "
        "`BAROGRAPH_MONGO_URL`",
    )
    database: str = Field("barograph", description="name of the MongoDB database", pattern=r"\A[A-Za-z0-9_-]{1,38}\z")
    data_dir: Path = Field(default_factory=_default_data_dir, description="where embedded servers keep their data")
    master_key_file: Path | None = Field(
        None,
        description="file of the master key, without which nobody reads what is stored; unset: `master.key` in the "
        "data directory, made once",
    )
    rotate_after_erasing: bool | None = Field(
        None,
        description="1: erasing an athlete replaces the master key, so that older copies of the database cannot be "
        "read with it; 0: `barograph keys rotate` does; unset: 1 where the key is `master.key` of the data directory",
    )
    secret_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("BAROGRAPH_SECRET_KEY", "SECRET_KEY", "secret_key"),
        description="signs logins, 32 characters or more; unset: made once and kept in the data directory "
        "(`SECRET_KEY` is understood too)",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="token with which a Prometheus on another machine reads `/metrics` and nothing else, 32 characters "
        "or more; unset: this machine alone",
    )
    token: SecretStr | None = Field(
        None, description="token that `barograph.connect` sends to a server on another machine; it was made there"
    )
    token_over_http: bool = Field(
        False, description="1: the token may go to another machine over plain `http://` (a network that is trusted)"
    )
    host: str = Field(
        "127.0.0.1", description="address to listen on; one that others can reach needs TLS or a named reverse proxy"
    )
    lan_host: str | None = Field(
        None,
        description="address to listen on too, that others can reach: for devices with a token, and for shared links "
        "(`barograph up --lan`)",
    )
    ingest_port: int = Field(5001, ge=0, le=65535, description="port of the ingest; 0: any free one")
    ingest_url: str | None = Field(
        None, description="where the dashboard reads the state of the ingest; unset: this machine, at the ingest's port"
    )
    dashboard_port: int = Field(8050, ge=0, le=65535, description="port of the dashboard; 0: any free one")
    tls_cert: Path | None = Field(
        None,
        description="certificate with its chain, in PEM: connections from other machines use TLS; read again when it "
        "changes",
    )
    tls_key: Path | None = Field(
        None, description="key of that certificate, in PEM and without a password; only its owner may read it"
    )
    oidc_issuer: str | None = Field(
        None, description="identity provider (OpenID Connect) at which users may sign in too; unset: none"
    )
    oidc_client_id: str | None = Field(None, description="name of this lab at that provider")
    oidc_client_secret: SecretStr | None = Field(None, description="secret of this lab at that provider")
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description="addresses or networks of reverse proxies whose `Forwarded` and `X-Forwarded-For`, `-Proto` and "
        "`-Host` are believed, as a JSON list",
    )
    proxy_protocol: bool = Field(
        False,
        description="1: each connection of a named proxy begins with a PROXY header (version 1 or 2), which says who "
        "it is",
    )
    spread_streams: bool = Field(
        False,
        description="1: behind a balancer that gives a new connection to the process with the fewest, an ingest with "
        "more than its share asks devices with a spool to connect anew",
    )
    device_tokens: Literal["off", "required"] = Field(
        "required",
        description="whether devices of this machine need a token to send; `barograph demo` has it `off` if nothing is "
        "set, and those from elsewhere always need one",
    )
    trusted_network: bool = Field(
        False, description="1: everyone who can reach the ports may use them; ends with the next version"
    )
    allowed_hosts: tuple[str, ...] = Field(
        (), description="host names besides localhost under which both may be opened, as a JSON list"
    )
    allowed_origins: tuple[str, ...] = Field(
        (),
        description="browser origins whose pages may use all of the ingest, by a token where one is needed; JSON list; "
        'localhost may send; `["*"]` where tokens are required',
    )
    max_message_bytes: int = Field(9 << 20, ge=1 << 16, le=64 << 20, description="largest message a client may send")
    max_upload_bytes: int = Field(
        512 << 20, ge=1 << 16, description="largest body of a request that brings frames, also after unpacking"
    )
    storage_timeout_s: float = Field(10.0, gt=0.1, le=300, description="how long an operation on MongoDB may take")
    history_from: Literal["primary", "secondaries"] = Field(
        "primary",
        description="who is asked for stored frames and overviews; `secondaries` of a replica set spare its primary, "
        "and answer once they have all that it had",
    )
    min_free_bytes: int = Field(
        1 << 30, ge=0, description="free space on the archive's disk below which no new session is taken"
    )
    idle_timeout_s: float = Field(300.0, gt=1, description="silence after which a workout counts as ended")
    held_s: float = Field(
        3600.0, ge=60, description="silence after which frames of a test day's device go that no trial has claimed"
    )
    max_frames_per_s: float = Field(
        250_000, gt=0, description="frames a second of a connection, and of a stream; another message counts as one"
    )
    max_bytes_per_s: float = Field(512 << 20, gt=0, description="bytes a second of a connection")
    max_joins_per_minute: float = Field(600, gt=0, description="joins a minute of a connection")
    max_address_frames_per_s: float = Field(1_000_000, gt=0, description="frames a second of all that an address sends")
    max_address_bytes_per_s: float = Field(1 << 30, gt=0, description="bytes a second of all that an address sends")
    max_address_joins_per_minute: float = Field(6000, gt=0, description="joins a minute of an address")
    max_address_requests_per_s: float = Field(1000, gt=0, description="HTTP requests a second of an address")
    max_address_refused_links_per_minute: float = Field(
        20,
        gt=0,
        description="links of the dashboard, one-time or shared, that an address may try without success in a minute",
    )
    max_address_sockets: int = Field(512, ge=1, description="connections that an address may have open")
    max_share_sockets: int = Field(32, ge=1, description="live feeds that browsers with one shared link may have open")
    max_address_handshakes: int = Field(256, ge=1, description="connections of an address that have asked nothing yet")
    handshake_timeout_s: float = Field(10.0, gt=0, description="how long a connection may take to ask for something")
    silent_timeout_s: float = Field(60.0, gt=0, description="how long a connection may stay without joining anything")
    max_bad_messages: int = Field(1000, ge=1, description="bad messages in a row after which a connection is closed")
    backup_dir: Path | None = Field(
        None, description="directory of the backup that `barograph up` brings up to date each day; unset: none"
    )
    backup_keys_dir: Path | None = Field(
        None, description="directory of the keys of what is sealed in that backup; unset: `keys` in it"
    )
    backup_hour: int = Field(3, ge=0, le=23, description="hour of the day, by this machine's clock, of that backup")
    cold_storage: str | None = Field(
        None,
        description="where frames of archived sessions are kept: a directory, or `s3://bucket/prefix`; unset: nothing "
        "is archived",
    )
    cold_s3_endpoint: str | None = Field(
        None, description="address of an S3-compatible storage that is not Amazon's, such as `https://s3.example.org`"
    )
    cold_s3_region: str = Field("us-east-1", description="region of that bucket")
    cold_s3_key_id: str | None = Field(
        None, description="id of the key to that bucket; unset: what `AWS_ACCESS_KEY_ID` and its kin say"
    )
    cold_s3_secret: SecretStr | None = Field(None, description="secret of that key")
    traces_url: str | None = Field(
        None,
        description="receiver of OpenTelemetry traces of the ingest (OTLP over HTTP), such as `http://127.0.0.1:4318`; "
        "unset: none",
    )
    traces_ratio: float = Field(0.01, gt=0, le=1, description="share of the messages with frames that are traced")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="lowest level that is logged")

    @field_validator("host", "lan_host")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None:
            ipaddress.ip_address(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            network = network_of(text)
            if network.prefixlen == 0:
                raise ValueError(f"expected the proxies alone, got {text!r}, which is everyone")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _provider(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://none")
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(f"expected an address that begins with https://, got {str(value)[:80]!r}")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            scheme, found, rest = value.get_secret_value().partition("://")
            if not found or scheme not in REDIS_SCHEMES:
                raise ValueError(f"expected a URL with one of {', '.join(REDIS_SCHEMES)}")  # its own may be a secret
            path = urlsplit(f"redis://{rest}").path
            if scheme.endswith("+cluster") and path not in ("", "/", "/0"):
                raise ValueError(f"expected no number of a database, because a cluster has one alone, got {path[:8]!r}")
        return value

    @field_validator("secret_key", "metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None:
            checked_secret(variable(str(info.field_name)), value.get_secret_value())
        return value

    @field_validator("ingest_url", "cold_s3_endpoint", "traces_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError(f"expected an address that begins with http:// or https://, got {value[:80]!r}")
        return value.rstrip("/") if value else value

    @field_validator("cold_storage")
    @classmethod
    def _place(cls, value: str | None) -> str | None:
        if value is None or value.startswith("s3://"):
            if value is not None and not urlsplit(value).netloc:
                raise ValueError(f"expected s3://bucket or s3://bucket/prefix, got {value[:80]!r}")
            return value
        if "://" in value:
            raise ValueError(f"expected a directory, or s3://bucket/prefix, got {value[:80]!r}")
        return str(Path(value).expanduser().absolute())

    @field_validator("data_dir", "master_key_file", "tls_cert", "tls_key", "backup_dir", "backup_keys_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value if value is None else value.expanduser().absolute()

    @property
    def rotates_after_erasing(self) -> bool:
        """True when erasing an athlete replaces the master key by itself."""
        return self.master_key_file is None if self.rotate_after_erasing is None else self.rotate_after_erasing

    @property
    def loopback(self) -> bool:
        """True when the address to listen on is this machine's own."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def local_host(self) -> str:
        """The address under which this machine reaches its own servers."""
        at = ipaddress.ip_address(self.host)
        if at.is_loopback or (self.trusted_network and not at.is_unspecified):
            return self.host
        return "::1" if at.version == 6 else "127.0.0.1"

    @property
    def reached(self) -> bool:
        """True when something listens on an address that others can reach."""
        return self.lan_host is not None or not self.loopback

    @property
    def tls(self) -> bool:
        """True when what others can reach is TLS."""
        return self.tls_cert is not None

    @property
    def ingest_base_url(self) -> str:
        """Where the ingest answers over HTTP."""
        return self.ingest_url or f"http://{self.address(self.ingest_port)}"

    def address(self, port: int) -> str:
        """Return where this machine reaches `port`, as in a URL: on loopback, whoever else may come."""
        return in_url(ipaddress.ip_address(self.local_host), port)


def load(**given: Any) -> Settings:
    """Read settings from what is given, the environment, `barograph.env` and `/run/secrets`, in this order."""
    chosen = {name: value for name, value in given.items() if value is not None}
    _require_safe_sources()
    try:
        settings = Settings(**{"_secrets_dir": SECRETS_DIR if SECRETS_DIR.is_dir() else None, **chosen})
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{variable(str(first['loc'][0]))}: {first['msg']}") from error
    except pydantic_settings.SettingsError as error:
        raise SettingsError(f"{error}: expected a JSON list, such as '[\"localhost\"]'") from error
    _require_doors(settings)
    return settings


def _require_doors(settings: Settings) -> None:
    """What others can reach opens nothing that is for one person alone, unless it is encrypted."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        there, lacking = ("tls_cert", "tls_key") if settings.tls_cert else ("tls_key", "tls_cert")
        raise SettingsError(f"{variable(lacking)}: expected beside {variable(there)}, got none")
    if "*" in settings.allowed_origins and settings.device_tokens != "required":
        raise SettingsError(
            f"{variable('allowed_origins')}: '*' lets every page in every browser ask, so it needs tokens; set "
            f"{variable('device_tokens')}=required, or name the origins"
        )
    if settings.proxy_protocol and not settings.trusted_proxies:
        raise SettingsError(
            f"{variable('proxy_protocol')}: nobody is believed; name the proxies in {variable('trusted_proxies')}"
        )
    if settings.tls and not settings.reached:
        raise SettingsError(
            f"{variable('tls_cert')}: nothing that others can reach is opened, only {settings.host}; use "
            f"`barograph up --lan`, or an address of this machine in {variable('host')}"
        )
    if settings.lan_host is not None and ipaddress.ip_address(settings.lan_host).is_loopback:
        raise SettingsError(
            f"{variable('lan_host')}: expected an address that others can reach, got {settings.lan_host}"
        )
    if settings.trusted_network:
        log.warning(
            "%s=1 lets everyone who can reach the ports do everything, and ends with the next version: use %s and %s, "
            "%s, or `barograph up --lan`",
            *map(variable, ("trusted_network", "tls_cert", "tls_key", "trusted_proxies")),
        )
    elif not (settings.loopback or settings.tls or settings.trusted_proxies):
        raise SettingsError(
            f"{variable('host')}: others can reach {settings.host}. For devices with tokens and shared links, run "
            f"`barograph up --lan`; for everything, set {variable('tls_cert')} and {variable('tls_key')}, or name your "
            f"reverse proxy in {variable('trusted_proxies')}"
        )


def _require_safe_sources() -> None:
    """What others may write sets nothing here."""
    if ENV_FILE.is_symlink() or ENV_FILE.exists():
        require_unchanged_by_others(ENV_FILE)
    if SECRETS_DIR.is_dir():
        names = {variable(name).lower() for name in Settings.model_fields} | {"secret_key"}
        ours = [path for path in SECRETS_DIR.iterdir() if path.name.lower() in names]
        for path in (SECRETS_DIR, *ours):
            require_not_written_by_others(path)


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return "BAROGRAPH_" + name.upper().removeprefix("BAROGRAPH_")
