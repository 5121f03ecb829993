"""Few requests: within the limit, around gaps, never a value in two pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import CatalogueError
from protocols.modbus.plan import Request, halves, join, map_of, plan, points_of, question_of, request_of
from protocols.modbus.registers import Register, RegisterMap


def u16(at, function=3, words=1):
    return Register(function=function, at=at, kind="u16" if words == 1 else "u32", words=words, name=f"r{at}")


def space(**more):
    return RegisterMap(registers=(), **more)


def test_neighbours_are_one_request():
    assert join([u16(at) for at in range(50)], space()) == [Request(3, 0, 50)]


def test_the_limit_of_a_device():
    assert [request.count for request in join([u16(at) for at in range(50)], space(limit=20))] == [20, 20, 10]


def test_a_value_is_never_cut():
    registers = [u16(at, words=2) for at in range(0, 20, 2)]
    assert [request.count for request in join(registers, space(limit=5))] == [4, 4, 4, 4, 4]


def test_a_gap_is_passed_over_if_it_is_narrow():
    registers = [u16(0), u16(5)]
    assert join(registers, space(gap=4)) == [Request(3, 0, 6)]
    assert len(join(registers, space(gap=3))) == 2


def test_forbidden_registers_are_never_read():
    registers = [u16(0), u16(5)]
    assert len(join(registers, space(gap=4, forbidden=((3, 3, 3),)))) == 2
    assert len(join(registers, space(gap=4, forbidden=((4, 3, 3),)))) == 1


def test_functions_are_asked_for_apart():
    assert len(join([u16(0), u16(1, function=4)], space())) == 2


def test_overlapping_values():
    assert join([u16(0, words=2), u16(1), u16(0)], space()) == [Request(3, 0, 2)]


def test_lengths_that_tell_replies_apart():
    registers = [u16(0), u16(100), u16(200)]
    assert [request.count for request in join(registers, space(gap=4), apart=True)] == [1, 2, 3]
    assert [request.count for request in join(registers, space(), apart=True)] == [1, 1, 1]
    assert [
        request.count for request in join(registers, space(gap=4, forbidden=((3, 101, 101),)), apart=True)
    ] == [
        1,
        1,
        2,
    ]


def test_a_length_that_was_asked_for_before_is_left_out():
    apart = {"apart": True, "before": Request(3, 100, 1)}
    assert join([u16(0)], space(gap=4), **apart) == [Request(3, 0, 2)]
    assert join([u16(100)], space(gap=4), **apart) == [Request(3, 100, 1)]
    assert join([u16(0, function=4)], space(gap=4), **apart) == [Request(4, 0, 1)]


def test_a_refused_request_is_halved():
    registers = [u16(at) for at in range(4)]
    first = join(registers, space())[0]
    assert halves(first, registers, space()) == [Request(3, 0, 2), Request(3, 2, 2)]
    assert halves(Request(3, 2, 1), registers, space()) == []


SPANS = st.lists(st.tuples(st.integers(0, 300), st.sampled_from([1, 2])), min_size=1, max_size=40)


def fewest(registers, limit, gap):
    """The least number of requests, by trying every first request from the lowest address on."""
    rows = sorted({(one.at, one.at + one.words) for one in registers})
    best = [0] * (len(rows) + 1)
    for first in range(len(rows) - 1, -1, -1):
        best[first] = len(rows) + 1
        end = rows[first][0]
        for last in range(first, len(rows)):
            if last > first and rows[last][0] - end > gap:
                break
            end = max(end, rows[last][1])
            if end - rows[first][0] > limit:
                break
            best[first] = min(best[first], 1 + best[last + 1])
    return best[0]


@given(SPANS, st.integers(2, 20), st.integers(0, 10))
def test_every_register_is_read_in_the_fewest_requests(spans, limit, gap):
    registers = [u16(at, words=words) for at, words in spans]
    requests = join(registers, space(limit=limit, gap=gap))
    assert all(request.count <= limit for request in requests)
    assert all(any(request.covers(one) for request in requests) for one in registers)
    assert len(requests) == fewest(registers, limit, gap)


@given(SPANS, st.integers(0, 10), st.integers(0, 300))
def test_no_plan_touches_what_is_forbidden(spans, gap, bad):
    registers = [u16(at, words=words) for at, words in spans if not at <= bad < at + words]
    for request in join(registers, space(gap=gap, forbidden=((3, bad, bad),)), apart=True):
        assert not request.start <= bad < request.end


MODEL = {
    "registers": [
        {"at": 7, "point": "1-0:1.8.0"},
        {"at": 8, "name": "ct"},
        {"at": 9, "name": "x", "times": ["ct"]},
    ]
}


def test_questions_of_points():
    (planned,) = plan(["1-0:1.8.0", "x"], "live", model=MODEL, address="1")
    assert planned.points == ("1-0:1.8.0", "x")
    assert request_of(planned.question) == Request(3, 7, 3)
    assert request_of(question_of(Request(4, 1, 2), "9")) == Request(4, 1, 2)


def test_a_memory_that_modbus_has_not():
    with pytest.raises(CatalogueError):
        plan(["1-0:1.8.0"], "freeze", model=MODEL, address="1")


def test_all_points_of_a_model_without_its_factors():
    assert points_of(MODEL) == ("1-0:1.8.0", "modbus:x")


def test_a_map_made_once_is_used_again():
    ready = space()
    assert map_of({"map": ready}) is ready
