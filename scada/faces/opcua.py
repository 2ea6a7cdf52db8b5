"""The room as an OPC UA server: all points with unit and range, their history, and the alarms.

Points are `ns=2;s=<point id>` under `Objects/Ringmain/<utility>/<quantity>`, at most a hundred in a
folder, read only: commands need the room's own checks. History is read from our historian through
the core. Alarms are conditions: each change is an event, and acknowledging acts as on the page.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from asyncua import Node, Server, ua
from asyncua.server.user_managers import User, UserRole

from network_models.units import UNITS
from scada.faces.feed import Feed
from scada.faces.opcua_alarms import Conditions
from scada.faces.opcua_filters import filter_by_type
from scada.faces.opcua_guard import guard_servers
from scada.faces.opcua_history import HistoryOfCore
from scada.faces.units import UNECE_URI, unit_id
from scada.opcua_bounds import bound_arrays
from scada.point import Point
from scada.ports import Bus

log = logging.getLogger(__name__)

FOLDER_SIZE = 100
"""asyncua takes quadratic time to fill one folder."""
NAMESPACE = "urn:ringmain:points"
APPLICATION = "urn:ringmain:server"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcUaFaceConfig:
    """Where and to whom it answers.

    `users`: argon2 hashes by name. `open` lets anybody in without encryption: for a lab.
    Otherwise a session is encrypted (Basic256Sha256) with the certificate in `folder`, which is
    made when there is none, and names its user.
    """

    url: str
    folder: Path
    users: Mapping[str, str] = field(default_factory=dict)
    open: bool = False


class OpcUaFace:
    """The server; `run` until cancelled."""

    def __init__(self, points: Sequence[Point], bus: Bus, config: OpcUaFaceConfig) -> None:
        self.points = points
        self.config = config
        self.feed = Feed(points, bus)
        self.server = Server(user_manager=_Users(config.users, open_=config.open))
        self.ready = asyncio.Event()
        self._bus = bus
        self._nodes: list[ua.NodeId] = []

    async def run(self) -> None:
        """Build the address space, listen, and keep it up to date. OSError: the port is taken."""
        server = self.server
        guard_servers()
        filter_by_type()
        bound_arrays()
        await server.init()
        server.allow_remote_admin(False)
        server.set_endpoint(self.config.url)
        server.set_server_name("Ringmain")
        await server.set_application_uri(APPLICATION)
        await self._secure()
        index = await server.register_namespace(NAMESPACE)
        history = HistoryOfCore(self.points, self._bus, self.feed, index)
        server.iserver.history_manager.set_storage(history)
        await self._add_points(index)
        conditions = Conditions(server, self._bus, index)
        await conditions.prepare()
        async with server, asyncio.TaskGroup() as tasks:
            tasks.create_task(self.feed.run(), name="values")
            tasks.create_task(self._follow(), name="nodes")
            tasks.create_task(conditions.run(), name="alarms")
            self.ready.set()

    async def _secure(self) -> None:
        server = self.server
        if self.config.open:
            server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
            server.set_identity_tokens([ua.AnonymousIdentityToken])
            return
        from asyncua.crypto.cert_gen import setup_self_signed_certificate
        from cryptography.x509.oid import ExtendedKeyUsageOID

        folder = self.config.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, certificate = folder / "opcua.key.pem", folder / "opcua.cert.der"
        await setup_self_signed_certificate(
            key,
            certificate,
            APPLICATION,
            "localhost",
            [ExtendedKeyUsageOID.SERVER_AUTH],
            {"organizationName": "Ringmain"},
        )
        key.chmod(0o600)
        await server.load_certificate(str(certificate))
        await server.load_private_key(str(key))
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        server.set_identity_tokens([ua.UserNameIdentityToken])

    async def _add_points(self, index: int) -> None:
        top = await self.server.nodes.objects.add_folder(
            ua.NodeId("Ringmain", index), ua.QualifiedName("Ringmain", index)
        )
        place = {point.id: i for i, point in enumerate(self.points)}
        self._nodes = [ua.NodeId(point.id, index) for point in self.points]
        ordered = sorted(self.points, key=lambda p: (p.utility, p.quantity))
        for utility, of_utility in groupby(ordered, key=lambda p: p.utility):
            folder = await top.add_folder(index, utility)
            for quantity, group in groupby(of_utility, key=lambda p: p.quantity):
                some = list(group)
                inner = await folder.add_folder(index, quantity)
                for first in range(0, len(some), FOLDER_SIZE):
                    part = inner
                    if len(some) > FOLDER_SIZE:
                        part = await inner.add_folder(index, f"{first // FOLDER_SIZE + 1:03d}")
                    for point in some[first : first + FOLDER_SIZE]:
                        await self._add_point(part, point, self._nodes[place[point.id]])

    async def _add_point(self, folder: Node, point: Point, node_id: ua.NodeId) -> None:
        ids = ua.ObjectIds
        name = ua.QualifiedName(point.id, node_id.NamespaceIndex)
        node = await folder.add_variable(node_id, name, 0.0, ua.VariantType.Double)
        await node.write_attribute(
            ua.AttributeIds.Description,
            ua.DataValue(ua.LocalizedText(point.text_en or point.text_zh or point.id)),
        )
        await node.delete_reference(ids.BaseDataVariableType, ids.HasTypeDefinition, True, False)
        await node.add_reference(ids.AnalogItemType, ids.HasTypeDefinition, True, False)
        await node.add_property(0, "EURange", ua.Range(*self._range(point)))
        number = unit_id(point.unit)
        unit = ua.EUInformation(
            UNECE_URI if number >= 0 else NAMESPACE, number, ua.LocalizedText(point.unit)
        )
        await node.add_property(0, "EngineeringUnits", unit)
        access = ua.AccessLevel.CurrentRead.mask | ua.AccessLevel.HistoryRead.mask
        for attribute in (ua.AttributeIds.AccessLevel, ua.AttributeIds.UserAccessLevel):
            await node.write_attribute(
                attribute, ua.DataValue(ua.Variant(access, ua.VariantType.Byte))
            )
        await node.write_attribute(
            ua.AttributeIds.Historizing, ua.DataValue(ua.Variant(True, ua.VariantType.Boolean))
        )

    @staticmethod
    def _range(point: Point) -> tuple[float, float]:
        """From the alarm limits, in the point's unit; what has none is open to both sides."""
        limits = point.limits
        known = [
            x for x in (limits.low_low, limits.low, limits.high, limits.high_high) if x is not None
        ]
        if not known:
            return (0.0, 1.0) if point.quantity in ("status", "position") else (-1e9, 1e9)
        shown = [UNITS[point.unit].from_si(x) for x in known]
        return min(0.0, *shown), max(0.0, *(1.5 * abs(x) for x in shown))

    async def _follow(self) -> None:
        server = self.server
        while True:
            handles = await self.feed.changes()
            values = self.feed.shown(handles).tolist()
            quality = self.feed.quality[handles].tolist()
            times = self.feed.time_ns[handles].tolist()
            for handle, value, code, at in zip(
                handles.tolist(), values, quality, times, strict=True
            ):
                missing = value != value  # noqa: PLR0124  NaN
                data = ua.DataValue(
                    ua.Variant(0.0 if missing else value, ua.VariantType.Double),
                    StatusCode=ua.StatusCode(
                        ua.StatusCodes.BadNoData if missing and code >> 31 == 0 else code
                    ),
                    SourceTimestamp=_EPOCH + timedelta(microseconds=at // 1000),
                )
                await server.write_attribute_value(self._nodes[handle], data)


class _Users:
    """Nobody without a name and its password, unless the face is open."""

    def __init__(self, users: Mapping[str, str], *, open_: bool) -> None:
        self._users = dict(users)
        self._open = open_

    def get_user(
        self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None
    ) -> Any:
        """The user, or None who is turned away."""
        if self._open:
            return User(UserRole.User, name="anonymous")
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        known = self._users.get(str(username or ""))
        if known is None or password is None:
            return None
        try:
            PasswordHasher().verify(known, password)
        except (Argon2Error, InvalidHashError):
            return None
        return User(UserRole.User, name=str(username))
