"""Calls as evidence: which a known outage explains, which lie together near a pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dispatch.calls import Answer, Call, KnownOutage, clusters, known
from dispatch.outages import OutageOrder
from dispatch.workorders import WorkOrder
from hmi.desk.footprints import Footprints
from network_models.network import Network
from network_models.valves import IsolationValve

IN_FORCE = frozenset({"underway", "restoring"})
SHOWN = timedelta(hours=24)
"""How old a call may be to stand on the map; clusters look at two hours."""


class CallMap:
    """What the calls on record tell, given the networks and the saved proposals."""

    def __init__(
        self,
        networks: Mapping[str, Network],
        valves: Sequence[IsolationValve] = (),
        proposals: Callable[[str], Mapping[str, Any]] | None = None,
    ) -> None:
        self._networks, self._proposals = networks, proposals
        self._prints = Footprints(networks, valves)
        self._shut: dict[tuple[str, str], frozenset[str]] = {}

    def place(self, order: WorkOrder) -> tuple[str, tuple[float, float] | None]:
        """The node and the place of a call: one gives the other, by the nearest node."""
        net = self._networks.get(order.utility)
        if net is None:
            return order.node, order.place
        if order.node in net.nodes:
            return order.node, order.place or net.nodes[order.node].position
        if order.place is None:
            return order.node, None
        x, y = order.place
        near = [(n.position, n.id) for n in net.nodes.values() if n.position is not None]
        if not near:
            return order.node, order.place
        (_, node) = min(near, key=lambda one: (one[0][0] - x) ** 2 + (one[0][1] - y) ** 2)
        return node, order.place

    def answer(
        self, order: WorkOrder, outages: Sequence[OutageOrder], now: datetime
    ) -> Answer | None:
        """What the caller can be told of an outage in force at the address."""
        node, place = self.place(order)
        x, y = place or (0.0, 0.0)
        call = Call(id=order.id, at=now, x=x, y=y, node=node)
        return known(call, self._known(order.utility, outages, now))

    def pins(
        self, orders: Sequence[WorkOrder], outages: Sequence[OutageOrder], now: datetime
    ) -> dict[str, Any]:
        """Open calls of the last day with a place, and the clusters among them."""
        recent = [o for o in orders if o.state != "closed" and now - SHOWN <= o.received <= now]
        found: dict[str, Any] = {"pins": [], "clusters": []}
        for utility, net in self._networks.items():
            mine = [(o, *self.place(o)) for o in recent if o.utility == utility]
            calls, told = [], {}
            stops = self._known(utility, outages, now)
            for order, node, place in mine:
                if place is None:
                    continue
                call = Call(id=order.id, at=order.received, x=place[0], y=place[1], node=node)
                calls.append(call)
                answer = known(call, stops)
                if answer is not None:
                    told[order.id] = answer
            groups = clusters(calls, net, now=now, explained=set(told))
            inside = {name: group.link for group in groups for name in group.calls}
            for call in calls:
                answer = told.get(call.id)
                found["pins"].append(
                    {
                        "id": call.id,
                        "utility": utility,
                        "x": call.x,
                        "y": call.y,
                        "kind": "known" if answer else "cluster" if call.id in inside else "open",
                        "outage": answer.outage if answer else "",
                        "restored": answer.restoration.isoformat() if answer else None,
                        "link": inside.get(call.id, ""),
                    }
                )
            found["clusters"] += [
                {
                    "utility": utility,
                    "link": group.link,
                    "distance_m": round(group.distance_m, 1),
                    "calls": list(group.calls),
                    "x": group.x,
                    "y": group.y,
                }
                for group in groups
            ]
        return found

    def _known(
        self, utility: str, outages: Sequence[OutageOrder], now: datetime
    ) -> list[KnownOutage]:
        return [
            KnownOutage(
                id=outage.id,
                start=outage.started or outage.start,
                # One that overruns explains calls until supply is back.
                end=max(outage.end, now + timedelta(seconds=1)),
                nodes=self._nodes(outage),
                reason_zh=outage.reason,
                reason_en=outage.reason,
            )
            for outage in outages
            if outage.medium == utility and outage.state in IN_FORCE
        ]

    def _nodes(self, outage: OutageOrder) -> frozenset[str]:
        """The nodes an outage takes: its proposal's, else those its valves shut off."""
        key = (outage.proposal, outage.element)
        if key not in self._shut:
            self._shut[key] = self._proposed(outage) or self._isolated(outage)
        return self._shut[key]

    def _proposed(self, outage: OutageOrder) -> frozenset[str]:
        if self._proposals is None or not outage.proposal:
            return frozenset()
        try:
            isolation = self._proposals(outage.proposal)["isolation"]
        except KeyError:
            return frozenset()
        return frozenset([*isolation["segment_nodes"], *isolation["extra_cut_off_nodes"]])

    def _isolated(self, outage: OutageOrder) -> frozenset[str]:
        shut = self._prints.isolation(outage.medium, outage.element)
        # An element of no network here explains no call.
        return frozenset() if shut is None else frozenset(shut.cut_off_nodes)
