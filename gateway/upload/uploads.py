"""The life of an upload: received, checked, confirmed or withdrawn, imported or refused. Each step is recorded.

Files lie in the spool that the importing daemon looks into; this process moves them there when a person confirms.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.text import language, say, speaking
from gateway import logs
from gateway.clock import Clock
from gateway.dumps.report import Report
from gateway.dumps.spool import Spool, SpoolError, Ticket
from gateway.dumps.words import told
from gateway.supervise import Supervisor
from gateway.upload.clerk import Clerk, Failed
from gateway.upload.errors import NotNow, Refused, TooMuch, UploadError
from gateway.upload.record import OPEN, Record, Upload
from gateway.upload.views import Views, summary

__all__ = ["Limits", "Store", "Uploads", "Who"]

_AT_ONCE = 4
_HELD, _HELD_OF_ONE = 64, 8
_EXPIRES = timedelta(hours=24)
_TICK = 1.0
_VIA = "upload"
_log = logs.get("upload")


@dataclass(frozen=True, slots=True)
class Who:
    """Who does something, from which address."""

    user: str
    address: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest body, and what of the disk is left to the collector: bytes."""

    max_bytes: int = 20 * 1024 * 1024
    reserve_bytes: int = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Store:
    """Where things lie."""

    record: Record
    spool: Spool
    views: Views


