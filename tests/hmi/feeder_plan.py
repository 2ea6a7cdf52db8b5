"""A made-up outage proposal in the shape of `ringmain/outage-plan/1`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hmi.api.site_view import SiteView


def proposal(view: SiteView, link: str, request: dict[str, Any]) -> dict[str, Any]:
    """What planning an outage of a link would answer."""
    net = view.networks["water"]
    start = datetime.fromisoformat(request["start"])
    end = datetime.fromisoformat(request["end"])
    now = datetime.now(UTC).astimezone(start.tzinfo)
    hours = (end - start).total_seconds() / 3600.0
    here = net.links[link]
    near = [k for k in net.links.values() if {k.start, k.end} & {here.start, here.end}]
    valves = []
    for order, pipe in enumerate(near[:4], start=1):
        x, y = net.nodes[pipe.start].position or (0.0, 0.0)
        valves.append(
            {
                "id": f"V{order}",
                "link": pipe.id,
                "x": x + 15,
                "y": y,
                "dn_mm": 300.0,
                "remote": order == 1,
                "order": order,
            }
        )
    affected = [
        {
            "id": c.id,
            "name_zh": c.name_zh,
            "name_en": c.name_en,
            "community": c.community,
            "class": c.kind,
            "households": c.households,
            "people": c.people,
            "effect": "cut_off" if k % 2 == 0 else "low_pressure",
            "minimum_pressure_mpa": None if k % 2 == 0 else 0.09,
            "hours": hours if k % 2 == 0 else hours / 2,
        }
        for k, c in enumerate(view.customers[:14])
    ]
    priority = [c for c in affected if c["class"] in ("hospital", "school")]
    late = start - now < timedelta(hours=48)
    times = [(start + timedelta(hours=h)).isoformat() for h in range(int(hours) + 6)]
    worst = [0.19 - 0.07 * (0 < h <= hours) - 0.01 * (h % 5) for h in range(len(times))]
    x0, y0 = net.nodes[here.start].position or (0.0, 0.0)
    notice_at = (start - timedelta(hours=48)).isoformat()
    trucks = None
    if hours > 24:
        trucks = {
            "required": True,
            "people": 2400,
            "demand_m3": 48.0,
            "litres_per_person_day": 20.0,
            "source": "site.toml",
            "lower_bound": 2,
            "trucks": 2,
            "undelivered_m3": 0.0,
            "binds": "capacity",
            "notes": [],
            "routes": [
                {
                    "truck": f"T{k + 1}",
                    "stops": [
                        {
                            "kind": kind,
                            "id": name,
                            "arrive": (start + timedelta(minutes=20 * s)).isoformat(),
                            "leave": (start + timedelta(minutes=20 * s + 12)).isoformat(),
                            "load_m3": load,
                            "x": x0 + dx * (1 + k),
                            "y": y0 + dy,
                        }
                        for s, (kind, name, load, dx, dy) in enumerate(
                            (
                                ("depot", "D1", 0.0, -600, -500),
                                ("fill", "F1", 8.0, -300, -200),
                                ("deliver", "里仁1区", 4.0, 120, 150),
                                ("deliver", "里仁2区", 0.0, 260, -90),
                                ("depot", "D1", 0.0, -600, -500),
                            )
                        )
                    ],
                }
                for k in range(2)
            ],
        }
    return {
        "schema": "ringmain/outage-plan/1",
        "id": f"OUT-{link}-{int(start.timestamp())}",
        "element": f"water/link:{link}",
        "medium": "water",
        "kind": "planned",
        "reason": request["reason"],
        "start": start.isoformat(),
        "end": end.isoformat(),
        "duration_h": hours,
        "created": now.isoformat(),
        "isolation": {
            "valves": valves,
            "segment_nodes": [here.start],
            "segment_links": [link, *[k.id for k in near[:2]]],
            "extra_cut_off_nodes": [],
            "notes": ["V3: last turned in 2024"],
        },
        "impact": {
            "customers": affected,
            "households": sum(c["households"] for c in affected),
            "people": sum(c["people"] for c in affected),
            "communities": [
                {"id": "里仁1区", "households": 480, "people": 1440},
                {"id": "里仁2区", "households": 160, "people": 480},
            ],
            "priority_users": priority,
            "hydraulics": {
                "times": times,
                "worst_pressure_mpa": worst,
                "below_limit_nodes": [
                    {
                        "id": here.end,
                        "x": x0 + 180,
                        "y": y0,
                        "minimum_mpa": 0.092,
                        "first_below": times[1],
                    }
                ],
                "base_below_nodes": [],
                "tanks": [{"id": "T1", "minimum_level_m": 1.82, "runs_dry_at": None}],
                "report": {"converged": True},
            },
        },
        "findings": [
            {
                "rule": "WATER-OUTAGE-NOTICE-LARGE",
                "verdict": "violation" if late else "pass",
                "value": f"{max(0.0, (start - now).total_seconds() / 3600):.1f} h",
                "limit": "48 h",
                "unit": "h",
                "deadline": notice_at,
                "effect": "block",
                "clause": "3-6.1",
                "text_zh": "较大范围停水须提前48小时向社会公示",
                "text_en": "A stop of larger scope is announced at least 48 h before",
            },
            {
                "rule": "WATER-PRESSURE-END-MIN",
                "verdict": "violation",
                "value": 0.092,
                "limit": 0.14,
                "unit": "MPa",
                "deadline": None,
                "effect": "",
                "clause": "2-1.1",
                "text_zh": "管网末梢压力不低于0.14 MPa",
                "text_en": "Network-end pressure is at least 0.14 MPa",
            },
            {
                "rule": "WATER-OUTAGE-APPROVAL-12H",
                "verdict": "required" if hours > 12 else "not-applicable",
                "value": hours,
                "limit": 12,
                "unit": "h",
                "deadline": None,
                "effect": "approval",
                "clause": "3-6.1",
                "text_zh": "计划停水超过12小时须经主管部门批准",
                "text_en": "A planned stop over 12 h needs the authority's approval",
            },
        ],
        "deadlines": [
            {
                "rule": "WATER-OUTAGE-NOTICE-LARGE",
                "at": notice_at,
                "text_zh": "发布停水公告",
                "text_en": "Publish the notice",
                "met": not late,
            }
        ],
        "notice": {
            "zh": f"停水公告\n因{request['reason'] or '管道检修'}，{link} 管段所在区域停水。",
            "en": f"Notice of water outage\nBecause of {request['reason'] or 'works'}, the area "
            f"around main {link} has no water.",
            "items": {
                "reason": request["reason"],
                "scope": "里仁1区",
                "start": start.isoformat(),
                "restoration": end.isoformat(),
            },
            "missing": [] if request["reason"] else ["reason"],
        },
        "trucks": trucks,
        "publishable": not late,
        "blocked_by": ["WATER-OUTAGE-NOTICE-LARGE"] if late else [],
    }
