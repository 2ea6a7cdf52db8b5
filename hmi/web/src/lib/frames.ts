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

export interface StateFrame extends Head {
  kind: typeof STATE;
  utility: Utility;
  pressureM: Float32Array;
  headM: Float32Array;
  demandM3s: Float32Array;
  flowM3s: Float32Array;
  status: Float32Array;
}

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
  const expected = HEADER_BYTES + (kind === STATE ? 4 * (3 * n + 2 * m) : 24 * n);
  if (buffer.byteLength !== expected) {
    throw new Error(`a frame of ${buffer.byteLength} bytes, expected ${expected}`);
  }
  if (kind === STATE) {
    const at = (k: number) => HEADER_BYTES + 4 * k;
    return {
      ...head,
      kind,
      utility: UTILITIES[code],
      pressureM: new Float32Array(buffer, at(0), n),
      headM: new Float32Array(buffer, at(n), n),
      demandM3s: new Float32Array(buffer, at(2 * n), n),
      flowM3s: new Float32Array(buffer, at(3 * n), m),
      status: new Float32Array(buffer, at(3 * n + m), m),
    };
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
