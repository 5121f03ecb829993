"""Which hours of an area say something about its customers."""

from gateway.master.process.culprits import _ahead


def test_hours_in_which_energy_ran_back_or_may_have_say_nothing():
    assert _ahead([1.0, 2.0, 3.0, None], [0.0, 0.5, None, 0.0]) == [1.0, None, None, None]


def test_where_nobody_reads_the_reverse_register_all_hours_count():
    assert _ahead([1.0, None, 3.0], [None, None, None]) == [1.0, None, 3.0]
