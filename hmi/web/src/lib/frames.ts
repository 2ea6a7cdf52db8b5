/** Binary frames of the live stream. The layout is described in `hmi/stream_frames.py`. */

export const VERSION = 1;
export const HEADER_BYTES = 32;
export const SNAPSHOT = 1;
export const CHANGES = 2;
export const STATE = 3;
export const UTILITIES = ["water", "gas", "heat"] as const;

export type Utility = (typeof UTILITIES)[number];

interface Head {
  sequence: number;
  /** Server time the frame was made, ms. */
  sentMs: number;
  /** When the newest value arrived at the server, ms; 0 when none has. */
  dataMs: number;
}

export interface ValuesFrame extends Head {
  kind: typeof SNAPSHOT | typeof CHANGES;
  origin: "measured" | "model";
  value: Float64Array;
  sourceMs: Float64Array;
  point: Uint32Array;
  quality: Uint32Array;
}

export interface WaterState extends Head {
  kind: typeof STATE;
  utility: "water";
  pressureM: Float32Array;
  headM: Float32Array;
  demandM3s: Float32Array;
  flowM3s: Float32Array;
  status: Float32Array;
}

export interface GasState extends Head {
  kind: typeof STATE;
  utility: "gas";
  pressurePa: Float32Array;
  demandKgs: Float32Array;
  flowKgs: Float32Array;
  velocityMs: Float32Array;
  status: Float32Array;
}

export interface HeatState extends Head {
  kind: typeof STATE;
  utility: "heat";
  pressurePa: Float32Array;
  temperatureK: Float32Array;
  flowKgs: Float32Array;
  velocityMs: Float32Array;
  status: Float32Array;
  availablePa: Float32Array;
  heatW: Float32Array;
}

export type StateFrame = WaterState | GasState | HeatState;

/** Arrays of a state in order, of nodes or links: `hmi/state_layout.py` has the same. */
const LAYOUTS: Record<Utility, readonly (readonly [string, "n" | "m"])[]> = {
  water: [["pressureM", "n"], ["headM", "n"], ["demandM3s", "n"], ["flowM3s", "m"], ["status", "m"]],
  gas: [["pressurePa", "n"], ["demandKgs", "n"], ["flowKgs", "m"], ["velocityMs", "m"], ["status", "m"]],
  heat: [
    ["pressurePa", "n"],
    ["temperatureK", "n"],
    ["flowKgs", "m"],
    ["velocityMs", "m"],
    ["status", "m"],
    ["availablePa", "m"],
    ["heatW", "m"],
  ],
};

export type Frame = ValuesFrame | StateFrame;

/** Read a frame; throws when it is of another version or its length does not fit. */
export function decodeFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength < HEADER_BYTES) throw new Error(`a frame of ${buffer.byteLength} bytes`);
  const view = new DataView(buffer);
  const kind = view.getUint8(0);
  const version = view.getUint8(1);
  const code = view.getUint8(2);
  if (version !== VERSION) throw new Error(`frame version ${version}, expected ${VERSION}`);
  const head = {
    sequence: view.getUint32(4, true),
    sentMs: view.getFloat64(8, true),
    dataMs: view.getFloat64(16, true),
  };
  const n = view.getUint32(24, true);
  const m = view.getUint32(28, true);
  const layout = LAYOUTS[UTILITIES[code]] ?? [];
  const numbers = layout.reduce((sum, [, of]) => sum + (of === "n" ? n : m), 0);
  const expected = HEADER_BYTES + (kind === STATE ? 4 * numbers : 24 * n);
  if (buffer.byteLength !== expected) {
    throw new Error(`a frame of ${buffer.byteLength} bytes, expected ${expected}`);
  }
  if (kind === STATE) {
    const arrays: Record<string, Float32Array> = {};
    let at = HEADER_BYTES;
    for (const [name, of] of layout) {
      const length = of === "n" ? n : m;
      arrays[name] = new Float32Array(buffer, at, length);
      at += 4 * length;
    }
    return { ...head, kind, utility: UTILITIES[code], ...arrays } as unknown as StateFrame;
  }
  if (kind !== SNAPSHOT && kind !== CHANGES) throw new Error(`frame kind ${kind}`);
  return {
    ...head,
    kind,
    origin: code === 1 ? "model" : "measured",
    value: new Float64Array(buffer, HEADER_BYTES, n),
    sourceMs: new Float64Array(buffer, HEADER_BYTES + 8 * n, n),
    point: new Uint32Array(buffer, HEADER_BYTES + 16 * n, n),
    quality: new Uint32Array(buffer, HEADER_BYTES + 20 * n, n),
  };
}
