"""A recorded conversation plays again."""

import asyncio

import pytest

from drivers import make_link
from drivers.errors import LinkLost
from drivers.link import Gate
from drivers.links.replay import RecorderLink, load_transcript
from tests.drivers.toy import ScriptedLink, toy_classify, virtually

LINES = """\
{"t": 0.0, "dir": "tx", "hex": "3F313B"}
{"t": 0.5, "dir": "rx", "hex": "2131"}
{"t": 0.6, "dir": "rx", "hex": "3B"}
{"t": 1.0, "dir": "tx", "hex": "3F323B"}
{"t": 1.2, "dir": "rx", "hex": "21323B"}
"""


async def play(path, *questions):
    link = make_link("r", f"replay:{path}", Gate(toy_classify))
    await link.open()
    heard = []
    for question in questions:
        await link.send(question)
        heard.append(b"")
        while not heard[-1].endswith(b";"):
            heard[-1] += await link.receive()
    await link.close()
    return heard


def test_it_answers_what_was_recorded_whatever_the_order(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(LINES)
    assert virtually(play(path, b"?1;", b"?2;", b"?1;", b"?1;")) == [b"!1;", b"!2;", b"!1;", b"!1;"]


def test_it_plays_at_the_recorded_speed(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(LINES)

    async def main():
        began = asyncio.get_running_loop().time()
        await play(f"{path}?speed=2", b"?1;")
        return asyncio.get_running_loop().time() - began

    assert virtually(main()) == pytest.approx(0.3)


def test_a_request_never_recorded_gets_silence(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(LINES)

    async def main():
        async with asyncio.timeout(60):
            await play(path, b"?9;")

    with pytest.raises(TimeoutError):
        virtually(main())


@pytest.mark.parametrize(
    "line", ["{", '{"t":0,"dir":"up","hex":""}', '{"t":0,"dir":"tx","hex":"XY"}', "[1]", "7"]
)
async def test_a_broken_transcript_is_named(tmp_path, line):
    path = tmp_path / "t.jsonl"
    path.write_text(LINES + line)
    with pytest.raises(LinkLost, match=r"t\.jsonl:6"):
        await make_link("r", f"replay:{path}", Gate(toy_classify)).open()
    with pytest.raises(LinkLost):
        await make_link("r", f"replay:{tmp_path / 'none'}", Gate(toy_classify)).open()


def test_what_is_recorded_plays_the_same(tmp_path):
    path = tmp_path / "t.jsonl"

    async def record():
        inner = ScriptedLink(lambda sent: [(0.1, b"!"), (0.2, sent[1:])])
        link = RecorderLink(inner, Gate(toy_classify), path)
        await link.open()
        for question in (b"?1;", b"?2;"):
            await link.send(question)
            heard = b""
            while not heard.endswith(b";"):
                heard += await link.receive()
        await link.close()

    virtually(record())
    assert [step.sent for step in load_transcript(path)] == [True, False, False, True, False, False]
    assert virtually(play(path, b"?1;", b"?2;")) == [b"!1;", b"!2;"]
