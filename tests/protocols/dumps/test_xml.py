"""XML with every door shut."""

import io

import pytest

from protocols.dumps.errors import DumpError
from protocols.dumps.xml import Handler, elements, encoding_of, without_dtd


class Words(Handler):
    def end(self, name, text):
        self.out.append((name, text))


def read(raw):
    return list(elements(io.BytesIO(raw), Words()))


def reason(raw):
    with pytest.raises(DumpError) as error:
        read(raw)
    return error.value.reason


def test_elements_without_prefixes():
    raw = b'<?xml version="1.0"?><m:a xmlns:m="x"><m:b> 1 </m:b><c><![CDATA[2]]></c></m:a>'
    assert read(raw) == [("b", "1"), ("c", "2"), ("a", "")]
    assert read(raw + b"\x1a" * 70_000) == read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://localhost/x"> %x;]><a/>',
        b'<!DOCTYPE a [<!ENTITY a0 "ha"><!ENTITY a1 "&a0;&a0;"><!ENTITY a2 "&a1;&a1;">]><a>&a2;</a>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b"<!DOCTYPE html><a/>",
        b"<!--" + b" " * 100_000 + b"--><!DOCTYPE a><a/>",
    ],
)
def test_no_dtd(raw):
    assert reason(raw) == "xml_forbidden"
    with pytest.raises(DumpError):
        without_dtd(io.BytesIO(raw).read)


def test_bounds():
    assert reason(b"<a>" * 100) == "too_deep"
    assert reason(b"<a>" + b"x" * 100_000 + b"</a>") == "line_too_long"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<a><b>", "truncated"),
        (b"<a><b></a>", "xml"),
        (b"<a>&undefined;</a>", "xml"),
        (b"<a>\xff\xff</a>", "xml"),
        (b"<a/>x", "xml"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "xml"),
        (b"", "truncated"),
        (b"<a b='1' b='2'/>", "xml"),
    ],
)
def test_what_is_none(raw, said):
    assert reason(raw) == said


def test_a_document_up_to_its_root():
    source = io.BytesIO(b'<?xml version="1.0"?><a>' + b"<b/>" * 100_000)
    without_dtd(source.read)
    assert source.tell() <= 1 << 17


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("declared", ["", "GB18030", "gb2312", "UTF-8"])
def test_encodings(encoding, declared):
    if encoding == "utf-16" and declared.startswith("g"):
        pytest.skip("contradicts itself")
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared and encoding != "utf-16" else ""
    raw = f"{head}<a>弢弢弢</a>".encode(encoding)
    assert read(raw) == [("a", "弢弢弢")]


def test_other_encodings_are_the_documents_word():
    assert encoding_of(io.BytesIO(b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>')) == "iso-8859-1"
    assert read(b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>') == [("a", "é")]
