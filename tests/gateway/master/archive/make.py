"""A small archive: one transformer on a line, its total meter, two homes, one dedicated customer, one exchange."""

from datetime import UTC, date, datetime
from decimal import Decimal

from config.archive import Archive, Exchange, Meter, Node, Relation


def meter(asset: str, **more) -> Meter:
    known = {"address": "1", "protocol": "dlt645-2007", "target": "line1", "mp_no": f"P-{asset}"}
    return Meter(asset_no=asset, **{**known, **more})


def archive(**more) -> Archive:
    known = {
        "meters": (
            meter("TOTAL", ct=Decimal(80), accuracy="0.5", customer_class="gateway"),
            meter("HOME1", capacity_kva=Decimal("12.50"), valid_from=date(2026, 1, 1)),
            meter("HOME2", customer_class="generation"),
            meter("HOME2X", mp_no="P-HOME2"),
            meter("BIG", ct=Decimal(60), pt=Decimal(100), rated_voltage=Decimal(100)),
        ),
        "relations": (
            Relation(meter="TOTAL", node_kind="transformer", node="T1", side="supply"),
            Relation(meter="TOTAL", node_kind="line", node="L1", side="sale"),
            Relation(meter="HOME1", node_kind="transformer", node="T1", side="sale"),
            Relation(
                meter="HOME2", node_kind="transformer", node="T1", side="sale", valid_to=date(2027, 1, 1)
            ),
            Relation(meter="BIG", node_kind="line", node="L1", side="sale", sign=-1),
        ),
        "nodes": (
            Node(kind="line", code="L1", name="一号线", voltage=Decimal("10.0")),
            Node(kind="transformer", code="T1", capacity_kva=Decimal(315), line="L1"),
        ),
        "exchanges": (
            Exchange(
                mp_no="P-HOME2",
                old_asset="HOME2",
                new_asset="HOME2X",
                at=datetime(2026, 3, 5, 2, 0, tzinfo=UTC),
                old_finals={"1-0:1.8.0": Decimal("1010.50")},
                new_initials={"1-0:1.8.0": Decimal("0.20")},
            ),
        ),
    }
    return Archive(**{**known, **more})
