"""Which hours of an area say something about its customers."""

from gateway.master.process.culprits import _ran


def test_hours_in_which_energy_ran_back_or_may_have_say_nothing():
    assert _ran([5.0, 5.0, 5.5, 5.5]) == {1}
    assert _ran([5.0, None, 5.5, 5.5, None]) == {0, 1, 3}


def test_a_missing_register_between_two_that_are_equal_hides_nothing():
    assert _ran([5.0, None, None, 5.0]) == set()


def test_where_nobody_reads_the_reverse_register_all_hours_count():
    assert _ran([None, None, None]) == set()
