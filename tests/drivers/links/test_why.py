"""What a person is told of a channel that does not open."""

import errno
import os
import socket

import pytest

from drivers.links.why import NETWORK, PORT, why


@pytest.mark.parametrize(
    ("number", "cures", "cure"),
    [
        (errno.EACCES, PORT, "dialout"),
        (errno.EACCES, NETWORK, "1024"),
        (errno.ECONNREFUSED, NETWORK, "nobody listens"),
    ],
)
def test_the_system_s_word_and_a_cure(number, cures, cure, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    text = why(OSError(number, "Connect call failed"), cures)
    assert text.startswith(os.strerror(number))
    assert cure in text


def test_an_error_without_a_usual_cure_stands_alone():
    assert why(OSError(errno.EHOSTUNREACH, "x"), NETWORK) == os.strerror(errno.EHOSTUNREACH)


def test_the_first_of_several_addresses_speaks_for_all():
    text = why(OSError("Multiple exceptions: [Errno 113] Connect call failed, [Errno 111] x"), NETWORK)
    assert text == os.strerror(113)


def test_what_has_no_number_is_told_as_it_is():
    assert why(OSError("odd"), PORT) == "odd"
    assert (
        why(socket.gaierror(socket.EAI_NONAME, "Name or service not known"), NETWORK)
        == "Name or service not known"
    )
