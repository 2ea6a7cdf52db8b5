"""Writes the sections about running a network: patterns, curves, controls, options, times."""

from __future__ import annotations

from collections.abc import Sequence

from network_models.elements import Junction, Link, Pipe, Pump, Tank, Valve
from network_models.formats.inp.lines import Lines, hours, number
from network_models.formats.inp.links import setting_ratio
from network_models.formats.inp.options import PRESSURE_RANGE, physical_or_relative
from network_models.formats.inp.rules import attribute_ratio
from network_models.formats.inp.tables import KIND_WORDS, curve_ratios
from network_models.formats.inp.units import ONE, Ratio
from network_models.network import Network
from network_models.operation import CurveKind, Options, Premise, RuleAction

_MULTIPLIERS_A_LINE = 6


def write_patterns(net: Network, out: Lines) -> None:
    """Multipliers, six a line."""
    for pattern in net.patterns.values():
        out.full_comment(pattern.comment)
        for first in range(0, len(pattern.multipliers), _MULTIPLIERS_A_LINE):
            part = pattern.multipliers[first : first + _MULTIPLIERS_A_LINE]
            out.row(out.id(pattern.id), *map(number, part))


def write_curves(net: Network, out: Lines) -> None:
    """Points, the kind of curve behind the first."""
    words = {kind: word for word, kind in KIND_WORDS.items()}
    used = _used_kinds(net)
    for curve in net.curves.values():
        kind = used.get(curve.id, curve.kind)
        x_ratio, y_ratio = curve_ratios(out.units, kind)
        out.full_comment(curve.comment)
        for index, (x, y) in enumerate(curve.points):
            kind_word = [words[kind]] if index == 0 else []
            out.row(out.id(curve.id), x_ratio.words(x), y_ratio.words(y), *kind_word)


def _used_kinds(net: Network) -> dict[str, CurveKind]:
    used: dict[str, CurveKind] = {}

    def use(curve: str | None, kind: CurveKind) -> None:
        if curve is not None:
            used.setdefault(curve, kind)

    for node in net.nodes.values():
        if isinstance(node, Tank):
            use(node.volume_curve, "volume")
    for link in net.links.values():
        if isinstance(link, Pump):
            use(link.head_curve, "pump")
            use(link.efficiency_curve, "efficiency")
        elif isinstance(link, Valve):
            use(link.curve, "headloss" if link.kind == "GPV" else "valve")
    return used


def _setting_ratio(out: Lines, link: Link | None) -> Ratio:
    return setting_ratio(out.units, link.kind) if isinstance(link, Valve) else ONE


def write_controls(net: Network, out: Lines) -> None:
    """Simple controls."""
    for control in net.controls:
        words = ["LINK", out.id(control.link)]
        if control.status is not None:
            words.append(control.status.upper())
        else:
            ratio = _setting_ratio(out, net.links.get(control.link))
            words.append(ratio.words(control.setting or 0.0))
        if control.trigger in ("above", "below"):
            junction = isinstance(net.nodes.get(control.node or ""), Junction)
            ratio = out.units.pressure if junction else out.units.length
            threshold = ratio.words(control.threshold_m or 0.0)
            node = out.id(control.node or "")
            words += ["IF", "NODE", node, control.trigger.upper(), threshold]
        else:
            words += ["AT", control.trigger.upper(), hours(control.time_s or 0.0)]
        out.row(*words, *([] if control.enabled else ["DISABLED"]))


def write_rules(net: Network, out: Lines) -> None:
    """Rules, a clause a line."""
    for rule in net.rules:
        out.row("RULE", out.id(rule.id))
        for premise in rule.premises:
            out.row(*_premise(net, out, premise))
        _actions(net, out, "THEN", rule.then)
        _actions(net, out, "ELSE", rule.otherwise)
        if rule.priority != 0.0:
            out.row("PRIORITY", number(rule.priority))
        if not rule.enabled:
            out.row("DISABLED")


def _premise(net: Network, out: Lines, premise: Premise) -> list[str]:
    words = [premise.conjunction, premise.object.upper()]
    if premise.object != "system":
        words.append(out.id(premise.id))
    words += [premise.attribute.upper(), premise.relation]
    if isinstance(premise.value, str):
        return [*words, premise.value.upper()]
    if premise.attribute in ("time", "clocktime"):
        return [*words, hours(premise.value)]
    if premise.attribute == "setting":
        ratio = _setting_ratio(out, net.links.get(premise.id))
    else:
        ratio = attribute_ratio(out.units, premise.attribute)
    return [*words, ratio.words(premise.value)]


def _actions(net: Network, out: Lines, keyword: str, actions: Sequence[RuleAction]) -> None:
    for index, action in enumerate(actions):
        if isinstance(action.value, str):
            value = action.value.upper()
        else:
            value = _setting_ratio(out, net.links.get(action.link)).words(action.value)
        first = keyword if index == 0 else "AND"
        out.row(first, "LINK", out.id(action.link), action.attribute.upper(), "IS", value)


def write_energy(net: Network, out: Lines) -> None:
    """Global energy settings, then those of pumps."""
    energy = net.energy
    out.row("GLOBAL", "PRICE", number(energy.price))
    if energy.price_pattern is not None:
        out.row("GLOBAL", "PATTERN", out.id(energy.price_pattern))
    out.row("GLOBAL", "EFFIC", number(energy.efficiency_percent))
    out.row("DEMAND", "CHARGE", number(energy.demand_charge))
    for pump in net.links.values():
        if not isinstance(pump, Pump):
            continue
        if pump.energy_price is not None:
            out.row("PUMP", out.id(pump.id), "PRICE", number(pump.energy_price))
        if pump.price_pattern is not None:
            out.row("PUMP", out.id(pump.id), "PATTERN", out.id(pump.price_pattern))
        if pump.efficiency_curve is not None:
            out.row("PUMP", out.id(pump.id), "EFFIC", out.id(pump.efficiency_curve))


