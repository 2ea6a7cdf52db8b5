"""What an outage order takes: by its saved proposal, else by its valves, else by its element."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dispatch.conflicts import Footprint, Joint, footprint_of
from dispatch.customers import Customer
from dispatch.gas_compliance import gas_users
from dispatch.isolation import Isolation
from dispatch.joint_cut import cut_together
from dispatch.medium_isolation import isolate_medium, valves_of
from dispatch.outages import OutageOrder
from network_models.elements.heat import Substation
from network_models.network import Network
from network_models.problems import InputError
from network_models.valves import IsolationValve

SHUTS = frozenset({"ordinary", "overhaul"})
"""Works that take a piece of network out; the others leave it in service."""
RUNNING = frozenset({"underway", "restoring"})
OVERRUN = timedelta(hours=1)
"""When it ends nobody knows; the next hour it will still be there (ours)."""


class Footprints:
    """Footprints of a site's orders; the valves and customers are of its water network."""

    def __init__(
        self,
        networks: Mapping[str, Network] | None = None,
        valves: Sequence[IsolationValve] = (),
        customers: Sequence[Customer] = (),
        proposals: Callable[[str], Mapping[str, Any]] | None = None,
    ) -> None:
        self._networks, self._customers = networks or {}, customers
        self._known, self._proposals = valves, proposals
        self._valves: dict[str, Sequence[IsolationValve]] = {}
        self._shut: dict[tuple[str, str], Isolation | None] = {}

    def of(self, order: OutageOrder, now: datetime) -> Footprint:
        """What the order takes; one that overruns is in the way for another hour at least."""
        end = max(order.end, now + OVERRUN) if _overruns(order, now) else order.end
        saved = self._saved(order)
        found = footprint_of(order.as_dict(), saved, order.start, end)
        if saved is not None:
            return found
        if order.work not in SHUTS:
            return replace(found, basis="not-shut")
        isolation = self.isolation(order.medium, order.element)
        if isolation is None:
            return replace(found, basis="element")
        return replace(
            found,
            basis="valves",
            piece=frozenset(
                (
                    *(f"node:{name}" for name in isolation.segment_nodes),
                    *(f"link:{name}" for name in isolation.segment_links),
                )
            ),
            valves=frozenset(valve.id for valve in isolation.valves),
            closed_links=frozenset(isolation.closed_links),
            hit=self._hit(order.medium, isolation),
        )

    def joint(self, medium: str) -> Joint | None:
        """What two sets of closed links cut off together; None without the network."""
        net = self._networks.get(medium)
        return None if net is None else partial(cut_together, net)

    def isolation(self, medium: str, element: str) -> Isolation | None:
        """What is shut for an element; None where the site has no such network or element."""
        key = (medium, element)
        if key not in self._shut:
            self._shut[key] = self._isolate(medium, element)
        return self._shut[key]

    def _isolate(self, medium: str, element: str) -> Isolation | None:
        net = self._networks.get(medium)
        if net is None:
            return None
        if medium not in self._valves:
            self._valves[medium] = self._known if medium == "water" else valves_of(net, ())[0]
        try:
            return isolate_medium(net, element, self._valves[medium])
        except InputError:
            return None

    def _saved(self, order: OutageOrder) -> Mapping[str, Any] | None:
        saved: Mapping[str, Any] | None = None
        if self._proposals is not None and order.proposal:
            with contextlib.suppress(KeyError):
                saved = self._proposals(order.proposal)
        # A plan counts for what it was made for only.
        return saved if saved is not None and saved.get("element") == order.element else None

    def _hit(self, medium: str, isolation: Isolation) -> frozenset[str]:
        """Who is cut off, named as proposals name them; who has low pressure is not known."""
        nodes, links = frozenset(isolation.cut_off_nodes), frozenset(isolation.segment_links)
        net = self._networks[medium]
        if medium == "gas":
            return frozenset(f"gas user {name}" for name in gas_users(net) if name in nodes)
        if medium == "heat":
            return frozenset(
                f"heat station {link.id}"
                for link in net.links.values()
                if isinstance(link, Substation) and {link.start, link.end} & nodes
            )
        return frozenset(
            f"customer {c.id}" for c in self._customers if c.node in nodes or c.link in links
        )


def _overruns(order: OutageOrder, now: datetime) -> bool:
    return order.state in RUNNING and order.end < now
