"""A dead meter is left alone and one probe revives it."""

from gateway.breaker import Breaker, Permit


def test_it_opens_after_so_many_silent_orders_and_probes_after_a_rest():
    breaker = Breaker(failures=3, seconds=300)
    assert breaker.permit(0) is Permit.NORMAL
    breaker.silent(1)
    assert breaker.permit(1) is Permit.CAUTIOUS
    breaker.silent(2)
    assert breaker.permit(2) is Permit.CAUTIOUS
    breaker.silent(3)
    assert breaker.open
    assert breaker.permit(302.9) is Permit.OPEN
    assert breaker.permit(303) is Permit.PROBE


def test_a_failed_probe_rests_again_and_an_answer_closes():
    breaker = Breaker(failures=1, seconds=10)
    breaker.silent(0)
    breaker.silent(10)
    assert breaker.permit(19) is Permit.OPEN
    assert breaker.permit(20) is Permit.PROBE
    breaker.answered()
    assert not breaker.open
    assert breaker.permit(20) is Permit.NORMAL
