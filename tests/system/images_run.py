"""The second half of `make images`: the services of compose.yaml out of the built directories.

Runs in a network and a mount namespace that `images.py` made: whatever is opened or mounted here goes with it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from images import ROOT, Images, sh
from pymongo import MongoClient
from ruamel.yaml import YAML

from barograph.servers.embedded import find_mongod, find_redis_server

COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))
SERVERS_AT, INGEST_AT = "10.213.77.4", "10.213.77.5"  # in the network of compose.yaml; its gateway is 10.213.77.1
PATIENCE_S, FRAMES = 180.0, 500
# What a container has and nothing else: its tree, not to be written to; memory at /tmp; its secrets; names of hosts.
SANDBOX = """
mount --bind "$T" "$T"; mount -o remount,bind,ro "$T"
mount -t tmpfs -o "$MEMORY" tmpfs "$T/tmp"; mount -t proc proc "$T/proc"; mount --rbind /dev "$T/dev"
mount --bind "$SECRETS" "$T/run/secrets"; mount -o remount,bind,ro "$T/run/secrets"
mount --bind /etc/hosts "$T/etc/hosts"
exec chroot "$T" setpriv --reuid "$ID" --regid "$ID" --clear-groups --no-new-privs --bounding-set=-all \\
  --inh-caps=-all env -i "$@"
"""


class Services:
    """The services of compose.yaml, as a container engine would run them, as far as that goes by namespaces."""

    def __init__(self, images: Images, home: Path, life: ExitStack) -> None:
        self._images, self._home, self._life = images, home, life

    def command(self, name: str, *instead: str) -> tuple[list[str], dict[str, str]]:
        """Return what runs a service, or something else in its place, and the environment of what makes its sandbox."""
        service = COMPOSE["services"][name]
        target = service["build"]["target"]
        tree, told = self._images.tree(target), self._images.told(target)
        user = next(line for line in (tree / "etc/passwd").read_text().splitlines() if line.startswith(told["USER"]))
        (memory,) = (one.removeprefix("/tmp:") for one in service["tmpfs"])
        around = {
            "T": str(tree), "MEMORY": memory, "ID": user.split(":")[2], "SECRETS": str(self._secrets(name, service)),
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        }  # fmt: skip
        inside = {"HOME": user.split(":")[5], **service.get("environment", {})}
        name_path, _, path = told["ENV"].partition("=")
        variables = [f"{key}={value}" for key, value in {name_path: path, **inside}.items()]
        wanted = instead or (*YAML(typ="safe").load(told["ENTRYPOINT"]), *service["command"])
        start = ["sh", "-ec", f'cd {told["WORKDIR"]} && exec "$@"', "sh", *wanted]
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", SANDBOX, "sh"]
        return [*apart, *variables, *start], around

    def _secrets(self, name: str, service: dict[str, Any]) -> Path:
        place = self._home / f"secrets-of-{name}"
        place.mkdir(exist_ok=True)
        for one in service.get("secrets", ()):
            source, target = (one["source"], one["target"]) if isinstance(one, dict) else (one, one)
            shutil.copy(self._home / COMPOSE["secrets"][source]["file"], place / target)
        return place

    def run(self, name: str, *instead: str, code: int = 0) -> str:
        """Run a service to its end, and return what it says."""
        command, around = self.command(name, *instead)
        ran = subprocess.run(command, env=around, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        require(ran.returncode == code, f"{name} {instead}: {ran.returncode}\n{ran.stdout}\n{ran.stderr[-3000:]}")
        return ran.stdout + ran.stderr

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start a service, which is ended with all others."""
        command, around = self.command(name)
        log = self._life.enter_context((self._home / f"{name}.log").open("wb"))
        process = subprocess.Popen(command, env=around, stdout=log, stderr=log)
        self._life.callback(process.wait)
        self._life.callback(process.kill)
        return process

    def healthy(self, name: str) -> bool:
        """Return whether its own health check says so."""
        word, *check = COMPOSE["services"][name]["healthcheck"]["test"]
        require(word == "CMD", word)
        command, around = self.command(name, *check)
        return subprocess.run(command, env=around, capture_output=True, check=False).returncode == 0

    def log(self, name: str) -> str:
        """Return the end of what a service said."""
        return (self._home / f"{name}.log").read_text("utf-8", "replace")[-3000:]


def require(true: bool, said: str) -> None:
    """End with what is wrong."""
    if not true:
        sys.exit(f"images: {said}")


def until(true: Callable[[], bool], said: Callable[[], str]) -> float:
    """Return how long something took to be true."""
    begun = time.monotonic()
    while not true():
        require(time.monotonic() - begun < PATIENCE_S, f"not within {PATIENCE_S:.0f} s: {said()}")
        time.sleep(0.2)
    return time.monotonic() - begun


