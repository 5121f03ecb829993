"""The control socket."""

import asyncio
import socket
import stat
import threading

import pytest

from gateway.reload import SOCKET, NotRunning, Outcome, ask_reload, serve


async def served(folder, outcome, talk):
    """Serve while `talk` runs in a thread; returns what it returns."""

    async def reload():
        return outcome

    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve(folder, reload))
        async with asyncio.timeout(20):
            while not (folder / SOCKET).exists():
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            found = await asyncio.to_thread(talk)
        task.cancel()
    return found


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(ok=True, notes=("[store] later",)),
        Outcome(ok=False, problems=("meterd.toml:3: 坏了", "second")),
        Outcome(ok=False, problems=("a file called \udcff.toml", '"\n\\')),
    ],
)
async def test_the_outcome_is_told(tmp_path, outcome):
    assert await served(tmp_path, outcome, lambda: ask_reload(tmp_path, 10)) == outcome
    assert not (tmp_path / SOCKET).exists()


async def test_long_folders_are_no_obstacle(tmp_path):
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    outcome = Outcome(ok=True)
    assert await served(folder, outcome, lambda: ask_reload(folder, 10)) == outcome


async def test_only_the_owner_may_talk_to_it(tmp_path):
    mode = await served(tmp_path, Outcome(ok=True), lambda: (tmp_path / SOCKET).stat().st_mode)
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("request_line", [b"stop\n", b"\xff\xfe\n"])
async def test_other_requests_do_nothing(tmp_path, request_line):
    def talk():
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(10)
            channel.connect(str(tmp_path / SOCKET))
            channel.sendall(request_line)
            return channel.recv(999)

    assert b'"ok": false' in await served(tmp_path, Outcome(ok=True), talk)


async def test_too_long_a_request_is_dropped(tmp_path):
    def talk():
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(10)
            channel.connect(str(tmp_path / SOCKET))
            channel.sendall(b"x" * 5000)
            return channel.recv(999)

    assert await served(tmp_path, Outcome(ok=True), talk) == b""


def test_nobody_listens(tmp_path):
    with pytest.raises(NotRunning):
        ask_reload(tmp_path, 1)
    with pytest.raises(NotRunning):
        ask_reload(tmp_path / "nothing", 1)


async def test_a_socket_left_behind_is_replaced(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / SOCKET))
    (tmp_path / SOCKET).rename(tmp_path / "kept")
    (tmp_path / "kept").rename(tmp_path / SOCKET)
    with pytest.raises(NotRunning):
        ask_reload(tmp_path, 1)
    outcome = Outcome(ok=True)
    assert await served(tmp_path, outcome, lambda: ask_reload(tmp_path, 10)) == outcome


@pytest.mark.parametrize(
    "answer", [b"{\n", b"[]\n", b"{}\n", b"\xff\n", b"5\n", b'{"ok": true, "problems": 5']
)
def test_an_answer_that_is_none(tmp_path, answer):
    """Cut off by a kill, or of something else that listens there."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / SOCKET))
        listener.listen()

        def serve_one():
            with listener.accept()[0] as channel:
                channel.recv(99)
                channel.sendall(answer)

        thread = threading.Thread(target=serve_one)
        thread.start()
        with pytest.raises(NotRunning, match="it answered"):
            ask_reload(tmp_path, 10)
        thread.join(10)
