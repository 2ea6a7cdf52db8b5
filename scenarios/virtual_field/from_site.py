"""The field of a site: its drivers, its points and the networks that move them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scada.address import parse_modbus
from scada.point import Point
from scenarios.virtual_field.config import FieldConfig, FieldDriver, FieldError

if TYPE_CHECKING:
    from scada.drivers.config import DriverConfig
    from scenarios.site import Site


def field_config(site: Site, *, speed: float = 1.0) -> FieldConfig:
    """What to serve for a site; FieldError when it has no Modbus or OPC UA driver."""
    drivers, merged = merge_endpoints(site.drivers)
    if not drivers:
        raise FieldError(f"{site.path}: no modbus_tcp or opcua driver to serve")
    points = [_move(point, merged) for point in site.points if point.driver in merged]
    return FieldConfig(
        name=site.name_en or site.name_zh,
        data=str(site.data),
        drivers=drivers,
        points=tuple(points),
        networks={utility: str(file) for utility, file in site.network_files.items()},
        timezone=site.timezone,
        seed=site.seed,
        speed=speed,
    )


def merge_endpoints(
    configs: tuple[DriverConfig, ...],
) -> tuple[tuple[FieldDriver, ...], dict[str, tuple[FieldDriver, int]]]:
    """The servers to run, and for every driver its server and unit there.

    Drivers of one host and port are units behind one server.
    """
    servers: dict[str, FieldDriver] = {}
    merged: dict[str, tuple[FieldDriver, int]] = {}
    for config in configs:
        if config.kind == "opcua":
            server = FieldDriver(name=config.name, kind="opcua", url=config.url)
        elif config.kind == "modbus_tcp":
            server = FieldDriver(
                name=config.name,
                kind="modbus_tcp",
                host=config.host,
                port=config.port,
                unit=config.unit,
            )
        else:
            continue
        server = servers.setdefault(server.endpoint, server)
        merged[config.name] = (server, config.unit)
    return tuple(servers.values()), merged


def _move(point: Point, merged: dict[str, tuple[FieldDriver, int]]) -> Point:
    """The point at its server, its unit in the address when it is not the server's own."""
    server, unit = merged[point.driver]
    if (
        server.kind == "opcua"
        or unit == server.unit
        or parse_modbus(point.address).unit is not None
    ):
        return replace(point, driver=server.name)
    return replace(point, driver=server.name, address=f"{unit}/{point.address}")
