"""What the kernels of heat hydraulics know of links: codes of kinds and of states."""

from __future__ import annotations

PIPE, VALVE, THROTTLE, LIFT, PLANT, STATION, FLOW, HOLDER = range(8)
"""Friction; a loss coefficient; a kv value; a pump by polynomial; a plant from return to supply;
a heat station; a given flow; a control that holds the pressure at its end."""

SHUT, LAW, GIVEN, HELD = range(4)
"""State of a link: no flow; its law; its flow is given; its flow is what its end needs."""

NIKURADSE, COLEBROOK_ALONE, SWAMEE_JAIN, COLEBROOK = range(4)
"""Friction: pandapipes' three (all without a laminar branch), and ours: Hagen-Poiseuille up to
Reynolds number 2000, Colebrook-White from 4000 on, a straight line of the factor between."""

BY_RETURN, BY_DROP, BY_FLOW, FLOW_AND_DROP, FLOW_AND_RETURN, EXCHANGER = range(6)
"""What a station holds."""
CONTROLS = {
    "return_temperature": BY_RETURN,
    "temperature_drop": BY_DROP,
    "flow": BY_FLOW,
    "flow_and_drop": FLOW_AND_DROP,
    "flow_and_return": FLOW_AND_RETURN,
    "heat_exchanger": EXCHANGER,
}

NEAR_NOTHING = 1e-5
"""Pa s/kg: resistance of what has none (an open valve without a loss), so that the flow through it
is still told by pressures: 1 Pa at 100 t/s."""
STILL_KGS = 1e-7
"""A flow below this carries no heat: in dead ends flows are rounding, without a direction."""
LEAST_DROP_K = 2.0
"""A station asks for no more flow than it needs at this difference to its return temperature."""
KV_BAR_PA, KV_DENSITY, SECONDS_AN_HOUR = 1e5, 1000.0, 3600.0
"""A kv value is m3/h at 1 bar with cold water."""
