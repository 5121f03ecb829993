"""The conversation with an ERTU, without a wire: frame count bits, classes, ends, denials, what does not belong."""

from datetime import datetime

import pytest

from protocols.iec102 import asdu as app
from protocols.iec102 import request
from protocols.iec102.asdu import Asdu
from protocols.iec102.dialect import Dialect
from protocols.iec102.frame import Frame, decode, encode
from protocols.iec102.session import Asking, LinkDialogue, Said

AT = datetime(2026, 3, 10)
SITE = Dialect(empty_polls=3)
ASKED = request.totals(120, (1, 4), (AT, AT), 1, SITE)


def fixed(control, address=1):
    return encode(Frame(control, address))


def data(asdu, control=0x28, address=1):
    return encode(Frame(control, address, app.encode(asdu, SITE)))


def mirror(cause, **given):
    fields = {name: getattr(ASKED, name) for name in ASKED.__slots__}
    return Asdu(**fields | {"cause": cause} | given)


def totals(station=1, cause=5, kind=2):
    return Asdu(
        type=kind,
        cause=cause,
        station=station,
        body=b"\x01\x10\x00\x00\x00\x00\x00" + bytes.fromhex("00000a031a"),
    )


class Talk:
    """Feeds answers and keeps the control bytes of what is asked."""

    def __init__(self, question=ASKED, dialect=SITE, **given):
        self.link = LinkDialogue(1, dialect)
        self.asking = Asking(self.link, question, **given)
        self.sent = [self.asking.begin()]
        self.over = False

    def hear(self, *frames):
        for raw in frames:
            (said,) = self.link.feed(raw).answers
            following = self.asking.heard(said)
            self.over = following is None
            if following is not None:
                self.sent.append(following)
        return self

    @property
    def controls(self):
        return [f"{decode(raw).control:02X}" for raw in self.sent]


def test_the_usual_conversation():
    talk = Talk().hear(
        fixed(0x00),
        fixed(0x20),
        data(mirror(7), 0x28),
        data(totals()),
        data(totals()),
        data(mirror(10), 0x08),
    )
    assert talk.controls == ["40", "73", "5A", "7A", "5A", "7A"]
    assert talk.over
    assert (talk.asking.complete, talk.asking.confirmed, talk.asking.denied, talk.asking.fault) == (
        True,
        True,
        0,
        "",
    )
    assert talk.asking.data == [totals(), totals()]
    assert decode(talk.sent[1]).asdu == app.encode(ASKED, SITE)


def test_single_characters_are_acknowledgements_and_nothing_to_say():
    talk = Talk().hear(b"\xe5", b"\xe5", b"\xe5", data(totals()), data(mirror(10)))
    assert talk.controls == ["40", "73", "5A", "7B", "5B"]
    assert talk.asking.complete


def test_the_link_status_first_where_the_site_wants_it():
    talk = Talk(dialect=Dialect(status_first=True)).hear(fixed(0x0B), fixed(0x00))
    assert talk.controls == ["49", "40", "73"]


def test_a_link_in_use_is_not_reset():
    assert Talk(fresh=False).controls == ["73"]


def test_a_repetition_has_the_same_frame_count_bit():
    link = LinkDialogue(1)
    link.reset()
    first = link.poll(1)
    assert decode(first).fcb
    assert link.again() == first
    assert not decode(link.poll(1)).fcb
    link.reset()
    assert decode(link.send(ASKED)).fcb


@pytest.mark.parametrize("cause", [13, 14, 15, 16, 17, 18])
def test_a_denial_is_final_and_has_its_reason(cause):
    talk = Talk().hear(fixed(0), fixed(0x20), data(mirror(cause)))
    assert talk.over
    assert (talk.asking.denied, talk.asking.complete) == (cause, False)
    assert Talk().hear(fixed(0), fixed(0x20), data(mirror(7, negative=True))).asking.denied == 7


def test_class_1_is_asked_where_it_is_announced():
    talk = Talk().hear(fixed(0), fixed(0), fixed(0x09), fixed(0x29), data(totals()))
    assert [decode(raw).function for raw in talk.sent[2:]] == [10, 11, 10, 10]
    assert not talk.asking.pauses


def test_an_answer_that_never_ends_is_given_up():
    talk = Talk().hear(fixed(0), fixed(0))
    for _ in range(SITE.empty_polls):
        talk.hear(fixed(0x09))
        assert talk.asking.pauses
    talk.hear(data(totals()))
    for _ in range(SITE.empty_polls + 1):
        assert not talk.over
        talk.hear(fixed(0x09))
    assert talk.over
    assert "has not said" in talk.asking.fault
    assert talk.asking.data == [totals()]


