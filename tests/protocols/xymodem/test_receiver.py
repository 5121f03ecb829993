"""The receiving side of XMODEM and YMODEM (protocols.xymodem.receiver)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.xymodem.block import ACK, CAN, CRC_START, EOT, NAK, Head, block
from protocols.xymodem.receiver import Begin, Data, End, Receiver, TransferError

C, A, N = bytes((CRC_START,)), bytes((ACK,)), bytes((NAK,))
END = bytes((EOT,))


def files(receiver):
    """Names and contents of the files that are whole."""
    found, name, body = [], "", b""
    for event in receiver.taken:
        match event:
            case Begin(head):
                name, body = head.name, b""
            case Data(part):
                body += part
            case End():
                found.append((name, body))
    return found


def endless(do, times=100):
    """Why it ends when `do(n)` is done again and again."""

    def run():
        for n in range(times):
            do(n)

    with pytest.raises(TransferError) as error:
        run()
    return error.value.reason


def head(name, size):
    return block(0, f"{name}\0{size}".encode().ljust(128, b"\0"))


def test_one_file_by_xmodem():
    receiver = Receiver(batch=False, limit=10_000)
    assert receiver.start() == C
    assert receiver.feed(block(1, b"x" * 128)) == A
    assert receiver.feed(block(2, b"end")) == A
    assert receiver.feed(END) == N
    assert not receiver.done
    assert receiver.feed(END) == A
    assert receiver.done
    assert files(receiver) == [("", b"x" * 128 + b"end")]


def test_several_files_by_ymodem():
    receiver = Receiver(batch=True, limit=10_000)
    assert receiver.feed(head("a.txt", 130)) == A + C
    assert receiver.feed(block(1, b"y" * 128)) == A
    assert receiver.feed(block(2, b"zz")) == A
    assert receiver.feed(END) + receiver.feed(END) == N + A + C
    assert receiver.feed(head("b.txt", 0)) == A + C
    assert receiver.feed(END) + receiver.feed(END) == N + A + C
    assert receiver.feed(block(0, bytes(128))) == A
    assert receiver.done
    assert files(receiver) == [("a.txt", b"y" * 128 + b"zz"), ("b.txt", b"")]


def test_a_size_keeps_what_looks_like_padding():
    receiver = Receiver(batch=True, limit=10_000)
    receiver.feed(head("a", 3) + block(1, b"a\x1a\x1a") + END + END)
    assert files(receiver) == [("a", b"a\x1a\x1a")]


def test_a_broken_block_is_asked_for_again_once_the_line_is_quiet():
    receiver = Receiver(batch=False, limit=10_000)
    broken = bytearray(block(1, b"first"))
    broken[20] ^= 1
    assert receiver.feed(bytes(broken)) == b""
    assert receiver.feed(b"noise") == b""
    assert receiver.patience == 1.0
    assert receiver.silent() == N
    assert receiver.feed(block(1, b"first")) == A


def test_a_block_that_comes_twice_counts_once():
    receiver = Receiver(batch=False, limit=10_000)
    assert receiver.feed(block(1, b"one".ljust(128)) * 2) == A + A
    receiver.feed(END + END)
    assert files(receiver) == [("", b"one".ljust(128))]


def test_lost_answers_between_files():
    receiver = Receiver(batch=True, limit=10_000)
    assert receiver.feed(head("a", 1)) == A + C
    assert receiver.feed(head("a", 1)) == A + C
    receiver.feed(block(1, b"1"))
    assert receiver.feed(END) + receiver.feed(END) == N + A + C
    assert receiver.feed(END) == A + C
    receiver.feed(block(0, bytes(128)))
    assert files(receiver) == [("a", b"1")]


def test_a_block_out_of_order_ends_it():
    receiver = Receiver(batch=False, limit=10_000)
    receiver.feed(block(1, b"1"))
    with pytest.raises(TransferError) as error:
        receiver.feed(block(3, b"3"))
    assert error.value.reason == "blocks"


def test_numbers_begin_again_after_255():
    receiver = Receiver(batch=False, limit=100_000)
    for number in range(1, 301):
        assert receiver.feed(block(number, b"%03d" % number * 40)) == A
    receiver.feed(END + END)
    ((_, body),) = files(receiver)
    assert len(body) == 299 * 128 + 120


def test_an_old_reader_is_called_by_nak_and_sends_sums():
    receiver = Receiver(batch=False, limit=10_000)
    assert [receiver.silent() for _ in range(5)] == [C, C, C, C, N]
    assert receiver.feed(block(1, b"sum", crc=False)) == A
    receiver.feed(END + END)
    assert files(receiver) == [("", b"sum")]


def test_nobody_there():
    receiver = Receiver(batch=True, limit=10_000)
    assert endless(lambda _: receiver.silent()) == "silence"


def test_a_sender_that_vanishes():
    receiver = Receiver(batch=True, limit=10_000)
    receiver.feed(head("a", 1000) + block(1, b"1" * 128))
    assert receiver.silent() == N
    assert endless(lambda _: receiver.silent()) == "silence"
    assert not files(receiver)


def test_two_cancels_end_it_and_one_does_not():
    receiver = Receiver(batch=False, limit=10_000)
    receiver.feed(bytes((CAN,)) + block(1, b"1"))
    with pytest.raises(TransferError) as error:
        receiver.feed(bytes((CAN, CAN)))
    assert error.value.reason == "cancelled"


@pytest.mark.parametrize("said", ["201", "999999999999"])
def test_more_than_allowed_is_refused_at_once(said):
    receiver = Receiver(batch=True, limit=200)
    with pytest.raises(TransferError, match="size"):
        receiver.feed(head("a", said))
    assert not receiver.taken


def test_less_than_was_said_is_no_file():
    receiver = Receiver(batch=True, limit=200)
    receiver.feed(head("a", 150) + block(1, b"x" * 128) + END)
    with pytest.raises(TransferError, match="size"):
        receiver.feed(END)
    assert not files(receiver)


def test_an_endless_sender():
    receiver = Receiver(batch=False, limit=1_000)
    assert endless(lambda n: receiver.feed(block(n + 1, b"x" * 128))) == "size"


def test_noise_without_end_comes_to_an_end():
    receiver = Receiver(batch=False, limit=1_000)
    receiver.feed(block(1, b"1"))
    rng = random.Random(1)
    why = endless(lambda _: (receiver.feed(rng.randbytes(5_000)), receiver.silent()))
    assert why in ("noise", "blocks", "cancelled")


@pytest.mark.parametrize("begun", [False, True])
def test_noise_that_never_pauses_comes_to_an_end(begun):
    receiver = Receiver(batch=False, limit=1_000)
    if begun:
        receiver.feed(block(1, b"1"))
    assert endless(lambda _: receiver.feed(b"\xaa" * 5_000)) == "noise"


@pytest.mark.parametrize("batch", [False, True])
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_answered_or_a_transfer_error(batch, chunks):
    receiver = Receiver(batch=batch, limit=1_000)
    try:
        for chunk in chunks:
            answer = receiver.feed(chunk)
            assert set(answer) <= {ACK, NAK, CAN, CRC_START}
    except TransferError:
        pass
    assert sum(len(event.body) for event in receiver.taken if isinstance(event, Data)) <= 1_000


@given(st.binary(max_size=3000), st.integers(1, 400), st.randoms())
def test_any_file_in_any_pieces(content, step, rng):
    receiver = Receiver(batch=True, limit=10_000)
    stream = head("f", len(content))
    for number, at in enumerate(range(0, len(content), 1024), 1):
        stream += block(number, content[at : at + 1024])
    stream += END + END + block(0, bytes(128))
    for at in range(0, len(stream), step):
        receiver.feed(stream[at : at + step])
    assert receiver.done
    assert files(receiver) == [("f", content)]
    assert receiver.taken[0] == Begin(Head("f", len(content)))


def test_a_sender_that_never_ends_behind_the_size_it_told():
    receiver = Receiver(batch=True, limit=1 << 24)
    receiver.feed(head("a", 100))
    assert endless(lambda n: receiver.feed(block(n + 1, b"x" * 128)), times=1000) == "size"
    assert not files(receiver)


def test_one_empty_block_behind_the_end_is_borne():
    receiver = Receiver(batch=True, limit=10_000)
    receiver.feed(head("a", 3) + block(1, b"abc") + block(2, b""))
    receiver.feed(END)
    receiver.feed(END)
    assert files(receiver) == [("a", b"abc")]


def test_a_sender_that_never_runs_out_of_files():
    receiver = Receiver(batch=True, limit=10_000)

    def one(n):
        receiver.feed(head(f"f{n}", 0))
        receiver.feed(END)
        receiver.feed(END)
        receiver.taken.clear()

    assert endless(one, times=1000) == "files"
