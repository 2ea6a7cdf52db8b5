"""An asyncua client as a link's configuration wants it: names, user, encryption."""

from __future__ import annotations

from typing import Any

from asyncua import Client
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

from scada.drivers.config import DriverConfig

APPLICATION_URI = "urn:ringmain:gateway"
"""Must stand in our certificate (subjectAltName) when a link is encrypted."""

MIN_TIMEOUT_S = 4.0
"""Creating a thousand monitored items takes a server longer than one value."""


async def make_client(config: DriverConfig) -> Any:
    """A client that is not connected yet.

    With a certificate the session is signed and encrypted, and the server's certificate is the
    one that was configured: what the server shows over an open channel is not trusted.
    """
    client = Client(
        config.url,
        timeout=max(config.timeout_s, MIN_TIMEOUT_S),
        watchdog_intervall=max(1.0, config.stale_s / 2.0),
    )
    client.name = client.description = "Ringmain gateway"
    client.application_uri = APPLICATION_URI
    if config.user:
        client.set_user(config.user)
        client.set_password(config.password)
    if config.certificate:
        await client.set_security(
            SecurityPolicyBasic256Sha256,
            certificate=config.certificate,
            private_key=config.private_key,
            server_certificate=config.server_certificate,
        )
    return client
