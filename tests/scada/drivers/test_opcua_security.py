"""Encrypted OPC UA sessions with a user, and those that must not come about."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asyncua import Server, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from cryptography.x509.oid import ExtendedKeyUsageOID
from field import Running, free_port, point, until

from network_models.problems import InputError
from scada.drivers.config import read_drivers
from scada.drivers.opcua import OpcUaDriver
from scada.drivers.opcua_client import APPLICATION_URI
from scada.quality import BAD_NO_COMMUNICATION

SERVER_URI = "urn:ringmain:test:server"


class _OneUser:
    def get_user(self, iserver, username=None, password=None, certificate=None):
        if (username, password) == ("gateway", "right"):
            return User(role=UserRole.User, name=username)
        return None


async def _certificate(folder: Path, name: str, uri: str) -> None:
    await setup_self_signed_certificate(
        folder / f"{name}.pem",
        folder / f"{name}.der",
        uri,
        "localhost",
        [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH],
        {"commonName": name},
    )


@asynccontextmanager
async def secure_server(folder: Path):
    await _certificate(folder, "server", SERVER_URI)
    await _certificate(folder, "other", SERVER_URI)
    await _certificate(folder, "client", APPLICATION_URI)
    port = free_port()
    server = Server(user_manager=_OneUser())
    await server.init()
    await server.set_application_uri(SERVER_URI)
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/ringmain")
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    await server.load_certificate(str(folder / "server.der"))
    await server.load_private_key(str(folder / "server.pem"))
    space = await server.register_namespace("urn:ringmain:test")
    await server.nodes.objects.add_variable(ua.NodeId("V0", space), "V0", 4.0)
    await server.start()
    try:
        yield port
    finally:
        await server.stop()


def _link(folder, port, password, server_certificate="server.der"):
    (config,) = read_drivers(
        [
            {
                "name": "link",
                "kind": "opcua",
                "url": f"opc.tcp://127.0.0.1:{port}/ringmain",
                "user": "gateway",
                "password": password,
                "certificate": "client.der",
                "private_key": "client.pem",
                "server_certificate": server_certificate,
                "backoff_s": 0.3,
            }
        ],
        file=str(folder / "site.toml"),
    )
    return Running(OpcUaDriver, config, [point("P", "ns=2;s=V0", "float64")])


async def test_an_encrypted_session_with_a_user_and_what_is_turned_away(tmp_path):
    async with secure_server(tmp_path) as port:
        async with _link(tmp_path, port, "right") as (driver, got):
            await until(lambda: got.value.get(0) == 4.0)
            assert driver.stats.state == "up"
        async with _link(tmp_path, port, "wrong") as (driver, got):
            await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
            assert "BadUserAccessDenied" in driver.stats.last_error
        async with _link(tmp_path, port, "right", "other.der") as (driver, got):
            await until(lambda: driver.stats.reconnects >= 1)
            assert got.quality[0] == BAD_NO_COMMUNICATION
            assert driver.stats.reads == 0


def test_files_of_an_encrypted_link_belong_together(tmp_path):
    (tmp_path / "client.der").touch()
    table = {
        "name": "link",
        "kind": "opcua",
        "url": "opc.tcp://h:1",
        "certificate": "client.der",
        "private_key": "missing.pem",
    }
    with pytest.raises(InputError) as caught:
        read_drivers([table], file=str(tmp_path / "site.toml"))
    assert sorted(p.field for p in caught.value.problems) == [
        "drivers.link.private_key",
        "drivers.link.server_certificate",
    ]
