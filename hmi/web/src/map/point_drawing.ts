/** Which points the map shows, where, and with which sign. */

import type { Utility } from "../lib/frames";
import { severity } from "../lib/quality";
import type { Alarm, Geometry, PointColumns } from "../lib/types";
import type { Sign } from "./icons";
import { type Palette, type Rgb, classOf } from "./palette";
import type { PointDrawing } from "./point_layers";
import { placeOf } from "./scene";

export interface Placement {
  handles: Uint32Array;
  positions: Float32Array;
}

const STACK_M = 14;
/** Residual classes as shares of the measured value. */
export const RESIDUAL_STEPS = [0.01, 0.02, 0.05, 0.1] as const;

/** Places of the points of the networks shown; several at one element stand side by side. */
export function placePoints(points: PointColumns, nets: readonly Geometry[]): Placement {
  const index = new Map<string, { net: Geometry; kind: "node" | "link"; k: number }>();
  for (const net of nets) {
    net.nodes.id.forEach((id, k) => index.set(`${net.utility}/node:${id}`, { net, kind: "node", k }));
    net.links.id.forEach((id, k) => index.set(`${net.utility}/link:${id}`, { net, kind: "link", k }));
  }
  const handles: number[] = [];
  const positions: number[] = [];
  const stacked = new Map<string, number>();
  points.element.forEach((element, handle) => {
    const key = `${points.utility[handle]}/${element}`;
    const found = index.get(key);
    if (!found) return;
    const above = stacked.get(key) ?? 0;
    stacked.set(key, above + 1);
    const { x, y } = placeOf(found.net, found.kind, found.k);
    handles.push(handle);
    positions.push(x + STACK_M * above, y);
  });
  return { handles: Uint32Array.from(handles), positions: Float32Array.from(positions) };
}

interface Values {
  value: Float64Array;
  quality: Uint32Array;
  sourceMs: Float64Array;
  model: Float64Array;
}

export function signOf(alarm: Alarm | undefined, quality: number, sourceMs: number): Sign {
  if (alarm && alarm.state !== "normal") return alarm.priority;
  if (Number.isNaN(sourceMs)) return "bad";
  const grade = severity(quality);
  return grade === 0 ? "good" : grade === 1 ? "uncertain" : "bad";
}

function dot(handle: number, values: Values, byResidual: boolean, palette: Palette): Rgb {
  if (!byResidual) return palette.point;
  const share = Math.abs(values.value[handle] - values.model[handle]) / Math.abs(values.value[handle]);
  return Number.isFinite(share) ? palette.ramp[classOf(share, RESIDUAL_STEPS)] : palette.point;
}

export function drawPoints(
  placement: Placement,
  points: PointColumns,
  values: Values,
  alarms: ReadonlyMap<string, Alarm>,
  lowEnds: [number, number][],
  byResidual: boolean,
  palette: Palette,
): PointDrawing {
  const { handles, positions } = placement;
  const colours = new Uint8Array(4 * handles.length);
  const drawing: PointDrawing = {
    handles,
    positions,
    colours,
    alarming: [],
    signs: [],
    places: [],
    blinking: [],
    lowEnds,
  };
  for (let k = 0; k < handles.length; k++) {
    const handle = handles[k];
    const alarm = alarms.get(points.id[handle]);
    const sign = signOf(alarm, values.quality[handle], values.sourceMs[handle]);
    colours.set([...dot(handle, values, byResidual, palette), 255], 4 * k);
    if (sign === "good") continue;
    drawing.alarming.push(handle);
    drawing.signs.push(sign);
    drawing.places.push([positions[2 * k], positions[2 * k + 1]]);
    drawing.blinking.push(alarm !== undefined && alarm.state !== "acknowledged");
  }
  return drawing;
}

export function lowEndPlaces(nets: readonly Geometry[], low: Partial<Record<Utility, string[]>>): [number, number][] {
  return nets.flatMap((net) => {
    const wanted = new Set(low[net.utility] ?? []);
    if (!wanted.size) return [];
    return net.nodes.id.flatMap((id, k) =>
      wanted.has(id) ? [[net.nodes.x[k], net.nodes.y[k]] as [number, number]] : [],
    );
  });
}
