"""What a crew can be sent to: incidents, outage orders and hotline orders, seen alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dispatch.element import element_name
from dispatch.incidents import Incident, timers
from dispatch.incidents.clocks import UTILITY
from dispatch.outages import OutageOrder
from dispatch.places import place_of
from dispatch.rulebook import RuleSet
from dispatch.workorders import WorkOrder
from network_models.network import Network

VISITED = frozenset({"low-pressure", "no-gas", "cold-room"})
"""Incidents at a user's: somebody goes and looks, the others are repaired."""
OVER = frozenset({"study", "restored", "closed", "cancelled", "rejected", "discarded"})
"""States of an outage that needs no crew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work somewhere: of which trade, where, until when it binds a crew, when one must be there.

    `place` None: nobody said where. `until` None: its end is not known. `ended`: when it was over.
    `arrived`: when `crew` said that it was there. `about`: what it is, in a word or an element.
    """

    id: str
    medium: str
    skill: str
    place: tuple[float, float] | None
    open: bool
    until: datetime | None = None
    due: datetime | None = None
    ended: datetime | None = None
    crew: str = ""
    arrived: datetime | None = None
    about: str = ""


def job_of(
    kept: Mapping[str, Any],
    networks: Mapping[str, Network],
    law: Callable[[datetime], RuleSet],
    call_place: Callable[[WorkOrder], tuple[float, float] | None],
    now: datetime,
) -> Job:
    """The job of an order of any of the three books, as the book keeps it."""
    if "incident" in kept:
        return _incident(msgspec.convert(kept["incident"], Incident), networks, law, now)
    if "work" in kept:
        work = msgspec.convert(kept["work"], WorkOrder)
        return Job(
            id=work.id,
            medium=work.utility,
            skill="visit",
            place=call_place(work),
            open=work.state != "closed",
            ended=work.at("close") if work.state == "closed" else None,
            about=work.text,
        )
    order = OutageOrder.from_dict(kept["order"])
    return Job(
        id=order.id,
        medium=order.medium,
        skill="valves",
        place=_place(networks, order.medium, order.element),
        open=order.state not in OVER,
        until=order.end,
        ended=order.restored or (order.last_at if order.state in OVER else None),
        about=order.element,
    )


def _incident(
    incident: Incident,
    networks: Mapping[str, Network],
    law: Callable[[datetime], RuleSet],
    now: datetime,
) -> Job:
    medium = UTILITY[incident.kind]
    arrival = [t for t in timers(incident, law(incident.reported), now) if t.clock == "arrival"]
    expected = timedelta(hours=incident.expected_h)
    return Job(
        id=incident.id,
        medium=medium,
        skill="visit" if incident.kind in VISITED else "repair",
        place=incident.place or _place(networks, medium, incident.element),
        open="restored" not in incident.steps,
        until=incident.reported + expected if expected else None,
        due=next((t.due for t in arrival if t.runs), None),
        ended=incident.at("restored"),
        crew=incident.crew,
        arrived=incident.at("arrived"),
        about=incident.element,
    )


def _place(
    networks: Mapping[str, Network], medium: str, element: str
) -> tuple[float, float] | None:
    net = networks.get(element_name(element).utility or medium)
    return None if net is None else place_of(net, element)
