// The same frames as tests/hmi/test_stream_frames.py: what Python writes, the page reads.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { compiled } from "./compiled.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const { decodeFrame } = await compiled("frames");
const vectors = JSON.parse(await readFile(here("../../../tests/hmi/frame_vectors.json"), "utf8"));
const NAMES = {
  sequence: "sequence",
  sent_ms: "sentMs",
  data_ms: "dataMs",
  origin: "origin",
  utility: "utility",
  kind: "kind",
  value: "value",
  source_ms: "sourceMs",
  point: "point",
  quality: "quality",
  pressure_m: "pressureM",
  head_m: "headM",
  demand_m3s: "demandM3s",
  flow_m3s: "flowM3s",
  status: "status",
  pressure_pa: "pressurePa",
  demand_kgs: "demandKgs",
  flow_kgs: "flowKgs",
  velocity_ms: "velocityMs",
  temperature_k: "temperatureK",
  available_pa: "availablePa",
  heat_w: "heatW",
};
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex")).buffer;
const plain = (value) =>
  ArrayBuffer.isView(value) ? Array.from(value, (v) => (Number.isNaN(v) ? null : v)) : value;

for (const { name, hex, expected } of vectors) {
  test(`reads ${name}`, () => {
    const frame = decodeFrame(bytes(hex));
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(plain(frame[NAMES[key]]), value, key);
    }
  });
}

test("refuses a frame that is cut short or of another version", () => {
  const [{ hex }] = vectors;
  assert.throws(() => decodeFrame(bytes(hex.slice(0, -2))), /bytes, expected/);
  assert.throws(() => decodeFrame(bytes("0109" + hex.slice(4))), /version 9/);
  assert.throws(() => decodeFrame(bytes("0101")), /2 bytes/);
});
