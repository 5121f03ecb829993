"""The upload page: a process of its own with its own listener. It has no serial port and no broker key.

It checks what technicians bring and, when they confirm, hands it to the daemon that owns the outbox.
"""
