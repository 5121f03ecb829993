"""HTML from Python (gateway.upload.markup)."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from gateway.upload.markup import Markup, data, document, el, join


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, text):
        self.texts.append(text)


@given(st.text(), st.text())
def test_no_text_becomes_markup(inside, value):
    seen = Seen(el("p", inside, title=value))
    assert [tag for tag, _ in seen.tags] == ["p"]
    assert "".join(seen.texts).replace("\r\n", "\n").replace("\r", "\n") == inside.replace(
        "\r\n", "\n"
    ).replace("\r", "\n")


@given(st.text(max_size=400))
def test_data_is_one_line_that_can_be_printed(text):
    seen = Seen(data(text))
    assert "".join(seen.texts).isprintable()


def test_elements():
    assert el("br") == "<br>"
    assert el("p", "<", None, 5, [el("b", "x"), "&"], class_="a", hidden=True, id=None, open=False) == (
        '<p class="a" hidden>&lt;5<b>x</b>&amp;</p>'
    )
    assert el("label", for_="x", data_a='"') == '<label for="x" data-a="&quot;"></label>'
    assert isinstance(join("a"), Markup)
    assert data("") == ""
    assert document("en", None, "<").startswith('<!doctype html><html lang="en">')
    assert "\u202e" not in data("a\u202eb")
