"""What a module reports unasked, as facts: where the network sees a meter, who lost power, who was found."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from config.archive import Meter
from drivers.surroundings import Observed, Surroundings, TerminalEvent
from protocols.dlt645.frame import Frame, Splitter
from protocols.gdw1376_2.body import Body
from protocols.gdw1376_2.session import NodeReport
from protocols.reading import Event

__all__ = ["Reports"]

_PHASES = range(1, 4)
_EVENT = 5
_FOUND = frozenset({1, 4})
# An area that does not fit is told in a frame of its own kind: control 9EH, seven bytes, the first of them 03H.
_MISMATCH, _MISMATCH_BYTES, _MISMATCH_ID = 0x9E, 7, 0x03


class Reports:
    """Of one module with these meters behind it."""

    def __init__(self, target: str, around: Surroundings, meters: Sequence[Meter]) -> None:
        self.counters: Counter[str] = Counter()
        self._target, self._around = target, around
        self._meters = {meter.address: meter for meter in meters}
        self._seen: dict[tuple[str, str], str] = {}

    def phase(self, node: str, phase: int) -> None:
        """The network sees a node on a phase, 1 to 3; told where it is news. A meter on three phases has none."""
        meter = self._meters.get(node)
        if phase in _PHASES and meter is not None and not meter.wiring.startswith("3"):
            self._observed(meter, "phase", str(phase))

    def hear(self, report: NodeReport) -> None:
        """AFN 06."""
        self.counters[f"report_{report.fn}"] += 1
        if report.fn == _EVENT and "meters" in report.body.data:
            self._power(report.body)
        elif report.fn == _EVENT:
            self._area(report.body.frame or b"")
        elif report.fn in _FOUND:
            for row in report.body.data.get("nodes", ()):
                self.counters["nodes_found"] += row["address"] not in self._meters

    def _observed(self, meter: Meter, kind: str, value: str) -> None:
        if self._seen.get((meter.asset_no, kind)) != value:
            self._seen[meter.asset_no, kind] = value
            self._around.tell(Observed(meter=meter.asset_no, kind=kind, value=value, at=self._around.now()))

    def _area(self, carried: bytes) -> None:
        for frame in Splitter().feed(carried):
            if (
                isinstance(frame, Frame)
                and frame.control == _MISMATCH
                and len(frame.data) == _MISMATCH_BYTES
                and frame.data[0] == _MISMATCH_ID
                and (meter := self._meters.get(frame.address)) is not None
            ):
                self._observed(meter, "area", frame.data[:0:-1].hex())

    def _power(self, body: Body) -> None:
        now = self._around.now()
        for row in body.data["meters"]:
            meter = self._meters.get(row["address"])
            if meter is None:
                self.counters["unknown_nodes"] += 1
                continue
            is_off = not row["powered"] if "powered" in row else body.data["event"] == 1
            event = Event(
                meter=meter.asset_no,
                id="gdw1376.2:06-F5",
                name="power off" if is_off else "power on",
                began=now,
                ended=None if is_off else now,
                detail=json.dumps(_detail(body.data, row)),
                read_at=now,
                source=self._target,
            )
            self._around.tell(TerminalEvent(target=self._target, event=event, important=is_off))


def _detail(data: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return {"device": data.get("device_name", "collector"), "event": data["event"], **row}