def test_a_busy_ertu_is_asked_again_after_a_pause():
    talk = Talk().hear(fixed(0), fixed(0x01))
    assert talk.controls == ["40", "73", "53"]
    assert talk.asking.pauses
    talk.hear(fixed(0x01), fixed(0x01), fixed(0x01))
    assert talk.over
    assert "busy" in talk.asking.fault


@pytest.mark.parametrize("function", [14, 15])
def test_a_link_service_that_does_not_work_ends_it(function):
    talk = Talk().hear(fixed(function))
    assert talk.over
    assert talk.asking.fault


def test_the_end_of_an_earlier_question_is_not_ours():
    other = mirror(10, body=request.totals(120, (1, 4), (datetime(2026, 3, 9), AT), 1, SITE).body)
    talk = Talk().hear(fixed(0), fixed(0x20), data(other), data(totals()))
    assert not talk.over
    assert talk.link.counters["late"] == 1
    # Marks of a time beside the instant are told in many ways.
    ours = bytearray(ASKED.body)
    ours[4] |= 0x40
    assert talk.hear(data(mirror(10, body=bytes(ours)))).asking.complete


def test_what_does_not_belong_is_counted_and_left():
    talk = Talk().hear(
        fixed(0), fixed(0x20), data(totals(station=2)), data(totals(cause=3)), data(totals(kind=8))
    )
    assert talk.asking.data == []
    assert talk.link.counters["foreign"] == 1
    assert [asdu.type for asdu in talk.asking.unasked] == [2, 8]
    restart = Asdu(type=70, cause=4, station=9, body=b"\x00")
    assert talk.hear(data(restart)).asking.unasked[-1] == restart


def test_the_time_needs_no_end():
    clock = Asdu(type=72, cause=5, station=1, body=b"\x00\x78" + bytes.fromhex("1E080A031A"))
    talk = Talk(request.read_time(1, SITE)).hear(fixed(0), fixed(0x20), data(clock))
    assert talk.over
    assert (talk.asking.complete, talk.asking.data) == (True, [clock])


def test_a_clock_that_was_set_says_so():
    question = request.set_time(AT, 1, SITE)
    done = Asdu(type=128, cause=48, station=1, body=question.body)
    assert Talk(question).hear(fixed(0), b"\xe5", data(done)).asking.complete
    denied = Asdu(type=128, cause=48, station=1, negative=True, body=question.body)
    assert Talk(question).hear(fixed(0), b"\xe5", data(denied)).asking.denied == 48


def test_data_may_answer_the_question_itself():
    talk = Talk().hear(fixed(0), data(mirror(7)), data(mirror(10)))
    assert talk.asking.complete


def test_foreign_late_and_echoed_frames_are_no_answers():
    link = LinkDialogue(1)
    sent = link.poll(2)
    assert link.feed(sent + fixed(0x08, 2) + fixed(0x0B)).answers == []
    assert link.feed(fixed(0x09)).answers == [Said("none")]
    assert link.feed(fixed(0x09)).answers == []
    assert link.counters == {"frames": 6, "echo": 1, "foreign": 1, "late": 2}


def test_one_byte_in_noise_acknowledges_nothing():
    link = LinkDialogue(1)
    link.send(ASKED)
    assert link.feed(b"\x41\xe5").answers == []
    assert link.counters["noise"] == 2
    link.again()
    assert link.feed(b"\xe5").answers == [Said("ack")]
    link.status()
    assert link.feed(b"\xe5").answers == []


def test_a_wrong_checksum_is_no_answer_unless_the_site_is_known_for_it():
    raw = bytearray(data(totals()))
    raw[-2] ^= 1
    strict, lenient = LinkDialogue(1), LinkDialogue(1, Dialect(lenient=True))
    strict.poll(1)
    lenient.poll(1)
    assert strict.feed(bytes(raw)).answers == []
    assert strict.counters["checksum"] == 1
    assert lenient.feed(bytes(raw)).answers[0].asdu == totals()
    assert lenient.counters["forgiven"] == 1


def test_half_an_answer_is_given_up_by_silence():
    link = LinkDialogue(1)
    link.poll(1)
    assert link.feed(data(totals())[:20]).answers == []
    assert link.flush().answers == []
    assert link.counters["length"] == 1
    link.again()
    assert link.feed(data(totals())).answers[0].kind == "data"


def test_data_too_short_to_be_any_is_passed_over():
    link = LinkDialogue(1)
    link.poll(1)
    (said,) = link.feed(encode(Frame(0x28, 1, b"\x02"))).answers
    assert (said.kind, said.asdu) == ("data", None)
    assert link.counters["length"] == 1
