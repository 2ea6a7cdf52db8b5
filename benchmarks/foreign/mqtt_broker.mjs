// An MQTT broker on a free port of this machine, where mosquitto is not installed: its port is told.
import { createServer } from "node:net";
import { Aedes } from "aedes";

const broker = await Aedes.createBroker();
const server = createServer(broker.handle);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
