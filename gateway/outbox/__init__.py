"""The durable outbox: what was accepted stays here until the master has it."""
