"""A module is made ours: its main node, its list of nodes held against the archive, and what it can do."""

from dataclasses import replace

import pytest

from config.archive import Meter
from drivers.carrier.driver import CarrierDriver
from drivers.carrier.module import Module, Running
from drivers.carrier.reports import Reports
from drivers.order import Failure
from drivers.surroundings import ArchiveCompared, Observed
from tests.drivers.carrier.place import MAIN, Place, node
from tests.drivers.toy import virtually


def read(place):
    virtually(place.read())
    return place


def compared(place):
    return [fact for fact in place.facts if isinstance(fact, ArchiveCompared)]


@pytest.mark.parametrize("first", [0, 1])
def test_nodes_that_are_missing_are_added_and_others_stay(first):
    listed = {node(n): 2 for n in range(1, 71)} | {"999900000001": 2}
    place = read(Place(80, first=first, archive=listed))
    assert set(place.cco.archive) == {node(n) for n in range(1, 81)} | {"999900000001"}
    assert place.driver.doings["nodes_added"] == 10
    assert "11-F2" not in place.kinds()
    assert [fact.differences for fact in compared(place)] == [("node 999900000001 unknown",)]


def test_unknown_nodes_are_deleted_where_that_is_wanted():
    listed = {"999900000001": 2, node(1): 2}
    place = read(Place(2, archive=listed, settings={"delete_nodes": True}))
    assert set(place.cco.archive) == {node(1), node(2)}
    assert compared(place)[0].differences == ()
    assert (place.driver.doings["nodes_added"], place.driver.doings["nodes_deleted"]) == (1, 1)


def test_a_node_with_another_protocol_is_put_right():
    place = read(Place(3, archive={node(1): 1, node(2): 2, node(3): 2}))
    assert place.cco.archive == {node(1): 2, node(2): 2, node(3): 2}
    assert place.kinds()["11-F2"] == 1


def test_nothing_is_written_where_all_is_as_it_should_be():
    place = read(Place(5, main_node=MAIN, archive={node(n): 2 for n in range(1, 6)}))
    kinds = place.kinds()
    assert not kinds.keys() & {"11-F1", "11-F2", "05-F1", "01-F1", "01-F2"}


class TestWithoutItsSwitch:
    """`archive_write` is off, as it is by default: the module's list and main node are told, and stay."""

    def place(self, count, listed, **given):
        return Place(count, archive=dict.fromkeys(listed, 2), allow=(), **given)

    @pytest.mark.parametrize("settings", [{}, {"delete_nodes": True}])
    def test_its_list_stays_and_what_it_lacks_is_told(self, settings):
        place = self.place(3, [node(1), node(2), "999900000001"], main_node=MAIN, settings=settings)
        found = virtually(place.read())
        assert set(place.cco.archive) == {node(1), node(2), "999900000001"}
        assert [fact.differences for fact in compared(place)] == [
            (f"node {node(3)} missing", "node 999900000001 unknown")
        ]
        assert not place.kinds().keys() & {"11-F1", "11-F2", "01-F2"}
        assert found["m1"].readings
        assert found["m2"].readings
        ((_, reason, detail),) = found["m3"].failures
        assert reason is Failure.TIMEOUT
        assert "archive_write" in detail

    def test_another_protocol_is_told(self):
        place = self.place(2, [node(2)], main_node=MAIN)
        place.cco.archive[node(1)] = 1
        read(place)
        assert place.cco.archive == {node(1): 1, node(2): 2}
        assert compared(place)[0].differences == (f"node {node(1)} protocol 1, ours 2",)

    def test_another_main_node_is_told_and_gone_by(self):
        place = self.place(2, [node(1), node(2)], main_node="000000007777")
        found = virtually(place.read())
        assert all(result.readings for result in found.values())
        assert place.cco.main_node == "000000007777"
        assert compared(place)[0].differences == (f"main node 000000007777, ours {MAIN}",)
        # As it began anew it is still not ours.
        place.driver._module.forget()
        read(place)
        assert compared(place)[1].differences == compared(place)[0].differences

    def test_a_module_that_needs_no_list_is_read_nevertheless(self):
        place = self.place(3, [], needs_list=False)
        assert all(result.readings for result in virtually(place.read()).values())
        assert place.cco.archive == {}


