"""What the routers share: the site, the bus and the kept state of this web process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from hmi.api.command_desk import CommandDesk
from hmi.api.errors import ApiError
from hmi.api.site_view import SiteView
from hmi.security.access import Access
from hmi.stream import LiveStream
from scada.point import Point
from scada.ports import Bus

User = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Body(BaseModel):
    """A request body: unknown fields are faults."""

    model_config = ConfigDict(extra="forbid")


@dataclass(slots=True)
class Parts:
    """Everything a router needs."""

    bus: Bus
    view: SiteView
    stream: LiveStream
    desk: CommandDesk
    started: datetime
    access: Access
    handles: Mapping[str, int] = field(default_factory=dict)
    password_changed: Callable[[str], None] | None = None
    """Told the name of an account whose password its owner has changed."""

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.view.timezone)

    def handle(self, point_id: str) -> int:
        """The handle of a point id; 404 when the site has no such point."""
        try:
            return self.handles[point_id]
        except KeyError:
            raise ApiError(404, "no-such-point", f"no point {point_id!r} in this site") from None

    def point(self, point_id: str) -> Point:
        """The point of an id; 404 when the site has no such point."""
        return self.view.points[self.handle(point_id)]

    def utility_of_alarm(self, alarm_id: str) -> str:
        """The utility of the point an alarm is about; "" for links and the room's own."""
        handle = self.handles.get(alarm_id.rpartition(".")[0])
        return "" if handle is None else self.view.points[handle].utility


def parts_of(request: Request) -> Parts:
    """The parts of the application that got the request."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(parts_of)]
