"""What the daemon on this machine says of itself, asked at the address where it serves its metrics."""

import http.client
import json
from typing import Any

from config.address import endpoint
from config.text import say

__all__ = ["Away", "page", "reachable", "status"]

_SECONDS = 5.0
_ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared only


class Away(Exception):
    """Nobody answers, or somebody else; the text is for a person."""


def reachable(listen: str) -> tuple[str, int]:
    """Host and port under which what listens at an address is reached from this machine; raises Away."""
    if not listen:
        raise Away(say("metrics.listen is empty: nothing to ask", "metrics.listen 为空：无处查询"))
    try:
        host, port = endpoint(listen, any_host=True)
    except ValueError:
        raise Away(say(f"{listen}: expected HOST:PORT", f"{listen}：应为 主机:端口")) from None
    return _ANYWHERE.get(host, host), port


def page(listen: str, path: str) -> tuple[int, bytes]:
    """Status and body of a page of the daemon that listens there; raises Away."""
    connection = http.client.HTTPConnection(*reachable(listen), timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or error
        text = say(
            f"no daemon answers at {listen} ({why}); does it run, with this metrics.listen?",
            f"{listen} 没有守护进程应答（{why}）；守护进程是否在运行，metrics.listen 是否一致？",
        )
        raise Away(text) from None
    finally:
        connection.close()


def status(listen: str) -> dict[str, Any]:
    """The status of the daemon that listens there; raises Away."""
    try:
        found = json.loads(page(listen, "/status")[1])
    except ValueError:
        found = None
    if not isinstance(found, dict) or "custody" not in found:
        raise Away(say(f"what answers at {listen} is no meterd", f"{listen} 应答的不是 meterd"))
    return found
