"""Where and as whom the uplink connects, from its settings."""

import config.schema
from gateway.mqtt import Broker, Will
from gateway.sealed import first_line, place

__all__ = ["broker_of"]


def broker_of(known: config.schema.Uplink, name: str, will: Will | None = None) -> Broker:
    """The broker of a gateway's uplink; raises OSError when its password cannot be read."""
    password = place(known.password_file, known.password_credential)
    return Broker(
        url=known.broker or "",
        client_id=known.client_id or f"meterd-{name}",
        version=known.version,
        user=known.user,
        password=first_line(password) if password else None,
        ca_file=known.ca_file,
        cert_file=known.cert_file,
        key_file=place(known.key_file, known.key_credential),
        keep_alive=known.keep_alive,
        window=known.window + 4,
        will=will,
    )
