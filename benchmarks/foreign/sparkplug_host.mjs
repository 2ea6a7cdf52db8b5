// A Sparkplug host application: node sparkplug_host.mjs MQTT_URL GROUP
// Hears births and data, asks for a rebirth, hears that and the death; decodes with
// sparkplug-payload. Prints a JSON line for each message.
import mqtt from "mqtt";
import sparkplug from "sparkplug-payload";

const [url, group] = process.argv.slice(2);
const codec = sparkplug.get("spBv1.0");
const client = mqtt.connect(url, { protocolVersion: 4 });
let asked = false;

client.on("connect", () => client.subscribe(`spBv1.0/${group}/#`, { qos: 1 }, () => console.log(JSON.stringify({ kind: "ready" }))));
client.on("message", (topic, data) => {
  const [, , kind, node, device] = topic.split("/");
  if (kind === "NCMD") return;
  const payload = codec.decodePayload(data);
  const metrics = (payload.metrics ?? []).map((one) => ({
    name: one.name,
    alias: one.alias === undefined ? null : Number(one.alias),
    type: one.type,
    value: one.isNull ? null : typeof one.value === "object" && one.value !== null ? Number(one.value) : one.value,
    unit: one.properties?.engUnit?.value ?? null,
  }));
  console.log(JSON.stringify({ kind, device: device ?? "", seq: payload.seq === undefined ? null : Number(payload.seq), metrics }));
  if (kind === "DDATA" && !asked) {
    asked = true;
    const command = { timestamp: Date.now(), metrics: [{ name: "Node Control/Rebirth", type: "Boolean", value: true }] };
    client.publish(`spBv1.0/${group}/NCMD/${node}`, codec.encodePayload(command), { qos: 1 });
  }
});
