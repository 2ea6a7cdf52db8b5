/** Layers of one network: pipes, nodes, sources and equipment, arrows of flow, the selected element. */

import type { Layer } from "@deck.gl/core";
import { IconLayer, LineLayer, ScatterplotLayer, TextLayer } from "@deck.gl/layers";

import type { Selection } from "../lib/room.svelte";
import type { Geometry } from "../lib/types";
import { ICON_MAPPING, type IconAtlas, type Sign } from "./icons";
import type { Palette, Rgb } from "./palette";
import { type Segments, corners, middle } from "./segments";

export interface NetworkDrawing {
  net: Geometry;
  segments: Segments;
  nodePositions: Float32Array;
  linkColours: Uint8Array | null;
  nodeColours: Uint8Array | null;
  /** By link: 1 along, -1 against, 0 none or unknown. */
  direction: Int8Array | null;
  version: number;
}

export interface Common {
  palette: Palette;
  icons: IconAtlas;
  selection: Selection;
  faded: boolean;
  pixelsPerMetre: number;
  /** Draw less from afar: there is no graphics card. */
  sparing: boolean;
}

interface SignRow {
  kind: "node" | "link";
  index: number;
  x: number;
  y: number;
  sign: Sign;
  label: string;
}

const SIGN_OF: Record<string, Sign> = {
  reservoir: "reservoir",
  tank: "tank",
  source: "source",
  pump: "pump",
  valve: "valve",
  regulator: "valve",
};
const signs = new WeakMap<Geometry, SignRow[]>();
const segmentColours = new WeakMap<Uint8Array, Uint8Array>();

/** Sources, tanks, pumps and valves of a network: few, drawn as signs. */
function signsOf(net: Geometry): SignRow[] {
  const known = signs.get(net);
  if (known) return known;
  const rows: SignRow[] = [];
  net.nodes.kind.forEach((k, index) => {
    const sign = SIGN_OF[net.kinds[k]];
    if (sign) rows.push({ kind: "node", index, x: net.nodes.x[index], y: net.nodes.y[index], sign, label: net.nodes.id[index] });
  });
  net.links.kind.forEach((k, index) => {
    const sign = SIGN_OF[net.kinds[k]];
    if (sign) rows.push({ kind: "link", index, ...middle(net, index), sign, label: net.links.id[index] });
  });
  signs.set(net, rows);
  return rows;
}

/** Colours by link spread over the straight pieces. */
function bySegment(colours: Uint8Array, segments: Segments): Uint8Array {
  const known = segmentColours.get(colours);
  if (known) return known;
  const out = new Uint8Array(4 * segments.count);
  for (let k = 0; k < segments.count; k++) {
    const link = segments.link[k];
    out[4 * k] = colours[4 * link];
    out[4 * k + 1] = colours[4 * link + 1];
    out[4 * k + 2] = colours[4 * link + 2];
    out[4 * k + 3] = colours[4 * link + 3];
  }
  segmentColours.set(colours, out);
  return out;
}

/** Pixels a metre from which streets stand apart on the screen. */
export const NEAR = 0.09;
/** Above this many pieces a distant view shows the wider mains only, where the processor draws. */
const MANY = 6000;
const DIAMETERS = [200, 250, 300, 400, 500, 600];

/** How many pieces to draw: all when near, the wider ones when far and drawing is dear. */
export function shownAt(segments: Segments, common: Common): number {
  if (!common.sparing || common.pixelsPerMetre > NEAR || segments.count <= MANY) return segments.count;
  const counts = DIAMETERS.map((diameter) => segments.widerThan(diameter));
  return counts.find((count) => count <= MANY && count > 0) ?? segments.count;
}

