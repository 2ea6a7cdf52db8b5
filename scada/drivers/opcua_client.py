"""An asyncua client as a link's configuration wants it: names, user, encryption."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import Client, ua
from asyncua.crypto import security_policies
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions

from scada.drivers.config import DriverConfig
from scada.opcua_bounds import bound_arrays

APPLICATION_URI = "urn:ringmain:gateway"
"""Must stand in our certificate (subjectAltName) when a link is encrypted."""

GARBLED = (
    ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, struct.error,
    RecursionError,
)  # fmt: skip
"""What asyncua's decoders raise, beside its own errors, at a message that is none."""

MIN_TIMEOUT_S = 4.0
"""Creating a thousand monitored items takes a server longer than one value."""


_CHECKS = (
    CertificateValidatorOptions.TIME_RANGE
    | CertificateValidatorOptions.TRUSTED
    | CertificateValidatorOptions.REVOKED
    | CertificateValidatorOptions.PEER_SERVER
)


async def make_client(config: DriverConfig, url: str) -> Any:
    """A client of one of the link's servers that is not connected yet.

    With a certificate the session is signed and encrypted, and the server's certificate is the
    one that was configured, or one that the folder of trusted certificates vouches for (it or its
    signer is there, it is valid today, and no list in `crl/` below revokes it). Nothing is sent
    to a server before that is clear.
    """
    bound_arrays()
    client = Client(
        url,
        timeout=max(config.timeout_s, MIN_TIMEOUT_S),
        watchdog_intervall=max(1.0, config.stale_s / 2.0),
    )
    client.name = client.description = "Ringmain gateway"
    client.application_uri = APPLICATION_URI
    if config.user:
        client.set_user(config.user)
        client.set_password(config.password)
    if config.certificate:
        if config.trusted:
            client.certificate_validator = CertificateValidator(
                _CHECKS, await _trust_store(Path(config.trusted))
            ).validate
        await client.set_security(
            getattr(security_policies, f"SecurityPolicy{config.policy}"),
            certificate=config.certificate,
            private_key=config.private_key,
            server_certificate=config.server_certificate or None,
        )
    if config.user_certificate:
        await client.load_client_certificate(config.user_certificate)
        await client.load_private_key(config.user_private_key)
    return client


async def time_skew_s(client: Any) -> float:
    """How far the server's clock is ahead of ours (s), half the way there and back allowed for."""
    before = datetime.now(UTC)
    told = await client.get_node(ua.ObjectIds.Server_ServerStatus_CurrentTime).read_value()
    after = datetime.now(UTC)
    server = told if told.tzinfo is not None else told.replace(tzinfo=UTC)
    return float((server - (before + (after - before) / 2)).total_seconds())


async def _trust_store(folder: Path) -> TrustStore:
    revoked = folder / "crl"
    store = TrustStore([folder], [revoked] if revoked.is_dir() else [])
    await store.load()
    return store