class Uploads:
    """All uploads; `run` does what needs time."""

    def __init__(self, store: Store, clerk: Clerk, clock: Clock, limits: Limits) -> None:
        self.record, self._spool, self._views = store.record, store.spool, store.views
        self._clerk, self._clock, self._limits = clerk, clock, limits
        self._todo: asyncio.Queue[str] = asyncio.Queue()
        self._queued: set[str] = set()
        self.progress: dict[str, int] = {}
        self._receiving = 0
        self._writing, self._moving = asyncio.Lock(), asyncio.Lock()
        self._supervisor = Supervisor()

    async def receive(self, chunks: AsyncIterator[bytes], name: str, who: Who) -> Upload:
        """Take a body in and let it be checked; raises Refused."""
        self._admit(who)
        self._receiving += 1
        try:
            ticket = await asyncio.to_thread(self._take, _pulled(chunks), name, who)
        except SpoolError as error:
            if isinstance(error.__cause__, Refused):
                raise error.__cause__ from None
            kind = TooMuch if error.reason == "too_large" else Refused
            raise kind(told(error.reason)) from error
        except OSError as error:
            _log.error("upload not kept", reason=error.strerror)
            raise NotNow(say("the gateway cannot store it now", "网关暂时无法保存"), 60) from error
        finally:
            self._receiving -= 1
        upload = await self._put(
            "received", ticket.receipt, who, name=ticket.name, size=ticket.size, sha256=ticket.sha256,
            language=language(), address=who.address,
        )  # fmt: skip
        self._enqueue(upload.number)
        return upload

    def _admit(self, who: Who) -> None:
        held = [one for one in self.record.open() if one.state in ("received", "checked")]
        if self._receiving >= _AT_ONCE or len(held) >= _HELD:
            raise NotNow(say("others are uploading: try again in a moment", "其他人正在上传：请稍后再试"))
        if sum(one.user == who.user for one in held) >= _HELD_OF_ONE:
            text = say(
                f"{_HELD_OF_ONE} of your uploads wait: confirm or withdraw some first",
                f"您有 {_HELD_OF_ONE} 个上传待处理：请先确认或撤回",
            )
            raise NotNow(text)
        if self._views.free() < self._limits.max_bytes * (self._receiving + 1) + self._limits.reserve_bytes:
            _log.error("upload refused: the disk is nearly full")
            raise NotNow(say("the gateway's disk is nearly full", "网关磁盘空间不足"), 300)

    def _take(self, chunks: Iterator[bytes], name: str, who: Who) -> Ticket:
        return self._spool.receive(
            chunks, name=name, who=who.user, via=_VIA, now=self._clock.now(), origin=who.address,
            max_bytes=self._limits.max_bytes,
        )  # fmt: skip

    def view(self, upload: Upload) -> dict[str, Any] | None:
        """What there is to show of its report; where it went missing the file is checked again."""
        found = self._views.get(upload.number)
        if found is None and upload.state == "checked":
            self._enqueue(upload.number)
        return found

    def report(self, upload: Upload) -> Path | None:
        """The file of the whole report; None while it is being checked: who sees a report may confirm."""
        checking = upload.state == "received" or self.busy(upload.number)
        return None if checking else self._views.report(upload.number)

    def busy(self, number: str) -> bool:
        """Whether it is being checked or waits for that."""
        return number in self._queued

    async def confirm(self, number: str, who: Who) -> Upload:
        """Hand a checked upload over to the daemon; raises Refused."""
        async with self._moving:
            upload, view = self.record.find(number), self._views.get(number)
            fit = upload is not None and upload.state == "checked" and not self.busy(number)
            if not fit or view is None or not view["ok"]:
                raise Refused(say("this upload cannot be confirmed", "此上传无法确认"))
            self._moved(number, self._spool.confirm)
            return await self._put("confirmed", number, who)

    async def withdraw(self, number: str, who: Who) -> Upload:
        """Give a file up that was not confirmed; raises Refused."""
        async with self._moving:
            upload = self.record.find(number)
            if upload is None or upload.state not in ("received", "checked"):
                raise Refused(say("this upload cannot be withdrawn any more", "此上传已不能撤回"))
            self._moved(number, self._spool.withdraw)
            return await self._put("withdrawn", number, who)

    def _moved(self, number: str, move: Callable[[str], None]) -> None:
        try:
            move(number)
        except SpoolError:
            raise Refused(say("this upload is not there any more", "此上传已不存在")) from None
        except OSError as error:
            raise NotNow(error.strerror or "", 60) from error

    async def run(self) -> None:
        """Check what arrives and follow what was handed over, until cancelled."""
        for upload in self.record.open():
            if upload.state == "received":
                self._enqueue(upload.number)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._check_all())
            group.create_task(self._follow_all())

    def _enqueue(self, number: str) -> None:
        if number not in self._queued:
            self._queued.add(number)
            self._todo.put_nowait(number)

    async def _check_all(self) -> None:
        while True:
            number = await self._todo.get()
            try:
                await self._check(number)
            except OSError as error:
                _log.error("upload not checked", number=number, reason=error.strerror)
            finally:
                self._queued.discard(number)
                self.progress.pop(number, None)

    async def _check(self, number: str) -> None:
        upload = self.record.find(number)
        if upload is None or upload.state not in ("received", "checked"):
            return
        with speaking(upload.language or language()):
            found = await self._supervisor.attempt(
                "check",
                lambda: self._clerk.check(number, self._progress(number)),
                lambda _error: None,
            )
        if found is None:
            found = await asyncio.to_thread(self._unchecked, upload)
        async with self._moving:
            current = self.record.find(number)
            if current is not None and current.state in ("received", "checked"):
                await self._put("checked", number, Who(upload.user, upload.address), **_kept(found))

    def _unchecked(self, upload: Upload) -> dict[str, Any]:
        report = Report(file=upload.name, refused=[("failed", "")]).as_json()
        self._views.put(upload.number, report)
        return summary(report)

    def _progress(self, number: str) -> Callable[[int], None]:
        def moved(rows: int) -> None:
            self.progress[number] = rows

        return moved

    async def _follow_all(self) -> None:
        while True:
            for upload in self.record.open():
                try:
                    await self._follow(upload.number)
                except OSError as error:
                    _log.error("upload not followed", number=upload.number, reason=error.strerror)
            await asyncio.sleep(_TICK)

    async def _follow(self, number: str) -> None:
        async with self._moving:
            upload = self.record.find(number)
            if upload is None or upload.state not in OPEN:
                return
            who = Who(upload.last_user or upload.user, upload.address)
            try:
                stage = self._spool.stage(number)
                if stage == "held":
                    await self._expire(upload)
            except SpoolError:
                await self._put("expired", number, who, reason="gone")
                return
            if stage != "held" and upload.state != "confirmed":  # moved, and ended before that was recorded
                await self._put("confirmed", number, who)
        if stage == "done":
            await self._ended(upload, who)

    async def _ended(self, upload: Upload, who: Who) -> None:
        """The daemon is done with it; a report that cannot be read is no success."""
        try:
            found = await self._clerk.digest(upload.number)
        except Failed:
            await self._put("refused", upload.number, who, reason="damaged")
            return
        await self._put("imported" if found["ok"] else "refused", upload.number, who, **_kept(found))

    async def _expire(self, upload: Upload) -> None:
        waiting = upload.state in ("received", "checked") and not self.busy(upload.number)
        if waiting and self._clock.now() - datetime.fromisoformat(upload.at) > _EXPIRES:
            self._spool.withdraw(upload.number)
            await self._put("expired", upload.number, Who(upload.user, upload.address))

    async def _put(self, kind: Any, number: str, who: Who, **data: Any) -> Upload:
        """Append a step to the record."""
        given = {"user": who.user, "address": who.address} | data
        async with self._writing:
            upload = await asyncio.to_thread(self.record.put, kind, number, self._clock.now(), **given)
        _log.info("upload", number=number, step=kind, user=who.user, address=who.address)
        return upload


def _kept(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "ok"}


def _pulled(chunks: AsyncIterator[bytes]) -> Iterator[bytes]:
    """The chunks of a body for a thread; a body that breaks off raises SpoolError, so that nothing of it stays."""
    loop = asyncio.get_running_loop()

    async def following() -> bytes:
        try:
            return await anext(chunks, b"")
        except (UploadError, OSError) as error:
            raise SpoolError("cut") from error

    def pull() -> Iterator[bytes]:
        while chunk := asyncio.run_coroutine_threadsafe(following(), loop).result():
            yield chunk

    return pull()
