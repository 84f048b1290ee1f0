// Connects, subscribes, sends one message and waits until it comes back. `npm install mqtt`, then `node client.mjs`.
import { createHmac } from 'node:crypto';
import mqtt from 'mqtt';

const url = process.env.MQTTGW_URL ?? 'mqtt://127.0.0.1:1883';
const instanceId = process.env.MQTTGW_INSTANCE ?? 'quickstart';
const keyId = process.env.MQTTGW_KEY_ID ?? 'quickstart-key';
const keySecret = process.env.MQTTGW_KEY_SECRET ?? 'quickstart-secret';
const clientId = process.env.MQTTGW_CLIENT_ID ?? 'GID_demo@@@node-1';
const topic = process.env.MQTTGW_TOPIC ?? 'demo/hello';

const client = await mqtt.connectAsync(url, {
  clientId,
  username: `Signature|${keyId}|${instanceId}`,
  password: createHmac('sha1', keySecret).update(clientId).digest('base64'),
  clean: false, // what is sent to this client while it is away waits for it
});
// mqtt.js connects again by itself; without this line an error would end the program
client.on('error', (error) => console.error(error.message));
const received = new Promise((resolve) => client.on('message', (from, payload) => resolve(`${from} ${payload}`)));
const [granted] = await client.subscribeAsync(topic, { qos: 1 });
if (granted?.qos === 128) throw new Error(`the gateway refused the subscription to ${topic}`);
await client.publishAsync(topic, 'hello from Node', { qos: 1 }); // resolves when the message is stored
console.log(await received);
await client.endAsync();
