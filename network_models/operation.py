"""How a network is run: patterns, curves, controls, rules, times and options.

Times are seconds. What the water solver does not use is kept in the file's own words, so that
writing a network back loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from network_models.elements import LinkStatus, Point2

CurveKind = Literal["volume", "pump", "efficiency", "headloss", "valve", "generic"]
FlowUnit = Literal["CFS", "GPM", "MGD", "IMGD", "AFD", "LPS", "LPM", "MLD", "CMH", "CMD", "CMS"]
HeadLossLaw = Literal["H-W", "D-W", "C-M"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Multipliers held for `Times.pattern_step_s` each, repeated for ever."""

    id: str
    multipliers: tuple[float, ...]
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points (x, y) with growing x.

    SI by kind: volume (m, m3), pump (m3/s, m), efficiency (m3/s, per cent),
    headloss (m3/s, m), valve (per cent, per cent), generic (as in the file).
    """

    id: str
    points: tuple[Point2, ...]
    kind: CurveKind = "generic"
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A simple control: one link, one action, one trigger.

    The action is a `status` or a `setting` (SI, as the link's own setting; a pump's is its
    relative speed). The trigger is either `node` above/below `threshold_m` (a tank's level above
    its bottom, or a junction's pressure head), or a time from start, or a clock time of day.
    """

    link: str
    status: LinkStatus | None = None
    setting: float | None = None
    trigger: Literal["above", "below", "time", "clocktime"]
    node: str | None = None
    threshold_m: float | None = None
    time_s: float | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Premise:
    """One condition of a rule, SI; `value` is a number, a status word or seconds."""

    conjunction: Literal["IF", "AND", "OR"]
    object: Literal["node", "link", "system"]
    id: str
    attribute: str
    relation: Literal["=", "<>", "<", ">", "<=", ">="]
    value: float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAction:
    """One action of a rule on a link, SI."""

    link: str
    attribute: Literal["status", "setting"]
    value: float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRule:
    """A rule-based control."""

    id: str
    premises: tuple[Premise, ...]
    then: tuple[RuleAction, ...]
    otherwise: tuple[RuleAction, ...] = ()
    priority: float = 0.0
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The clock of a run, in seconds."""

    duration_s: int = 0
    hydraulic_step_s: int = 3600
    quality_step_s: int = 0
    rule_step_s: int = 0
    pattern_step_s: int = 3600
    pattern_start_s: int = 0
    report_step_s: int = 3600
    report_start_s: int = 0
    start_clocktime_s: int = 0
    statistic: str = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Solver options, SI. `flow_unit` is the file's unit, kept for writing it back.

    `viscosity_relative` is a multiple of water's at 20 C (1.1e-5 ft2/s);
    `diffusivity_relative` likewise of chlorine's (1.3e-8 ft2/s).
    """

    flow_unit: FlowUnit = "LPS"
    pressure_unit: str | None = None
    headloss: HeadLossLaw = "H-W"
    specific_gravity: float = 1.0
    viscosity_relative: float = 1.0
    diffusivity_relative: float = 1.0
    trials: int = 200
    accuracy: float = 1e-5
    """Summed flow change over summed flow at which iteration ends, if a file sets none. EPANET's
    own 1e-3 may leave heads half a metre off; each file's ACCURACY is honoured."""
    head_error_m: float = 0.0
    flow_change_m3s: float = 0.0
    unbalanced_continue: int | None = None
    """None stops a run that does not converge; n goes on with n more trials, statuses frozen."""
    default_pattern: str | None = "1"
    demand_multiplier: float = 1.0
    demand_model: Literal["DDA", "PDA"] = "DDA"
    minimum_pressure_m: float = 0.0
    required_pressure_m: float = 0.1
    """EPANET refuses less than 0.1 of the file's unit above the minimum."""
    pressure_exponent: float = 0.5
    emitter_exponent: float = 0.5
    emitter_backflow: bool = True
    check_frequency: int = 2
    maximum_check: int = 10
    damp_limit: float = 0.0
    quality: str = "NONE"
    quality_unit: str = ""
    trace_node: str | None = None
    quality_tolerance: float = 0.01
    map_file: str | None = None
    hydraulics_file: tuple[str, str] | None = None
    other: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyOptions:
    """Global energy settings; pumps carry their own."""

    price: float = 0.0
    price_pattern: str | None = None
    efficiency_percent: float = 75.0
    demand_charge: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionOptions:
    """Global reaction settings, in the file's units."""

    bulk_order: float = 1.0
    wall_order: float = 1.0
    tank_order: float = 1.0
    global_bulk: float = 0.0
    global_wall: float = 0.0
    limiting_potential: float = 0.0
    roughness_correlation: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLabel:
    """A text on the plan."""

    position: Point2
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """The plan's frame and picture, in the file's words."""

    dimensions: tuple[float, float, float, float] | None = None
    unit: str = ""
    file: str = ""
    offset: Point2 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """The [REPORT] section, line by line as tokens."""

    lines: tuple[tuple[str, ...], ...] = field(default=())
