/** Colours of the map. Saturated ones are for the abnormal only; the rest stays close to the ground. */

import type { Theme } from "../lib/room.svelte";
import type { Utility } from "../lib/frames";

export type Rgb = readonly [number, number, number];
export type ColourMode = "network" | "pressure" | "velocity" | "direction" | "residual";
export const MODES: readonly ColourMode[] = ["network", "pressure", "velocity", "direction", "residual"];

export interface Palette {
  ground: Rgb;
  text: Rgb;
  halo: Rgb;
  pipe: Record<Utility, Rgb>;
  faint: Rgb;
  none: Rgb;
  selected: Rgb;
  valve: Rgb;
  route: readonly Rgb[];
  /** Calm ramp, from little to much. */
  ramp: readonly Rgb[];
  low: Rgb;
  arrow: Rgb;
  point: Rgb;
  pointEdge: Rgb;
}

export const PRIORITY_RGB: Record<string, Rgb> = {
  urgent: [208, 30, 44],
  high: [232, 112, 10],
  medium: [226, 182, 0],
  low: [137, 84, 186],
};

const LIGHT: Palette = {
  ground: [222, 225, 228],
  text: [38, 46, 54],
  halo: [222, 225, 228],
  pipe: { water: [104, 128, 148], gas: [146, 132, 98], heat: [150, 112, 112] },
  faint: [186, 192, 198],
  none: [176, 181, 186],
  selected: [20, 84, 190],
  valve: [20, 84, 190],
  route: [[16, 122, 120], [120, 76, 150], [96, 112, 24], [150, 80, 40]],
  ramp: [[152, 184, 205], [121, 159, 186], [91, 133, 166], [64, 107, 144], [42, 81, 119], [26, 56, 92]],
  low: [206, 92, 36],
  arrow: [62, 78, 92],
  point: [250, 251, 252],
  pointEdge: [70, 82, 94],
};

const DARK: Palette = {
  ground: [36, 41, 46],
  text: [214, 220, 226],
  halo: [36, 41, 46],
  pipe: { water: [112, 140, 164], gas: [150, 136, 98], heat: [160, 116, 116] },
  faint: [74, 82, 90],
  none: [82, 88, 94],
  selected: [110, 176, 255],
  valve: [110, 176, 255],
  route: [[64, 190, 186], [190, 142, 222], [168, 186, 80], [220, 150, 100]],
  ramp: [[58, 86, 108], [72, 106, 134], [88, 128, 160], [108, 150, 184], [134, 174, 206], [168, 202, 228]],
  low: [234, 124, 66],
  arrow: [188, 200, 210],
  point: [52, 60, 68],
  pointEdge: [178, 190, 200],
};

export function palette(theme: Theme): Palette {
  return theme === "dark" ? DARK : LIGHT;
}

/** Upper ends of the classes: pressure in Pa (above the limit), speed in m/s, residual in Pa. */
export const PRESSURE_STEPS = [2.0e5, 2.5e5, 3.0e5, 3.5e5, 4.0e5] as const;
export const VELOCITY_STEPS = [0.05, 0.2, 0.5, 0.9, 1.5] as const;
export const GAS_VELOCITY_STEPS = [0.5, 2, 5, 10, 15] as const;
export const HEAT_STEPS = [2.0e5, 4.0e5, 6.0e5, 8.0e5, 1.0e6] as const;

export function classOf(value: number, steps: readonly number[]): number {
  let k = 0;
  while (k < steps.length && value >= steps[k]) k++;
  return k;
}

export function css(rgb: Rgb): string {
  return `rgb(${rgb[0]} ${rgb[1]} ${rgb[2]})`;
}
