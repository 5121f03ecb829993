"""Which part of a node's loss does not depend on its load (domain 7.6), where its days can tell."""

from collections.abc import Sequence

from gateway.energy.explain import fit

__all__ = ["DAYS", "constant_share"]

DAYS = 28
"""So many days are looked at."""
_ERROR = 0.1
"""Standard error of the share above which nothing is said: five of them are the limit of half."""


def constant_share(points: Sequence[tuple[float, float]]) -> float | None:
    """Constant part of all loss from (supply, loss) by day; None where the days cannot tell it from the rest.

    That is so where the supply hardly varies. Where the curve's three coefficients are too many for the days, a
    straight line stands in: what the load's square loses makes its constant smaller, so it accuses nobody.
    """
    for ohmic in (True, False):
        found = fit(points, ohmic=ohmic)
        if found is not None and found.share_error <= _ERROR and sum(loss for _, loss in points) > 0:
            return found.constant_share
    return None
