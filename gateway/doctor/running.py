"""What the running daemon says of itself."""

from collections.abc import Iterator
from contextlib import suppress

from config.text import say
from gateway import ask
from gateway.doctor.base import Line, Patient, fail, ok, warn

__all__ = ["daemon"]

_MOST = 5
_RELOAD = "meterd reload -c FILE"


def daemon(patient: Patient) -> Iterator[Line]:
    """Whether it runs this configuration, and what it says is in its way."""
    found = patient.status
    if found is None:
        yield warn(patient.away, "systemctl start meterd; journalctl -u meterd -n 50")
        return
    with suppress(ask.Away):
        code, _ = ask.page(patient.settings.metrics.listen, "/readyz")
        ready = ok(say("runs and is ready", "正在运行，已就绪"))
        yield (
            ready
            if code == 200
            else warn(say("runs and is not ready", "正在运行，未就绪"), "journalctl -u meterd")
        )
    for problem in found["config"]["problems"]:
        yield warn(say(f"the last reload was refused: {problem}", f"上次重新加载被拒绝：{problem}"), _RELOAD)
    if patient.loaded is not None and found["config"]["sha256"] != patient.loaded.digest:
        yield warn(say("the files on disk are not what runs", "磁盘上的文件与运行中的配置不同"), _RELOAD)
    down = [target for target in found["targets"] if not target["up"]]
    for target in down[:_MOST]:
        text = say(
            f"{target['name']} is down: {target['down_reason']}",
            f"{target['name']} 断开：{target['down_reason']}",
        )
        yield warn(text, say("docs/operations.md, 'A link is down'", "见 docs/zh/operations.md"))
    if len(down) > _MOST:
        yield warn(say(f"{len(down)} targets are down", f"{len(down)} 个采集点断开"), "meterd status -c FILE")
    if found["uplink"]["problem"]:
        yield warn(
            f"uplink: {found['uplink']['problem']}", say("see the lines about the broker", "见消息代理各行")
        )
    if found["outbox"]["full"]:
        yield fail(say("the outbox is full: polling pauses", "待发库已满：采集暂停"), "docs/operations.md")
    if found["custody"]["dead"]:
        dead = found["custody"]["dead"]
        yield warn(say(f"{dead} rows are dead letters", f"{dead} 行成为死信"), "meterd outbox ls -c FILE")
    if found["custody"]["difference"]:
        yield fail(say("the books do not close", "账目不平"), "docs/operations.md")
