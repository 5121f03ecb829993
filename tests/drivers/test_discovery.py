"""Meters that all answer at once are told apart by their digits."""

import random

import pytest

from drivers.discovery import Discovery
from drivers.pump import Pump, Timing
from protocols.session import Answer, Item
from tests.drivers.toy import ScriptedLink, ToySession, virtually

TIMING = Timing(reply=0.5, gap=0.2, turnaround=0.03)


class WildSession(ToySession):
    """Takes an answer from any address if it asked a wildcard."""

    def _frame(self, text):
        fields = text[1:].split(":")
        if text[:1] == "!" and "A" in self._question.address and len(fields) == 3 and fields[0].isdecimal():
            low = self._question.address.lstrip("A")
            if fields[0].endswith(low) and len(fields[0]) == 12:
                return Answer(fields[0], [Item("E", None, fields[2], "")])
        return super()._frame(text)


def bus(addresses, *, spread=0.0):
    """A line on which every meter with the asked digits answers; frames at the same moment are added up."""

    def script(sent):
        pattern = sent[1:].split(b":")[0].decode().lstrip("A")
        frames = [f"!{a}:E:1;".encode() for a in addresses if a.endswith(pattern)]
        if spread:
            return [(0.05 + spread * i, frame) for i, frame in enumerate(frames)]
        if len(frames) > 1:
            return [(0.05, bytes(b | 0x80 for b in map(lambda *c: c[0] ^ c[1], *frames[:2])))]
        return [(0.05, frame) for frame in frames]

    return script


async def find(script):
    link = ScriptedLink(script)
    await link.open()
    asked = []
    discovery = Discovery(Pump(link), WildSession(), TIMING, ["E"], asked.append)
    return sorted(await discovery.search()), asked, discovery


def test_a_single_meter_is_found_with_one_question():
    found, asked, _ = virtually(find(bus(["000000000012"])))
    assert found == ["000000000012"]
    assert asked == ["A" * 12]


def test_an_empty_bus_has_nobody():
    assert virtually(find(bus([])))[0] == []


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_several_that_answer_at_once_are_all_found(spread):
    rng = random.Random(7)
    meters = sorted(f"{rng.randrange(10**12):012d}" for _ in range(8))
    found, _, discovery = virtually(find(bus(meters, spread=spread)))
    assert found == meters
    assert not discovery.exhausted


def test_meters_that_differ_only_high_up_are_found():
    meters = ["110000000012", "220000000012", "220000000034"]
    assert virtually(find(bus(meters)))[0] == meters


def test_a_line_of_nothing_but_noise_ends():
    found, asked, discovery = virtually(find(lambda _: [(0.05, b"\xff\x01\x80")]))
    assert found == []
    assert discovery.exhausted
    assert len(asked) == 60
