/** From the solved state to colours: pure functions on typed arrays. */

import type { StateFrame } from "../lib/frames";
import type { Geometry } from "../lib/types";
import { type ColourMode, PRESSURE_STEPS, type Palette, type Rgb, VELOCITY_STEPS, classOf } from "./palette";

export const PA_PER_M = 9806.65;
const STILL_M3S = 1e-6;

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
  limitPa: number | null,
): Colours {
  if (!state || mode === "network" || mode === "residual") return { link: null, node: null, direction: null };
  const links = net.links.id.length;
  const nodes = net.nodes.id.length;
  // A state of another network version is not shown on this drawing.
  if (state.flowM3s.length !== links || state.pressureM.length !== nodes) {
    return { link: null, node: null, direction: null };
  }
  const link = new Uint8Array(4 * links);
  const node = new Uint8Array(4 * nodes);
  const direction = new Int8Array(links);
  for (let k = 0; k < nodes; k++) {
    put(node, k, pressureColour(state.pressureM[k] * PA_PER_M, limitPa, palette));
  }
  for (let k = 0; k < links; k++) {
    const flow = state.flowM3s[k];
    direction[k] = Math.abs(flow) < STILL_M3S || !Number.isFinite(flow) ? 0 : Math.sign(flow);
    if (mode === "pressure") {
      const a = state.pressureM[net.links.start[k]];
      const b = state.pressureM[net.links.end[k]];
      put(link, k, pressureColour(((a + b) / 2) * PA_PER_M, limitPa, palette));
    } else {
      const v = velocity(net, k, flow);
      put(link, k, Number.isFinite(v) ? palette.ramp[classOf(v, VELOCITY_STEPS)] : palette.none);
    }
  }
  return { link, node: mode === "pressure" ? node : null, direction };
}
