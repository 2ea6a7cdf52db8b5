"""Modbus/TCP Security: TLS with certificates on both sides, the role in the client's certificate.

A device decides by the role what a client may do (MODBUS/TCP Security, chapter 8). It stands in an
X.509 extension of its own as a UTF-8 string; a certificate has at most one.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from scada.drivers.config import DriverConfig

ROLE = x509.ObjectIdentifier("1.3.6.1.4.1.50316.802.1")
SECURE_PORT = 802
_UTF8_STRING = 0x0C


def client_context(config: DriverConfig) -> ssl.SSLContext:
    """TLS as a link wants it; OSError or ValueError when a file is of no use.

    The server must show the very certificate that is configured, or, when that is an authority's,
    one signed by it for the link's host.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(config.certificate, config.private_key)
    context.load_verify_locations(config.server_certificate)
    if not _is_authority(_certificate(config.server_certificate)):
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def role_of(certificate: x509.Certificate) -> str | None:
    """The Modbus role a certificate gives, None when it gives none.

    ValueError when the extension is not a UTF-8 string.
    """
    try:
        extension = certificate.extensions.get_extension_for_oid(ROLE)
    except x509.ExtensionNotFound:
        return None
    value = extension.value
    assert isinstance(value, x509.UnrecognizedExtension)
    data = value.value
    if len(data) < 2 or data[0] != _UTF8_STRING or data[1] != len(data) - 2:
        raise ValueError("the role of the certificate is no UTF-8 string")
    return data[2:].decode("utf-8")


def role_of_file(path: str) -> str | None:
    """The role in a certificate file (PEM); see `role_of`."""
    return role_of(_certificate(path))


def _certificate(path: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Path(path).read_bytes())


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return basic.value.ca
