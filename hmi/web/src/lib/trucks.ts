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
