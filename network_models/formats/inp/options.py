"""Section OPTIONS, which also sets the units of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from network_models.formats.inp.draft import Draft
from network_models.formats.inp.sections import Row, choose, starts
from network_models.formats.inp.units import (
    ONE,
    FileUnits,
    Ratio,
    file_units,
    flow_unit,
    pressure_units,
)
from network_models.operation import Options

HEADLOSS_LAWS = ("H-W", "D-W", "C-M")
_VISCOSITY_FT2S = 1.1e-5
_DIFFUSIVITY_FT2S = 1.3e-8
_VISCOSITY_LIMIT = 1e-3
_DIFFUSIVITY_LIMIT = 1e-4
PRESSURE_RANGE = 0.1
"""EPANET's least span between minimum and required pressure, in the file's unit."""
_ACCURACY = (1e-5, 1e-1)

Values = dict[str, Any]
Handler = Callable[[Draft, Row, Values], None]


def _units(draft: Draft, row: Row, values: Values) -> None:
    unit = flow_unit(row.tokens[1])
    if unit is None:
        draft.bad(row, "UNITS", row.tokens[1], "a flow unit of EPANET")
    else:
        values["flow_unit"] = unit


def _pressure(draft: Draft, row: Row, values: Values) -> None:
    if starts(row.tokens[1], "EXP"):
        values["pressure_exponent"] = draft.number(row, 2, "PRESSURE EXPONENT", least=0.0)
        return
    unit = draft.word(row, 1, "PRESSURE", pressure_units())
    if unit is not None:
        values["pressure_unit"] = unit


def _headloss(draft: Draft, row: Row, values: Values) -> None:
    law = draft.word(row, 1, "HEADLOSS", HEADLOSS_LAWS)
    if law is not None:
        values["headloss"] = law


def _hydraulics(draft: Draft, row: Row, values: Values) -> None:
    use = draft.word(row, 1, "HYDRAULICS", ("USE", "SAVE"))
    if draft.count(row, 3, 3) and use is not None:
        values["hydraulics_file"] = (use, row.tokens[2])


def _quality(draft: Draft, row: Row, values: Values) -> None:
    kind = choose(row.tokens[1], ("NONE", "AGE", "TRACE"))
    values["quality"] = kind or row.tokens[1]
    values["trace_node"] = None
    values["quality_unit"] = ""
    if kind == "TRACE":
        if draft.count(row, 3):
            values["trace_node"] = row.tokens[2]
            draft.lines["option", "trace node"] = row.line
    elif len(row.tokens) > 2:
        values["quality_unit"] = row.tokens[2]


def _map(draft: Draft, row: Row, values: Values) -> None:
    values["map_file"] = " ".join(row.tokens[1:])


def _unbalanced(draft: Draft, row: Row, values: Values) -> None:
    word = draft.word(row, 1, "UNBALANCED", ("STOP", "CONT"))
    if word == "STOP":
        values["unbalanced_continue"] = None
    elif word == "CONT":
        more = len(row.tokens) > 2
        values["unbalanced_continue"] = (
            draft.whole(row, 2, "UNBALANCED CONTINUE", least=0) if more else 0
        )


def _pattern(draft: Draft, row: Row, values: Values) -> None:
    values["default_pattern"] = row.tokens[1]


def _demand(draft: Draft, row: Row, values: Values) -> None:
    if starts(row.tokens[1], "MODEL"):
        model = draft.word(row, 2, "DEMAND MODEL", ("DDA", "PDA"))
        if model is not None:
            values["demand_model"] = model
    else:
        values["demand_multiplier"] = draft.number(row, 2, "DEMAND MULTIPLIER", above=0.0)


def _backflow(draft: Draft, row: Row, values: Values) -> None:
    word = draft.word(row, 2, "BACKFLOW ALLOWED", ("NO", "YES"))
    values["emitter_backflow"] = word != "NO"


def _other(draft: Draft, row: Row, values: Values) -> None:
    values["other"] = (*values.get("other", ()), tuple(row.tokens))


def _value(
    name: str, index: int = 1, *, above: float = float("-inf"), least: float = float("-inf")
) -> Handler:
    def handle(draft: Draft, row: Row, values: Values) -> None:
        words = " ".join(row.tokens[:index])
        values[name] = draft.number(row, index, words, above=above, least=least)

    return handle


def _whole(name: str) -> Handler:
    def handle(draft: Draft, row: Row, values: Values) -> None:
        values[name] = draft.whole(row, 1, row.tokens[0], least=1)

    return handle


_HANDLERS: dict[str, Handler] = {
    "UNIT": _units,
    "PRESSURE": _pressure,
    "HEADL": _headloss,
    "HYDR": _hydraulics,
    "QUAL": _quality,
    "MAP": _map,
    "VERI": _other,
    "UNBA": _unbalanced,
    "PATT": _pattern,
    "DEMAND": _demand,
    "BACK": _backflow,
    "SEGM": _other,
    "SPEC": _value("specific_gravity", 2, above=0.0),
    "EMIT": _value("emitter_exponent", 2, above=0.0),
    "MINI": _value("minimum", 2, least=0.0),
    "REQ": _value("required", 2, least=0.0),
    "TOLER": _value("quality_tolerance", least=0.0),
    "DIFF": _value("diffusivity", least=0.0),
    "DAMPLIMIT": _value("damp_limit", least=0.0),
    "FLOWCHANGE": _value("flow_change", least=0.0),
    "HEADERROR": _value("head_error", least=0.0),
    "VISC": _value("viscosity", above=0.0),
    "TRIAL": _whole("trials"),
    "ACCU": _value("accuracy", above=0.0),
    "HTOL": _other,
    "QTOL": _other,
    "RQTOL": _other,
    "CHECKFREQ": _whole("check_frequency"),
    "MAXCHECK": _whole("maximum_check"),
}
_MAY_STAND_ALONE = ("MAP", "VERI", "PATT", "QUAL", "SEGM")
"""Options that editors write without a value when there is none."""


def read_options(draft: Draft, rows: list[Row], *, epanet: bool) -> None:
    """The options and the file's units, which everything else depends on."""
    values: Values = {"flow_unit": "GPM"}
    for row in rows:
        keyword = choose(row.tokens[0], tuple(_HANDLERS))
        if keyword is None:
            draft.bad(row, "option", row.tokens[0], "an option of EPANET")
        elif len(row.tokens) > 1:
            _HANDLERS[keyword](draft, row, values)
        elif keyword not in _MAY_STAND_ALONE:
            draft.bad(row, row.tokens[0], "nothing", "a value")
    raw = {n: values.pop(n, None) for n in ("minimum", "required", "viscosity", "diffusivity")}
    head_error = values.pop("head_error", 0.0)
    flow_change = values.pop("flow_change", 0.0)
    if "accuracy" in values:
        values["accuracy"] = min(max(values["accuracy"], _ACCURACY[0]), _ACCURACY[1])
    options = Options(**values)
    units = draft.units = file_units(options, epanet=epanet)
    minimum = raw["minimum"] or 0.0
    required = minimum + PRESSURE_RANGE if raw["required"] is None else raw["required"]
    if required - minimum < PRESSURE_RANGE - 1e-12:
        row = next(row for row in rows if choose(row.tokens[0], ("REQ", "MINI")))
        expected = f"at least {PRESSURE_RANGE:g} more than MINIMUM PRESSURE"
        draft.bad(row, "REQUIRED PRESSURE", f"{required:g}", expected)
    viscosity, diffusivity = _references(units)
    draft.options = replace(
        options,
        minimum_pressure_m=units.pressure.to_si(minimum),
        required_pressure_m=units.pressure.to_si(required),
        head_error_m=units.length.to_si(head_error),
        flow_change_m3s=units.flow.to_si(flow_change),
        viscosity_relative=_relative(raw["viscosity"], _VISCOSITY_LIMIT, viscosity),
        diffusivity_relative=_relative(raw["diffusivity"], _DIFFUSIVITY_LIMIT, diffusivity),
    )


def _relative(value: float | None, limit: float, reference: float) -> float:
    """A multiple of the reference: values above the limit are multiples, others are physical."""
    if value is None:
        return 1.0
    return value if value > limit else value / reference


def _references(units: FileUnits) -> tuple[float, float]:
    """The viscosity and diffusivity that a relative value of 1 stands for, in the file's unit."""
    square = 1.0 if units.us else 0.3048**2
    return _VISCOSITY_FT2S * square, _DIFFUSIVITY_FT2S * square


def physical_or_relative(options: Options, units: FileUnits) -> tuple[str, str]:
    """The words for viscosity and diffusivity: a multiple where that is how it will be read."""
    viscosity, diffusivity = _references(units)
    return (
        _relative_words(options.viscosity_relative, _VISCOSITY_LIMIT, viscosity),
        _relative_words(options.diffusivity_relative, _DIFFUSIVITY_LIMIT, diffusivity),
    )


def _relative_words(relative: float, limit: float, reference: float) -> str:
    return ONE.words(relative) if relative > limit else Ratio(1.0, reference).words(relative)
