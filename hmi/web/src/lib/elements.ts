/** What is known of a network element: from the drawing and from the solved state. */

import { PA_PER_M, velocity } from "../map/colouring";
import { withUnit } from "./format";
import { t } from "./i18n.svelte";
import { live } from "./live.svelte";
import { type Selection, room } from "./room.svelte";

export interface ElementFacts {
  id: string;
  kind: string;
  rows: [string, string][];
  points: number[];
}

type Element = Exclude<Selection, null | { kind: "point" }>;

function hasState(target: Element): boolean {
  const net = room.geometries[target.utility];
  const state = live.states[target.utility];
  return !!net && !!state && state.flowM3s.length === net.links.id.length;
}

/** Facts as rows of name and text; null when the drawing has not come yet. */
export function elementFacts(target: Exclude<Selection, null>): ElementFacts | null {
  if (target.kind === "point") return null;
  const net = room.geometries[target.utility];
  if (!net) return null;
  const k = target.index;
  const state = hasState(target) ? live.states[target.utility] : undefined;
  const rows: [string, string][] = [];
  if (target.kind === "node") {
    const id = net.nodes.id[k];
    if (state) {
      const pa = state.pressureM[k] * PA_PER_M;
      rows.push([t("fact.pressure"), Number.isFinite(pa) ? withUnit(pa, "MPa") : t("fact.unsupplied")]);
      rows.push([t("fact.head"), withUnit(state.headM[k], "m")]);
      rows.push([t("fact.demand"), withUnit(state.demandM3s[k], "m3/h")]);
    }
    rows.push([t("fact.elevation"), withUnit(net.nodes.elevation_m[k], "m")]);
    const points = room.pointsAt.get(`${target.utility}/node:${id}`) ?? [];
    return { id, kind: net.kinds[net.nodes.kind[k]], rows, points };
  }
  const id = net.links.id[k];
  if (state) {
    rows.push([t("fact.flow"), withUnit(state.flowM3s[k], "m3/h")]);
    rows.push([t("fact.velocity"), withUnit(velocity(net, k, state.flowM3s[k]), "m/s")]);
    rows.push([t("fact.status"), state.status[k] >= 0.5 ? t("fact.open") : t("fact.closed")]);
  }
  if (net.links.diameter_mm[k] > 0) rows.push([t("fact.diameter"), `DN ${Math.round(net.links.diameter_mm[k])}`]);
  if (net.links.length_m[k] > 0) rows.push([t("fact.length"), `${net.links.length_m[k].toFixed(0)} m`]);
  const start = net.nodes.id[net.links.start[k]];
  const end = net.nodes.id[net.links.end[k]];
  rows.push([t("fact.ends"), `${start} → ${end}`]);
  const points = room.pointsAt.get(`${target.utility}/link:${id}`) ?? [];
  return { id, kind: net.kinds[net.links.kind[k]], rows, points };
}
