"""The upload page on this machine, with a clock that is moved by hand and a daemon that takes what was confirmed."""

import asyncio
import ssl
import subprocess
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import aiohttp

from config.load import load
from gateway.dumps import desk
from gateway.dumps.report import Report
from gateway.dumps.spool import Spool
from gateway.upload.app import Page, build
from gateway.upload.clerk import Failed
from gateway.upload.places import Places
from gateway.upload.users import Users
from gateway.upload.views import Views, summary

__all__ = ["HEAD", "NOW", "PASSWORD", "PROCESSES", "Client", "Hands", "House", "certificate", "dump"]

PROCESSES = object()
"""Stands for files that are checked as in earnest, each in a process of its own."""
NOW = datetime(2024, 5, 2, tzinfo=UTC)
PASSWORD = "three brave meters"
HEAD = "资产编号,示数类型,倍率,上次示数,本次示数,抄表时间,抄表员,抄表方式,异常代码"
TOML = """[gateway]
name = "so-001"
state_dir = "state"
[[target]]
name = "line"
driver = "meter"
link = "tcp://127.0.0.1:9"
[upload]
"""
METERS = "asset_no,address,protocol,target\n" + "".join(
    f"{n},{n},dlt645-2007,line\n" for n in range(1001, 1081)
)


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self):
        return self.seconds

    def synced(self):
        return True


def certificate(folder: Path, name="localhost"):
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    key.chmod(0o600)
    return cert, key


def dump(*assets, value="150.33", head=HEAD):
    rows = [f"{one},总,1,100.12,{value},2024-05-01 08:30:00,R001,1,00" for one in assets]
    return "\r\n".join([head, *rows, ""]).encode()


@dataclass
class Client:
    """One browser without a screen: cookies, form tokens, and nothing followed by itself."""

    session: aiohttp.ClientSession
    base: str
    csrf: str = ""
    extra: dict = field(default_factory=dict)

    async def ask(self, method, path, **given):
        headers = self.extra | given.pop("headers", {})
        options = {"allow_redirects": False, "headers": headers} | given
        async with self.session.request(method, self.base + path, **options) as answer:
            answer.said = await answer.text()
            return answer

    async def get(self, path, **given):
        return await self.ask("GET", path, **given)

    async def post(self, path, fields=None, **given):
        return await self.ask("POST", path, data={"csrf": self.csrf} | (fields or {}), **given)

    async def token(self, path="/"):
        said = (await self.get(path)).said
        self.csrf = said.partition('name="csrf" value="')[2].partition('"')[0]
        return self.csrf

    async def sign_in(self, user="li", password=PASSWORD):
        await self.token("/login")
        answer = await self.post("/login", {"user": user, "password": password})
        if answer.status == 303:
            await self.token(answer.headers["Location"])
        return answer

    async def upload(self, body, name="route.csv", **headers):
        given = {"X-CSRF": self.csrf, "X-File-Name": name, "Content-Type": "application/octet-stream"}
        return await self.ask("POST", "/uploads", data=body, headers=given | headers)

    async def shown(self, number, until=lambda said: "http-equiv" not in said):
        """The page of an upload when it stands still."""
        async with asyncio.timeout(60):
            while not until(said := (await self.get(f"/uploads/{number}")).said):
                await asyncio.sleep(0.02)
        return said

    async def checked(self, body, name="route.csv"):
        """Upload and wait for the preview; the number."""
        answer = await self.upload(body, name)
        assert answer.status == 201, answer.said
        number = (await answer.json(content_type=None))["number"]
        await self.shown(number)
        return number


