/** What a plan lays over the map: the closed part, valves in order, low nodes, users, truck routes. */

import type { Proposal } from "../lib/outage";

export interface Overlay {
  medium: Proposal["medium"];
  links: string[];
  valves: { x: number; y: number; order: number; id: string }[];
  low: { x: number; y: number }[];
  users: { x: number; y: number; id: string }[];
  routes: { truck: string; stops: { x: number; y: number; kind: string }[] }[];
}

interface Place {
  x: number;
  y: number;
}

const placed = <T extends { x: number | null; y: number | null }>(row: T): row is T & Place =>
  row.x !== null && row.y !== null && row.x !== undefined && row.y !== undefined;

export function overlayOf(proposal: Proposal, customers: ReadonlyMap<string, Place>): Overlay {
  return {
    medium: proposal.medium,
    links: proposal.isolation.segment_links,
    valves: proposal.isolation.valves.filter(placed),
    low: (proposal.impact.hydraulics?.below_limit_nodes ?? []).filter(placed),
    users: proposal.impact.priority_users.flatMap((user) => {
      const place = customers.get(user.id);
      return place ? [{ id: user.id, x: place.x, y: place.y }] : [];
    }),
    // The trucks as they were planned last.
    routes: ((proposal.truck_plans?.at(-1)?.trucks ?? proposal.trucks)?.routes ?? []).map((route) => ({
      truck: route.truck,
      stops: route.stops.filter(placed),
    })),
  };
}
