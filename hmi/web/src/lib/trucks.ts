/** A truck's day as spans of time, and what it brings where. */

import type { Stop, TruckRoute } from "./outage";

export interface Part {
  kind: "fill" | "deliver" | "depot" | "drive" | "wait";
  from_ms: number;
  to_ms: number;
  stop: Stop;
}

/** What a truck does when: standing at its stops, waiting to fill, driving between them. */
export function partsOf(route: TruckRoute): Part[] {
  const parts: Part[] = [];
  let left: number | null = null;
  for (const stop of route.stops) {
    const arrive = stop.arrive === null ? null : Date.parse(stop.arrive);
    const leave = stop.leave === null ? null : Date.parse(stop.leave);
    if (left !== null && arrive !== null && arrive > left) parts.push({ kind: "drive", from_ms: left, to_ms: arrive, stop });
    if (arrive !== null && leave !== null && leave > arrive) {
      const waits = Math.min((stop.wait_s ?? 0) * 1000, leave - arrive);
      if (waits > 0) parts.push({ kind: "wait", from_ms: arrive, to_ms: arrive + waits, stop });
      parts.push({ kind: stop.kind as Part["kind"], from_ms: arrive + waits, to_ms: leave, stop });
    }
    left = leave ?? arrive ?? left;
  }
  return parts;
}

/** Times from the first to the last moment of all routes; null where none is known. */
export function spanOf(routes: TruckRoute[]): { from_ms: number; to_ms: number } | null {
  const times = routes.flatMap((route) => route.stops.flatMap((s) => [s.arrive, s.leave])).filter((at): at is string => at !== null).map((at) => Date.parse(at));
  return times.length ? { from_ms: Math.min(...times), to_ms: Math.max(...times) } : null;
}

/** Volume that a truck brings, and its trips. */
export function loadOf(route: TruckRoute): { m3: number; trips: number } {
  const m3 = route.stops.filter((s) => s.kind === "deliver").reduce((sum, s) => sum + s.load_m3, 0);
  return { m3, trips: route.stops.filter((s) => s.kind === "fill").length };
}

export interface Label {
  text: string;
  x: number;
  y: number;
  anchor: "start" | "middle" | "end";
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Where the letters of each place stand, so that they do not run into one another or out of the picture: of
 * the seats around a mark the one that hides least. `y` goes down, `size` is that of a mark. */
export function labelsOf(places: { x: number; y: number; text: string }[], box: Box, size: number): Label[] {
  const tall = size * 1.5;
  const SEATS = [
    ["start", 1, 0.5],
    ["end", -1, 0.5],
    ["start", 0.7, -0.8],
    ["end", -0.7, -0.8],
    ["start", 0.7, 1.9],
    ["end", -0.7, 1.9],
    ["middle", 0, -1.2],
    ["middle", 0, 2.3],
    ["start", 1.4, 3.3],
    ["end", -1.4, -2.4],
  ] as const;
  const taken: Box[] = places.map(({ x, y }) => ({ x: x - size * 0.8, y: y - size * 0.8, w: size * 1.6, h: size * 1.6 }));
  const common = (a: Box, b: Box) =>
    Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));
  return places.map(({ x, y, text }) => {
    const wide = text.length * tall * 0.62;
    const tried = SEATS.map(([anchor, across, down], seat) => {
      const at = { x: x + across * size, y: y + down * size };
      const left = anchor === "start" ? at.x : anchor === "end" ? at.x - wide : at.x - wide / 2;
      const room = { x: left, y: at.y - tall * 0.8, w: wide, h: tall };
      const hidden = taken.reduce((sum, one) => sum + common(room, one), 0) + 2 * (wide * tall - common(room, box));
      return { room, hidden, seat, label: { text, ...at, anchor } };
    });
    const best = tried.reduce((a, b) => (b.hidden < a.hidden - 1e-9 ? b : a));
    taken.push(best.room);
    return best.label;
  });
}
