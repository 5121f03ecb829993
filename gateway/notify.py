"""Talks to systemd: READY, STATUS, RELOADING, WATCHDOG. Without systemd every call does nothing."""

import os
import socket

__all__ = ["Notifier"]


class Notifier:
    """The notification socket of the service manager, taken from the environment."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        self._address = given.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        self.failures = 0
        meant = given.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
        micros = given.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(micros) / 1_000_000 if meant and micros.isdigit() else 0.0
        """Longest silence in seconds that the service manager tolerates; 0.0: it does not watch."""

    def send(self, **state: str) -> None:
        """Send fields such as READY="1" or STATUS="..."; never raises and never blocks."""
        if not self._address:
            return
        text = "\n".join(f"{name}={value.replace(chr(10), ' ')}" for name, value in state.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
                channel.sendto(text.encode(), self._address)
        except OSError:
            self.failures += 1

    def ready(self, status: str) -> None:
        """The service is up, or up again after a reload."""
        self.send(READY="1", STATUS=status)

    def reloading(self, monotonic: float) -> None:
        """A reload begins; `monotonic` is the machine's monotonic time in seconds."""
        self.send(RELOADING="1", MONOTONIC_USEC=str(int(monotonic * 1_000_000)))

    def stopping(self) -> None:
        """The service goes down."""
        self.send(STOPPING="1", STATUS="stopping")

    def alive(self, status: str) -> None:
        """Feed the watchdog and tell what is going on."""
        self.send(WATCHDOG="1", STATUS=status)
