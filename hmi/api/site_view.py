"""What the pages need to know of a site: names, networks, points, valves and customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dispatch.customers import Customer
from network_models.network import Network
from network_models.valves import IsolationValve
from scada.alarm_setting import AlarmSetting
from scada.point import Point
from scada.point_table import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """A site as its pages see it; the position of a point in `points` is its handle.

    `end_limit_pa` and `end_rule` are the network-end pressure limit and the rule it comes from,
    None and empty where the site's rules give none.
    """

    name_zh: str
    name_en: str
    language: str
    timezone: str
    version: str
    points: Sequence[Point]
    networks: Mapping[str, Network] = field(default_factory=dict)
    valves: Sequence[IsolationValve] = ()
    customers: Sequence[Customer] = ()
    end_limit_pa: float | None = None
    end_rule: str = ""
    alarms: Mapping[str, AlarmSetting] = field(default_factory=dict)
    """What the site decides of its alarms, by alarm id."""
    drivers: Sequence[str] = ()
    """Names of the field links, so that one that never reported is seen too."""
    folder: Path | None = None
    """The site folder, where there is one: its files may be changed from the page."""

    @property
    def points_digest(self) -> str:
        """A name for the point list: handles of equal digests mean the same points."""
        return digest_of([point.id for point in self.points])
