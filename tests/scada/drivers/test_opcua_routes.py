"""Redundant OPC UA servers, trusted certificates by folder, users by certificate, clocks apart."""

from __future__ import annotations

import shutil
from pathlib import Path

from field import Running, free_port, point, until
from opcua_process import make_server
from test_opcua_security import secure_server

from scada.drivers.config import DriverConfig, read_drivers
from scada.drivers.opcua import OpcUaDriver
from scada.quality import BAD_NO_COMMUNICATION


def url(port: int) -> str:
    return f"opc.tcp://127.0.0.1:{port}/ringmain"


async def test_a_lost_server_is_replaced_without_a_bad_value_and_taken_again() -> None:
    one, two = free_port(), free_port()
    first, _ = await make_server(one, 1, 1.0)
    second, _ = await make_server(two, 1, 2.0)
    config = DriverConfig(
        name="link",
        kind="opcua",
        url=url(one),
        backup=(url(two),),
        backoff_s=0.3,
        publishing_s=0.05,
        stale_s=20.0,
        timeout_s=30.0,  # a busy machine is no lost server
        return_s=1.0,
    )
    async with Running(OpcUaDriver, config, [point("P", "ns=2;s=V0", "float32")]) as (driver, got):
        await until(lambda: got.value.get(0) == 1.0)
        await first.stop()
        await until(lambda: got.value.get(0) == 2.0)
        assert driver.stats.route == url(two)
        first, _ = await make_server(one, 1, 3.0)
        await until(lambda: got.value.get(0) == 3.0)
        assert driver.stats.route == url(one)
        assert got.times(0, BAD_NO_COMMUNICATION) == 0
    await first.stop()
    await second.stop()


async def test_a_folder_of_trusted_certificates_lets_its_servers_in_alone(tmp_path: Path) -> None:
    async with secure_server(tmp_path) as port:
        for name, trusted in (("good", "server.der"), ("bad", "other.der")):
            (tmp_path / name).mkdir()
            shutil.copy(tmp_path / trusted, tmp_path / name)
            (config,) = read_drivers(
                [
                    {
                        "name": "link",
                        "kind": "opcua",
                        "url": url(port),
                        "user": "gateway",
                        "password": "right",
                        "certificate": "client.der",
                        "private_key": "client.pem",
                        "trusted": name,
                        "backoff_s": 0.3,
                    }
                ],
                file=str(tmp_path / "site.toml"),
            )
            points = [point("P", "ns=2;s=V0", "float64")]
            async with Running(OpcUaDriver, config, points) as (driver, got):
                if name == "good":
                    await until(lambda got=got: got.value.get(0) == 4.0)  # type: ignore[misc]
                else:
                    await until(lambda driver=driver: driver.stats.reconnects >= 1)  # type: ignore[misc]
                    assert got.quality[0] == BAD_NO_COMMUNICATION
                    assert "BadCertificateUntrusted" in driver.stats.last_error


async def test_a_server_whose_clock_is_off_is_reported(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    import scada.drivers.opcua as module

    port = free_port()
    server, _ = await make_server(port, 1, 1.0)
    config = DriverConfig(name="link", kind="opcua", url=url(port), publishing_s=0.05, skew_s=60.0)

    async def an_hour_ahead(client: object) -> float:
        return 3600.0 + await time_skew_s(client)

    time_skew_s = module.time_skew_s
    async with Running(OpcUaDriver, config, [point("P", "ns=2;s=V0", "float32")]) as (driver, got):
        await until(lambda: got.value.get(0) == 1.0)
        await until(lambda: driver.stats.time_skew_s != 0.0)
        assert abs(driver.stats.time_skew_s) < 5.0  # the server tells its time once a second
        assert driver.stats.errors == 0
    monkeypatch.setattr(module, "time_skew_s", an_hour_ahead)
    async with Running(OpcUaDriver, config, [point("P", "ns=2;s=V0", "float32")]) as (driver, got):
        await until(lambda: driver.stats.time_skew_s > 3590.0)
        assert "clock is +3" in driver.stats.last_error
        assert got.value.get(0) == 1.0
    await server.stop()
