"""The report stays within bounds and is plain JSON."""

import json

from gateway.dumps import examine, report
from gateway.dumps.report import Note, Report
from protocols.dumps.record import Bad, Mode, Row, Status
from protocols.reading import Origin


def test_counts_go_on_where_the_list_ends(monkeypatch):
    monkeypatch.setattr(report, "MOST_QUARANTINED", 3)
    monkeypatch.setattr(report, "MOST_FINDINGS", 2)
    found = Report(file="x")
    for n in range(5):
        found.put_aside(Bad(n, n, "number"))
        found.note(Note("H001", 2, n, n, "1", "1-0:1.8.0", "1", "2", "text"))
    assert (found.quarantined, len(found.quarantine), found.reasons["number"]) == (5, 3, 5)
    assert (found.rules["H001"], len(found.notes)) == (5, 2)


def test_json_is_plain():
    found = Report(file="x", refused=[("bcc", "12 != 13")])
    found.put_aside(Bad(1, None, "number", "this_read", "<b>\x00"))
    told = json.loads(json.dumps(found.as_json()))
    assert json.loads("".join(found.json_pieces())) == told
    assert Report.from_json(told).as_json() == found.as_json()
    assert told["ok"] is False
    assert told["refused"][0]["text"]
    assert told["quarantine"][0]["offset"] is None


def test_where_a_value_came_from():
    def row(mode):
        return Row(line=1, offset=0, point="1-0:1.8.0", unit="kWh", status=Status.READ, mode=mode)

    found = {mode: examine.origin_of(row(mode)) for mode in Mode}
    assert found[Mode.KEYED] == found[Mode.BARCODE] == Origin.HHU_KEYED
    assert found[Mode.IR] == found[Mode.RF] == found[Mode.AUTO] == Origin.HHU_AUTO
    assert found[Mode.FILE] == Origin.FILE
