/**
 * How a client of the fleet connects. It goes on through every absence of the gateway, and ends when it is not let in.
 *
 *   MQTTGW_URL          default mqtt://127.0.0.1:1883
 *   MQTTGW_INSTANCE     default fleet
 *   MQTTGW_KEY_SECRET   the secret of the AccessKey `keyId`
 */
import { createHmac } from 'node:crypto';
import mqtt from 'mqtt';

const { MQTTGW_URL = 'mqtt://127.0.0.1:1883', MQTTGW_INSTANCE = 'fleet', MQTTGW_KEY_SECRET } = process.env;
const TRY_AGAIN = 3; // CONNACK: the store is away, or the gateway is stopping

export function connect(keyId, clientId) {
  if (!MQTTGW_KEY_SECRET) fail(`MQTTGW_KEY_SECRET is missing: set it to the secret of the AccessKey "${keyId}"`, 2);
  const client = mqtt.connect(MQTTGW_URL, {
    clientId,
    username: `Signature|${keyId}|${MQTTGW_INSTANCE}`,
    password: createHmac('sha1', MQTTGW_KEY_SECRET).update(clientId).digest('base64'),
    clean: false, // what is sent to this client while it is away waits for it
    reconnectPeriod: 1000,
    reconnectOnConnackError: true,
  });
  client.on('error', (error) => {
    if (typeof error.code === 'number' && error.code !== TRY_AGAIN) fail(`${clientId}: ${error.message}`, 1);
  });
  let online = false;
  client.on('connect', () => { online = true; console.log(`${clientId} is online`); });
  client.on('close', () => {
    if (online && !client.disconnecting) console.log(`${clientId} is offline`);
    online = false;
  });
  return client;
}

/** Resolves when the filters are granted; a filter that is not ends the program. */
export async function subscribe(client, filters) {
  try {
    const granted = await client.subscribeAsync(filters, { qos: 1 });
    const refused = granted.filter(({ qos }) => qos === 128);
    if (refused.length > 0) throw new Error(refused.map(({ topic }) => topic).join(', '));
  } catch (error) {
    fail(`the gateway refused a subscription to ${filters}: ${error.message}`, 1);
  }
}

function fail(message, code) {
  console.error(message);
  process.exit(code);
}
