"""The archives of the gateways, and the master's own, in its databases."""
