"""Finding models in a SunSpec map."""

import pytest

from protocols.modbus.sunspec import BASES, discover

MARK = [0x5375, 0x6E53]


def device(base, *models):
    """The registers of a device with these (number, length) one after another."""
    words = dict(zip((base, base + 1), MARK, strict=True))
    place = base + 2
    for number, length in (*models, (0xFFFF, 0)):
        words |= {place: number, place + 1: length}
        place += 2 + length
    return words


def search(words, wanted):
    asking, asked = discover(wanted), []
    request = next(asking)
    while True:
        asked.append(request.start)
        places = range(request.start, request.end)
        answer = [words[place] for place in places] if all(place in words for place in places) else None
        try:
            request = asking.send(answer)
        except StopIteration as done:
            return done.value, asked


@pytest.mark.parametrize("base", BASES)
def test_a_model_behind_others_is_found(base):
    found, _ = search(device(base, (1, 66), (160, 48), (203, 105)), {203, 213})
    assert found == {203: base + 2 + 68 + 50}


def test_the_first_that_is_wanted_counts():
    assert search(device(0, (213, 124), (203, 105)), {203, 213})[0] == {213: 2}


def test_a_device_without_such_a_model():
    assert search(device(40000, (1, 66)), {203})[0] == {}


def test_a_device_that_is_not_sunspec_is_asked_three_times():
    assert search({}, {203}) == ({}, list(BASES))


def test_a_map_that_goes_round_ends():
    class Endless(dict):
        def __contains__(self, key):
            return True

        def __missing__(self, key):
            return MARK[key - 40000] if key in (40000, 40001) else 1 - key % 2

    found, asked = search(Endless(), {203})
    assert found == {}
    assert len(asked) <= 101
