"""The ways to a link's devices: one is in use, the others are tried when it fails."""

from __future__ import annotations

import ssl

from scada.drivers.config import DriverConfig
from scada.drivers.modbus_client import LinkLost, ModbusLink
from scada.drivers.modbus_tls import client_context, role_of_file


class BackToFirst(Exception):  # noqa: N818  # says what is to be done
    """The first way works again: the session on a backup ends."""


class Routes:
    """The connections of one link; only the one in use is open."""

    def __init__(self, config: DriverConfig) -> None:
        """OSError or ValueError when the certificates of the link are of no use."""
        self._names = config.routes
        tls = _tls(config)
        self._links = [
            ModbusLink(
                host,
                port,
                timeout_s=config.timeout_s,
                retries=config.retries,
                framing="rtu" if config.framing == "rtu" else "tcp",
                tls=tls,
            )
            for host, port in ((config.host, config.port), *map(_host_port, config.backup))
        ]
        self._at = 0
        self._failures = 0
        self._return_s = config.return_s
        self._return_at = 0.0

    def __len__(self) -> int:
        return len(self._links)

    @property
    def name(self) -> str:
        """The way in use, for people."""
        return self._names[self._at]

    @property
    def exhausted(self) -> bool:
        """Whether every way failed since something was heard; asking begins a new round."""
        if self._failures < len(self._links):
            return False
        self._failures = 0
        return True

    async def connect(self, now: float) -> ModbusLink:
        """Open the way in use; LinkLost when nobody is there."""
        link = self._links[self._at]
        await link.connect()
        self._return_at = now + self._return_s
        return link

    def heard(self) -> None:
        """The way in use brought an answer."""
        self._failures = 0

    def failed(self) -> None:
        """The way in use is of no use: the next one is tried."""
        self._links[self._at].close()
        self._failures += 1
        self._at = (self._at + 1) % len(self._links)

    async def try_first(self, now: float) -> None:
        """While a backup is in use, look for the first way now and then; BackToFirst if there."""
        if self._at == 0 or now < self._return_at:
            return
        self._return_at = now + self._return_s
        try:
            await self._links[0].connect()
        except LinkLost:
            return
        self._links[0].close()
        self._links[self._at].close()
        self._at = 0
        raise BackToFirst

    def close(self) -> None:
        """Close whatever is open."""
        for link in self._links:
            link.close()


def _tls(config: DriverConfig) -> ssl.SSLContext | None:
    if not config.certificate:
        return None
    role = role_of_file(config.certificate)
    if config.role and role != config.role:
        raise ValueError(
            f"{config.name}: the certificate gives the role {role!r}, not {config.role!r}"
        )
    return client_context(config)


def _host_port(way: str) -> tuple[str, int]:
    host, _, port = way.rpartition(":")
    return host.strip("[]"), int(port)