def test_a_question_to_one_meter_looks_at_no_list_and_deletes_nobody():
    listed = {node(n): 2 for n in range(1, 300)}
    place = Place(1, archive=dict(listed), main_node=MAIN, settings={"delete_nodes": True})
    found = virtually(place.read())
    assert found["m1"].readings
    assert place.cco.archive == listed
    assert not place.kinds().keys() & {"10-F1", "10-F2", "10-F31", "11-F1", "11-F2"}
    assert not compared(place)


def test_a_meter_of_ours_that_speaks_something_else_is_no_stranger():
    place = Place(2, archive={"000000000009": 3}, settings={"delete_nodes": True})
    other = Meter(asset_no="m9", address="000000000009", protocol="dlt698", target="cco1")
    place.driver = CarrierDriver(place.link, replace(place.around, meters={"cco1": [*place.meters, other]}))
    read(place)
    assert "000000000009" in place.cco.archive


def test_what_the_module_did_not_take_is_told():
    place = Place(3)
    real = place.cco._list
    place.cco._list = lambda frame: (
        place.cco._deny(frame, 2) if bytes.fromhex(node(2))[::-1] in frame.data else real(frame)
    )
    read(place)
    assert place.driver.doings["nodes_refused"] == 1
    assert compared(place)[0].differences == (f"node {node(2)} missing",)


def test_the_module_is_never_initialised_whatever_happens():
    place = Place(5, restart_after=3, loss=0.3, archive={"999900000001": 2})
    read(place)
    read(place)
    assert not [kind for kind in place.kinds() if kind.startswith("01")]
    assert "999900000001" in place.cco.archive


def test_a_short_frame_makes_short_lists():
    place = read(Place(40, longest_frame=128))
    assert len(place.cco.archive) == 40
    lists = [sent for _, sent in place.link.sent if sent[10] == 0x11]
    assert max(map(len, lists)) <= 128


def test_a_node_that_is_listed_already_spoils_no_other():
    place = Place(5, archive={})
    place.cco._info = lambda one, fn: b"\x00\x00"
    place.cco.spec = place.cco.spec
    listed = {node(3): 2}
    real = place.cco._nodes
    place.cco._nodes = lambda frame: real(frame) if frame.fn != 2 else None
    place.cco.archive = dict(listed)
    read(place)
    assert set(place.cco.archive) == {node(n) for n in range(1, 6)}


def test_phases_that_the_network_sees_are_told_once():
    meters = [
        Meter(asset_no="m1", address=node(1), protocol="dlt645-2007", target="cco1", wiring="1P"),
        Meter(asset_no="m2", address=node(2), protocol="dlt645-2007", target="cco1", wiring="3P4W"),
    ]
    place = Place(2, meters=meters)
    virtually(place.read())
    virtually(place.read())
    seen = [(fact.meter, fact.kind, fact.value) for fact in place.facts if isinstance(fact, Observed)]
    assert seen == [("m1", "phase", str(place.cco.network.nodes[node(1)].phase))]


def test_a_phase_that_changed_is_told_again():
    place = Place(1)
    reports = Reports("cco1", place.around, place.meters)
    for phase in (1, 1, 2, 0, 9):
        reports.phase(node(1), phase)
    reports.phase("unknown", 1)
    assert [fact.value for fact in place.facts] == ["1", "2"]


def test_what_a_module_says_of_itself():
    module = Place(1).driver._module
    assert isinstance(module, Module)
    found = module._running_of(
        {"medium": {"routing": 1, "cycle": 2}, "monitor_seconds": 60, "longest_frame": 1103}
    )
    assert (found.node_seconds, found.longest, found.route_leads, found.has_routing) == (
        65.0,
        1103,
        True,
        True,
    )
    assert module._running_of({}) == Running(node_seconds=90.0, longest=128)
    given = Place(1, settings={"forward_seconds": 20}).driver._module
    assert given._running_of({"monitor_seconds": 60}).node_seconds == 20.0
