// A node-opcua client at our OPC UA face: node opcua_partner.mjs URL POINT ALARMED FROM TO
// Browses, subscribes, reads history, hears the alarm of ALARMED and acknowledges it. One JSON line.
import {
  AttributeIds,
  ClientMonitoredItem,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
  installAlarmMonitoring,
} from "node-opcua-client";

const [url, point, alarmed, from, to] = process.argv.slice(2);
const said = {};
const client = OPCUAClient.create({
  endpointMustExist: false,
  securityMode: MessageSecurityMode.None,
  securityPolicy: SecurityPolicy.None,
  connectionStrategy: { maxRetry: 3 },
});

async function until(true_, what) {
  for (let k = 0; k < 600; k++) {
    if (true_()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${what} never came`);
}

await client.connect(url);
const session = await client.createSession();

said.browsed = [];
async function walk(node, depth) {
  const found = await session.browse({ nodeId: node, referenceTypeId: "HierarchicalReferences", includeSubtypes: true, browseDirection: 0, resultMask: 63 });
  for (const one of found.references ?? []) {
    if (one.nodeId.namespace !== 2) continue;
    said.browsed.push(one.browseName.name);
    if (depth) await walk(one.nodeId, depth - 1);
  }
}
await walk("ObjectsFolder", 4);

const subscription = await session.createSubscription2({ requestedPublishingInterval: 100, requestedLifetimeCount: 600, requestedMaxKeepAliveCount: 20, maxNotificationsPerPublish: 1000, publishingEnabled: true, priority: 1 });
said.values = [];
const item = ClientMonitoredItem.create(subscription, { nodeId: `ns=2;s=${point}`, attributeId: AttributeIds.Value }, { samplingInterval: 100, queueSize: 10, discardOldest: true }, TimestampsToReturn.Both);
item.on("changed", (value) => said.values.push(value.value.value));
await until(() => new Set(said.values).size >= 3, "three values");

const history = await session.readHistoryValue({ nodeId: `ns=2;s=${point}` }, new Date(from), new Date(to));
said.history = history.historyData.dataValues.map((value) => value.value.value);

const alarms = await installAlarmMonitoring(session);
const condition = () => alarms.alarms().find((one) => String(one.getField("conditionName")?.value) === `${alarmed}.low`);
await until(() => condition() !== undefined, "the alarm");
said.alarm = { source: String(condition().getField("sourceName")?.value), severity: Number(condition().getField("severity")?.value), active: condition().fields.activeState.id.value };
const status = await session.acknowledgeCondition(condition().conditionId, condition().eventId, "seen by a partner");
said.acknowledged = status.name;
await until(() => condition() === undefined || condition().fields.ackedState.id.value === true, "the acknowledgement");

await session.close();
await client.disconnect();
console.log(JSON.stringify(said));
process.exit(0);
