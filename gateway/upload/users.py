"""Who may sign in: a file of names with scrypt hashes, made by `meterd upload user`. There is no default password.

The command and the page both write the file; each reads it anew when it changed.
"""

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from config.text import say
from gateway.upload.errors import UserError

__all__ = ["MIN_PASSWORD", "Role", "User", "Users", "one_time_password"]

Role = Literal["technician", "supervisor"]

MIN_PASSWORD = 10
"""Fewest characters of a password that a person chooses."""
_MAX_PASSWORD = 256
_ONE_TIME_DAYS = 14
_NAME = re.compile(r"[\w][\w.@-]{0,63}")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4
_N, _R, _P = 16_384, 8, 1
_MEMORY = 64 * 1024 * 1024
_MAX_FILE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person. `until` is the last instant (ISO 8601) of a one-time password, empty for one that was chosen."""

    name: str
    salt: str
    hash: str
    role: Role = "technician"
    until: str = ""
    changed: str = ""
    n: int = _N
    r: int = _R
    p: int = _P

    @property
    def one_time(self) -> bool:
        """Whether the password must be changed before anything else."""
        return bool(self.until)

    def knows(self, password: str) -> bool:
        """Whether this is the password; takes some 50 ms and 16 MiB on purpose."""
        given = _scrypt(password, bytes.fromhex(self.salt), self.n, self.r, self.p)
        return hmac.compare_digest(given, bytes.fromhex(self.hash))

    def expired(self, now: datetime) -> bool:
        """Whether a one-time password has waited too long; `now` aware."""
        return self.one_time and now > datetime.fromisoformat(self.until)


def one_time_password() -> str:
    """Sixteen characters in four groups, easy to read out: about 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    text = unicodedata.normalize("NFKC", password[:_MAX_PASSWORD])
    raw = text.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(raw, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


_NOBODY = User(name="nobody", salt="00" * 16, hash="00" * 32)


class Users:
    """The file of users; a file that is not there has none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._users: dict[str, User] = {}

    def all(self) -> list[User]:
        """Everybody, by name; raises UserError for a file that cannot be read."""
        self._refresh()
        return [self._users[name] for name in sorted(self._users)]

    def find(self, name: str) -> User | None:
        """A user by name."""
        self._refresh()
        return self._users.get(_normal(name))

    def verify(self, name: str, password: str, now: datetime) -> User | None:
        """The user, if this is the password and it is still good; takes as long for a name that is unknown."""
        user = self.find(name)
        known = (user or _NOBODY).knows(password)
        return user if user is not None and known and not user.expired(now) else None

    def add(self, name: str, password: str, now: datetime, *, role: Role = "technician") -> User:
        """A new user with a one-time password; raises UserError for a name that is taken or unfit."""
        name = _fit(name)
        user = _with(User(name=name, salt="", hash="", role=role), password, now, one_time=True)

        def put(users: dict[str, User]) -> None:
            if name in users:
                raise UserError(say(f"{name} is there already", f"用户 {name} 已存在"))
            users[name] = user

        self._change(put)
        return user

    def set_password(self, name: str, password: str, now: datetime, *, one_time: bool) -> User:
        """Another password, chosen by the person or given for one use; raises UserError."""
        name = _normal(name)
        if not one_time:
            _judge(password, name)

        def put(users: dict[str, User]) -> None:
            users[name] = _with(_known(users, name), password, now, one_time=one_time)

        self._change(put)
        return self._users[name]

    def remove(self, name: str) -> None:
        """Take a user out; raises UserError where there is none."""

        def drop(users: dict[str, User]) -> None:
            del users[_known(users, _normal(name)).name]

        self._change(drop)

    def _change(self, change: Callable[[dict[str, User]], None]) -> None:
        try:
            with self._locked():
                self._read()
                users = dict(self._users)
                change(users)
                self._write(users)
                self._read()
        except OSError as error:
            raise UserError(f"{self._path}: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Iterator[Self]:
        folder = self._path.parent
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700)
            _belong(folder, folder.parent)
        lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _belong(Path(f"{self._path}.lock"), folder)
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self
        finally:
            os.close(lock)

    def _write(self, users: dict[str, User]) -> None:
        body = json.dumps({"users": [asdict(user) for user in users.values()]}, ensure_ascii=False, indent=1)
        temporary = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{body}\n")
            file.flush()
            os.fsync(file.fileno())
        _belong(temporary, self._path.parent)
        temporary.replace(self._path)

    def _refresh(self) -> None:
        if self._stamp is None or _stamp(self._path) != self._stamp:
            self._read()

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                raw = file.read(_MAX_FILE)
        except FileNotFoundError:
            self._stamp, self._users = None, {}
            return
        except OSError as error:
            raise UserError(f"{self._path}: {error.strerror}") from error
        self._users = _parse(raw, self._path)
        self._stamp = (found.st_ino, found.st_mtime_ns, found.st_size)


def _belong(path: Path, like: Path) -> None:
    """What root makes belongs to whom the folder around it belongs to: the page does not run as root."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _parse(raw: bytes, path: Path) -> dict[str, User]:
    try:
        users = [User(**one) for one in json.loads(raw)["users"]]
        for user in users:
            bytes.fromhex(user.salt + user.hash)
    except (ValueError, KeyError, TypeError, RecursionError):
        text = say(f"{path}: no file of users", f"{path}：不是用户文件")
        raise UserError(text) from None
    return {user.name: user for user in users}


def _with(user: User, password: str, now: datetime, *, one_time: bool) -> User:
    salt = secrets.token_bytes(16)
    until = (now + timedelta(days=_ONE_TIME_DAYS)).isoformat() if one_time else ""
    made = replace(user, n=_N, r=_R, p=_P, until=until, changed=now.isoformat())
    return replace(made, salt=salt.hex(), hash=_scrypt(password, salt, _N, _R, _P).hex())


def _known(users: dict[str, User], name: str) -> User:
    if name not in users:
        raise UserError(say(f"no user {name!r}", f"没有用户 {name!r}"))
    return users[name]


def _normal(name: str) -> str:
    return unicodedata.normalize("NFKC", name[:256]).strip().casefold()


def _fit(name: str) -> str:
    name = _normal(name)
    if not _NAME.fullmatch(name):
        raise UserError(
            say(
                "a name has letters, digits, dot, hyphen, underscore or @; at most 64",
                "用户名只能含文字、数字和 . - _ @，最长 64 个字符",
            )
        )
    return name


def _judge(password: str, name: str) -> None:
    if not MIN_PASSWORD <= len(password) <= _MAX_PASSWORD:
        text = say(
            f"a password has {MIN_PASSWORD} to {_MAX_PASSWORD} characters",
            f"密码长度应为 {MIN_PASSWORD} 至 {_MAX_PASSWORD} 个字符",
        )
        raise UserError(text)
    if name and name in password.casefold():
        raise UserError(say("a password must not contain the name", "密码中不得包含用户名"))
    if len(set(password)) < MIN_PASSWORD // 2:
        raise UserError(say("too few different characters", "不同的字符太少"))
