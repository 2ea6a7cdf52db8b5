/** A network's links cut into straight pieces, as the arrays the graphics card wants. */

import type { Geometry } from "../lib/types";

export interface Segments {
  count: number;
  source: Float32Array;
  target: Float32Array;
  /** The link each piece belongs to. */
  link: Uint32Array;
  width: Float32Array;
  /** How many pieces are of mains at least this wide: a prefix, because wide ones come first. */
  widerThan: (diameterMm: number) => number;
}

function widthOf(diameterMm: number): number {
  if (diameterMm >= 800) return 5;
  if (diameterMm >= 500) return 4;
  if (diameterMm >= 300) return 3;
  if (diameterMm >= 200) return 2;
  return 1.4;
}

/** The corners of a link, ends included: [x, y, x, y, ...]. */
export function corners(net: Geometry, link: number): number[] {
  const { nodes, links } = net;
  const a = links.start[link];
  const b = links.end[link];
  return [nodes.x[a], nodes.y[a], ...(links.vertices[link] ?? []), nodes.x[b], nodes.y[b]];
}

/** Pieces in falling order of diameter, so that a prefix is a coarser drawing. */
export function cut(net: Geometry): Segments {
  const pieces: number[] = [];
  const owner: number[] = [];
  const sizes = net.links.diameter_mm;
  // Pumps and valves have no bore; they stand among the widest, so that no gap shows.
  const rank = (link: number) => sizes[link] || Infinity;
  const ordered = net.links.id.map((_, link) => link).sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) > rank(a) ? 1 : -1));
  for (const link of ordered) {
    const at = corners(net, link);
    for (let k = 0; k + 3 < at.length; k += 2) {
      pieces.push(at[k], at[k + 1], at[k + 2], at[k + 3]);
      owner.push(link);
    }
  }
  const count = owner.length;
  const source = new Float32Array(2 * count);
  const target = new Float32Array(2 * count);
  const width = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    source.set([pieces[4 * k], pieces[4 * k + 1]], 2 * k);
    target.set([pieces[4 * k + 2], pieces[4 * k + 3]], 2 * k);
    width[k] = widthOf(net.links.diameter_mm[owner[k]]);
  }
  const widerThan = (diameterMm: number) => {
    let [from, to] = [0, count];
    while (from < to) {
      const half = (from + to) >> 1;
      if (rank(owner[half]) >= diameterMm) from = half + 1;
      else to = half;
    }
    return from;
  };
  return { count, source, target, link: Uint32Array.from(owner), width, widerThan };
}

/** The middle of a link's way, and the direction there in degrees, counter-clockwise. */
export function middle(net: Geometry, link: number): { x: number; y: number; angle: number; length: number } {
  const at = corners(net, link);
  const steps: number[] = [];
  let total = 0;
  for (let k = 0; k + 3 < at.length; k += 2) {
    const step = Math.hypot(at[k + 2] - at[k], at[k + 3] - at[k + 1]);
    steps.push(step);
    total += step;
  }
  let rest = total / 2;
  for (let k = 0; k < steps.length; k++) {
    if (rest <= steps[k] || k === steps.length - 1) {
      const f = steps[k] > 0 ? rest / steps[k] : 0;
      const dx = at[2 * k + 2] - at[2 * k];
      const dy = at[2 * k + 3] - at[2 * k + 1];
      const angle = (Math.atan2(dy, dx) * 180) / Math.PI;
      return { x: at[2 * k] + f * dx, y: at[2 * k + 1] + f * dy, angle, length: total };
    }
    rest -= steps[k];
  }
  return { x: at[0], y: at[1], angle: 0, length: 0 };
}

export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export function boxOf(nets: readonly Geometry[]): Box {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const net of nets) {
    for (const x of net.nodes.x) {
      if (x < box.x0) box.x0 = x;
      if (x > box.x1) box.x1 = x;
    }
    for (const y of net.nodes.y) {
      if (y < box.y0) box.y0 = y;
      if (y > box.y1) box.y1 = y;
    }
  }
  return Number.isFinite(box.x0) ? box : { x0: 0, y0: 0, x1: 1, y1: 1 };
}