@dataclass
class House:
    """A folder with configuration, archive, users and the page."""

    folder: Path
    hands: Hands
    page: Page
    base: str
    trust: ssl.SSLContext | None = None

    @property
    def spool(self):
        return Spool(self.places.spool)

    @property
    def places(self):
        return Places(self.folder / "state")

    @asynccontextmanager
    async def client(self, **headers):
        connector = aiohttp.TCPConnector(ssl=self.trust or False, limit=100)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
            yield Client(session, self.base, extra=headers)

    @asynccontextmanager
    async def signed_in(self, user="li", **headers):
        async with self.client(**headers) as client:
            assert (await client.sign_in(user)).status == 303
            yield client

    def daemon(self, taken=True):
        """Import what was confirmed, as the daemon would; returns the receipts."""
        done = []
        for ticket in self.spool.waiting():
            check = dry_run(self.folder / "meterd.toml", self.hands)
            report = check(self.spool.dump(ticket.receipt), lambda _rows: None)
            report = replace(report, file=ticket.name, receipt=ticket.receipt, committed=taken)
            if not taken:
                report.refused.append(("outbox_full", ""))
            pieces = getattr(report, "json_pieces", report.as_json)
            self.spool.finish(ticket, pieces())
            done.append(ticket.receipt)
        return done


def written(folder: Path, upload: str):
    (folder / "archive").mkdir(exist_ok=True)
    (folder / "archive" / "meters.csv").write_text(METERS, encoding="utf-8")
    (folder / "meterd.toml").write_text(TOML + upload, encoding="utf-8")
    return load(folder / "meterd.toml")


@cache
def people():
    """The file of users, hashed once."""
    with tempfile.TemporaryDirectory() as folder:
        users = Users(Path(folder) / "users.json")
        for name, role in (("li", "technician"), ("wang", "technician"), ("chen", "supervisor")):
            users.add(name, PASSWORD, NOW, role=role)
            users.set_password(name, PASSWORD, NOW, one_time=False)
        return (Path(folder) / "users.json").read_bytes()


@cache
def keys():
    """A certificate and its key, made once."""
    with tempfile.TemporaryDirectory() as folder:
        return tuple(path.read_bytes() for path in certificate(Path(folder)))


@asynccontextmanager
async def house(folder: Path, upload="", *, tls=True, checker=None, more=""):
    """The page running; `li` and `wang` are technicians, `chen` supervises, all with the same password."""
    given = 'listen = "127.0.0.1:0"\n' + upload
    trust = None
    if tls:
        cert, key = folder / "page.pem", folder / "page.key"
        for path, content in zip((cert, key), keys(), strict=True):
            path.write_bytes(content)
            path.chmod(0o600)
        given += f'cert_file = "{cert.name}"\nkey_file = "{key.name}"\n'
        trust = ssl.create_default_context(cafile=cert)
    loaded, hands = written(folder, given + more), Hands()
    (folder / "state/upload").mkdir(parents=True, exist_ok=True)
    (folder / "state/upload/users.json").write_bytes(people())
    clerk = None
    if checker is not PROCESSES:
        places = Places(folder / "state")
        clerk = Desk(checker or dry_run(folder / "meterd.toml", hands), Views(places.views))
        clerk.spool = Spool(places.spool)
    page = await build(loaded, hands, clerk)
    page.keepers.users.all()
    host, port = page.listener.address
    running = asyncio.create_task(page.run())
    try:
        yield House(folder, hands, page, f"{'https' if tls else 'http'}://{host}:{port}", trust)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Desk:
    """Looks at files within this process: at once, with `check` in place of the real one."""

    def __init__(self, check, views):
        self._check, self._views, self.spool = check, views, None

    async def check(self, number, progress):
        path = self.spool.dump(number)
        report = await asyncio.to_thread(self._check, path, progress)
        return self._put(number, report.as_json())

    async def digest(self, number):
        if (report := self.spool.report(number)) is None:
            raise Failed(number)
        return self._put(number, report)

    def _put(self, number, report):
        report |= {"file": self.spool.ticket(number).name}
        self._views.put(number, report)
        return summary(report)


def refusing(reason):
    """A check that refuses every file."""

    def check(path, progress):
        progress(1)
        return Report(file=path.name, refused=[(reason, "")])

    return check


def dry_run(config, clock):
    """The real check, within this process."""
    return lambda path, progress: desk.Desk.of(config, "", clock, 0).run(
        path, commit=False, progress=progress
    )
