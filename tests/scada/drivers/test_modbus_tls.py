"""Modbus/TCP Security: certificates on both sides, the role in the client's."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from field import Running, free_port, point, reply, until, words

from network_models.problems import InputError
from scada.drivers.config import read_drivers
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.drivers.modbus_tls import ROLE, role_of
from scada.quality import BAD_NO_COMMUNICATION, GOOD


def certificate(
    folder: Path,
    name: str,
    *,
    role: bytes | None = None,
    signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    ca: bool = False,
    host: str = "127.0.0.1",
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate and its key, as NAME.pem and NAME.key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False
        )
    )
    if role is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(ROLE, role), False)
    made = builder.sign(signer[1] if signer else key, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made, key


def utf8(text: str) -> bytes:
    return bytes((0x0C, len(text))) + text.encode()


@contextlib.asynccontextmanager
async def secure_unit(
    folder: Path, server: str, client: str
) -> AsyncIterator[tuple[int, list[str | None]]]:
    """A device that lets in who shows `client`'s certificate, and reads to the role Operator."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{server}.pem", folder / f"{server}.key.pem")
    context.load_verify_locations(folder / f"{client}.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    roles: list[str | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("ssl_object").getpeercert(True)
        role = role_of(x509.load_der_x509_certificate(shown))
        roles.append(role)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                body = await reader.readexactly(length - 1)
                if role == "Operator":
                    start, count = struct.unpack(">HH", body[1:5])
                    data = words(*range(start, start + count))
                    writer.write(reply(transaction, unit, body[0], data))
                else:
                    writer.write(reply(transaction, unit, body[0] | 0x80, b"\x01"))
        writer.close()

    port = free_port()
    server_ = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    try:
        yield port, roles
    finally:
        server_.close()


def link(folder: Path, port: int, client: str, server: str, **settings: object) -> Running:
    (config,) = read_drivers(
        [
            {
                "name": "link",
                "kind": "modbus_tcp",
                "port": port,
                "certificate": f"{client}.pem",
                "private_key": f"{client}.key.pem",
                "server_certificate": f"{server}.pem",
                "backoff_s": 0.2,
                **settings,
            }
        ],
        file=str(folder / "site.toml"),
    )
    return Running(ModbusTcpDriver, config, [point("a", "hr:7")])


async def test_a_role_reads_over_mutual_tls_and_a_stranger_is_turned_away(tmp_path: Path) -> None:
    certificate(tmp_path, "device")
    certificate(tmp_path, "us", role=utf8("Operator"))
    certificate(tmp_path, "stranger", role=utf8("Operator"))
    async with secure_unit(tmp_path, "device", "us") as (port, roles):
        async with link(tmp_path, port, "us", "device", role="Operator") as (driver, got):
            await until(lambda: got.value.get(0) == 7.0)
            assert driver.stats.endpoint == f"modbus+tls://127.0.0.1:{port}/1"
            assert roles == ["Operator"]
        async with link(tmp_path, port, "stranger", "device") as (driver, got):
            await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        async with link(tmp_path, port, "us", "stranger") as (driver, got):
            await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
            assert driver.stats.reads == 0


async def test_without_the_role_the_device_refuses(tmp_path: Path) -> None:
    certificate(tmp_path, "device")
    certificate(tmp_path, "us")
    async with (
        secure_unit(tmp_path, "device", "us") as (port, roles),
        link(tmp_path, port, "us", "device") as (driver, got),
    ):
        await until(lambda: got.quality.get(0, GOOD) != GOOD)
        assert roles[0] is None
        assert "illegal function" in driver.stats.last_error


async def test_a_device_signed_by_an_authority_must_be_the_host_that_was_meant(
    tmp_path: Path,
) -> None:
    authority = certificate(tmp_path, "authority", ca=True)
    certificate(tmp_path, "device", signer=authority)
    certificate(tmp_path, "elsewhere", signer=authority, host="10.0.0.9")
    certificate(tmp_path, "us", role=utf8("Operator"))
    async with (
        secure_unit(tmp_path, "device", "us") as (port, _),
        link(tmp_path, port, "us", "authority") as (_, got),
    ):
        await until(lambda: got.value.get(0) == 7.0)
    async with (
        secure_unit(tmp_path, "elsewhere", "us") as (port, _),
        link(tmp_path, port, "us", "authority") as (driver, got),
    ):
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        assert driver.stats.reads == 0


async def test_a_certificate_of_another_role_than_configured_is_said(tmp_path: Path) -> None:
    certificate(tmp_path, "device")
    certificate(tmp_path, "us", role=utf8("Viewer"))
    running = link(tmp_path, 1, "us", "device", role="Operator")
    with pytest.raises(ValueError, match="gives the role 'Viewer', not 'Operator'"):
        await running.driver.run(running.samples)


def test_a_role_that_is_no_text_is_refused(tmp_path: Path) -> None:
    made, _ = certificate(tmp_path, "odd", role=b"\x02\x01\x05")
    with pytest.raises(ValueError, match="no UTF-8 string"):
        role_of(made)


def test_what_a_secure_link_must_have_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "us.pem").touch()
    tables = [
        {"name": "a", "kind": "modbus_tcp", "certificate": "us.pem", "framing": "rtu"},
        {"name": "b", "kind": "modbus_tcp", "role": "Operator", "backup": ["10.0.0.1"]},
        {"name": "c", "kind": "opcua", "url": "opc.tcp://h:1", "trusted": "nowhere", "backup": "x"},
        {"name": "d", "kind": "modbus_tcp", "framing": "ascii", "user_certificate": "us.pem"},
    ]
    with pytest.raises(InputError) as caught:
        read_drivers(tables, file=str(tmp_path / "site.toml"))
    assert sorted(p.field for p in caught.value.problems) == [
        "drivers.a.framing",
        "drivers.a.private_key",
        "drivers.a.server_certificate",
        "drivers.b.backup",
        "drivers.b.certificate",
        "drivers.c.backup",
        "drivers.c.certificate",
        "drivers.c.trusted",
        "drivers.d.framing",
        "drivers.d.user_private_key",
    ]
