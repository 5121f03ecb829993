"""The way up: batches from the outbox to the broker, acknowledgements back."""
