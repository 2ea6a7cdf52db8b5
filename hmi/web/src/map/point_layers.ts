/** Layers of the points: a quiet dot each, and a sign in colour and shape for what is abnormal. */

import type { Layer } from "@deck.gl/core";
import { IconLayer, ScatterplotLayer } from "@deck.gl/layers";

import { ICON_MAPPING, type Sign } from "./icons";
import { type Common, NEAR } from "./network_layers";

export interface PointDrawing {
  /** Handles of the points shown, their places (x, y), and the dot's fill, RGBA. */
  handles: Uint32Array;
  positions: Float32Array;
  colours: Uint8Array;
  /** Handles of the abnormal ones; the rest of the fields stand beside each. */
  alarming: number[];
  signs: Sign[];
  places: [number, number][];
  blinking: boolean[];
  /** Places of network ends the model puts below the limit. */
  lowEnds: [number, number][];
}

/** Above this many points a distant view shows the normal ones as specks. */
const MANY = 1500;

export function pointLayers(points: PointDrawing, common: Common, blinkOn: boolean): Layer[] {
  const { palette, icons, selection } = common;
  const shown = points.alarming.map((_, k) => k);
  const chosen = selection?.kind === "point" ? points.handles.indexOf(selection.handle) : -1;
  const specks = points.handles.length > MANY && common.pixelsPerMetre <= NEAR;
  const layers: Layer[] = [
    new IconLayer<[number, number]>({
      id: "low-ends",
      data: points.lowEnds,
      iconAtlas: icons,
      iconMapping: ICON_MAPPING,
      getIcon: () => "ring",
      getPosition: (place) => place,
      getSize: 20,
      getColor: [208, 30, 44],
    }),
    new ScatterplotLayer({
      id: "points",
      data: {
        length: points.handles.length,
        attributes: {
          getPosition: { value: points.positions, size: 2 },
          getFillColor: { value: points.colours, size: 4, normalized: true },
        },
      },
      getLineColor: [...palette.pointEdge],
      getLineWidth: 1.4,
      lineWidthUnits: "pixels",
      getRadius: specks ? 1.6 : 4.6,
      radiusUnits: "pixels",
      stroked: !specks,
      antialiasing: !specks,
      pickable: true,
      highlightedObjectIndex: chosen,
      highlightColor: [...palette.selected, 255],
      updateTriggers: { getLineColor: palette, getRadius: specks },
    }),
    new IconLayer<number>({
      id: "alarming",
      data: shown,
      iconAtlas: icons,
      iconMapping: ICON_MAPPING,
      getIcon: (k) => points.signs[k],
      getPosition: (k) => points.places[k],
      getSize: (k) => (points.signs[k] === "bad" || points.signs[k] === "uncertain" ? 15 : 20),
      getColor: (k) => [255, 255, 255, points.blinking[k] && !blinkOn ? 70 : 255],
      pickable: true,
      updateTriggers: { getColor: [blinkOn, points], getIcon: points },
    }),
  ];
  if (chosen >= 0) {
    layers.push(
      new IconLayer<number>({
        id: "selected-point",
        data: [chosen],
        iconAtlas: icons,
        iconMapping: ICON_MAPPING,
        getIcon: () => "ring",
        getPosition: (k) => [points.positions[2 * k], points.positions[2 * k + 1]],
        getSize: 30,
        getColor: [...palette.selected],
        updateTriggers: { getPosition: chosen },
      }),
    );
  }
  return layers;
}
