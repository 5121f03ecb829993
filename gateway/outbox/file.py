"""The file of the outbox: opened by one process, checked, set aside when damaged, room kept in reserve."""

import fcntl
import hashlib
import os
import secrets
import sqlite3
from contextlib import ExitStack, suppress
from importlib import resources
from pathlib import Path

from config.text import say
from gateway.outbox.errors import OutboxError

__all__ = [
    "Ballast",
    "Lock",
    "identity",
    "open_file",
    "read_only",
    "remove_file",
    "set_aside",
    "set_aside_count",
]

VERSION = 1
_APPLICATION = 0x4D544F42  # "MTOB"
_PAGE = 4096
_WAL_LIMIT = 1 << 20
_MACHINE_ID = Path("/etc/machine-id")


def _descriptor(path: Path) -> int:
    """The lock file, open, in a folder made where it is missing; raises OutboxError where that is not allowed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        text = say(
            f"{error.strerror}; the daemon's user must be able to write in gateway.state_dir",
            f"{error.strerror}；守护进程的用户须能写入 gateway.state_dir",
        )
        raise OutboxError(f"{error.filename or path}: {text}") from None


class Lock:
    """Held while the outbox is open; a second daemon on the same folder is refused."""

    def __init__(self, path: Path) -> None:
        self._descriptor = _descriptor(path.with_name(path.name + ".lock"))
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            text = say(
                "is in use by another process; a state folder serves one daemon",
                "正被另一个进程使用；一个状态目录只供一个守护进程使用",
            )
            raise OutboxError(f"{path}: {text}") from None

    def release(self) -> None:
        """Let others in."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Ballast:
    """A file given up when the disk is full, so that acknowledging and deleting still work."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path.with_name(path.name + ".ballast")
        self.size = size

    @property
    def there(self) -> bool:
        """Whether it can still be given up."""
        return self.size == 0 or self._path.exists()

    def give_up(self) -> None:
        """Free its room."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def room(self) -> bool:
        """Whether the disk has room for the ballast and as much again."""
        with suppress(OSError):
            found = os.statvfs(self._path.parent)
            return found.f_bavail * found.f_frsize >= max(2 * self.size, 64 * 1024) and found.f_favail != 0
        return False

    def create(self) -> bool:
        """Take the room again; False when there is none."""
        if self.size == 0:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self.size)
            finally:
                os.close(descriptor)
        except OSError:
            self.give_up()
            return False
        return True


def identity(path: Path) -> str:
    """What a copied or restored file does not share: the machine and the place of the file on its disk."""
    machine = _MACHINE_ID.read_text().strip() if _MACHINE_ID.exists() else ""
    found = path.stat()
    return hashlib.sha256(f"{machine} {found.st_dev} {found.st_ino}".encode()).hexdigest()[:32]


def token_path(path: Path) -> Path:
    """The file that must agree with the outbox: a copy of one without the other is noticed."""
    return path.with_name(path.name + ".token")


def renew_token(path: Path) -> str:
    """Write a new token beside the outbox, durably; the caller stores the same inside."""
    token = secrets.token_hex(8)
    target = token_path(path)
    fresh = target.with_name(target.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, token.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(target)
    return token


def read_token(path: Path) -> str:
    """The token beside the outbox; empty when there is none."""
    with suppress(OSError):
        return token_path(path).read_text(errors="replace")
    return ""


def _parts(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]


def remove_file(path: Path) -> None:
    """Remove the file with its parts."""
    for part in _parts(path):
        part.unlink(missing_ok=True)


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a damaged file with its parts; returns the new name of the main file."""
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    for part in _parts(path):
        if part.exists():
            part.rename(target.with_name(target.name + part.name.removeprefix(path.name)))
    return target


def set_aside_count(path: Path) -> int:
    """How many damaged files stand aside."""
    names = (found.name for found in path.parent.glob(f"{path.name}.corrupt-*"))
    return sum(not name.endswith(("-wal", "-shm")) for name in names)


def _version_in_header(path: Path) -> int:
    # Read without SQLite: merely opening a file of a later version would already change it.
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        return 0
    if int.from_bytes(header[68:72], "big") != _APPLICATION:
        return 0
    return int.from_bytes(header[60:64], "big")


def _refuse_later(path: Path, version: int) -> None:
    if version > VERSION:
        text = say(
            f"was written by a later meterd (schema {version}, this knows {VERSION}); nothing was changed",
            f"由更新版本的 meterd 写成（结构版本 {version}，本程序只识别到 {VERSION}）；未作任何改动",
        )
        raise OutboxError(f"{path}: {text}")


def _configure(connection: sqlite3.Connection, max_bytes: int) -> None:
    for pragma in (
        f"page_size={_PAGE}",
        "auto_vacuum=INCREMENTAL",
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        f"journal_size_limit={_WAL_LIMIT}",
        "temp_store=MEMORY",
        "cache_size=-512",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    # The cap holds for this connection only: it is set on every open.
    connection.execute(f"PRAGMA max_page_count={max_bytes // _PAGE}").close()


def _create(connection: sqlite3.Connection) -> None:
    script = resources.files("gateway.outbox").joinpath("schema.sql").read_text(encoding="utf-8")
    identity = f"PRAGMA application_id={_APPLICATION}; PRAGMA user_version={VERSION};"
    connection.executescript(f"BEGIN IMMEDIATE;{script}{identity}COMMIT;")
    # The version must stand in the main file, where it is read before SQLite opens it.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def _check(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version == 0 and tables == 0:
        _create(connection)
    elif version != VERSION:
        raise sqlite3.DatabaseError(f"user_version {version}")
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)


def open_file(path: Path, max_bytes: int) -> sqlite3.Connection:
    """Open or create the file, for the calling thread.

    Raises OutboxError for a file of a later version, sqlite3.DatabaseError for one that is damaged,
    OSError or sqlite3.OperationalError when the disk does not let us.
    """
    if path.exists():
        _refuse_later(path, _version_in_header(path))
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with ExitStack() as stack:
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=64)
        stack.callback(connection.close)
        _configure(connection, max_bytes)
        _check(connection)
        stack.pop_all()
    return connection


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, beside a running daemon; raises OutboxError without an outbox.

    It works for a process that may not write into the folder too: one that nobody has open needs no help files.
    """
    if not path.exists():
        text = say(
            "there is no outbox: no daemon has run with this gateway.state_dir",
            "没有待发库：还没有守护进程用这个 gateway.state_dir 运行过",
        )
        raise OutboxError(f"{path}: {text}")
    _refuse_later(path, _version_in_header(path))
    resting = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    mode = "mode=ro&immutable=1" if resting else "mode=ro"
    connection = sqlite3.connect(f"file:{path}?{mode}", uri=True, isolation_level=None)
    connection.execute("PRAGMA busy_timeout=5000").close()
    return connection