def write_reactions(net: Network, out: Lines) -> None:
    """Global reaction settings, then those of pipes and tanks."""
    reactions = net.reactions
    out.row("ORDER", "BULK", number(reactions.bulk_order))
    out.row("ORDER", "WALL", number(reactions.wall_order))
    out.row("ORDER", "TANK", number(reactions.tank_order))
    out.row("GLOBAL", "BULK", number(reactions.global_bulk))
    out.row("GLOBAL", "WALL", number(reactions.global_wall))
    out.row("LIMITING", "POTENTIAL", number(reactions.limiting_potential))
    out.row("ROUGHNESS", "CORRELATION", number(reactions.roughness_correlation))
    for link in net.links.values():
        if isinstance(link, Pipe):
            if link.bulk_coefficient is not None:
                out.row("BULK", out.id(link.id), number(link.bulk_coefficient))
            if link.wall_coefficient is not None:
                out.row("WALL", out.id(link.id), number(link.wall_coefficient))
    for node in net.nodes.values():
        if isinstance(node, Tank) and node.bulk_coefficient is not None:
            out.row("TANK", out.id(node.id), number(node.bulk_coefficient))


def write_options(net: Network, out: Lines) -> None:
    """Every option, defaults too: a reader need not know them."""
    options, units = net.options, out.units
    out.row("UNITS", options.flow_unit)
    if options.pressure_unit is not None:
        out.row("PRESSURE", options.pressure_unit)
    out.row("HEADLOSS", options.headloss)
    if options.hydraulics_file is not None:
        use, name = options.hydraulics_file
        out.row("HYDRAULICS", use, out.id(name))
    quality = ["QUALITY", out.id(options.quality)]
    if options.trace_node is not None:
        quality.append(out.id(options.trace_node))
    elif options.quality_unit:
        quality.append(out.id(options.quality_unit))
    out.row(*quality)
    if options.map_file is not None:
        out.row("MAP", *([out.id(options.map_file)] if options.map_file else []))
    if options.unbalanced_continue is None:
        out.row("UNBALANCED", "STOP")
    else:
        out.row("UNBALANCED", "CONTINUE", str(options.unbalanced_continue))
    out.row("PATTERN", out.id(options.default_pattern or _absent_pattern(net)))
    out.row("DEMAND", "MULTIPLIER", number(options.demand_multiplier))
    out.row("DEMAND", "MODEL", options.demand_model)
    _write_pressure_limits(options, out)
    out.row("PRESSURE", "EXPONENT", number(options.pressure_exponent))
    out.row("EMITTER", "EXPONENT", number(options.emitter_exponent))
    out.row("BACKFLOW", "ALLOWED", "YES" if options.emitter_backflow else "NO")
    out.row("SPECIFIC", "GRAVITY", number(options.specific_gravity))
    viscosity, diffusivity = physical_or_relative(options, units)
    out.row("VISCOSITY", viscosity)
    out.row("DIFFUSIVITY", diffusivity)
    out.row("TRIALS", str(options.trials))
    out.row("ACCURACY", number(options.accuracy))
    out.row("HEADERROR", units.length.words(options.head_error_m))
    out.row("FLOWCHANGE", units.flow.words(options.flow_change_m3s))
    out.row("CHECKFREQ", str(options.check_frequency))
    out.row("MAXCHECK", str(options.maximum_check))
    out.row("DAMPLIMIT", number(options.damp_limit))
    out.row("TOLERANCE", number(options.quality_tolerance))
    for words in options.other:
        out.row(*out.ids(words))


def _write_pressure_limits(options: Options, out: Lines) -> None:
    """The limits of pressure-driven demand, which EPANET wants apart by a tenth of the unit."""
    minimum = out.units.pressure.words(options.minimum_pressure_m)
    required = out.units.pressure.words(options.required_pressure_m)
    if float(required) - float(minimum) >= PRESSURE_RANGE - 1e-12:
        out.row("MINIMUM", "PRESSURE", minimum)
        out.row("REQUIRED", "PRESSURE", required)
    elif options.demand_model == "PDA":
        expected = f"{PRESSURE_RANGE:g} of the file's pressure unit above the minimum"
        out.unable("option required pressure", required, expected)


def _absent_pattern(net: Network) -> str:
    """A name no pattern has: EPANET then has no default pattern, not even "1"."""
    name = "NONE"
    while name in net.patterns:
        name += "_"
    return name


_TIMES = (
    ("DURATION", "duration_s"),
    ("HYDRAULIC TIMESTEP", "hydraulic_step_s"),
    ("QUALITY TIMESTEP", "quality_step_s"),
    ("RULE TIMESTEP", "rule_step_s"),
    ("PATTERN TIMESTEP", "pattern_step_s"),
    ("PATTERN START", "pattern_start_s"),
    ("REPORT TIMESTEP", "report_step_s"),
    ("REPORT START", "report_start_s"),
    ("START CLOCKTIME", "start_clocktime_s"),
)


def write_times(net: Network, out: Lines) -> None:
    """The clock of a run."""
    for words, field in _TIMES:
        out.row(*words.split(), hours(getattr(net.times, field)))
    out.row("STATISTIC", net.times.statistic)
