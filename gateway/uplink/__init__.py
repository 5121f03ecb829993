"""From the outbox to the broker, and the master's acknowledgement back."""

from gateway.uplink.stats import LATENCIES, REASONS, UplinkStats
from gateway.uplink.uplink import Uplink

__all__ = ["LATENCIES", "REASONS", "Uplink", "UplinkStats"]
