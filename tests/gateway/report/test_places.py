"""Where meters count, and who is a customer."""

import pytest

from gateway.report.places import Network, Place, Relation, Wanted

T1, T2, L1 = ("transformer", "T1"), ("transformer", "T2"), ("line", "L1")
RELATIONS = [
    Relation("TOTAL", T1, is_supply=True),
    Relation("TOTAL", L1, is_supply=False),
    Relation("HOME", T1, is_supply=False),
    Relation("BIG", L1, is_supply=False),
    Relation("GATE", L1, is_supply=True),
    Relation("SOLAR", T2, is_supply=True, sign=-1),
    Relation("SOLAR", T2, is_supply=False),
]


@pytest.fixture
def net():
    return Network.of(RELATIONS, {"T1": "L1"})


def test_customers_are_who_is_sold_to_and_supplies_nobody(net):
    assert net.customers == {"BIG": Place("", "L1"), "HOME": Place("T1", "L1"), "SOLAR": Place("T2")}
    assert net.totals == {T1: ["TOTAL"], L1: ["GATE"]}
    assert net.places["TOTAL"] == Place("T1", "L1")


def test_customers_of_a_transformer_are_also_those_of_its_line(net):
    assert net.behind() == {T1: ["HOME"], T2: ["SOLAR"], L1: ["BIG", "HOME"]}
    assert net.within({"HOME"}).behind() == {T1: ["HOME"], L1: ["HOME"]}


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Wanted(), {"BIG", "HOME", "SOLAR"}),
        (Wanted(lines=frozenset({"L1"})), {"BIG", "HOME"}),
        (Wanted(transformers=frozenset({"T2"}), meters=frozenset({"BIG"})), {"BIG", "SOLAR"}),
        (Wanted(meters=frozenset({"NOBODY"})), set()),
    ],
)
def test_what_a_person_asked_for(net, wanted, taken):
    assert {meter for meter, place in net.customers.items() if wanted.takes(meter, place)} == taken
