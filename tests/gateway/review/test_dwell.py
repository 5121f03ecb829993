"""When a condition begins and ends."""

from gateway.review.dwell import Track, Watch, pack_tracks, unpack_tracks


def test_it_must_hold_for_a_time_and_be_gone_for_a_time():
    watch = Watch()
    assert not watch.holds(1000, 60)
    assert not watch.holds(1059, 60)
    assert watch.holds(1060, 60)
    assert not watch.ends(1100, 60)
    assert not watch.ends(1159, 60)
    assert watch.ends(1160, 60)


def test_a_short_recovery_does_not_end_it():
    watch = Watch()
    assert watch.holds(1000, 0)
    assert not watch.ends(1010, 60)
    assert watch.holds(1020, 0)
    assert not watch.ends(1075, 60)
    assert watch.ends(1135, 60)


def test_what_never_began_is_over_at_once():
    assert Watch().ends(1000, 3600)


def test_days_out_of_five():
    watch = Watch()
    assert [watch.seen(day, 3, held=held) for day, held in ((1, True), (2, False), (3, True), (4, True))] == [
        False,
        False,
        False,
        True,
    ]
    assert not watch.seen(6, 3, held=False)
    assert not watch.seen(60, 1, held=False)


def test_what_is_watched_comes_through_a_restart():
    tracks = {"M1": Track(1500, {("R040", "A"): Watch(since=1000, gone=1200, days=5, day=7, is_on=True)})}
    assert dict(unpack_tracks(pack_tracks(tracks))) == tracks
    assert not list(unpack_tracks(b'{"v":9,"tracks":{"M1":[1,[]]}}'))
