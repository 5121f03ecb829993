"""A terminal's archive read and written; the switch decides whether writing leaves."""

from dataclasses import replace

import pytest

from drivers.errors import SendRefused, WillNot
from drivers.terminal.archive import changes, entry_of
from protocols.session import Effect
from tests.drivers.terminal.place import Place, meters_of
from tests.drivers.toy import virtually


def with_editor(place, work):
    async def main():
        await place.link.open()
        return await work(place.driver.editor("jzq1"))

    return virtually(main())


def test_what_differs_is_written_and_nothing_else():
    meters = meters_of(60)
    meters[3] = replace(meters[3], address="000000000061")
    place = Place(61, meters=meters, allow={Effect.ARCHIVE_WRITE}, settings={"frame_bytes": 300})
    place.terminal.points.pop(61)
    place.terminal.points.pop(7)
    steps = []

    async def work(editor):
        entries = await editor.read(range(1, 70), lambda done, of: steps.append((done, of)))
        found = changes(place.meters, entries)
        await editor.write(found.write)
        return entries, found, changes(place.meters, await editor.read(range(1, 70)))

    entries, found, left = with_editor(place, work)
    assert len(entries) == 59
    assert [entry.point for entry in found.write] == [4, 7]
    assert found.lines == (
        "pn 4: address 000000000004 -> 000000000061",
        "pn 7: - -> 000000000007",
    )
    assert left.lines == ()
    assert steps[-1] == (69, 69)
    assert place.terminal.points[4].entry.address == "000000000061"
    assert place.terminal.asked["04"] == 1


def test_what_is_not_ours_is_deleted_only_by_its_device_number():
    place = Place(3, meters=meters_of(2), allow={Effect.ARCHIVE_WRITE})

    async def work(editor):
        found = changes(place.meters, await editor.read(range(1, 9)))
        await editor.delete(found.foreign)
        return found

    assert with_editor(place, work).lines == ("pn 3: 000000000003 -> -",)
    assert set(place.terminal.points) == {1, 2}


def test_without_the_switch_nothing_leaves():
    place = Place(2)
    with pytest.raises(SendRefused):
        with_editor(place, lambda editor: editor.write([entry_of(place.meters[0])]))
    assert not place.terminal.asked["04"]


def test_a_terminal_that_denies_is_told():
    place = Place(2, allow={Effect.ARCHIVE_WRITE})
    place.terminal.refuses.add(0x04)
    with pytest.raises(WillNot, match="refuses entries 1 to 1"):
        with_editor(place, lambda editor: editor.write([entry_of(place.meters[0])]))


def test_what_our_archive_does_not_say_stays_as_it_is():
    meter = meters_of(1)[0]
    there = replace(entry_of(meter), port=2, baud=3, collector="000000000088", serial=5, password="1" * 12)
    assert changes([meter], [there]).lines == ()
    other = replace(there, address="000000000099")
    (wanted,) = changes([meter], [other]).write
    assert (wanted.serial, wanted.port, wanted.collector) == (5, 2, "000000000000")
    assert wanted.address == meter.address
