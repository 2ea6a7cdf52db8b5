/** From the solved state to colours: pure functions on typed arrays. */

import type { StateFrame } from "../lib/frames";
import type { Geometry } from "../lib/types";
import {
  type ColourMode,
  GAS_VELOCITY_STEPS,
  HEAT_STEPS,
  PRESSURE_STEPS,
  type Palette,
  type Rgb,
  VELOCITY_STEPS,
  classOf,
} from "./palette";

export const PA_PER_M = 9806.65;
/** Flows below are standing: m3/s of water, kg/s of gas and hot water. */
const STILL = { water: 1e-6, gas: 1e-6, heat: 1e-3 } as const;
/** Gas pressures above are no user's: mains of a higher level. */
export const GAS_MAINS_PA = 1e4;

export interface Colours {
  link: Uint8Array | null;
  node: Uint8Array | null;
  direction: Int8Array | null;
}

/** Flow speed in a link, m/s; NaN where it has no bore. */
export function velocity(net: Geometry, link: number, flowM3s: number): number {
  const d = net.links.diameter_mm[link] / 1000;
  return d > 0 ? Math.abs(flowM3s) / ((Math.PI / 4) * d * d) : NaN;
}

export function pressureColour(pa: number, limitPa: number | null, palette: Palette): Rgb {
  if (!Number.isFinite(pa)) return palette.none;
  if (limitPa !== null && pa < limitPa) return palette.low;
  return palette.ramp[classOf(pa, PRESSURE_STEPS)];
}

/** What a medium's pressures are judged by: water's limit at network ends, gas's band at users. */
export interface Judged {
  limitPa: number | null;
  bandPa: readonly [number, number] | null;
}

/** Gauge pressure at a node, Pa. */
export function pressurePa(state: StateFrame, node: number): number {
  return state.utility === "water" ? state.pressureM[node] * PA_PER_M : state.pressurePa[node];
}

/** Flow in a link, m3/s of water, kg/s of gas and hot water. */
export function flowOf(state: StateFrame, link: number): number {
  return state.utility === "water" ? state.flowM3s[link] : state.flowKgs[link];
}

export function speedOf(net: Geometry, state: StateFrame, link: number): number {
  return state.utility === "water" ? velocity(net, link, state.flowM3s[link]) : state.velocityMs[link];
}

/** Ends of the classes between the ends of a band. */
export function bandSteps(band: readonly [number, number]): number[] {
  const part = (band[1] - band[0]) / 4;
  return [1, 2, 3, 4].map((k) => band[0] + k * part);
}

function gasColour(pa: number, band: readonly [number, number] | null, palette: Palette): Rgb {
  if (!Number.isFinite(pa)) return palette.none;
  if (pa > GAS_MAINS_PA || band === null) return palette.ramp[palette.ramp.length - 1];
  const whole = Math.round(pa);
  if (whole < band[0] || whole > band[1]) return palette.low;
  return palette.ramp[classOf(pa, bandSteps(band))];
}

function heatColour(pa: number, palette: Palette): Rgb {
  return Number.isFinite(pa) ? palette.ramp[classOf(pa, HEAT_STEPS)] : palette.none;
}

function colourOf(state: StateFrame, pa: number, judged: Judged, palette: Palette): Rgb {
  if (state.utility === "gas") return gasColour(pa, judged.bandPa, palette);
  if (state.utility === "heat") return heatColour(pa, palette);
  return pressureColour(pa, judged.limitPa, palette);
}

function put(out: Uint8Array, k: number, rgb: Rgb): void {
  out[4 * k] = rgb[0];
  out[4 * k + 1] = rgb[1];
  out[4 * k + 2] = rgb[2];
  out[4 * k + 3] = 255;
}

export function colour(
  net: Geometry,
  state: StateFrame | undefined,
  mode: ColourMode,
  palette: Palette,
  judged: Judged,
): Colours {
  if (!state || mode === "network" || mode === "residual") return { link: null, node: null, direction: null };
  const links = net.links.id.length;
  const nodes = net.nodes.id.length;
  // A state of another network version is not shown on this drawing.
  const sizes = state.utility === "water" ? state.pressureM : state.pressurePa;
  if (state.status.length !== links || sizes.length !== nodes) {
    return { link: null, node: null, direction: null };
  }
  const link = new Uint8Array(4 * links);
  const node = new Uint8Array(4 * nodes);
  const direction = new Int8Array(links);
  for (let k = 0; k < nodes; k++) {
    put(node, k, colourOf(state, pressurePa(state, k), judged, palette));
  }
  for (let k = 0; k < links; k++) {
    const flow = flowOf(state, k);
    direction[k] = Math.abs(flow) < STILL[state.utility] || !Number.isFinite(flow) ? 0 : Math.sign(flow);
    if (mode === "pressure") {
      const a = pressurePa(state, net.links.start[k]);
      const b = pressurePa(state, net.links.end[k]);
      // A regulator stands between two levels: its outlet's counts.
      const pa = state.utility === "gas" && Math.max(a, b) > GAS_MAINS_PA ? b : (a + b) / 2;
      put(link, k, colourOf(state, pa, judged, palette));
    } else {
      const v = speedOf(net, state, k);
      put(link, k, Number.isFinite(v) ? palette.ramp[classOf(v, state.utility === "gas" ? GAS_VELOCITY_STEPS : VELOCITY_STEPS)] : palette.none);
    }
  }
  return { link, node: mode === "pressure" ? node : null, direction };
}
