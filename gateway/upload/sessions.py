"""Sessions: random tokens known here only by their hash, ended by time, sign-out, another password, or a restart."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from gateway.upload.users import User, Users

__all__ = ["Session", "Sessions", "Visitors"]

_LONGEST = 12 * 3600.0
_MOST = 512
_MOST_OF_ONE = 8


@dataclass(slots=True)
class Session:
    """One signed-in browser; `opened` and `seen` are monotonic seconds."""

    user: User
    opened: float
    seen: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class Sessions:
    """The open sessions; `idle` is after how many seconds of silence one ends."""

    def __init__(self, users: Users, idle: float) -> None:
        self._users, self._idle = users, idle
        self._open: OrderedDict[bytes, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, user: User, now: float) -> tuple[str, Session]:
        """A new session and the token that its browser keeps."""
        own = [key for key, session in self._open.items() if session.user.name == user.name]
        for key in own[: max(0, len(own) - _MOST_OF_ONE + 1)]:
            del self._open[key]
        while len(self._open) >= _MOST:
            self._open.popitem(last=False)
        token, session = secrets.token_urlsafe(32), Session(user, now, now)
        self._open[_key(token)] = session
        return token, session

    def find(self, token: str, now: float) -> Session | None:
        """The session of a token, unless it has ended or its user is gone or has another password."""
        key = _key(token)
        session = self._open.get(key)
        if session is None:
            return None
        user = self._users.find(session.user.name)
        over = now - session.seen > self._idle or now - session.opened > _LONGEST
        if over or user is None or user.hash != session.user.hash:
            del self._open[key]
            return None
        session.user, session.seen = user, now
        return session

    def close(self, token: str) -> None:
        """End a session."""
        self._open.pop(_key(token), None)


class Visitors:
    """Form tokens for people who have not signed in: bound to a cookie, remembered nowhere."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def new(self) -> str:
        """A fresh value for the cookie."""
        return secrets.token_urlsafe(24)

    def csrf(self, cookie: str) -> str:
        """The form token that belongs to a cookie."""
        return hmac.new(self._secret, cookie.encode("utf-8", "surrogateescape"), "sha256").hexdigest()


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
