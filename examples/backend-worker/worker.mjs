/**
 * A backend service at the storage, without MQTT: it takes requests of devices from a topic's log in a consumer group, and
 * answers each device by a P2P message through the topic's inbox.
 *
 *   REDIS_URL   where the store is, with user and password if it has any; default redis://127.0.0.1:6379
 *   STORAGE_ID  the storage's id; outputs and `mqttgw dev` tell it
 *   TOPIC       the parent topic; default demo
 *   COUNT       end after so many requests; default: run for ever
 */
import { Redis } from 'ioredis';

const { REDIS_URL = 'redis://127.0.0.1:6379', STORAGE_ID, TOPIC = 'demo', COUNT = 'Infinity' } = process.env;
if (!STORAGE_ID) {
  console.error('STORAGE_ID is missing: set it to the id of the storage instance');
  process.exit(2);
}
const GROUP = 'backend';
const log = `{${STORAGE_ID}}:log:${TOPIC}`;
const inbox = `{${STORAGE_ID}}:in:${TOPIC}`;
// a user of a deployed store may not ask for the server's figures, which the client's own checks do
const redis = new Redis(REDIS_URL, { enableReadyCheck: false, disableClientInfo: true });

await redis.xgroup('CREATE', log, GROUP, '$', 'MKSTREAM').catch((error) => {
  if (!error.message.startsWith('BUSYGROUP')) throw error; // the group is there already
});
console.log('ready');

for (let done = 0; done < Number(COUNT);) {
  const read = await redis.xreadgroup('GROUP', GROUP, `worker-${process.pid}`, 'COUNT', 100, 'BLOCK', 1000, 'STREAMS', log, '>');
  for (const [id, flat] of read?.[0]?.[1] ?? []) {
    const message = Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]));
    if (message.mqttSecondTopic.startsWith('/requests/') && message.clientId) {
      const answer = message.payload.toUpperCase();
      await redis.xadd(inbox, '*', 'payload', answer, 'mqttSecondTopic', `/p2p/${message.clientId}`, 'qoslevel', '1');
      console.log(`${message.clientId}: ${message.payload} -> ${answer}`);
      done++;
    }
    await redis.xack(log, GROUP, id); // after the answer is stored: at least once
  }
}
await redis.quit();
