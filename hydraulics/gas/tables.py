"""What the gas kernels work on: a compiled network, the work arrays of a solve, its settings.

Rows are nodes and slots are links in the order of `hydraulics.graph.structure`. Potential h is
squared absolute pressure times `scale` of the row, exp(2 g z / (Z R T)): with it the weight of a
gas column at rest cancels, and what is left of it (Z along the pipe) is a small lagged term.
"""

from __future__ import annotations

from typing import NamedTuple

from hydraulics.types import F64, U8, U32

PIPE, REGULATOR, COMPRESSOR, FLOW, DROP, BLOWER = range(6)
"""Kinds: what has friction (also valves, resistors with drag, and what has no loss at all), a
pressure regulator, a compressor, a fixed flow, a fixed drop, a blower with a curve."""

SHUT, OPEN, CONTROL, LOCKED, SLAMMED, RATIO, CUT = range(7)
"""States: closed by hand; open without control (a regulator fully open, a compressor passed by);
holding its setting; locked up; slammed shut; a compressor at a ratio; without supply."""

RATIO_OF, OUTLET_OF, FLOW_OF, FREE_OF = range(4)
"""What a compressor holds."""


class GasTables(NamedTuple):
    """A compiled gas network. By slot (L,) unless said otherwise.

    `base` times Z times (lambda L/D + zeta) m |m| is the difference of squared pressures; where
    `linear` is 1 (GB low pressure) it is that of pressures, without Z. A `plain` pipe has
    lambda L/D + zeta of the form square + line / m (pandapipes' Nikuradse). `gravity` is
    2 g (z_end - z_start) / (R T), `controls` (C,) the slots of regulators and compressors;
    `held_row` the row whose pressure they hold. By row (N,): `ambient` Pa, `temperature` K,
    `scale`, `mass_per_pa` kg/Pa at Z = 1 of its line pack. Z at absolute pressure p: `z` (M,) at
    steps of `z_step` Pa; one entry and `z_slope` (1/Pa) where it is a straight line.
    """

    kind: U8
    base: F64
    linear: U8
    slender: F64
    minor: F64
    relative: F64
    per_flow: F64
    code: U8
    plain: U8
    square: F64
    line: F64
    gravity: F64
    weight: F64
    """g (z_end - z_start) rho_n T_n / p_n, K: for pandapipes' law of height."""
    drop: F64
    capacity: F64
    controls: U32
    held_row: U32
    control: U8
    one_way: U8
    blower_first: U32
    blower_value: F64
    blower_volume: F64
    """m3/s a kg/s times Pa / Z: volume flow at the inlet is m Z blower_volume / p."""
    ambient: F64
    temperature: F64
    scale: F64
    mass_per_pa: F64
    z: F64
    z_step: float
    z_slope: float
    foreign: bool
    """Whether pandapipes' laws decide: heights by mean density, regulators that always hold."""


class GasWork(NamedTuple):
    """The arrays of one solve, and where the next one starts.

    By slot: `flow` kg/s, `inverse`, `shift`, `state`, `setting` (absolute Pa, or kg/s of a fixed
    flow), `ratio` a compressor's or its greatest, slam-shut pressures (absolute), `turns` how often
    the state has changed. By row: `potential`, `pressure` Pa absolute, `dense` p / (Z T) (for
    pandapipes' heights), `held`, `demand` kg/s, `leak` kg/s a Pa of holes, `delivered` (of the
    demand), `outflow` (delivered, leaked and stored), `before` the mass at the step's beginning,
    `source` 1 where a source holds the pressure, 2 where a feed of given flow has met its greatest
    pressure; `ceiling` its potential there; `root` from where gas can come
    at all: sources, and with line pack whatever holds gas; `sharing` how many regulators hold it.
    `searched_state` (L,) and `searched_source` (N + 1,) are for what `reached` stands: states,
    sources, and whether line pack counted.
    """

    flow: F64
    inverse: F64
    shift: F64
    state: U8
    setting: F64
    ratio: F64
    slam_high: F64
    slam_low: F64
    turns: U8
    conducts: U8
    potential: F64
    pressure: F64
    dense: F64
    held: U8
    source: U8
    source_turns: U8
    root: U8
    ceiling: F64
    reached: U8
    queue: U32
    demand: F64
    leak: F64
    delivered: F64
    outflow: F64
    before: F64
    sharing: U8
    searched_state: U8
    searched_source: U8


class GasSettings(NamedTuple):
    """How a solve goes.

    `accuracy` is the relative change of flows and potentials at which it ends; `step_s` the time
    step of line pack, 0 for a steady state. With `driven` a demand falls from full at
    `required_pa` (gauge) to nothing at none.
    """

    accuracy: float
    iterations: int
    step_s: float
    driven: bool
    required_pa: float
