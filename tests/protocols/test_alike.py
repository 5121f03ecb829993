"""What a word that is not known may have meant (protocols.alike)."""

from protocols.alike import alike


def test_the_word_most_like_it_is_found():
    assert alike("metres", ["nodes", "meters", "relations"]) == "meters"


def test_no_word_is_found_where_none_is_like_it():
    assert alike("zzz", ["nodes", "meters"]) == ""
    assert alike("metres", []) == ""
    assert alike("metres", ["meters"], 0.9) == ""
