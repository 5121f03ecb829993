"""Encodings by rule, lines with their bytes."""

import io

import pytest

from protocols.dumps.errors import DumpError
from protocols.dumps.text import MAX_LINE, Encoding, clean, detect, lines


@pytest.mark.parametrize(
    ("raw", "name", "bom", "strict"),
    [
        ("表号,值".encode(), "utf-8", 0, True),
        (b"\xef\xbb\xbf" + "表号".encode(), "utf-8", 3, True),
        ("表号,值".encode("gb18030"), "gb18030", 0, True),
        ("表号".encode("utf-16"), "utf-16-le", 2, True),
        (b"\xfe\xff" + "表号".encode("utf-16-be"), "utf-16-be", 2, True),
        (b"plain", "utf-8", 0, True),
        ("表号\n1\n".encode() + b"\xff\xff", "utf-8", 0, False),
        ("表号\n1\n".encode("gbk") + b"\xff\xff", "gb18030", 0, False),
        (b"a,b\n" + b"\xff\xff", "gb18030", 0, False),
        ("户".encode("gb18030"), "gb18030", 0, True),
        ("\U00020000".encode("gb18030"), "gb18030", 0, True),
    ],
)
def test_encoding_by_rule(raw, name, bom, strict):
    assert detect(io.BytesIO(raw)) == Encoding(name, bom, strict)


def test_the_profile_may_say_which():
    assert detect(io.BytesIO("表".encode()), "gb18030").name == "gb18030"


def test_a_character_over_the_edge_of_a_chunk():
    raw = b"a" * 65_535 + "表".encode()
    assert detect(io.BytesIO(raw)).name == "utf-8"
    assert detect(io.BytesIO(b"a" * 65_535 + "表".encode("gb18030"))).name == "gb18030"


def test_lines_know_their_bytes():
    raw = b"\xef\xbb\xbfa\r\nbb\n\nlast"
    found = list(lines(io.BytesIO(raw), Encoding("utf-8", 3)))
    assert found == [(1, 3, b"a"), (2, 6, b"bb"), (3, 9, b""), (4, 10, b"last")]


def test_padding_of_xmodem_is_cut_off():
    assert [raw for _, _, raw in lines(io.BytesIO(b"a\nb" + b"\x1a" * 100), Encoding("utf-8"))] == [
        b"a",
        b"b",
    ]
    assert [raw for _, _, raw in lines(io.BytesIO(b"a\nb\n" + b"\x1a" * 100), Encoding("utf-8"))] == [
        b"a",
        b"b",
    ]


def test_wide_lines_end_at_whole_characters():
    text = "\u0a0d,\u0d0a\r\n一\n二"
    raw = b"\xff\xfe" + text.encode("utf-16-le")
    found = [
        (offset, part.decode("utf-16-le"))
        for _, offset, part in lines(io.BytesIO(raw), Encoding("utf-16-le", 2))
    ]
    assert [part for _, part in found] == ["\u0a0d,\u0d0a", "一", "二"]
    assert [raw[at : at + 2] for at, _ in found] == [part[0].encode("utf-16-le") for _, part in found]


def test_a_line_without_end_is_no_line():
    with pytest.raises(DumpError) as error:
        list(lines(io.BytesIO(b"x" * (MAX_LINE + 70_000)), Encoding("utf-8")))
    assert error.value.reason == "line_too_long"


def test_texts_for_people_are_one_tame_line():
    assert clean("a\r\nb\x1b[31m\u202ec\u2028d") == "a  b [31m\ufffdc d"
    assert clean("　空") == " 空"
    assert len(clean("x" * 500)) == 200