def make_network(home: Path) -> None:
    """Give this namespace the addresses and names that compose.yaml has."""
    sh("mount", "--make-rprivate", "/")
    sh("ip", "link", "set", "lo", "up")
    for address in ("10.213.77.1", SERVERS_AT, INGEST_AT):
        sh("ip", "address", "add", f"{address}/24", "dev", "lo")
    (home / "hosts").write_text(f"127.0.0.1 localhost\n{SERVERS_AT} mongo valkey\n{INGEST_AT} ingest\n")
    sh("mount", "--bind", home / "hosts", "/etc/hosts")


def start_servers(home: Path, life: ExitStack) -> None:
    """Start MongoDB and Valkey with the secrets of `make secrets`; root is made as the image of MongoDB does it."""
    (home / "mongo").mkdir()
    shutil.copy(home / "secrets/mongo_keyfile", home / "keyfile")
    (home / "keyfile").chmod(0o400)
    mongod = list(map(str, [find_mongod(), "--keyFile", home / "keyfile", "--dbpath", home / "mongo"]))
    first = subprocess.Popen([*mongod, "--bind_ip", "127.0.0.1"], stdout=subprocess.DEVNULL)
    password = (home / "secrets/mongo_root_password").read_text()
    with MongoClient[dict[str, Any]]("127.0.0.1", directConnection=True) as client:
        client.admin.command("createUser", "root", pwd=password, roles=["root"])
    first.terminate()
    first.wait()
    valkey = [str(find_redis_server()), str(home / "secrets/valkey_conf"), "--bind", SERVERS_AT, "--dir", str(home)]
    mongo = [*mongod, "--replSet", "barograph", "--bind_ip", f"127.0.0.1,{SERVERS_AT}"]
    for command in (mongo, valkey):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        life.callback(process.wait)
        life.callback(process.kill)


LOOK = """
id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; touch /tmp/x
for at in / /opt/barograph /home/barograph /usr/bin /run/secrets; do touch $at/x && echo wrote $at; done; true
"""


def look_at_rights(services: Services, name: str) -> None:
    """Nothing can be written but /tmp, and there is no right left."""
    said = services.run(name, "sh", "-c", LOOK)
    require(said.splitlines()[0] not in ("", "0"), f"{name} is root: {said}")
    require("wrote" not in said and said.count("Read-only file system") == 5, f"{name} can write: {said}")
    require("NoNewPrivs:\t1" in said and said.count("0000000000000000") == 2, f"{name} has rights: {said}")


def frames_of(workout: str, url: str) -> int:
    """Count the frames that are stored of a workout."""
    with MongoClient[dict[str, Any]](url, timeoutMS=10_000) as client:
        return sum(int(one["n"]) for one in client.barograph.frames.find({"m.w": workout}, {"n": 1}))


def play(services: Services, home: Path) -> None:
    """Bring all up, in the order of compose.yaml, and see frames stored and shown."""
    print(services.run("replicas").strip())
    print(services.run("owner").strip())
    running = {name: services.start(name) for name in ("ingest", "dashboard", "summaries")}
    for name in ("ingest", "dashboard"):
        took = until(lambda name=name: services.healthy(name), lambda name=name: services.log(name))  # type: ignore[misc]
        print(f"{name} is healthy after {took:.1f} s", flush=True)
    for name in running:
        look_at_rights(services, name)
    running["demo"] = services.start("demo")
    owner = (home / "secrets/owner_mongo_url").read_text()
    took = until(lambda: frames_of("demo", owner) > FRAMES, lambda: services.log("demo") + services.log("ingest"))
    print(f"{frames_of('demo', owner)} frames are stored {took:.1f} s after the simulated athlete began")
    require("demo" in services.run("owner", "barograph", "sessions", "list"), "the owner sees no session")
    for name, process in running.items():
        require(process.poll() is None, f"{name} ended with {process.returncode}: {services.log(name)}")
    for name in ("dash", "plotly"):
        services.run("ingest", "python", "-c", f"import {name}", code=1)
    print("all run as a user without rights, on trees that cannot be written to; the ingest has no Dash")


def main() -> None:
    """Make the network and the servers, and play."""
    images = Images(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="barograph-images-") as folder, ExitStack() as life:
        home = Path(folder)
        home.chmod(0o755)
        make_network(home)
        life.callback(sh, "umount", "/etc/hosts")
        shutil.copy(ROOT / "Makefile", home)
        sh("make", "secrets", cwd=home)
        start_servers(home, life)
        play(Services(images, home, life), home)


if __name__ == "__main__":
    main()