export function linkLayers(d: NetworkDrawing, common: Common, arrowsFrom: number): Layer[] {
  const { net, segments } = d;
  const { palette, icons, selection, faded } = common;
  const plain: Rgb = faded ? palette.faint : palette.pipe[net.utility];
  const attributes: Record<string, { value: Float32Array | Uint8Array; size: number; normalized?: boolean }> = {
    getSourcePosition: { value: segments.source, size: 2 },
    getTargetPosition: { value: segments.target, size: 2 },
    getWidth: { value: segments.width, size: 1 },
  };
  const coloured = d.linkColours && !faded;
  if (coloured && d.linkColours) {
    attributes.getColor = { value: bySegment(d.linkColours, segments), size: 4, normalized: true };
  }
  const layers: Layer[] = [];
  if (selection?.kind === "link" && selection.utility === net.utility) {
    layers.push(halo(net, selection.index, palette));
  }
  layers.push(
    new LineLayer({
      id: `links/${net.utility}/${coloured ? "coloured" : "plain"}`,
      data: { length: shownAt(segments, common), attributes },
      getColor: [...plain],
      widthUnits: "pixels",
      pickable: true,
      updateTriggers: { getColor: plain },
    }),
  );
  if (d.direction && Number.isFinite(arrowsFrom)) layers.push(arrows(d, common, arrowsFrom));
  const rows = signsOf(net);
  const labelled = rows.filter((row) => row.kind === "node");
  layers.push(
    new IconLayer<SignRow>({
      id: `signs/${net.utility}`,
      data: rows,
      iconAtlas: icons,
      iconMapping: ICON_MAPPING,
      getIcon: (row) => row.sign,
      getPosition: (row) => [row.x, row.y],
      getSize: (row) => (row.kind === "node" ? 22 : 15),
      pickable: true,
    }),
    new TextLayer<SignRow>({
      id: `names/${net.utility}`,
      data: labelled.length <= 60 ? labelled : [],
      getText: (row) => row.label,
      getPosition: (row) => [row.x, row.y],
      getPixelOffset: [0, 19],
      getSize: 11,
      getColor: [...palette.text],
      fontFamily: "system-ui, sans-serif",
      fontSettings: { fontSize: 32, buffer: 4 },
      background: true,
      getBackgroundColor: [...palette.ground, 190],
      backgroundPadding: [3, 0],
      updateTriggers: { getColor: palette, getBackgroundColor: palette },
    }),
  );
  return layers;
}

function halo(net: Geometry, index: number, palette: Palette): Layer {
  const at = corners(net, index);
  const pieces = Array.from({ length: at.length / 2 - 1 }, (_, k) => at.slice(2 * k, 2 * k + 4));
  return new LineLayer<number[]>({
    id: `selected-link/${net.utility}`,
    data: pieces,
    getSourcePosition: (p) => [p[0], p[1]],
    getTargetPosition: (p) => [p[2], p[3]],
    getColor: [...palette.selected],
    getWidth: 11,
    widthUnits: "pixels",
  });
}

function arrows(d: NetworkDrawing, common: Common, from: number): Layer {
  const rows: { x: number; y: number; angle: number }[] = [];
  for (let link = 0; link < d.net.links.id.length; link++) {
    const way = d.direction?.[link] ?? 0;
    if (!way) continue;
    const at = middle(d.net, link);
    if (at.length < from) continue;
    rows.push({ x: at.x, y: at.y, angle: way > 0 ? at.angle : at.angle + 180 });
  }
  return new IconLayer<(typeof rows)[number]>({
    id: `arrows/${d.net.utility}`,
    data: rows,
    iconAtlas: common.icons,
    iconMapping: ICON_MAPPING,
    getIcon: () => "arrow",
    getPosition: (row) => [row.x, row.y],
    getAngle: (row) => row.angle,
    getSize: 13,
    getColor: [...common.palette.arrow],
    updateTriggers: { getColor: common.palette },
  });
}

export function nodeLayer(d: NetworkDrawing, common: Common): Layer {
  const { palette, selection, faded } = common;
  const chosen =
    selection?.kind === "node" && selection.utility === d.net.utility ? selection.index : -1;
  const attributes: Record<string, { value: Float32Array | Uint8Array; size: number; normalized?: boolean }> = {
    getPosition: { value: d.nodePositions, size: 2 },
  };
  const coloured = d.nodeColours !== null && !faded;
  if (d.nodeColours && coloured) attributes.getFillColor = { value: d.nodeColours, size: 4, normalized: true };
  return new ScatterplotLayer({
    id: `nodes/${d.net.utility}/${coloured ? "coloured" : "plain"}`,
    data: { length: d.net.nodes.id.length, attributes },
    getFillColor: [...(faded ? palette.faint : palette.pipe[d.net.utility])],
    getRadius: 3.2,
    radiusUnits: "pixels",
    pickable: true,
    stroked: false,
    highlightedObjectIndex: chosen,
    highlightColor: [...palette.selected, 255],
    updateTriggers: { getFillColor: [palette, faded] },
  });
}
